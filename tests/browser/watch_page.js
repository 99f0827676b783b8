// What a customer gets behind the button of the message.
import assert from 'node:assert/strict';
import { eventually } from '../flows/processes.js';
import { askedHosts, fitsSideways, leastContrast, picture, playedToTheEnd, screens, visitor } from './browser.js';

export async function watchPage(t, browser, { world, clip, linkOf, watched, report }) {
  const home = world.service.pages;
  // What was sent, or a better one made for the page.
  const isClip = (url) => /\/(clip\.mp4|streams\/[0-9a-f]{64})$/.test(url);
  const clipAsked = (page) => page.asked.some(({ url, type }) => isClip(url) || type === 'media');
  const posterShown = (page) => page.waitForFunction(() => {
    const glow = document.querySelector('.glow');
    return document.querySelector('video').poster === glow.src && glow.complete && glow.naturalWidth > 0;
  });
  // Nothing the page does may reach others, stay behind, or be refused.
  const isClean = async (page) => {
    assert.deepEqual(page.wrongs, []);
    assert.deepEqual(askedHosts(page), [home]);
    assert.deepEqual(await page.context().storageState(), { cookies: [], origins: [] });
  };

  await t.test('shows the poster and asks for no byte of video before play, then plays inline to its end', async (t) => {
    const page = await visitor(t, browser);
    const beacons = beaconsOf(page);
    const opened = page.waitForResponse((answer) => answer.url().endsWith('/events'));
    await page.goto(await linkOf(1), { waitUntil: 'load' });
    await posterShown(page);
    assert.equal((await opened).status(), 204);
    assert.ok(!clipAsked(page), JSON.stringify(page.asked));
    assert.deepEqual(await watched(), [1, 0, 0]);

    const before = await page.locator('video').boundingBox();
    await page.getByRole('button', { name: 'Video abspielen' }).tap();
    await page.waitForFunction(() => document.querySelector('video').currentTime > 0.2);
    assert.ok(clipAsked(page));
    assert.equal(await page.evaluate(() => document.fullscreenElement), null);
    assert.deepEqual(await page.locator('video').boundingBox(), before);
    await picture(page, 'watch-playing');
    await playedToTheEnd(page);
    const { width, height, duration } = await page.evaluate(() => {
      const { videoWidth: width, videoHeight: height, duration } = document.querySelector('video');
      return { width, height, duration };
    });
    assert.deepEqual([width, height], [clip.width, clip.height]);
    assert.ok(Math.abs(duration * 1000 - clip.duration_ms) < 100);
    await eventually('the end is counted', async () => String(await watched()) === '1,1,1', 20);
    assert.deepEqual(beacons, ['opened', 'played', 'watched_25', 'watched_50', 'watched_75', 'completed']);
    const { funnel, anonymous, watch_through: curve } = await report();
    assert.deepEqual([funnel.watched_25, funnel.watched_50, funnel.watched_75, funnel.completed], [1, 1, 1, 1]);
    assert.deepEqual(curve.map(({ percent, people }) => [percent, people]), [[0, 1], [25, 1], [50, 1], [75, 1], [100, 1]]);
    assert.ok(Object.values(anonymous).every((count) => count === 0));

    await t.test('and once more without being counted again', async () => {
      await picture(page, 'watch-ended');
      await page.getByRole('button', { name: 'Noch einmal ansehen' }).tap();
      await page.waitForFunction(() => !document.querySelector('video').ended);
      await playedToTheEnd(page);
      const again = page.waitForResponse((answer) => answer.url().endsWith('/events'));
      await page.reload();
      assert.equal((await again).status(), 204);
      assert.deepEqual(await watched(), [1, 1, 1]);
    });
    const scripts = page.asked.filter(({ type }) => type === 'script').map(({ url }) => new URL(url).pathname);
    assert.deepEqual([...new Set(scripts)], ['/w/watch.js']);
    await isClean(page);
  });

  await t.test('works without JavaScript, and then counts nothing', async (t) => {
    const page = await visitor(t, browser, { javaScriptEnabled: false });
    await page.goto(await linkOf(2), { waitUntil: 'load' });
    assert.ok(!clipAsked(page));
    const video = page.locator('video');
    assert.equal(await video.getAttribute('controls'), '');
    assert.match(await video.getAttribute('poster'), /\/poster\.jpg$/);
    assert.equal(await page.locator('.play').isVisible(), false);
    await picture(page, 'watch-without-javascript');
    // The browser's own controls: the key that presses play.
    await video.focus();
    const asked = page.waitForResponse((answer) => isClip(answer.url()));
    await page.keyboard.press('Space');
    assert.equal((await asked).status(), 206);
    assert.deepEqual(await watched(), [1, 1, 1]);
    assert.deepEqual(page.wrongs, []);
  });

  await t.test('speaks German and English', async (t) => {
    const page = await visitor(t, browser, { locale: 'en-GB' });
    await page.goto(await linkOf(1));
    assert.equal(await page.locator('html').getAttribute('lang'), 'de');
    assert.match(await page.locator('body').innerText(), /Ein Video für Sie[^]*Fragen dazu\?[^]*mit STOP\.[^]*Datenschutz/);
    await page.getByRole('link', { name: 'English' }).tap();
    await page.waitForURL(/\?lang=en$/);
    assert.equal(await page.locator('html').getAttribute('lang'), 'en');
    assert.match(await page.locator('body').innerText(), /A video for you[^]*Any questions\?[^]*with STOP\.[^]*Privacy/);
    await page.getByRole('button', { name: 'Play video' }).waitFor();
    assert.equal(await page.getByRole('link', { name: 'Imprint' }).getAttribute('href'), 'https://halmwerk.example/impressum');
    await isClean(page);
  });

  for (const [screen, look] of Object.entries(screens)) {
    for (const colorScheme of ['light', 'dark']) {
      await t.test(`is whole and readable on a ${screen}, ${colorScheme}`, async (t) => {
        const page = await visitor(t, browser, { ...look, colorScheme });
        await page.goto(await linkOf(1), { waitUntil: 'load' });
        await posterShown(page);
        await picture(page, `watch-${screen}-${colorScheme}`);
        assert.ok(await fitsSideways(page));
        assert.ok((await leastContrast(page, '.from strong, .from span:not(.initial), h1, .question, footer p, footer a')) >= 4.5);
        const paper = await page.evaluate(() => getComputedStyle(document.body).backgroundColor);
        assert.equal(Number(paper.match(/\d+/)[0]) > 128, colorScheme === 'light');
        const play = await page.locator('.play svg.first').boundingBox();
        assert.ok(Math.min(play.width, play.height) >= 44, 'large enough for a thumb');
        const last = await page.locator('.question').boundingBox();
        assert.ok(last.y + last.height <= look.viewport.height, 'all about the clip is seen without scrolling');
        await isClean(page);
      });
    }
  }

  await t.test('can be used with the keyboard alone', async (t) => {
    const page = await visitor(t, browser, screens.desktop);
    await page.goto(await linkOf(1), { waitUntil: 'load' });
    const focused = () => page.evaluate(() => {
      const { tagName, textContent, className } = document.activeElement;
      const { outlineStyle } = getComputedStyle(document.activeElement);
      return [className || (tagName === 'A' ? textContent : tagName), outlineStyle];
    });
    const order = [];
    for (let step = 0; step < 8 && order.at(-1)?.[0] !== 'English'; ++step) {
      await page.keyboard.press('Tab');
      order.push(await focused());
    }
    const stops = order.map(([name]) => name).filter((name) => name !== 'VIDEO');
    assert.deepEqual(stops, ['play', 'Impressum', 'Datenschutz', 'English']);
    assert.ok(order.every(([name, outline]) => name === 'VIDEO' || outline === 'solid'), 'the focus is seen');
    await page.locator('.play').focus();
    await page.keyboard.press('Enter');
    await page.waitForFunction(() => document.querySelector('video').currentTime > 0);
    assert.equal((await focused())[0], 'VIDEO');
    await page.keyboard.press('Space');
    await page.waitForFunction(() => document.querySelector('video').paused);
    await page.getByRole('link', { name: 'English' }).focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\?lang=en$/);
    await isClean(page);
  });

  await t.test('does not take for seen what was skipped', async (t) => {
    const page = await visitor(t, browser, screens.desktop);
    const beacons = beaconsOf(page);
    await page.goto(await linkOf(3), { waitUntil: 'load' });
    // Not before: without its head the file is played from the start.
    await page.evaluate((seconds) => {
      const video = document.querySelector('video');
      video.addEventListener('loadedmetadata', () => { video.currentTime = seconds; }, { once: true });
    }, clip.duration_ms * 0.0009);
    await page.getByRole('button', { name: 'Video abspielen' }).click();
    await page.waitForFunction(() => document.querySelector('video').ended);
    await eventually('that it began is counted', async () => (await watched())[1] === 2, 20);
    assert.deepEqual(beacons, ['opened', 'played']);
    assert.equal((await report()).funnel.watched_25, 1);
    await isClean(page);
  });

  const absent = [
    [404, 'a link that was cut', async () => (await linkOf(3)).slice(0, -4), 'Dieser Link führt zu keinem Video', 'This link does not lead to a video'],
    [410, 'a link whose time is over', () => linkOf(4), 'Dieses Video ist nicht mehr verfügbar', 'This video is no longer available'],
  ];
  for (const [status, what, link, german, english] of absent) {
    await t.test(`answers ${what} with a friendly ${status}`, async (t) => {
      if (status === 410) await grownOld(world, await link());
      for (const [screen, colorScheme] of [['phone', 'light'], ['desktop', 'dark']]) {
        const page = await visitor(t, browser, { ...screens[screen], colorScheme });
        const answer = await page.goto(await link(), { waitUntil: 'load' });
        assert.equal(answer.status(), status);
        assert.equal(await page.locator('h1').innerText().then((text) => text.replace(/\s+/g, ' ')), german);
        await picture(page, `absent-${status}-${screen}-${colorScheme}`);
        assert.ok(await fitsSideways(page));
        assert.ok((await leastContrast(page, 'h1, .question, footer a')) >= 4.5);
        await page.getByRole('link', { name: 'English' }).click();
        await page.getByRole('heading', { name: english }).waitFor();
        assert.ok(page.asked.every(({ type }) => type === 'document'), JSON.stringify(page.asked));
        // Chromium itself writes an answer of 404 or 410 to the console.
        page.wrongs = page.wrongs.filter((wrong) => !/^Failed to load resource.* \d{3} .*\/w\//.test(wrong));
        await isClean(page);
      }
    });
  }
}

// What the page tells us, while it does.
function beaconsOf(page) {
  const beacons = [];
  page.on('request', (request) => {
    if (request.url().endsWith('/events')) beacons.push(request.postData());
  });
  return beacons;
}

// As if the message of that link had been made before the life of links.
async function grownOld(world, link) {
  assert.equal((await fetch(link)).status, 200);
  const [[last]] = await world.service.sql('SELECT max(id) FROM messages');
  assert.equal(last, '4');
  await world.service.sql(`UPDATE messages SET created_at_ms = created_at_ms - 91 * 86400000 WHERE id IN
    (SELECT m.id FROM messages m JOIN customers c ON c.id = m.customer_id WHERE c.external_ref = 'K-4')`);
}
