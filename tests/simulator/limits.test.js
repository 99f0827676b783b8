// What the provider holds back: limits over a day, templates of doubtful quality, messages that expire.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helloMessage, kAccount, kNumber, startBoth, startSimulator, textMessage } from './support.js';

const hour = 3_600_000;
const failures = (receiver) => receiver.statuses().filter((s) => s.status === 'failed').map((s) => s.errors[0].code);

test('so many phones outside a window in 24 hours, and no more', async (t) => {
  const { client: simulator, receiver } = await startBoth(t, { 'rate.messaging_limit': 2 });
  for (const n of [1, 2, 3, 1]) await simulator.send(helloMessage(`+49171392000${n}`));
  await simulator.settled();
  assert.deepEqual(failures(receiver), [131048]);
  await simulator.control('POST', 'inbound', { from: '+491713920004', text: 'Hallo' });
  await simulator.send(textMessage('+491713920004'));
  await simulator.settled();
  assert.deepEqual(failures(receiver), [131048], 'who wrote first does not count');
  await simulator.control('POST', 'clock', { advance_ms: 24 * hour + 1 });
  await simulator.send(helloMessage('+491713920003'));
  await simulator.settled();
  assert.deepEqual(failures(receiver), [131048]);
});

test('or the messages above the limit are never heard of again', async (t) => {
  const { client: simulator, receiver } = await startBoth(t, { 'rate.messaging_limit': 1, 'rate.messaging_limit_answer': 'silent' });
  for (const n of [1, 2]) assert.equal((await simulator.send(helloMessage(`+49171392000${n}`))).status, 200);
  await simulator.settled();
  assert.deepEqual([...new Set(receiver.statuses().map((s) => s.recipient_id))], ['491713920001']);
});

test('bad quality pauses a template for 3 hours, for 6, and for good', async (t) => {
  const { client: simulator, receiver } = await startBoth(t);
  const { data: [template] } = (await simulator.graph('GET', `${kAccount}/message_templates?name=hello_world`)).body;
  const red = () => simulator.control('POST', 'template_quality', { id: template.id, quality: 'RED' });
  const codes = async () => {
    const { status, body } = await simulator.send(helloMessage());
    return status === 200 ? 0 : body.error.code;
  };
  for (const hours of [3, 6]) {
    await red();
    assert.equal(await codes(), 132015);
    await simulator.control('POST', 'clock', { advance_ms: hours * hour - 600_000 });
    assert.equal(await codes(), 132015, `${hours} hours are not over`);
    await simulator.control('POST', 'clock', { advance_ms: 600_000 });
    assert.equal(await codes(), 0);
  }
  await red();
  assert.equal(await codes(), 132016);
  await simulator.settled();
  assert.deepEqual(receiver.values('message_template_status_update').map((v) => [v.event, v.other_info.title]), [
    ['PAUSED', 'FIRST_PAUSE'], ['APPROVED', 'UNPAUSE'], ['PAUSED', 'SECOND_PAUSE'], ['APPROVED', 'UNPAUSE'], ['DISABLED', 'DISABLED'],
  ]);
  assert.equal(receiver.values('message_template_quality_update')[0].new_quality_score, 'RED');
});

for (const [pacing, statuses] of [['release', 3], ['drop', 1]]) {
  test(`messages of a template of unknown quality are held: ${pacing}`, async (t) => {
    const { client: simulator, receiver } = await startBoth(t, { 'templates.pacing_after': 1, 'templates.pacing': pacing, 'templates.pacing_ms': [1, 2] });
    const { data: [template] } = (await simulator.graph('GET', `${kAccount}/message_templates?name=hello_world`)).body;
    await simulator.control('POST', 'template_quality', { id: template.id, quality: 'UNKNOWN' });
    const answers = [];
    for (const n of [1, 2]) answers.push((await simulator.send(helloMessage(`+49171392000${n}`))).body.messages[0].message_status);
    assert.deepEqual(answers, ['accepted', 'held_for_quality_assessment']);
    await simulator.settled();
    const second = receiver.statuses().filter((s) => s.recipient_id === '491713920002');
    assert.equal(second.length, statuses);
    if (pacing === 'drop') assert.equal(second[0].errors[0].code, 132015);
  });
}

test('a message that outlives its time vanishes without a word; one that does not arrives', async (t) => {
  const { client: simulator, receiver } = await startBoth(t, {
    numbers: { 491713920001: { offline: true }, 491713920002: { offline: true } },
    'templates.list': [{ name: 'short_offer', language: 'de', category: 'MARKETING', message_send_ttl_seconds: 12 * 3600, components: [{ type: 'BODY', text: 'Nur heute.' }] }],
  });
  const offer = (to) => ({ messaging_product: 'whatsapp', to, type: 'template', template: { name: 'short_offer', language: { code: 'de' } } });
  await simulator.graph('POST', `${kNumber}/marketing_messages`, offer('+491713920001'));
  await simulator.send(offer('+491713920002'));  // here a marketing template lives 30 days
  await simulator.settled();
  await simulator.control('POST', 'clock', { advance_ms: 13 * hour });
  const online = async (phone) => (await simulator.control('POST', 'online', { wa_id: phone })).body.delivered;
  assert.equal(await online('491713920001'), 0);
  assert.equal(await online('491713920002'), 1);
  await simulator.settled();
  assert.deepEqual(receiver.statuses().map((s) => `${s.recipient_id} ${s.status}`).sort(),
    ['491713920001 sent', '491713920002 delivered', '491713920002 read', '491713920002 sent']);
});

test('any code can be the answer of a send, also one that nobody knows', async (t) => {
  const simulator = await startSimulator(t, { 'fault.next': ['error_131031', 'error_999999', 'none'] });
  const answers = [];
  for (let i = 0; i < 3; ++i) answers.push(await simulator.send(helloMessage()));
  assert.deepEqual(answers.map(({ status, body }) => (status === 200 ? 0 : body.error.code)), [131031, 999999, 0]);
});
