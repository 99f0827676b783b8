// What the tests share: a running simulator, a webhook receiver, small videos, a plain client.
import { execFile, spawn } from 'node:child_process';
import { createHmac, timingSafeEqual } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import http from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const program = fileURLToPath(new URL('../../samples/simulator/simulator.js', import.meta.url));
const run = promisify(execFile);

export const kToken = 'simulator-token';
export const kSecret = 'simulator-app-secret';
export const kNumber = '106540352242922';
export const kAccount = '102290129340398';

// Statuses come at once, so that no test waits for a phone.
export const kFast = {
  seed: 7,
  'rate.messages_per_second': 0,
  'status.sent_ms': [0, 2],
  'status.delivered_ms': [0, 2],
  'status.read_ms': [0, 2],
  'status.read_share': 1,
  'templates.review_ms': [0, 5],
  'webhook.batch_wait_ms': 1,
  'webhook.retry_first_ms': 5,
};

// A simulator in a process of its own; stops with the test.
export async function startSimulator(t, settings = {}) {
  const values = Object.entries({ ...kFast, ...settings }).flatMap(([k, v]) => ['--set', `${k}=${typeof v === 'string' ? v : JSON.stringify(v)}`]);
  const child = spawn(process.execPath, [program, '--port', '0', ...values], { stdio: ['ignore', 'pipe', 'inherit'] });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGTERM');
    await ended;
  });
  const { listening } = JSON.parse(await firstLine(child.stdout));
  return new Client(listening);
}

async function firstLine(stream) {
  let text = '';
  for await (const part of stream) {
    text += part;
    if (text.includes('\n')) return text.split('\n')[0];
  }
  throw new Error(`the simulator ended: ${text}`);
}

export class Client {
  constructor(address) {
    this.address = address;
  }

  // A call of the Cloud API. Returns {status, body, headers}.
  async graph(method, path, body, { token = kToken, headers = {} } = {}) {
    const isForm = body instanceof FormData || body instanceof Uint8Array || typeof body === 'string';
    const response = await fetch(`${this.address}/v23.0/${path}`, {
      method,
      headers: {
        ...(token ? { Authorization: `Bearer ${token}` } : {}),
        ...(body && !isForm ? { 'Content-Type': 'application/json' } : {}),
        ...headers,
      },
      body: body && !isForm ? JSON.stringify(body) : body,
    });
    const text = await response.text();
    let parsed = text;
    try { parsed = JSON.parse(text); } catch { /* the text itself */ }
    return { status: response.status, body: parsed, headers: response.headers };
  }

  send(message) {
    return this.graph('POST', `${kNumber}/messages`, message);
  }

  async control(method, path, body) {
    const response = await fetch(`${this.address}/_simulator/${path}`, {
      method,
      headers: method === 'POST' ? { 'Content-Type': 'application/json' } : {},
      body: method === 'POST' ? JSON.stringify(body ?? {}) : undefined,
    });
    return { status: response.status, body: await response.json() };
  }

  async set(settings) {
    const { status, body } = await this.control('POST', 'settings', settings);
    if (status !== 200) throw new Error(JSON.stringify(body));
  }

  // Waits, with a bound, until a count of the books is reached.
  async waitFor(what, bounds) {
    const query = new URLSearchParams({ for: what, timeout_ms: '8000', ...bounds });
    const { body } = await this.control('GET', `wait?${query}`);
    if (!body.reached) throw new Error(`${what} ${JSON.stringify(bounds)} not reached: ${JSON.stringify(body.totals)}`);
    return body.totals;
  }

  settled() {
    return this.waitFor('pending', { at_most: 0 });
  }

  async books(query = '') {
    return (await this.control('GET', `books?${query}`)).body.messages;
  }

  async upload(bytes, { type = 'video/mp4', name = 'clip.mp4', fields = { messaging_product: 'whatsapp', type } } = {}) {
    const form = new FormData();
    for (const [key, value] of Object.entries(fields)) form.set(key, value);
    form.set('file', new File([bytes], name, { type }));
    return this.graph('POST', `${kNumber}/media`, form);
  }

  async uploaded(bytes) {
    const { status, body } = await this.upload(bytes);
    if (status !== 200) throw new Error(JSON.stringify(body));
    return body.id;
  }
}

