// kill -9 of the service, again and again, while everything goes wrong that can.
//
// The books of the phone network know nothing of ours, so each message is held against them: every copy of
// the network is one try of ours, nobody gets two, nobody is lost, and whose answer never came is listed
// as unknown only when the network never had that try either.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { randomFrom } from './cutting_proxy.js';
import { engines, eventually } from './processes.js';
import { phoneOf, World } from './world.js';

// A longer form by tests/bench/crash.sh.
const customers = Number(process.env.CLIPCOURIER_TEST_CUSTOMERS ?? 2000);
const kills = Number(process.env.CLIPCOURIER_TEST_KILLS ?? 10);
const seed = Number(process.env.CLIPCOURIER_SEED ?? 20261127);
const long = customers > 2000;
// Everything that can go wrong with a request or a webhook. Each 130429 halves the rate for minutes.
const faults = {
  'fault.lost_reply_share': 0.02, 'fault.reset_before_share': 0.01, 'fault.error_131016_share': 0.02,
  'fault.truncated_json_share': 0.005, 'fault.html_503_share': 0.005, 'fault.error_131000_share': 0.005,
  'fault.slow_share': 0.01, 'fault.slow_ms': [200, 7000], 'fault.rate_limited_share': 3 / customers,
  'webhook.duplicate_share': 0.1, 'webhook.reorder_share': 0.1, 'webhook.lost_answer_share': 0.05,
  'status.before_answer_share': 0.05, 'status.skip_delivered_share': 0.1,
};
// Phones with a fate of their own: the remainders of their numbers by 40.
const fates = {
  3: { offline: true },
  7: { code: 131049 }, // to be tried once more
  11: { code: 131056, when: 'sync' }, // to be tried until the tries are used up
  17: { code: 131050 }, // an opt-out
  23: { code: 987654 },
  31: { code: 987655, when: 'sync' },
};
const fateOf = (phone) => fates[Number(phone.slice(-7)) % 40] ?? {};
const tries = (code) => (code === '131000' ? 3 : 6); // of errors that are no phone's fate

const everybody = Array.from({ length: customers }, (_, i) => phoneOf(i + 1).slice(1));

// The copies that the network took, by phone.
async function copiesOf(phones) {
  const copies = new Map(everybody.map((phone) => [phone, []]));
  for (let after = 0, page; !page || page.length === 10_000; after += page.length) {
    page = await phones.books(`limit=10000&brief=1&after=${after}`);
    for (const copy of page) copies.get(copy.wa_id).push(copy);
  }
  return copies;
}

// Our messages with their tries, by phone.
async function messagesOf(service) {
  const messages = new Map();
  for (const [id, address, state, reason] of await service.sql('SELECT id, address, state, reason FROM messages'))
    messages.set(id, { phone: address.slice(1), state, reason, tries: [] });
  const rows = await service.sql('SELECT message_id, state, provider_id, error_code FROM attempts ORDER BY message_id, number');
  for (const [id, state, wamid, code] of rows) messages.get(id).tries.push({ state, wamid, code });
  return [...messages.values()];
}

// How a message must have ended by what the network did with its copies.
function endOf({ phone, tries: made }, copies) {
  if (copies.some((copy) => copy.state !== 'failed')) return fateOf(phone).offline ? 'sent' : 'read';
  const last = made.at(-1);
  return last.state === 'failed' ? `failed ${last.code}` : 'unknown';
}

function hasFailedFairly({ phone, reason, tries: made }) {
  return reason === String(fateOf(phone).code) || made.length >= tries(reason);
}

function requireTruth(message, copies) {
  const shown = JSON.stringify({ message, copies });
  assert.ok(copies.filter((copy) => copy.state !== 'failed').length <= 1, `got two: ${shown}`);
  assert.deepEqual(message.tries.map((one) => one.wamid).filter(Boolean).sort(), copies.map((copy) => copy.wamid).sort(), shown);
  const end = message.state === 'failed' ? `failed ${message.reason}` : message.state;
  assert.equal(end, endOf(message, copies), shown);
  if (message.state === 'failed') assert.ok(hasFailedFairly(message), shown);
}

