// What a number, an app and a template are asked beside sending.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { helloMessage, kAccount, kNumber, startBoth, startSimulator, textMessage } from './support.js';

const kApp = '670843887433847';
const product = { messaging_product: 'whatsapp' };

test('a number that is not registered sends nothing, and ten wrong PINs are too many', async (t) => {
  const simulator = await startSimulator(t);
  const register = (pin) => simulator.graph('POST', `${kNumber}/register`, { ...product, pin });
  assert.deepEqual((await register('123456')).body, { success: true });
  await simulator.graph('POST', `${kNumber}/deregister`);
  assert.equal((await simulator.send(helloMessage())).body.error.code, 133010);
  for (let i = 0; i < 10; ++i) assert.equal((await register('654321')).body.error.code, 133005);
  assert.equal((await register('123456')).body.error.code, 133016);
  assert.equal((await register('12')).body.error.code, 100);
});

test('the profile keeps what it is told, within its lengths', async (t) => {
  const simulator = await startSimulator(t);
  const profile = `${kNumber}/whatsapp_business_profile`;
  const told = { about: 'Leuchten aus Halm', websites: ['https://halmwerk.example/impressum'] };
  assert.equal((await simulator.graph('POST', profile, { ...product, ...told })).status, 200);
  assert.deepEqual((await simulator.graph('GET', `${profile}?fields=about,websites`)).body.data, [told]);
  for (const wrong of [{ about: 'x'.repeat(140) }, { websites: ['a', 'b', 'c'] }, { websites: ['ftp://x'] }, { colour: 'red' }]) {
    assert.equal((await simulator.graph('POST', profile, { ...product, ...wrong })).body.error.code, 100);
  }
});

test('only who wrote can be blocked, and then gets nothing', async (t) => {
  const simulator = await startSimulator(t);
  const block = (method, ...users) => simulator.graph(method, `${kNumber}/block_users`, { ...product, block_users: users.map((user) => ({ user })) });
  await simulator.control('POST', 'inbound', { from: '+491713920001', text: 'Hallo' });
  const { status, body } = await block('POST', '+491713920001', '+491713920002');
  assert.equal(status, 400);
  assert.deepEqual(body.block_users.added_users, [{ input: '+491713920001', wa_id: '491713920001' }]);
  assert.deepEqual([body.error.code, body.block_users.failed_users[0].errors[0].code], [139100, 131047]);
  assert.equal((await simulator.send(textMessage())).body.error.code, 130403);
  assert.deepEqual((await simulator.graph('GET', `${kNumber}/block_users`)).body.data.map((one) => one.wa_id), ['491713920001']);
  assert.equal((await block('DELETE', '+491713920001')).status, 200);
  assert.equal((await simulator.send(textMessage())).status, 200);
});

test('a header example is uploaded in parts, and goes on where it was', async (t) => {
  const simulator = await startSimulator(t);
  const asOauth = { token: null, headers: { Authorization: 'OAuth simulator-token' } };
  const begun = await simulator.graph('POST', `${kApp}/uploads?file_name=clip.mp4&file_length=6&file_type=video/mp4`);
  const { id } = begun.body;
  assert.match(id, /^upload:/);
  const put = (offset, bytes) => simulator.graph('POST', id, new TextEncoder().encode(bytes), { token: null, headers: { ...asOauth.headers, file_offset: String(offset) } });
  assert.equal((await put(0, 'abc')).body.file_offset, 3);
  assert.equal((await put(0, 'abc')).status, 400, 'not where it goes on');
  assert.equal((await simulator.graph('GET', id, undefined, asOauth)).body.file_offset, 3);
  assert.match((await put(3, 'def')).body.h, /^4::/);
  assert.equal((await simulator.graph('GET', id, undefined, asOauth)).status, 400, 'it is done');
  assert.equal((await simulator.graph('POST', `${kApp}/uploads?file_length=6&file_type=text/html`)).body.error.code, 100);
});

test('the marketing endpoint takes marketing templates and nothing else', async (t) => {
  const { client: simulator, receiver } = await startBoth(t, {
    'templates.list': [{ name: 'receipt', language: 'de', category: 'UTILITY', components: [{ type: 'BODY', text: 'Ihre Rechnung.' }] }],
  });
  const send = (body) => simulator.graph('POST', `${kNumber}/marketing_messages`, body);
  const { status, body } = await send({ ...helloMessage(), message_activity_sharing: false, product_policy: 'STRICT' });
  assert.equal(status, 200);
  assert.equal((await send(textMessage())).body.error.code, 134100);
  assert.equal((await send({ ...helloMessage(), template: { name: 'receipt', language: { code: 'de' } } })).body.error.code, 134100);
  assert.equal((await send({ ...helloMessage(), product_policy: 'MAYBE' })).body.error.code, 100);
  await simulator.settled();
  assert.ok(receiver.statuses().every((s) => s.id === body.messages[0].id));
});

test('a template is edited as a whole, seldom, and looked at anew', async (t) => {
  const { client: simulator, receiver } = await startBoth(t);
  const { data: [template] } = (await simulator.graph('GET', `${kAccount}/message_templates?name=hello_world`)).body;
  const edit = (body) => simulator.graph('POST', template.id, body);
  const components = [{ type: 'BODY', text: 'Welcome back!' }];
  assert.deepEqual((await edit({ components })).body, { success: true });
  await simulator.settled();
  await simulator.waitFor('updates_acknowledged', { at_least: 1 });
  assert.equal(receiver.values('message_template_status_update').at(-1).event, 'APPROVED');
  assert.deepEqual((await simulator.graph('GET', template.id)).body.components, components);
  assert.equal((await edit({ components })).body.error.error_subcode, 2388039, 'once in 24 hours');
  await simulator.control('POST', 'clock', { advance_ms: 24 * 3_600_000 + 1 });
  assert.equal((await edit({ components: [{ type: 'BODY', text: '{{1}}' }] })).body.error.error_subcode, 2388299);
  assert.equal((await edit({ components })).status, 200);
});