// Receives webhooks on a free port. `answer(request, body, nth)` may return another status than 200.
export async function startReceiver(t, { verifyToken = 'simulator-verify', answer = () => 200 } = {}) {
  const posts = [];
  const server = http.createServer(async (request, response) => {
    const url = new URL(request.url, 'http://receiver');
    if (request.method === 'GET') return challenge(url, verifyToken, response);
    const parts = [];
    for await (const part of request) parts.push(part);
    const raw = Buffer.concat(parts);
    const status = await answer(request, raw, posts.length);
    posts.push({ raw, signature: request.headers['x-hub-signature-256'], status, body: JSON.parse(raw) });
    response.writeHead(status).end();
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.after(() => { server.closeAllConnections(); server.close(); });
  const receiver = { url: `http://127.0.0.1:${server.address().port}/hook`, posts };
  receiver.values = (field) => posts.filter((p) => p.status === 200).flatMap((p) => p.body.entry)
    .flatMap((e) => e.changes).filter((c) => !field || c.field === field).map((c) => c.value);
  receiver.statuses = () => receiver.values('messages').flatMap((v) => v.statuses ?? []);
  receiver.messages = () => receiver.values('messages').flatMap((v) => v.messages ?? []);
  return receiver;
}

function challenge(url, verifyToken, response) {
  const good = url.searchParams.get('hub.mode') === 'subscribe' && url.searchParams.get('hub.verify_token') === verifyToken;
  response.writeHead(good ? 200 : 403).end(good ? url.searchParams.get('hub.challenge') : '');
}

export async function startBoth(t, settings, receiverOptions) {
  const receiver = await startReceiver(t, receiverOptions);
  // One POST at a time: of several, a later one may arrive first.
  const client = await startSimulator(t, { 'webhook.concurrency': 1, ...settings });
  const { status, body } = await client.control('POST', 'callback', { url: receiver.url });
  if (status !== 200) throw new Error(JSON.stringify(body));
  return { client, receiver };
}

export function isSigned(secret, raw, header) {
  const wanted = Buffer.from(`sha256=${createHmac('sha256', secret).update(raw).digest('hex')}`);
  const given = Buffer.from(header ?? '');
  return wanted.length === given.length && timingSafeEqual(wanted, given);
}

// ---- messages

export function clipMessage(mediaId, to = '+491713920001', more = {}) {
  return {
    messaging_product: 'whatsapp', recipient_type: 'individual', to, type: 'template',
    biz_opaque_callback_data: 'a-1',
    template: {
      name: 'product_clip', language: { code: 'de' },
      components: [
        { type: 'header', parameters: [{ type: 'video', video: { id: mediaId } }] },
        { type: 'body', parameters: [{ type: 'text', text: 'Jörg' }, { type: 'text', text: 'Halm 7' }] },
        { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'k3Vw9_Qe' }] },
        { type: 'button', sub_type: 'quick_reply', index: '1', parameters: [{ type: 'payload', payload: 'stop:c42' }] },
      ],
    },
    ...more,
  };
}

export const helloMessage = (to = '+491713920001', more = {}) => ({
  messaging_product: 'whatsapp', to, type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } }, ...more,
});

export const textMessage = (to = '+491713920001', body = 'Guten Tag') => ({
  messaging_product: 'whatsapp', to, type: 'text', text: { body },
});

// ---- videos

const folder = mkdtempSync(join(tmpdir(), 'simulator-test-'));
process.on('exit', () => rmSync(folder, { recursive: true, force: true }));
let videos = 0;

// Draws a second of video; `args` are the encoder's.
export async function video(args, { name = 'clip.mp4', audio = ['-c:a', 'aac', '-ac', '2'] } = {}) {
  const path = join(folder, `${(videos += 1)}-${name}`);
  await run('ffmpeg', [
    '-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=160x120:rate=25:duration=1',
    '-f', 'lavfi', '-i', 'sine=frequency=440:duration=1', '-pix_fmt', 'yuv420p', ...args, ...audio, '-shortest', path,
  ]);
  return readFile(path);
}

export const kGood = ['-c:v', 'libx264', '-profile:v', 'main', '-bf', '0', '-movflags', '+faststart'];

let good;
export const goodVideo = () => (good ??= video(kGood));
