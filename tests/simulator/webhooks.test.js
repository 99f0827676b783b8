import assert from 'node:assert/strict';
import { test } from 'node:test';
import { asciiJson, signature } from '../../samples/simulator/lib/webhooks.js';
import { clipMessage, goodVideo, helloMessage, isSigned, kAccount, kNumber, kSecret, startBoth, startReceiver, startSimulator } from './support.js';

test('signatures are the ones other implementations compute', () => {
  const vectors = [
    ['test-app-secret', '{"object":"whatsapp_business_account","entry":[]}', 'c84a394cc475525991e78ff16e430b02e47f953877d2af0ade26956ce6f384dc'],
    ['demo-app-secret', '{"object":"whatsapp_business_account","entry":[{"id":"1","time":1,"changes":[]}],"n":"M\\u00fcller"}',
      '421397f9de7b2d81978a57dfbcb9b38e1924030e91f69365febb0bc1d9f756b6'],
  ];
  for (const [secret, body, hex] of vectors) assert.equal(signature(secret, Buffer.from(body)), `sha256=${hex}`);
});

test('text beyond ASCII is escaped in the bytes that are signed', () => {
  assert.equal(asciiJson({ n: 'Müller 👍' }), '{"n":"M\\u00fcller \\ud83d\\udc4d"}');
});

test('a clip goes out and comes back as sent, delivered and read, signed, with our data', async (t) => {
  const { client, receiver } = await startBoth(t);
  const mediaId = await client.uploaded(await goodVideo());
  const { status, body } = await client.send(clipMessage(mediaId));
  assert.equal(status, 200, JSON.stringify(body));
  assert.equal(body.contacts[0].wa_id, '491713920001');
  assert.equal(body.messages[0].message_status, 'accepted');
  await client.settled();
  const statuses = receiver.statuses();
  assert.deepEqual(statuses.map((s) => s.status), ['sent', 'delivered', 'read']);
  for (const s of statuses) {
    assert.equal(s.id, body.messages[0].id);
    assert.equal(s.biz_opaque_callback_data, 'a-1');
    assert.equal(s.recipient_id, '491713920001');
    assert.match(s.timestamp, /^\d{10}$/);
  }
  assert.equal(statuses[0].pricing.category, 'marketing');
  assert.equal(statuses[0].conversation.origin.type, 'marketing');
  for (const post of receiver.posts) {
    assert.ok(isSigned(kSecret, post.raw, post.signature));
    assert.ok(post.raw.every((byte) => byte < 0x80));
    assert.equal(post.body.entry[0].id, kAccount);
    assert.equal(post.body.entry[0].changes[0].value.metadata.phone_number_id, kNumber);
  }
});

test('a callback that fails the challenge is refused and the old one stays', async (t) => {
  const receiver = await startReceiver(t, { verifyToken: 'another' });
  const client = await startSimulator(t);
  const refused = await client.control('POST', 'callback', { url: receiver.url });
  assert.equal(refused.status, 400);
  assert.match(refused.body.error.message, /403/);
  assert.equal((await client.control('GET', 'settings')).body['webhook.callback_url'], '');
  const accepted = await client.control('POST', 'callback', { url: receiver.url, verify_token: 'another' });
  assert.equal(accepted.status, 200);
});

test('webhooks from before the callback is set are kept and sent then', async (t) => {
  const receiver = await startReceiver(t);
  const client = await startSimulator(t);
  await client.send(helloMessage());
  await client.waitFor('read', { at_least: 1 });
  assert.equal(receiver.posts.length, 0);
  await client.control('POST', 'callback', { url: receiver.url });
  await client.settled();
  assert.equal(receiver.statuses().length, 3);
});

test('a POST that does not get 200 is repeated with growing delay until it does', async (t) => {
  const answers = [500, 201, 503];
  const { client, receiver } = await startBoth(t, { 'webhook.concurrency': 1 }, { answer: () => answers.shift() ?? 200 });
  await client.send(helloMessage());
  const totals = await client.settled();
  assert.equal(totals.webhooks_failed, 3);
  assert.deepEqual(new Set(receiver.statuses().map((s) => s.status)), new Set(['sent', 'delivered', 'read']));
});

test('a POST whose answer is lost is sent again as it was', async (t) => {
  const { client, receiver } = await startBoth(t, { 'webhook.lost_answer_share': 0.5, 'webhook.batch_size': 1, 'webhook.retry_most_ms': 20 });
  for (let i = 0; i < 10; ++i) await client.send(helloMessage(`+49171392000${i}`));
  const totals = await client.settled();
  assert.equal(totals.updates_acknowledged, 30);
  assert.equal(receiver.posts.length, 30 + totals.webhooks_failed);
  assert.ok(totals.webhooks_failed > 5, `${totals.webhooks_failed} answers were lost`);
  assert.equal(new Set(receiver.posts.map((post) => post.raw.toString())).size, 30);
});

test('a receiver that does not answer counts as failed after the time limit', async (t) => {
  let held = 0;
  const { client } = await startBoth(t, {}, { answer: () => (held++ === 0 ? new Promise(() => {}) : 200) });
  await client.set({ 'webhook.timeout_ms': 200 });
  await client.send(helloMessage());
  assert.ok((await client.settled()).webhooks_failed >= 1);
});

test('what is given up is dropped and no longer pending', async (t) => {
  const { client } = await startBoth(t, { 'webhook.give_up_ms': 1, 'webhook.retry_first_ms': 2 }, { answer: () => 500 });
  await client.send(helloMessage());
  assert.equal((await client.settled()).updates_dropped, 3);
});

