import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clipMessage, goodVideo, helloMessage, kNumber, startBoth, startSimulator, textMessage } from './support.js';

// A deep copy of a good message with one thing changed.
function changed(message, change) {
  const copy = structuredClone(message);
  change(copy, copy.template?.components);
  return copy;
}

test('every malformed template send is refused at once with the code the provider uses', async (t) => {
  const client = await startSimulator(t);
  const good = clipMessage(await client.uploaded(await goodVideo()));
  const cases = [
    ['no messaging_product', 100, (m) => { delete m.messaging_product; }],
    ['another product', 100, (m) => { m.messaging_product = 'telegram'; }],
    ['no recipient', 100, (m) => { delete m.to; }],
    ['a recipient that is no number', 100, (m) => { m.to = 'Jana'; }],
    ['a recipient of another type', 100, (m) => { m.to = { a: 1 }; }],
    ['an unknown user id', 100, (m) => { delete m.to; m.recipient = 'DE.1234567890123456'; }],
    ['a misspelt key', 100, (m) => { m.biz_opaque_calback_data = 'x'; }],
    ['opaque data that is too long', 100, (m) => { m.biz_opaque_callback_data = 'x'.repeat(513); }],
    ['an unknown type', 100, (m) => { m.type = 'clip'; }],
    ['type without its object', 131008, (m) => { delete m.template; }],
    ['no template name', 131008, (m) => { delete m.template.name; }],
    ['no language', 131008, (m) => { delete m.template.language; }],
    ['an unknown template', 132001, (m) => { m.template.name = 'nothing'; }],
    ['a language it is not approved in', 132001, (m) => { m.template.language.code = 'fr'; }],
    ['another language policy', 100, (m) => { m.template.language.policy = 'fallback'; }],
    ['no header', 132012, (m, c) => { c.splice(0, 1); }],
    ['a header of another kind', 132012, (m, c) => { c[0].parameters[0] = { type: 'image', image: { id: '123' } }; }],
    ['a caption in the header', 100, (m, c) => { c[0].parameters[0].video.caption = 'hello'; }],
    ['id and link at once', 131009, (m, c) => { c[0].parameters[0].video.link = 'https://example.org/a.mp4'; }],
    ['neither id nor link', 131008, (m, c) => { c[0].parameters[0].video = {}; }],
    ['a media id that is not there', 100, (m, c) => { c[0].parameters[0].video.id = '123456789'; }],
    ['too few body parameters', 132000, (m, c) => { c[1].parameters.pop(); }],
    ['too many body parameters', 132000, (m, c) => { c[1].parameters.push({ type: 'text', text: 'x' }); }],
    ['an empty parameter', 131008, (m, c) => { c[1].parameters[0].text = ''; }],
    ['a line break in a parameter', 132018, (m, c) => { c[1].parameters[0].text = 'a\nb'; }],
    ['a tab in a parameter', 132018, (m, c) => { c[1].parameters[0].text = 'a\tb'; }],
    ['five spaces in a parameter', 132018, (m, c) => { c[1].parameters[0].text = 'a     b'; }],
    ['a body that gets too long', 132005, (m, c) => { c[1].parameters[0].text = 'x'.repeat(1000); }],
    ['a name for a positional parameter', 100, (m, c) => { c[1].parameters[0].parameter_name = 'first_name'; }],
    ['a parameter of another type', 132012, (m, c) => { c[1].parameters[0] = { type: 'image', image: { id: '1' } }; }],
    ['no suffix for the button', 131008, (m, c) => { c.splice(2, 1); }],
    ['a button of another type', 132012, (m, c) => { c[2].sub_type = 'quick_reply'; c[2].index = '0'; }],
    ['a button that is not there', 132000, (m, c) => { c[2].index = '5'; }],
    ['a button without index', 131008, (m, c) => { delete c[2].index; }],
    ['a button index that is no digit', 131009, (m, c) => { c[2].index = 'a'; }],
    ['the same button twice', 100, (m, c) => { c[3].index = '0'; c[3].sub_type = 'url'; }],
    ['a suffix that is not encoded', 132018, (m, c) => { c[2].parameters[0].text = 'a b'; }],
    ['a payload that is too long', 100, (m, c) => { c[3].parameters[0].payload = 'x'.repeat(257); }],
    ['a text where a payload belongs', 132012, (m, c) => { c[3].parameters[0] = { type: 'text', text: 'x' }; }],
    ['a component that does not exist', 100, (m, c) => { c.push({ type: 'footer' }); }],
    ['two bodies', 100, (m, c) => { c.push(c[1]); }],
    ['parameters that are no list', 100, (m, c) => { c[1].parameters = {}; }],
  ];
  for (const [what, code, change] of cases) {
    const { status, body } = await client.send(changed(good, change));
    assert.equal(body.error?.code, code, `${what}: ${JSON.stringify(body)}`);
    assert.ok(status >= 400, what);
    assert.ok(body.error.fbtrace_id && body.error.type && body.error.message, what);
  }
  const totals = (await client.control('GET', 'totals')).body;
  assert.equal(totals.accepted, 0);
  assert.equal(totals.refused, cases.length);
  assert.equal((await client.send(good)).status, 200);
});

