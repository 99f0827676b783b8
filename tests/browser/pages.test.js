// The pages as people see them. One service and one browser serve all of it.
import { test } from 'node:test';
import { launch } from './browser.js';
import { phonesPage } from './phones_page.js';
import { sentCampaign } from './world_of_pages.js';
import { watchPage } from './watch_page.js';

test('the pages', { timeout: 570_000 }, async (t) => {
  const browser = await launch(t);
  const sent = await sentCampaign(t);
  await t.test('the watch page', (part) => watchPage(part, browser, sent));
  await t.test('the page of phones', (part) => phonesPage(part, browser, sent));
});
