// The page at / in a real browser (CHROMIUM, or Debian's).
import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { after, test } from 'node:test';
import { chromium } from 'playwright-core';
import { clipMessage, helloMessage, kGood, startBoth, textMessage, video } from './support.js';

const executablePath = process.env.CHROMIUM ?? '/usr/bin/chromium';
const options = { skip: existsSync(executablePath) ? false : `${executablePath} is not installed` };
let browser;
after(() => browser?.close());

// What a page says of a simulator that has ended: it does so before the page is closed.
const kEnded = /net::ERR_(CONNECTION_|EMPTY_RESPONSE|INCOMPLETE_CHUNKED)/;

async function openPage(t, client, { width = 1280, height = 860, locale = 'de-DE', hash = '' } = {}) {
  browser ??= await chromium.launch({
    executablePath, args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--disable-sync', '--no-first-run', '--autoplay-policy=no-user-gesture-required'],
  });
  const page = await browser.newPage({ viewport: { width, height }, locale });
  page.setDefaultTimeout(10_000);
  const faults = [];
  page.on('pageerror', (error) => faults.push(error.message));
  page.on('console', (line) => { if (line.type() === 'error' && !kEnded.test(line.text())) faults.push(line.text()); });
  t.after(async () => {
    await page.close();
    assert.deepEqual(faults, []);
  });
  await page.goto(`${client.address}/${hash}`);
  return page;
}

test('a clip appears on the phone, plays, and turns read when the chat is opened', options, async (t) => {
  const { client, receiver } = await startBoth(t, { 'status.read': 'manual', 'templates.watch_url': 'http://127.0.0.1:9/w/' });
  await client.control('POST', 'names', { names: { '+491713920001': 'Jana Brandt' } });
  const page = await openPage(t, client);
  await page.getByText('Noch keine Nachricht').waitFor();
  const id = await client.uploaded(await video([...kGood, '-t', '1']));
  await client.send(clipMessage(id));
  await page.getByRole('button', { name: /Jana Brandt/ }).click();
  await page.getByText('Hallo Jörg, hier ist Ihr Clip zu Halm 7.').first().waitFor();
  await page.locator('article .tick.is-read').waitFor();
  assert.equal(receiver.statuses().at(-1).status, 'read');
  const link = page.getByRole('link', { name: 'Video ansehen' });
  assert.equal(await link.getAttribute('href'), 'http://127.0.0.1:9/w/k3Vw9_Qe');
  assert.match(await link.getAttribute('rel'), /noopener/);
  await page.locator('.play.loaded').waitFor();
  await page.waitForFunction(() => {
    const log = document.querySelector('.log');
    return log.scrollHeight - log.scrollTop - log.clientHeight < 2;
  });
  await page.getByRole('button', { name: 'Video abspielen' }).click();
  const ended = await page.locator('video').evaluate((player) => new Promise((resolve) => {
    if (player.ended) resolve(player.currentTime);
    player.addEventListener('ended', () => resolve(player.currentTime));
  }));
  assert.ok(ended > 0.8, `played ${ended} s`);
});

test('a tap on the button and a typed STOP become webhooks', options, async (t) => {
  const { client, receiver } = await startBoth(t);
  await client.send(clipMessage(await client.uploaded(await video(kGood))));
  await client.settled();
  const page = await openPage(t, client, { hash: '#491713920001' });
  await page.getByRole('button', { name: 'Abmelden', exact: true }).click();
  await page.locator('.mine').first().waitFor();
  const field = page.getByRole('textbox', { name: 'Als diese Person schreiben …' });
  await field.fill('STOP');
  await field.press('Enter');
  await page.locator('.mine').nth(1).waitFor();
  await page.locator('.bubble').first().hover();
  await page.getByRole('button', { name: 'Mit 👍 reagieren' }).click();
  await page.locator('.reaction').waitFor();
  await client.settled();
  assert.deepEqual(receiver.messages().map((m) => m.button?.payload ?? m.text?.body ?? m.reaction.emoji), ['stop:c42', 'STOP', '👍']);
});

test('what a business writes is shown as text, never as HTML', options, async (t) => {
  const { client } = await startBoth(t);
  await client.control('POST', 'inbound', { from: '491713920001', text: '<img src=x onerror=alert(1)>' });
  await client.send(textMessage('+491713920001', '<b>fett</b> und *wichtig*'));
  await client.settled();
  const page = await openPage(t, client, { hash: '#491713920001' });
  await page.getByText('<b>fett</b> und').first().waitFor();
  assert.equal(await page.locator('article strong').innerText(), 'wichtig');
  assert.equal(await page.locator('.log img').count(), 0);
});

test('a fault of the network is set on the page', options, async (t) => {
  const { client } = await startBoth(t);
  const page = await openPage(t, client, { locale: 'en-GB' });
  await page.getByRole('button', { name: 'Network' }).click();
  const slider = page.getByRole('slider', { name: 'Accepted, reply lost' });
  await slider.focus();
  for (let i = 0; i < 3; i += 1) await slider.press('ArrowRight');
  await page.getByText('Saved').waitFor();
  await page.getByRole('switch', { name: 'Hold everything back' }).check();
  await page.waitForFunction(async () => {
    const settings = await (await fetch('/_simulator/settings')).json();
    return settings['fault.lost_reply_share'] === 0.03 && settings['webhook.paused'] === true;
  });
  await page.keyboard.press('Escape');
  assert.equal(await page.getByRole('slider', { name: 'Accepted, reply lost' }).isVisible(), false);
});

test('one phone can be made unreachable', options, async (t) => {
  const { client } = await startBoth(t);
  await client.send(helloMessage());
  await client.settled();
  const page = await openPage(t, client, { hash: '#491713920001' });
  await page.getByRole('combobox', { name: 'Dieses Telefon' }).selectOption('131026');
  await page.getByText('Gespeichert').waitFor();
  await client.send(helloMessage());
  await page.getByText('Diese Nachricht hat das Telefon nie erreicht. (131026)').waitFor();
});

test('it fits a phone, and works with the keyboard alone', options, async (t) => {
  const { client } = await startBoth(t);
  await client.control('POST', 'names', { names: { 491713920001: 'Friederike von der Heide-Löwenstein zu Hohenschwangau' } });
  await client.send(clipMessage(await client.uploaded(await video(kGood))));
  await client.send(helloMessage('+491713920002'));
  await client.settled();
  const page = await openPage(t, client, { width: 360, height: 740 });
  await page.locator('.rows button').nth(1).waitFor();
  await page.keyboard.press('/');
  await page.keyboard.type('Friederike');
  await page.locator('.rows button').nth(1).waitFor({ state: 'detached' });
  await page.keyboard.press('Tab');
  await page.keyboard.press('Enter');
  await page.locator('.play.loaded').waitFor();
  const { wide, shown } = await page.evaluate(() => ({
    wide: Math.max(...[...document.querySelectorAll('.stage *')].map((node) => node.getBoundingClientRect().right)), shown: innerWidth,
  }));
  assert.ok(wide <= shown + 0.5, `${wide} of ${shown} px`);
  await page.keyboard.press('Escape');
  assert.equal(await page.locator('#device').isVisible(), false);
});

test('the language can be switched and stays', options, async (t) => {
  const { client } = await startBoth(t);
  const page = await openPage(t, client, { locale: 'en-GB' });
  await page.getByRole('heading', { name: 'Phones' }).waitFor();
  await page.getByRole('button', { name: 'Deutsch' }).click();
  await page.getByRole('heading', { name: 'Telefone' }).waitFor();
  await page.reload();
  await page.getByRole('heading', { name: 'Telefone' }).waitFor();
});