test('what is not acknowledged is dropped after seven days of the clock', async (t) => {
  const tried = new Set();
  let tellAll;
  const allTried = new Promise((resolve) => { tellAll = resolve; });
  const { client } = await startBoth(t, { 'webhook.batch_size': 1, 'webhook.retry_most_ms': 20 }, {
    answer: (request, raw) => {
      tried.add(raw.toString());
      if (tried.size === 3) tellAll();
      return 500;
    },
  });
  await client.send(helloMessage());
  await allTried;
  await client.control('POST', 'clock', { advance_ms: 6 * 86_400_000 });
  const { webhooks_failed: failed } = await client.waitFor('webhooks_failed', { at_least: 3 });
  assert.equal((await client.waitFor('webhooks_failed', { at_least: failed + 6 })).updates_dropped, 0);
  await client.control('POST', 'clock', { advance_ms: 86_400_000 });
  assert.equal((await client.settled()).updates_dropped, 3);
});

test('the price stands on "sent", on what says that it arrived, or on both', async (t) => {
  const seen = {};
  for (const on of ['both', 'sent', 'delivered']) {
    const { client, receiver } = await startBoth(t, { 'webhook.pricing_on': on });
    await client.send(helloMessage());
    await client.settled();
    await client.set({ 'status.skip_delivered_share': 1 });
    await client.send(helloMessage());
    await client.settled();
    seen[on] = receiver.statuses().map((s) => `${s.status}${s.pricing ? ' priced' : ''}`);
    assert.equal(receiver.statuses().filter((s) => s.conversation).length, 4);
  }
  assert.deepEqual(seen, {
    both: ['sent priced', 'delivered priced', 'read', 'sent priced', 'read priced'],
    sent: ['sent priced', 'delivered', 'read', 'sent priced', 'read'],
    delivered: ['sent', 'delivered priced', 'read', 'sent', 'read priced'],
  });
});

test('the business number is shown with + or without', async (t) => {
  const { client, receiver } = await startBoth(t);
  await client.send(helloMessage());
  await client.settled();
  await client.set({ 'webhook.display_number': 'plus' });
  await client.control('POST', 'inbound', { from: '+491713920001', text: 'Hallo' });
  await client.settled();
  const shown = (list) => new Set(receiver.values('messages').filter((v) => v[list]).map((v) => v.metadata.display_phone_number));
  assert.deepEqual(shown('statuses'), new Set(['493023125042']));
  assert.deepEqual(shown('messages'), new Set(['+493023125042']));
});

test('duplicates, reordering and batches lose nothing', async (t) => {
  const { client, receiver } = await startBoth(t, {
    'webhook.duplicate_share': 0.3, 'webhook.reorder_share': 0.3, 'webhook.hold_ms': [1, 30], 'webhook.batch_size': 10,
    'webhook.batch_wait_ms': 10, 'webhook.batch_shape': 'mixed',
  });
  const count = 100;
  await Promise.all(Array.from({ length: count }, (_, i) => client.send(helloMessage(`+4917139${String(20000 + i)}`))));
  await client.settled();
  const seen = receiver.statuses().map((s) => `${s.id} ${s.status}`);
  assert.equal(new Set(seen).size, 3 * count);
  assert.ok(seen.length > 3.4 * count && seen.length < 4.5 * count, `${seen.length} updates`);
  assert.ok(receiver.posts.length < seen.length / 2, 'updates share POSTs');
  const shapes = receiver.posts.map((p) => [p.body.entry.length, p.body.entry[0].changes.length, p.body.entry[0].changes[0].value.statuses.length]);
  for (const index of [0, 1, 2]) assert.ok(shapes.some((shape) => shape[index] > 1), `no batch in place ${index}`);
  const order = new Map();
  let backwards = 0;
  const rank = { sent: 1, delivered: 2, read: 3 };
  for (const s of receiver.statuses()) {
    if (rank[s.status] < (order.get(s.id) ?? 0)) backwards += 1;
    order.set(s.id, rank[s.status]);
  }
  assert.ok(backwards > 10, `${backwards} statuses came late`);
});

test('a status can overtake the HTTP answer', async (t) => {
  const arrivals = [];
  const { client } = await startBoth(t, { 'status.before_answer_share': 1 }, {
    answer: (request, raw) => { arrivals.push(JSON.parse(raw).entry[0].changes[0].value.statuses[0].status); return 200; },
  });
  await client.send(helloMessage());
  assert.equal(arrivals[0], 'sent');
});

test('without a subscription no webhook arrives when it is required', async (t) => {
  const { client, receiver } = await startBoth(t, { 'account.require_subscription': true });
  await client.send(helloMessage());
  await client.waitFor('read', { at_least: 1 });
  assert.equal(receiver.posts.length, 0);
  assert.deepEqual((await client.graph('GET', `${kAccount}/subscribed_apps`)).body.data, []);
  assert.deepEqual((await client.graph('POST', `${kAccount}/subscribed_apps`, {})).body, { success: true });
  await client.settled();
  assert.equal(receiver.statuses().length, 3);
  assert.equal((await client.graph('GET', `${kAccount}/subscribed_apps`)).body.data.length, 1);
});

test('any event can be sent, also one nobody knows', async (t) => {
  const { client, receiver } = await startBoth(t);
  await client.control('POST', 'event', { field: 'tomorrow', value: { a: 'ü' } });
  await client.settled();
  assert.deepEqual(receiver.values('tomorrow'), [{ a: 'ü' }]);
  assert.ok(Number.isInteger(receiver.posts[0].body.entry[0].time));
});
