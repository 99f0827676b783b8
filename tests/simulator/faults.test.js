import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helloMessage, kNumber, startBoth, startSimulator } from './support.js';

const numbers = (count) => Array.from({ length: count }, (_, i) => `+4917139${20000 + i}`);

// What one send came to: its error code, its HTTP status, or "reset" and the like.
async function outcome(client, message) {
  try {
    const { status, body } = await client.send(message);
    if (typeof body === 'string') return status === 200 ? 'broken JSON' : `HTTP ${status}`;
    return body.error ? body.error.code : 'ok';
  } catch (error) {
    return error.cause?.code ?? error.message;
  }
}

test('each fault of the network does what it says, one send each', async (t) => {
  const { client, receiver } = await startBoth(t, { 'fault.slow_ms': [30, 40] });
  const next = ['lost_reply', 'reset_before', 'slow', 'html_503', 'truncated_json', 'rate_limited', 'error_131000', 'error_131016', 'none'];
  await client.control('POST', 'faults', { next });
  const seen = [];
  for (const [i] of next.entries()) seen.push(await outcome(client, helloMessage(numbers(9)[i], { biz_opaque_callback_data: `a-${i}` })));
  assert.deepEqual(seen, ['ECONNRESET', 'ECONNRESET', 'ok', 'HTTP 503', 'broken JSON', 130429, 131000, 131016, 'ok']);
  const totals = await client.settled();
  const accepted = await client.books();
  assert.deepEqual(accepted.map((m) => m.answer), ['lost_reply', 'slow', 'truncated_json', 'ok']);
  assert.deepEqual(totals.refused_by_code, { reset: 1, 503: 1, 130429: 1, 131000: 1, 131016: 1 });
  const told = new Set(receiver.statuses().map((s) => s.biz_opaque_callback_data));
  assert.deepEqual(told, new Set(['a-0', 'a-2', 'a-4', 'a-8']), 'whoever was accepted hears of it by webhook');
});

test('shares of faults are met about as often as they say', async (t) => {
  const client = await startSimulator(t, { 'fault.html_503_share': 0.2, 'fault.error_131000_share': 0.1 });
  const seen = await Promise.all(numbers(400).map((to) => outcome(client, helloMessage(to))));
  const count = (what) => seen.filter((s) => s === what).length;
  assert.ok(Math.abs(count('HTTP 503') - 80) < 30, `${count('HTTP 503')}`);
  assert.ok(Math.abs(count(131000) - 40) < 22, `${count(131000)}`);
  assert.equal(count('ok'), 400 - count('HTTP 503') - count(131000));
});

test('the same seed meets the same numbers with the same luck, in whatever order they come', async (t) => {
  const settings = { seed: 42, 'fault.html_503_share': 0.3, 'fault.lost_reply_share': 0.2 };
  const results = [];
  for (const order of [numbers(60), numbers(60).reverse()]) {
    const client = await startSimulator(t, settings);
    const seen = await Promise.all(order.map(async (to) => [to, await outcome(client, helloMessage(to))]));
    const ids = (await client.books()).map((m) => m.wamid).sort();
    results.push({ seen: new Map(seen.sort()), ids });
  }
  assert.deepEqual(results[0], results[1]);
  assert.ok(new Set(results[0].seen.values()).size === 3);
});

test('numbers can fail always, at once or by webhook', async (t) => {
  const codes = [131026, 131049, 131050, 130472];
  const rules = Object.fromEntries(codes.map((code, i) => [`49171392000${i}`, { code }]));
  const { client, receiver } = await startBoth(t, { numbers: { ...rules, 491713920009: { code: 131026, when: 'sync' } } });
  for (const [i] of codes.entries()) assert.equal(await outcome(client, helloMessage(`+49171392000${i}`, { biz_opaque_callback_data: `a-${i}` })), 'ok');
  assert.equal(await outcome(client, helloMessage('+491713920009')), 131026);
  await client.settled();
  const failed = receiver.statuses();
  assert.deepEqual(failed.map((s) => [s.status, s.errors[0].code, s.biz_opaque_callback_data]).sort(), codes.map((code, i) => ['failed', code, `a-${i}`]).sort());
  for (const { errors: [error] } of failed) assert.ok(error.title && error.message === error.title && error.error_data.details && error.href);
});

test('a number may have another id in the network', async (t) => {
  const { client, receiver } = await startBoth(t, { numbers: { 5511987654321: { wa_id: '551187654321' } } });
  const { body } = await client.send(helloMessage('+5511987654321'));
  assert.deepEqual(body.contacts, [{ input: '+5511987654321', wa_id: '551187654321' }]);
  await client.settled();
  assert.equal(receiver.statuses()[0].recipient_id, '551187654321');
});

