// A client and a webhook reader that somebody else wrote for the real provider.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { buildTemplateSendPayload, GraphApiError, WhatsAppClient } from '@kapso/whatsapp-cloud-api';
import { normalizeWebhook, verifySignature } from '@kapso/whatsapp-cloud-api/server';
import { goodVideo, kAccount, kNumber, kSecret, kToken, startBoth, startSimulator } from './support.js';

const clientOf = (simulator) => new WhatsAppClient({ accessToken: kToken, baseUrl: simulator.address, graphVersion: 'v23.0' });

const clip = (mediaId) => buildTemplateSendPayload({
  name: 'product_clip', language: 'de',
  header: { type: 'video', video: { id: mediaId } },
  body: [{ type: 'text', text: 'Jörg' }, { type: 'text', text: 'Halm 7' }],
  buttons: [
    { type: 'button', subType: 'url', index: 0, parameters: [{ type: 'text', text: 'k3Vw9_Qe' }] },
    { type: 'button', subType: 'quick_reply', index: 1, parameters: [{ type: 'payload', payload: 'stop:c42' }] },
  ],
});

test('an independent client uploads and sends a clip, and reads its webhooks', async (t) => {
  const { client: simulator, receiver } = await startBoth(t, { 'webhook.batch_size': 10, 'webhook.batch_wait_ms': 20 });
  const client = clientOf(simulator);
  const bytes = await goodVideo();
  const { id: mediaId } = await client.media.upload({
    phoneNumberId: kNumber, type: 'video', file: new Blob([bytes], { type: 'video/mp4' }), fileName: 'clip.mp4',
  });
  const sent = await client.messages.sendTemplate({
    phoneNumberId: kNumber, to: '+491713920001', template: clip(mediaId), bizOpaqueCallbackData: 'a-1',
  });
  assert.equal(sent.contacts[0].waId, '491713920001');
  assert.equal(sent.messages[0].messageStatus, 'accepted');
  await simulator.control('POST', 'inbound', { from: '+491713920001', button: 'Abmelden' });
  await simulator.control('POST', 'inbound', { from: '+491713920001', text: 'Grüße 👍' });
  await simulator.settled();
  for (const { raw, signature } of receiver.posts) assert.ok(verifySignature({ appSecret: kSecret, rawBody: raw, signatureHeader: signature }));
  const events = receiver.posts.map((post) => normalizeWebhook(JSON.parse(post.raw)));
  const statuses = events.flatMap((e) => e.statuses);
  assert.deepEqual(statuses.map((s) => s.status).sort(), ['delivered', 'read', 'sent']);
  for (const status of statuses) {
    assert.deepEqual([status.id, status.recipientId, status.bizOpaqueCallbackData], [sent.messages[0].id, '491713920001', 'a-1']);
    assert.match(status.recipientUserId, /^DE\./);
  }
  const messages = events.flatMap((e) => e.messages);
  assert.deepEqual(messages.map((m) => m.type).sort(), ['button', 'text']);
  assert.equal(messages.find((m) => m.type === 'button').button.payload, 'stop:c42');
  assert.equal(messages.find((m) => m.type === 'text').text.body, 'Grüße 👍');
});

test('it looks media up, downloads and deletes it', async (t) => {
  const simulator = await startSimulator(t);
  const client = clientOf(simulator);
  const bytes = await goodVideo();
  const { id } = await client.media.upload({ phoneNumberId: kNumber, type: 'video', file: new Blob([bytes], { type: 'video/mp4' }), fileName: 'clip.mp4' });
  const info = await client.media.get({ mediaId: id });
  assert.deepEqual([info.mimeType, info.fileSize], ['video/mp4', String(bytes.length)]);
  const response = await client.fetch(info.url);
  assert.ok(Buffer.from(await response.arrayBuffer()).equals(bytes));
  assert.equal((await client.media.delete({ mediaId: id })).success, true);
  await assert.rejects(client.media.get({ mediaId: id }), GraphApiError);
});

test('it creates, lists, pages and deletes templates', async (t) => {
  const { client: simulator, receiver } = await startBoth(t);
  const client = clientOf(simulator);
  const made = await client.templates.create({
    businessAccountId: kAccount, name: 'autumn_clip', language: 'de', category: 'MARKETING', parameterFormat: 'NAMED',
    components: [
      { type: 'BODY', text: 'Hallo {{first_name}}, der Herbst ist da.', example: { bodyTextNamedParams: [{ paramName: 'first_name', example: 'Jana' }] } },
      { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'Abmelden' }] },
    ],
  });
  assert.equal(made.status, 'PENDING');
  await simulator.settled();
  await simulator.waitFor('updates_acknowledged', { at_least: 1 });
  assert.equal(receiver.values('message_template_status_update')[0].event, 'APPROVED');
  const found = await client.templates.list({ businessAccountId: kAccount, name: 'autumn_clip' });
  assert.deepEqual(found.data.map((template) => [template.language, template.status]), [['de', 'APPROVED']]);
  const first = await client.templates.list({ businessAccountId: kAccount, limit: 5 });
  const second = await client.templates.list({ businessAccountId: kAccount, limit: 5, after: first.paging.cursors.after });
  assert.equal(new Set([...first.data, ...second.data].map((template) => template.id)).size, 9);
  assert.equal((await client.templates.delete({ businessAccountId: kAccount, name: 'autumn_clip' })).success, true);
  assert.deepEqual((await client.templates.list({ businessAccountId: kAccount, name: 'autumn_clip' })).data, []);
});

test('it understands our errors', async (t) => {
  const simulator = await startSimulator(t, { 'fault.next': ['rate_limited', 'none'] });
  const client = clientOf(simulator);
  const send = () => client.messages.sendTemplate({ phoneNumberId: kNumber, to: '+491713920001', template: clip('123') });
  await assert.rejects(send(), (error) => error instanceof GraphApiError && error.code === 130429 && error.category === 'throttling');
  await assert.rejects(send(), (error) => error.code === 100 && error.category === 'parameter' && /media attachment/.test(error.details ?? error.message));
  const stranger = new WhatsAppClient({ accessToken: 'wrong', baseUrl: simulator.address, graphVersion: 'v23.0' });
  await assert.rejects(stranger.media.get({ mediaId: '1' }), (error) => error.code === 190 && error.category === 'authorization');
});

test('it marks a message as read', async (t) => {
  const simulator = await startSimulator(t);
  const { body } = await simulator.control('POST', 'inbound', { from: '+491713920001', text: 'Hallo' });
  const answer = await clientOf(simulator).messages.markRead({ phoneNumberId: kNumber, messageId: body.wamid });
  assert.equal(answer.success, true);
});