test('the state of a template decides whether it can be sent', async (t) => {
  const client = await startSimulator(t);
  const send = (name) => client.send({ messaging_product: 'whatsapp', to: '+491713920001', type: 'template', template: { name, language: { code: 'de' } } });
  assert.equal((await send('spring_offer')).body.error.code, 132001);
  assert.equal((await send('loud_offer')).body.error.code, 132001);
  assert.equal((await send('paused_offer')).body.error.code, 132015);
});

test('named parameters come in any order and are shown in their places', async (t) => {
  const client = await startSimulator(t);
  const message = clipMessage(await client.uploaded(await goodVideo()));
  message.template.name = 'product_clip_named';
  message.template.components[1].parameters = [
    { type: 'text', parameter_name: 'product', text: 'Halm 7' }, { type: 'text', parameter_name: 'first_name', text: 'Jörg' },
  ];
  assert.equal((await client.send(message)).status, 200);
  const [record] = await client.books();
  assert.match(record.content.body, /^Hallo Jörg, hier ist Ihr Clip zu Halm 7\./);
  assert.equal(record.content.buttons[0].url, 'http://127.0.0.1:8082/w/k3Vw9_Qe');
  assert.equal(record.content.buttons[1].payload, 'stop:c42');
  message.template.components[1].parameters[0].parameter_name = 'produkt';
  assert.equal((await client.send(message)).body.error.code, 100);
});

test('a broken body or a wrong content type is refused, never a crash', async (t) => {
  const client = await startSimulator(t);
  const bodies = ['', '{', '[]', 'null', '"text"', '{"messaging_product":"whatsapp"', '\u0000'];
  for (const body of bodies) {
    const answer = await client.graph('POST', `${kNumber}/messages`, new TextEncoder().encode(body), { headers: { 'Content-Type': 'application/json' } });
    assert.equal(answer.body.error.code, 100, body);
  }
  const wrongUtf8 = await client.graph('POST', `${kNumber}/messages`, new Uint8Array([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]), { headers: { 'Content-Type': 'application/json' } });
  assert.equal(wrongUtf8.body.error.code, 100);
  const form = await client.graph('POST', `${kNumber}/messages`, 'to=1', { headers: { 'Content-Type': 'application/x-www-form-urlencoded' } });
  assert.equal(form.body.error.code, 100);
  const huge = await client.graph('POST', `${kNumber}/messages`, new Uint8Array(1_100_000), { headers: { 'Content-Type': 'application/json' } });
  assert.equal(huge.status, 413);
  for (const path of ['%', '//', '__proto__/messages', 'constructor', `${kNumber}/nothing`, `${kNumber}/messages/x`]) {
    const answer = await client.graph('GET', path);
    assert.ok(answer.status >= 400 && answer.status < 500, `${path}: ${answer.status}`);
  }
});

test('without a valid token nothing is answered, and the error has no error_data', async (t) => {
  const client = await startSimulator(t);
  for (const token of [null, 'wrong']) {
    const { status, body } = await client.graph('POST', `${kNumber}/messages`, helloMessage(), { token });
    assert.equal(status, 401);
    assert.equal(body.error.code, 190);
    assert.equal(body.error.error_data, undefined);
  }
  assert.equal((await client.control('GET', 'totals')).body.accepted, 0);
});

test('any version prefix is understood, and none', async (t) => {
  const client = await startSimulator(t);
  for (const prefix of ['/v19.0', '/v26.0', '']) {
    const response = await fetch(`${client.address}${prefix}/${kNumber}`, { headers: { Authorization: 'Bearer simulator-token' } });
    assert.equal(response.status, 200, prefix);
    await response.text();
  }
});

test('numbers are understood as people write them', async (t) => {
  const client = await startSimulator(t);
  for (const to of ['+491713920001', '491713920001', '+49 (171) 39-200 01']) {
    const { body } = await client.send(helloMessage(to));
    assert.equal(body.contacts[0].wa_id, '491713920001');
    assert.equal(body.contacts[0].input, to);
  }
});