const count = async (world, rows) => Number((await world.service.sql(`SELECT count(*) FROM ${rows}`))[0][0]);

// What waits for another try gets it at once, after one more kill, until nothing waits. Nothing has more
// tries than these.
async function untilNothingWaits(world, campaign, seconds) {
  const settled = ({ states }) => ['queued', 'sending'].every((state) => !states[state]);
  for (let round = 1; round <= 20; ++round) {
    await eventually('what waited is taken up', async () => await count(world, "messages WHERE state = 'held' AND due_at_ms = 0") === 0, seconds);
    await world.campaignUntil(campaign, 'everything was tried', settled, seconds);
    await world.phones.waitFor('pending', { at_most: 0 });
    await eventually('every webhook has had its effect', async () => await count(world, "webhooks WHERE state = 'stored'") === 0);
    if (await count(world, "messages WHERE state IN ('queued', 'held', 'sending')") === 0)
      return world.campaignUntil(campaign, 'the campaign is completed', ({ state }) => state === 'completed');
    await world.service.kill();
    await world.service.sql("UPDATE messages SET due_at_ms = 0 WHERE state = 'held'");
    await world.service.sql('DELETE FROM cool_offs');
    await world.service.start();
  }
  assert.fail('messages wait after twenty rounds');
}

for (const engine of engines) {
  test(`${kills} times kill -9 with lost replies: nobody gets two, nobody is lost (${engine}, seed ${seed})`, async (t) => {
    const random = randomFrom(seed);
    const world = await World.make(t, engine, {
      phones: { ...faults, seed },
      settings: { 'dispatch.first_retry_s': 1, 'dispatch.request_timeout_s': 5 },
    });
    const fated = everybody.filter((phone) => Object.keys(fateOf(phone)).length > 0);
    await world.phones.set({ numbers: Object.fromEntries(fated.map((phone) => [phone, fateOf(phone)])) });
    const { clip } = await world.readyClip();
    await world.importCustomers(1, customers);
    await world.call('PATCH', `/api/v1/senders/${world.sender.id}`, {
      json: { messages_per_second: long ? 1000 : 250 }, headers: { 'If-Match': `"${world.sender.version ?? 1}"` },
    });
    const campaign = await world.launch(await world.campaign(clip));
    const takeable = everybody.filter((phone) => fateOf(phone).when !== 'sync').length;
    for (let kill = 1; kill <= kills; ++kill) {
      const share = (kill - random() / 2) / (1.1 * kills + 2); // the rest is for what is lost for good
      await world.phones.waitFor('accepted', { at_least: Math.floor(takeable * share) });
      await world.service.kill();
      await world.service.start();
    }
    await untilNothingWaits(world, campaign, long ? 3600 : 240);

    const copies = await copiesOf(world.phones);
    const messages = await eventually('only what never arrived is unknown', async () => {
      const seen = await messagesOf(world.service);
      for (const message of seen) requireTruth(message, copies.get(message.phone));
      return seen;
    }, 60);
    assert.deepEqual(messages.map(({ phone }) => phone).sort(), [...everybody].sort());
    const stopped = messages.filter(({ phone }) => copies.get(phone).length > 0 && fateOf(phone).code === 131050);
    const withdrawn = await world.service.sql(
      "SELECT DISTINCT m.address FROM messages m JOIN consents c ON c.customer_id = m.customer_id WHERE c.state = 'withdrawn'");
    assert.deepEqual(withdrawn.map(([address]) => address.slice(1)).sort(), stopped.map(({ phone }) => phone).sort());

    const end = await world.get(`/api/v1/campaigns/${campaign.id}`);
    assert.equal(end.funnel.audience, customers);
    const counts = {};
    for (const { state } of messages) counts[state] = (counts[state] ?? 0) + 1;
    for (const [state, count] of Object.entries(end.states)) assert.equal(count, counts[state] ?? 0, `the counter of ${state}`);
    for (const state of ['unknown', 'read']) assert.equal(end.funnel[state], counts[state]);
    t.diagnostic(`${kills} kills, ${[...copies.values()].flat().length} messages, ${JSON.stringify(counts)}`);
  });
}