test('too many messages a second are refused with 130429 and not accepted', async (t) => {
  const client = await startSimulator(t, { 'rate.messages_per_second': 1, 'rate.burst': 5, 'rate.http_status': 400 });
  const answers = await Promise.all(numbers(20).map((to) => client.send(helloMessage(to))));
  const limited = answers.filter((a) => a.body.error?.code === 130429);
  assert.ok(limited.length >= 13 && limited.length <= 15, `${limited.length}`);
  assert.equal(limited[0].status, 400);
  assert.equal((await client.control('GET', 'totals')).body.accepted, 20 - limited.length);
});

test('one phone gets 45 at once and then one every six seconds', async (t) => {
  const client = await startSimulator(t, { 'rate.pair': true });
  const burst = await Promise.all(Array.from({ length: 50 }, () => outcome(client, helloMessage())));
  assert.equal(burst.filter((o) => o === 131056).length, 5);
  await client.control('POST', 'clock', { advance_ms: 12_000 });
  assert.deepEqual(await Promise.all([1, 2, 3].map(() => outcome(client, helloMessage()))).then((o) => o.sort()), [131056, 'ok', 'ok']);
});

test('phones that are off, that do not read, and that skip "delivered"', async (t) => {
  const { client, receiver } = await startBoth(t, { numbers: { 491713920001: { offline: true }, 491713920002: { read: false } } });
  for (const i of [1, 2, 3]) await client.send(helloMessage(`+49171392000${i}`));
  await client.settled();
  const of = (i) => receiver.statuses().filter((s) => s.recipient_id === `49171392000${i}`).map((s) => s.status);
  assert.deepEqual([of(1), of(2), of(3)], [['sent'], ['sent', 'delivered'], ['sent', 'delivered', 'read']]);
  await client.set({ 'status.skip_delivered_share': 1 });
  await client.send(helloMessage('+491713920004'));
  await client.settled();
  assert.deepEqual(of(4), ['sent', 'read']);
});

test('in manual mode a message is read when the chat is opened', async (t) => {
  const { client, receiver } = await startBoth(t, { 'status.read': 'manual' });
  await client.send(helloMessage());
  await client.settled();
  assert.deepEqual(receiver.statuses().map((s) => s.status), ['sent', 'delivered']);
  await client.control('POST', 'open', { wa_id: '491713920001' });
  await client.settled();
  assert.equal(receiver.statuses().at(-1).status, 'read');
});

test('a sender cannot write to itself', async (t) => {
  const client = await startSimulator(t);
  assert.equal(await outcome(client, helloMessage('+493023125042')), 131021);
});

test('the books tell who got none, one and more', async (t) => {
  const client = await startSimulator(t);
  await client.send(helloMessage('+491713920001'));
  await client.send(helloMessage('+491713920002'));
  await client.send(helloMessage('+491713920002'));
  const { body } = await client.control('POST', 'totals', { expected: ['+491713920001', '+491713920002', '+491713920003'] });
  assert.deepEqual(body.recipients, { once: 1, more: 1, more_numbers: ['491713920002'], expected: 3, none: 1, none_numbers: ['491713920003'] });
});

test('wrong settings are refused together and change nothing', async (t) => {
  const client = await startSimulator(t);
  const { status, body } = await client.control('POST', 'settings', { 'fault.slow_share': 2, nonsense: 1, 'status.read_share': 0 });
  assert.equal(status, 400);
  assert.match(body.error.message, /fault\.slow_share: must be a number from 0 to 1\nnonsense: no such setting/);
  assert.equal((await client.control('GET', 'settings')).body['status.read_share'], 1);
});

test('a change without the JSON content type is refused: no foreign page can make one', async (t) => {
  const client = await startSimulator(t);
  const response = await fetch(`${client.address}/_simulator/reset`, { method: 'POST', body: '{}', headers: { 'Content-Type': 'text/plain' } });
  assert.equal(response.status, 415);
});

test('a reset forgets messages and, when asked, settings', async (t) => {
  const { client } = await startBoth(t);
  await client.set({ 'status.read_share': 0.5 });
  await client.send(helloMessage());
  await client.control('POST', 'reset', { settings: true });
  const totals = (await client.control('GET', 'totals')).body;
  assert.deepEqual([totals.accepted, totals.pending], [0, 0]);
  const settings = (await client.control('GET', 'settings')).body;
  assert.deepEqual([settings['status.read_share'], settings['webhook.callback_url']], [1, '']);
  assert.equal((await client.send(helloMessage())).status, 200);
});

test('waiting is bounded and tells when it was in vain', async (t) => {
  const client = await startSimulator(t);
  const { body } = await client.control('GET', 'wait?for=read&at_least=1&timeout_ms=20');
  assert.equal(body.reached, false);
  assert.equal((await client.control('GET', 'wait?for=nonsense&at_least=1')).status, 400);
});

test('a malformed number in a path is no number', async (t) => {
  const client = await startSimulator(t);
  const { body } = await client.graph('POST', '999/messages', helloMessage());
  assert.deepEqual([body.error.code, body.error.error_subcode], [100, 33]);
  assert.equal((await client.graph('GET', kNumber)).body.id, kNumber);
});
