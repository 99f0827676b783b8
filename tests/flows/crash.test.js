// kill -9 of the service, again and again, while replies get lost.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { engines, eventually } from './processes.js';
import { phoneOf, World } from './world.js';

// A longer form by tests/bench/crash.sh.
const customers = Number(process.env.CLIPCOURIER_TEST_CUSTOMERS ?? 2000);
const kills = Number(process.env.CLIPCOURIER_TEST_KILLS ?? 10);
const long = customers > 2000;
// Everything that can go wrong with a request or a webhook.
const faults = {
  'fault.lost_reply_share': 0.02, 'fault.reset_before_share': 0.01, 'fault.error_131016_share': 0.02,
  'fault.truncated_json_share': 0.005, 'fault.html_503_share': 0.005, 'fault.error_131000_share': 0.005,
  'webhook.duplicate_share': 0.1, 'webhook.reorder_share': 0.1, 'status.before_answer_share': 0.05,
  'status.skip_delivered_share': 0.1,
};

for (const engine of engines) {
  test(`${kills} times kill -9 with lost replies: nobody gets two, nobody is lost (${engine})`, async (t) => {
    const world = await World.make(t, engine, {
      phones: faults,
      settings: { 'dispatch.first_retry_s': 1, 'dispatch.request_timeout_s': 5 },
    });
    const { clip } = await world.readyClip();
    await world.importCustomers(1, customers);
    await world.call('PATCH', `/api/v1/senders/${world.sender.id}`, {
      json: { messages_per_second: long ? 1000 : 250 }, headers: { 'If-Match': `"${world.sender.version ?? 1}"` },
    });
    const campaign = await world.launch(await world.campaign(clip));
    for (let kill = 1; kill <= kills; ++kill) {
      const share = (kill - Math.random() / 2) / (kills + 2);
      await world.phones.waitFor('accepted', { at_least: Math.floor(customers * share) });
      await world.service.kill();
      await world.service.start();
    }
    const done = await world.campaignUntil(campaign, 'the campaign is completed', (seen) => seen.state === 'completed', long ? 3600 : 240);
    await world.phones.waitFor('pending', { at_most: 0 });

    // By the books of the phone network, which know nothing of ours.
    const expected = Array.from({ length: customers }, (_, i) => phoneOf(i + 1));
    const books = [];
    for (let page; !page || page.length === 10_000; books.push(...page))
      page = await world.phones.books(`limit=10000&brief=1&after=${books.length}`);
    const copies = new Map(expected.map((phone) => [phone.slice(1), 0]));
    for (const message of books) copies.set(message.wa_id, (copies.get(message.wa_id) ?? 0) + 1);
    const twice = [...copies].filter(([, count]) => count > 1);
    assert.deepEqual(twice, [], 'nobody got two');

    // Every unknown that the provider accepted is resolved by its webhook; the rest stays listed.
    const never = [...copies].filter(([, count]) => count === 0).map(([phone]) => `+${phone}`);
    const listed = await eventually('only what never arrived is unknown', async () => {
      const rows = await world.service.sql("SELECT address FROM messages WHERE state = 'unknown' ORDER BY address");
      const addresses = rows.map(([address]) => address);
      return JSON.stringify(addresses) === JSON.stringify([...never].sort()) && addresses;
    }, 60);
    const end = await world.get(`/api/v1/campaigns/${campaign.id}`);
    assert.equal(end.funnel.audience, customers);
    assert.equal(end.funnel.unknown, listed.length);
    assert.equal(end.funnel.read, customers - listed.length, 'everybody else has read it');
    t.diagnostic(`${kills} kills, ${books.length} messages, ${listed.length} unknown`);
    assert.ok(done);

    const rows = await world.service.sql('SELECT state, count(*) FROM messages GROUP BY state');
    for (const [state, count] of rows) assert.equal(end.states[state], Number(count), `the counter of ${state}`);
  });
}
