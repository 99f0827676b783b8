import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { test } from 'node:test';
import { clipMessage, goodVideo, kGood, kNumber, kToken, startBoth, startSimulator, video } from './support.js';

test('an upload can be looked up, downloaded in ranges and deleted', async (t) => {
  const client = await startSimulator(t);
  const bytes = await goodVideo();
  const id = await client.uploaded(bytes);
  const { body } = await client.graph('GET', `${id}?phone_number_id=${kNumber}`);
  assert.equal(body.file_size, String(bytes.length));
  assert.equal(body.sha256, createHash('sha256').update(bytes).digest('hex'));
  assert.equal(body.mime_type, 'video/mp4');
  const withToken = { Authorization: `Bearer ${kToken}` };
  const whole = Buffer.from(await (await fetch(body.url, { headers: withToken })).arrayBuffer());
  assert.ok(whole.equals(bytes));
  const part = await fetch(body.url, { headers: { ...withToken, Range: 'bytes=10-19' } });
  assert.equal(part.status, 206);
  assert.ok(Buffer.from(await part.arrayBuffer()).equals(bytes.subarray(10, 20)));
  assert.equal((await fetch(body.url)).status, 401);
  assert.equal((await client.graph('GET', `${id}?phone_number_id=111111`)).body.error.error_subcode, 33);
  await client.control('POST', 'clock', { advance_ms: 300_001 });
  assert.equal((await fetch(body.url, { headers: withToken })).status, 404);
  assert.deepEqual((await client.graph('DELETE', id)).body, { success: true });
  assert.equal((await client.graph('GET', id)).body.error.code, 100);
});

test('a media id dies after thirty days', async (t) => {
  const client = await startSimulator(t);
  const id = await client.uploaded(await goodVideo());
  await client.control('POST', 'clock', { advance_ms: 30 * 86_400_000 + 1 });
  assert.equal((await client.send(clipMessage(id))).body.error.code, 100);
});

test('the form is understood as different clients fill it in', async (t) => {
  const client = await startSimulator(t);
  const bytes = await goodVideo();
  const forms = [
    { messaging_product: 'whatsapp' },
    { messaging_product: 'whatsapp', type: 'video' },
    { messaging_product: 'whatsapp', type: 'video/mp4' },
  ];
  for (const fields of forms) assert.equal((await client.upload(bytes, { fields })).status, 200, JSON.stringify(fields));
  const form = new FormData();
  form.set('file', new File([bytes], 'clip.mp4', { type: 'video/mp4' }));
  assert.equal((await client.graph('POST', `${kNumber}/media?messaging_product=whatsapp`, form)).status, 200);
});

test('a form that is wrong is refused at once', async (t) => {
  const client = await startSimulator(t, { 'media.max_video_bytes': 100_000 });
  const bytes = await goodVideo();
  const code = async (answer) => (await answer).body.error?.code;
  assert.equal(await code(client.upload(bytes, { fields: {} })), 100);
  assert.equal(await code(client.upload(bytes, { fields: { messaging_product: 'sms' } })), 100);
  assert.equal(await code(client.upload(bytes, { type: 'video/x-matroska' })), 100);
  assert.equal(await code(client.upload(bytes, { type: 'application/octet-stream', fields: { messaging_product: 'whatsapp' } })), 100);
  assert.equal(await code(client.upload(Buffer.alloc(0))), 100);
  assert.equal(await code(client.upload(Buffer.alloc(100_001))), 131053);
  assert.equal(await code(client.graph('POST', `${kNumber}/media`, { messaging_product: 'whatsapp' })), 100);
  const cutOff = '--x\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\nContent-Type: video/mp4\r\n\r\nabc';
  assert.equal(await code(client.graph('POST', `${kNumber}/media`, cutOff, { headers: { 'Content-Type': 'multipart/form-data; boundary=x' } })), 100);
});

test('a video no phone would play is taken and fails by webhook with 131053', async (t) => {
  const { client, receiver } = await startBoth(t);
  const cases = [
    ['B-frames', /B-frames/, video(['-c:v', 'libx264', '-profile:v', 'main', '-bf', '2', '-movflags', '+faststart'])],
    ['High profile', /High/, video(['-c:v', 'libx264', '-profile:v', 'high', '-bf', '0', '-movflags', '+faststart'])],
    ['another codec', /mpeg4/, video(['-c:v', 'mpeg4', '-movflags', '+faststart'])],
    ['moov last', /moov/, video(['-c:v', 'libx264', '-profile:v', 'main', '-bf', '0'])],
    ['another sound', /mp3/, video(kGood, { audio: ['-c:a', 'libmp3lame'] })],
    ['full colour', /High 4:4:4|yuv444p/, video([...kGood.filter((a) => !['-profile:v', 'main'].includes(a)), '-pix_fmt', 'yuv444p'])],
    ['another container', /MP4/, video(kGood, { name: 'clip.mkv' })],
    ['no video at all', /MP4/, Promise.resolve(Buffer.from('this is a text'))],
    ['a cut off file', /cut off|moov|mdat/, goodVideo().then((b) => b.subarray(0, b.length - 500))],
  ];
  for (const [what, reason, bytes] of cases) {
    const id = await client.uploaded(await bytes);
    assert.equal((await client.send(clipMessage(id, '+491713920001', { biz_opaque_callback_data: what }))).status, 200, what);
    await client.settled();
    const [status, ...more] = receiver.statuses().filter((s) => s.biz_opaque_callback_data === what);
    assert.deepEqual([status?.status, more.length, status?.errors?.[0].code], ['failed', 0, 131053], what);
    assert.match(status.errors[0].error_data.details, reason, what);
  }
});

test('videos as phones like them arrive: with and without sound, Baseline and Main', async (t) => {
  const { client, receiver } = await startBoth(t);
  const baseline = ['-c:v', 'libx264', '-profile:v', 'baseline', '-movflags', '+faststart'];
  let sent = 0;
  for (const bytes of [await goodVideo(), await video(kGood, { audio: ['-an'] }), await video(baseline)]) {
    await client.send(clipMessage(await client.uploaded(bytes)));
    await client.settled();
    // Webhooks travel side by side, so the last to arrive need not be the last that was sent.
    assert.equal(receiver.statuses().filter(({ status }) => status === 'read').length, ++sent);
  }
});

test('the check can be made at the upload instead, or not at all', async (t) => {
  const client = await startSimulator(t, { 'media.check_at': 'upload' });
  const bytes = await video(['-c:v', 'libx264', '-profile:v', 'main', '-bf', '0']);
  assert.equal((await client.upload(bytes)).body.error.code, 131053);
  await client.set({ 'media.check': false });
  assert.equal((await client.upload(bytes)).status, 200);
});

test('a media id belongs to the number it was uploaded for', async (t) => {
  const numbers = [{ id: '106540352242922', display_phone_number: '+49 30 23125 042' }, { id: '106540352242933', display_phone_number: '+49 30 23125 043' }];
  const client = await startSimulator(t, { 'account.phone_numbers': numbers });
  const id = await client.uploaded(await goodVideo());
  assert.equal((await client.graph('POST', '106540352242933/messages', clipMessage(id))).body.error.code, 100);
});
