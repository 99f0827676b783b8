// From an uploaded video to a read receipt, and what the customer sees.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { test } from 'node:test';
import { engines, eventually } from './processes.js';
import { phoneOf, World } from './world.js';

const hasPromtool = !spawnSync('promtool', ['--version']).error;

for (const engine of engines) {
  test(`a video becomes a clip, reaches every phone, and every step is known (${engine})`, async (t) => {
    const world = await World.make(t, engine);
    const { video, clip } = await world.readyClip();
    assert.equal(clip.profile, 'whatsapp');
    assert.equal(clip.report.passed, true);
    await world.importCustomers(1, 20);
    const campaign = await world.launch(await world.campaign(clip));
    assert.equal(campaign.state, 'launching');
    const done = await world.campaignUntil(campaign, 'everybody has read it',
      (seen) => seen.funnel.read === 20 && seen.state === 'completed');
    assert.deepEqual(
      [done.funnel.audience, done.funnel.sent, done.funnel.failed, done.funnel.unknown], [20, 20, 0, 0]);

    const books = await world.phones.books();
    assert.equal(books.length, 20);
    assert.equal(new Set(books.map((message) => message.wa_id)).size, 20);

    await t.test('the timeline of a message tells each step once', async () => {
      const { items } = await world.get(`/api/v1/messages?campaign=${campaign.id}&limit=1`);
      const { items: events } = await world.get(`/api/v1/messages/${items[0].id}/timeline`);
      const kinds = events.map((event) => event.kind);
      for (const kind of ['queued', 'sending', 'accepted', 'sent', 'delivered', 'read'])
        assert.equal(kinds.filter((k) => k === kind).length, 1, `${kind} in ${kinds}`);
    });

    await t.test('the watch page plays and counts a person once, a crawler never', async () => {
      const link = linkOf(books[0]);
      assert.match(link, new RegExp(`^${world.service.pages}/w/`));
      const page = await fetch(link);
      assert.equal(page.status, 200);
      const html = await page.text();
      assert.match(html, /og:image/);
      assert.equal(page.headers.get('set-cookie'), null);
      const part = await fetch(`${link}/clip.mp4`, { headers: { Range: 'bytes=0-99' } });
      assert.equal(part.status, 206);
      assert.equal((await part.arrayBuffer()).byteLength, 100);
      const opened = async () => (await world.get(`/api/v1/campaigns/${campaign.id}`)).funnel.opened;
      assert.equal(await opened(), 0, 'a GET does not count');
      const send = (agent) => fetch(`${link}/events`, {
        method: 'POST', body: 'opened', headers: { 'User-Agent': agent, 'Content-Type': 'text/plain' },
      });
      await send('WhatsApp/2.23');
      assert.equal(await opened(), 0, 'a crawler does not count');
      await send('Mozilla/5.0 (Linux; Android 14)');
      await send('Mozilla/5.0 (Linux; Android 14)');
      await eventually('the opening counts', async () => (await opened()) === 1, 5);
    });

    await t.test('the ledger of consent is whole, and says so', async () => {
      assert.match(await world.service.command('consent', 'verify'), /\b20\b/);
    });

    const metrics = await (await fetch(`${world.service.api}/metrics`)).text();
    await t.test('metrics count everybody and name nobody', () => {
      assert.match(metrics, /^clipcourier_messages\{state="read"\} 20$/m);
      assert.match(metrics, /^clipcourier_sender_messages\{sender="1",channel="whatsapp"\} 20$/m);
      for (let n = 1; n <= 20; ++n) {
        const withoutCountry = phoneOf(n).slice('+49'.length);
        assert.ok(!metrics.includes(withoutCountry), `${withoutCountry} in ${metrics}`);
      }
    });

    await t.test('metrics are as Prometheus wants them', { skip: hasPromtool ? false : 'promtool is not installed' }, () => {
      const checked = spawnSync('promtool', ['check', 'metrics'], { input: metrics, encoding: 'utf8', timeout: 60_000 });
      assert.equal(checked.status, 0, checked.stdout + checked.stderr);
    });

    await t.test('the source is stored once, the same bytes again cost nothing', async () => {
      const again = await world.readyClip();
      assert.notEqual(again.video.id, video.id);
      const [[originals]] = await world.service.sql('SELECT count(DISTINCT original_sha256) FROM videos');
      assert.equal(originals, '1');
    });

    assert.ok((await world.service.stop()) < 10_000);
  });

  test(`STOP in mid-campaign: nothing leaves whose request had not begun (${engine})`, async (t) => {
    const world = await World.make(t, engine, { phones: { 'status.read': 'manual' } });
    const { clip } = await world.readyClip();
    await world.importCustomers(1, 120);
    await world.call('PATCH', `/api/v1/senders/${world.sender.id}`, {
      json: { messages_per_second: 20 }, headers: { 'If-Match': `"${world.sender.version ?? 1}"` },
    });
    const campaign = await world.launch(await world.campaign(clip));
    await world.phones.waitFor('accepted', { at_least: 5 });
    // The last in line write STOP while the first are being served.
    const stopped = [118, 119, 120].map(phoneOf);
    for (const from of stopped) await world.phones.control('POST', 'inbound', { from, text: ' Stopp! ' });
    await eventually('the withdrawals are obeyed', async () => {
      const seen = await world.get(`/api/v1/campaigns/${campaign.id}`);
      return seen.states.skipped === 3;
    });
    const done = await world.campaignUntil(campaign, 'the campaign is completed', (seen) => seen.state === 'completed');
    assert.equal(done.states.skipped, 3);
    for (const phone of stopped)
      assert.equal((await world.phones.books(`to=${encodeURIComponent(phone)}`)).filter((m) => m.template).length, 0);
    const accepted = await world.phones.books('limit=1000');
    assert.equal(accepted.filter((m) => m.type === 'template').length, 117);
    const confirmed = accepted.filter((m) => m.type === 'text').map((m) => `+${m.wa_id}`);
    assert.ok(confirmed.every((phone) => stopped.includes(phone)), 'nobody else gets a text');
    assert.equal(new Set(confirmed).size, confirmed.length, 'and none of them two');

    await t.test('a later import cannot bring the consent back', async () => {
      await world.importCustomers(118, 120);
      const again = await world.launch(await world.campaign(clip));
      const end = await world.campaignUntil(again, 'the second campaign is completed', (seen) => seen.state === 'completed');
      assert.equal(end.funnel.audience, 117);
    });
  });

  test(`pause waits and says so, resume goes on, cancel skips the rest (${engine})`, async (t) => {
    const world = await World.make(t, engine);
    const { clip } = await world.readyClip();
    await world.importCustomers(1, 60);
    await world.call('PATCH', `/api/v1/senders/${world.sender.id}`, {
      json: { messages_per_second: 20 }, headers: { 'If-Match': `"${world.sender.version ?? 1}"` },
    });
    const campaign = await world.launch(await world.campaign(clip));
    await world.phones.waitFor('accepted', { at_least: 3 });
    const paused = await world.post(`/api/v1/campaigns/${campaign.id}/pause`, { reason: 'falsches Video?' });
    assert.equal(paused.paused.reason, 'falsches Video?');
    await world.campaignUntil(campaign, 'nothing is under way', (seen) => !seen.states.sending);
    const { accepted } = await world.phones.totals();
    assert.ok(accepted < 60);
    await world.post(`/api/v1/campaigns/${campaign.id}/resume`);
    await world.phones.waitFor('accepted', { at_least: accepted + 2 });
    await world.post(`/api/v1/campaigns/${campaign.id}/cancel`);
    const end = await world.campaignUntil(campaign, 'the rest is skipped', (seen) => seen.funnel.waiting === 0);
    assert.equal(end.funnel.audience, 60);
    assert.ok(end.states.skipped > 0);
    assert.equal((await world.phones.totals()).accepted, 60 - end.states.skipped);
  });
}

// The address behind the URL button, as the phone got it.
function linkOf(message) {
  const found = JSON.stringify(message).match(/https?:[^"\\]*\/w\/[A-Za-z0-9_-]+/);
  assert.ok(found, 'the message has a link to the watch page');
  return found[0];
}