test('a free text outside the 24 h window is accepted and fails by webhook, inside it arrives', async (t) => {
  const { client, receiver } = await startBoth(t);
  assert.equal((await client.send(textMessage())).status, 200);
  await client.settled();
  assert.equal(receiver.statuses()[0].errors[0].code, 131047);
  await client.control('POST', 'inbound', { from: '+491713920001', text: 'Hallo' });
  await client.send(textMessage());
  await client.settled();
  assert.equal(receiver.statuses().at(-1).status, 'read');
  await client.control('POST', 'clock', { advance_ms: 24 * 3_600_000 + 1 });
  await client.send(textMessage());
  await client.settled();
  assert.equal(receiver.statuses().at(-1).errors[0].code, 131047);
});

test('free messages of every kind are read strictly', async (t) => {
  const client = await startSimulator(t);
  const base = { messaging_product: 'whatsapp', to: '+491713920001' };
  const good = [
    { type: 'text', text: { body: 'x', preview_url: true } },
    { type: 'video', video: { link: 'https://example.org/a.mp4', caption: 'x' } },
    { type: 'location', location: { latitude: 50.98, longitude: 11.32, name: 'Weimar' } },
    { type: 'contacts', contacts: [{ name: { formatted_name: 'Jana B', first_name: 'Jana' } }] },
    { type: 'interactive', interactive: { type: 'button', body: { text: 'x' }, action: { buttons: [{ type: 'reply', reply: { id: 'a', title: 'A' } }] } } },
    { type: 'interactive', interactive: { type: 'cta_url', body: { text: 'x' }, action: { name: 'cta_url', parameters: { display_text: 'Go', url: 'https://example.org' } } } },
  ];
  for (const message of good) assert.equal((await client.send({ ...base, ...message })).status, 200, JSON.stringify(message));
  const bad = [
    [131008, { type: 'text', text: {} }],
    [131008, { type: 'text' }],
    [100, { type: 'text', text: { body: 'x'.repeat(4097) } }],
    [100, { type: 'text', text: { body: 'x' }, video: { id: '1' } }],
    [100, { type: 'video', video: { link: 'ftp://example.org/a.mp4' } }],
    [100, { type: 'video', video: { link: 'https://example.org/a.mp4', caption: 'x'.repeat(1025) } }],
    [100, { type: 'location', location: { latitude: 200, longitude: 0 } }],
    [131009, { type: 'interactive', interactive: { type: 'button', body: { text: 'x' }, action: { buttons: [] } } }],
    [100, { type: 'interactive', interactive: { type: 'button', body: { text: 'x' }, action: { buttons: [{ type: 'reply', reply: { id: 'a', title: 'x'.repeat(21) } }] } } }],
    [131008, { type: 'reaction', reaction: { emoji: '👍' } }],
  ];
  for (const [code, message] of bad) assert.equal((await client.send({ ...base, ...message })).body.error?.code, code, JSON.stringify(message));
});

test('a message a person wrote can be marked as read, another one cannot', async (t) => {
  const client = await startSimulator(t);
  const { body } = await client.control('POST', 'inbound', { from: '+491713920001', text: 'Hallo' });
  const read = (id) => client.send({ messaging_product: 'whatsapp', status: 'read', message_id: id });
  assert.deepEqual((await read(body.wamid)).body, { success: true });
  assert.equal((await read('wamid.nothing')).body.error.code, 100);
});

test('a person writes, taps and reacts: the webhooks name the message they answer', async (t) => {
  const { client, receiver } = await startBoth(t);
  const sent = (await client.send(clipMessage(await client.uploaded(await goodVideo())))).body.messages[0].id;
  await client.settled();
  await client.control('POST', 'inbound', { from: '+491713920001', text: 'STOP' });
  await client.control('POST', 'inbound', { from: '+491713920001', button: 'Abmelden', wamid: sent });
  await client.control('POST', 'inbound', { from: '+491713920001', reaction: '👍', wamid: sent });
  await client.settled();
  const [text, button, reaction] = receiver.messages();
  assert.deepEqual([text.type, text.text.body, text.from], ['text', 'STOP', '491713920001']);
  assert.deepEqual(button.button, { payload: 'stop:c42', text: 'Abmelden' });
  assert.equal(button.context.id, sent);
  assert.deepEqual(reaction.reaction, { message_id: sent, emoji: '👍' });
  assert.equal((await client.control('POST', 'inbound', { from: '+491713920001', button: 'Kaufen', wamid: sent })).status, 404);
  assert.equal((await client.control('POST', 'inbound', { from: 'x', text: 'y' })).status, 400);
});

test('a business-scoped user id reaches the same phone', async (t) => {
  const { client, receiver } = await startBoth(t);
  await client.send(helloMessage());
  await client.settled();
  const userId = receiver.statuses()[0].recipient_user_id;
  assert.match(userId, /^DE\.\d+$/);
  const { body } = await client.send({ ...helloMessage(undefined), to: undefined, recipient: userId });
  assert.deepEqual(body.contacts, [{ input: userId, user_id: userId }]);
  assert.equal((await client.books('to=491713920001')).length, 2);
});
