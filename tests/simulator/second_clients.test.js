// Two more clients that others wrote for the real provider.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { markMessageRead, sendButtonsMessage, sendTemplateMessage, sendTextMessage } from '@whatsapp-cloudapi/client';
import { WhatsAppAPI } from 'whatsapp-api-js';
import { BodyComponent, BodyParameter, HeaderComponent, HeaderParameter, Language, PayloadComponent, Template, Text, URLComponent, Video } from 'whatsapp-api-js/messages';
import { goodVideo, kNumber, kSecret, kToken, startBoth, startReceiver, startSimulator } from './support.js';

// It knows one host only, so its requests are led here.
function apiOf(simulator) {
  const led = (address, options) => fetch(String(address).replace('https://graph.facebook.com', simulator.address), options);
  return new WhatsAppAPI({ token: kToken, appSecret: kSecret, webhookVerifyToken: 'simulator-verify', v: 'v23.0', ponyfill: { fetch: led } });
}

test('whatsapp-api-js uploads and sends a clip, and reads webhooks of one update each', async (t) => {
  // It reads the first update of a POST only.
  const { client: simulator, receiver } = await startBoth(t, { 'webhook.batch_size': 1 });
  const api = apiOf(simulator);
  const form = new FormData();
  form.set('file', new Blob([await goodVideo()], { type: 'video/mp4' }), 'clip.mp4');
  const { id } = await api.uploadMedia(kNumber, form);
  assert.equal((await api.retrieveMedia(id)).mime_type, 'video/mp4');
  const clip = new Template('product_clip', new Language('de'),
    new HeaderComponent(new HeaderParameter(new Video(id, true))),
    new BodyComponent(new BodyParameter('Jörg'), new BodyParameter('Halm 7')),
    new URLComponent('k3Vw9_Qe'), new PayloadComponent('stop:c42'));
  const sent = await api.sendMessage(kNumber, '+491713920001', clip, undefined, 'a-1');
  assert.equal(sent.contacts[0].wa_id, '491713920001');

  const seen = [];
  api.on.status = ({ id: wamid, status, biz_opaque_callback_data: opaque }) => { seen.push([wamid, status, opaque]); };
  const texts = [];
  api.on.message = ({ from, message }) => { texts.push([from, message.type]); };
  await simulator.control('POST', 'inbound', { from: '+491713920001', text: 'Grüße 👍' });
  await simulator.settled();
  for (const { raw, signature } of receiver.posts) await api.post(JSON.parse(raw), raw.toString(), signature);
  assert.deepEqual(seen.map(([wamid, status, opaque]) => [wamid === sent.messages[0].id, status, opaque]).sort(),
    ['delivered', 'read', 'sent'].map((status) => [true, status, 'a-1']));
  assert.deepEqual(texts, [['491713920001', 'text']]);
  await assert.rejects(api.post(JSON.parse(receiver.posts[0].raw), receiver.posts[0].raw.toString(), `sha256=${'0'.repeat(64)}`));
  assert.equal((await api.deleteMedia(id)).success, true);
});

test('whatsapp-api-js answers the challenge and gets our errors as they are', async (t) => {
  const simulator = await startSimulator(t, { 'fault.next': ['error_131056', 'error_987654'] });
  const api = apiOf(simulator);
  assert.equal(api.get({ 'hub.mode': 'subscribe', 'hub.challenge': '1158201444', 'hub.verify_token': 'simulator-verify' }), '1158201444');
  for (const code of [131056, 987654]) {
    const { error } = await api.sendMessage(kNumber, '+491713920001', new Text('Hallo'));
    assert.equal(error.code, code);
    assert.match(error.fbtrace_id, /^A/);
  }
});

test('@whatsapp-cloudapi/client sends templates, and what an open window allows', async (t) => {
  const { client: simulator, receiver } = await startBoth(t);
  const common = { accessToken: kToken, from: kNumber, to: '+491713920001', baseUrl: simulator.address };
  const hello = await sendTemplateMessage({ ...common, templateName: 'hello_world', languageCode: 'en_US' });
  assert.equal(hello.messages[0].message_status, 'accepted');
  await sendTextMessage({ ...common, text: 'Guten Tag' });
  await simulator.settled();
  assert.deepEqual(receiver.statuses().filter((s) => s.status === 'failed').map((s) => s.errors[0].code), [131047]);

  const { body: inbound } = await simulator.control('POST', 'inbound', { from: common.to, text: 'Hallo' });
  await sendTextMessage({ ...common, text: 'Guten Tag' });
  await sendButtonsMessage({ ...common, bodyText: 'Mehr?', buttons: [{ id: 'more:42', title: 'Gern' }, { id: 'stop:42', title: 'Abmelden' }] });
  await markMessageRead({ accessToken: kToken, from: kNumber, messageId: inbound.wamid, baseUrl: simulator.address });
  await simulator.settled();
  assert.equal(receiver.statuses().filter((s) => s.status === 'read').length, 3);
});

test('a receiver that others wrote gets every update again until it answers 200', async (t) => {
  const receiver = await startReceiver(t, { answer: (request, raw, nth) => (nth < 2 ? 500 : 200) });
  const simulator = await startSimulator(t, { 'webhook.concurrency': 1 });
  await simulator.control('POST', 'callback', { url: receiver.url });
  await simulator.send({ messaging_product: 'whatsapp', to: '+491713920001', type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } });
  await simulator.settled();
  assert.deepEqual(receiver.statuses().map((s) => s.status).sort(), ['delivered', 'read', 'sent']);
  assert.equal(receiver.posts.filter((post) => post.status === 500).length, 2);
});
