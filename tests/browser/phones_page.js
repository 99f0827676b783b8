// The simulator's page, where people see what phones show.
import assert from 'node:assert/strict';
import { eventually } from '../flows/processes.js';
import { askedHosts, fitsSideways, picture, playedToTheEnd, screens, visitor } from './browser.js';
import { phoneOf } from './world_of_pages.js';

const chatAddress = (world, n) => `${world.phones.address}/#${phoneOf(n).slice(1)}`;

export async function phonesPage(t, browser, { world, linkOf, consentOf }) {
  await t.test('the chat has the clip, which plays, and a button that opens the watch page', async (t) => {
    const page = await visitor(t, browser, screens.desktop);
    await page.goto(world.phones.address);
    await page.locator(`[data-phone="${phoneOf(1).slice(1)}"]`).click();
    const bubble = page.locator('article.theirs');
    await bubble.waitFor();
    assert.match(await bubble.innerText(), /Hallo Jana, hier ist Ihr Clip zu Halm 7/);
    assert.equal(await bubble.locator('.tick.is-read').count(), 1);
    await bubble.locator('.film .play.loaded').waitFor();
    await picture(page, 'phones-chat');
    await bubble.getByRole('button', { name: 'Video abspielen' }).click();
    await playedToTheEnd(page);
    assert.deepEqual(askedHosts(page), [world.phones.address]);

    const popup = page.waitForEvent('popup');
    await bubble.getByRole('link', { name: 'Video ansehen' }).click();
    const opened = await popup;
    await opened.waitForLoadState();
    assert.equal(opened.url(), await linkOf(1));
    await opened.getByRole('button', { name: 'Video abspielen' }).waitFor();
    assert.deepEqual(page.wrongs, []);
  });

  await t.test('who types STOP there withdraws, and nobody else', async (t) => {
    const page = await visitor(t, browser);
    await page.goto(chatAddress(world, 2));
    assert.equal(await consentOf(2), 'given');
    await page.getByRole('textbox', { name: 'Als diese Person schreiben …' }).fill('STOP');
    await page.keyboard.press('Enter');
    await page.locator('article.mine', { hasText: 'STOP' }).waitFor();
    await eventually('the consent is withdrawn', async () => (await consentOf(2)) === 'withdrawn', 30);
    await picture(page, 'phones-stop');
    assert.equal(await consentOf(1), 'given');
    assert.deepEqual(page.wrongs, []);
  });

  for (const [screen, colorScheme, locale, words] of [
    ['phone', 'light', 'de-DE', 'Telefone'], ['phone', 'dark', 'en-GB', 'Phones'],
    ['desktop', 'light', 'en-GB', 'Phones'], ['desktop', 'dark', 'de-DE', 'Telefone'],
  ]) {
    await t.test(`is whole on a ${screen}, ${colorScheme}, in ${locale}`, async (t) => {
      const page = await visitor(t, browser, { ...screens[screen], colorScheme, locale });
      await page.goto(world.phones.address);
      await page.getByRole('heading', { name: words }).waitFor();
      await page.locator('#rows button').first().waitFor();
      assert.ok(await fitsSideways(page));
      await picture(page, `phones-list-${screen}-${colorScheme}`);
      await page.locator('#rows button').first().click();
      await page.locator('.play.loaded').first().waitFor();
      assert.ok(await fitsSideways(page));
      await picture(page, `phones-chat-${screen}-${colorScheme}`);
      await page.keyboard.press('Escape');
      await page.locator('#device').waitFor({ state: 'hidden' });
      assert.equal(await page.locator('#rows [aria-current]').count(), 0);
      assert.deepEqual(page.wrongs, []);
      assert.deepEqual(askedHosts(page), [world.phones.address]);
    });
  }
}
