// Every endpoint with malformed, oversized, cut-off and hostile requests: a problem with a hint, and
// nothing changes.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { test } from 'node:test';
import { engines } from './processes.js';
import { World } from './world.js';

const tables = ['videos', 'clips', 'customers', 'customer_identities', 'customer_tags', 'consent_wordings',
  'consent_ledger', 'consents', 'senders', 'templates', 'sender_media', 'campaigns', 'campaign_contents', 'messages',
  'attempts', 'holds', 'uploads', 'webhooks', 'inbound_messages', 'api_tokens', 'jobs', 'audit_log'];

const fill = (path) => path.replace('{profile}', 'whatsapp').replace('{kind}', 'phone').replace('{tag}', 'x')
  .replace('{scope}', 'sender').replace('{key}', '1').replace('{channel}', 'whatsapp')
  .replace(/\{[a-z_]+\}/g, '1');

// What no endpoint takes as JSON.
const hostileJson = {
  'cut off': '{"name": "x"',
  'no object': '[]',
  'a text': '"x"',
  nothing: '',
  'invalid UTF-8': Buffer.from([0x7b, 0x22, 0xff, 0x22, 0x3a, 0x31, 0x7d]),
  'a name twice': '{"name": "a", "name": "b"}',
  'nested without end': `${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`,
  'unknown fields': '{"__proto__": {"admin": true}, "constructor": 1, "no_such_field": "x"}',
  'numbers out of range': '{"limit": 1e400, "id": -9223372036854775809}',
};

class Requests {
  constructor(world, documented) {
    this.world = world;
    this.documented = documented;
  }

  // Each route of the API's own description, with an address.
  * routes() {
    for (const [path, methods] of Object.entries(this.documented.paths))
      for (const [method, about] of Object.entries(methods)) {
        if (!['get', 'post', 'put', 'patch', 'delete'].includes(method)) continue;
        const base = path.startsWith('/webhooks') ? this.world.service.webhooks : this.world.service.api;
        yield { method: method.toUpperCase(), path, url: base + fill(path), about, name: `${method.toUpperCase()} ${path}` };
      }
  }

  async send(route, { token = this.world.token, body, headers = {}, url = route.url }) {
    return fetch(url, {
      method: route.method, body,
      headers: { ...(token ? { Authorization: `Bearer ${token}` } : {}), ...headers },
    });
  }
}

async function assertProblem(response, expected, what) {
  const text = await response.text();
  assert.ok(expected.includes(response.status), `${what}: ${response.status} ${text.slice(0, 300)}`);
  assert.match(response.headers.get('content-type') ?? '', /^application\/problem\+json/, what);
  const problem = JSON.parse(text);
  assert.equal(problem.status, response.status, what);
  assert.ok(problem.title, `${what}: a title`);
  assert.ok(problem.detail, `${what}: a hint, got ${text}`);
  assert.ok(problem.request_id, `${what}: a request id`);
}

// Sends bytes as they are and ends the connection's sending side; returns what came back.
function raw(url, bytes) {
  const { hostname, port } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname, () => socket.end(bytes));
    let answer = '';
    socket.on('data', (part) => { answer += part; });
    socket.on('close', () => resolve(answer));
    socket.on('error', (error) => (error.code === 'ECONNRESET' ? resolve(answer) : reject(error)));
    socket.setTimeout(30_000, () => socket.destroy(new Error('no answer in 30 s')));
  });
}

for (const engine of engines)
  test(`bad requests to every endpoint change nothing (${engine})`, async (t) => {
    const world = await World.make(t, engine);
    const documented = await world.get('/api/openapi.json');
    const requests = new Requests(world, documented);
    const limited = (await world.service.command('token', 'create', '--name', 'limited', '--scopes', 'audit'))
      .match(/cc_[A-Za-z0-9_-]+/)[0];
    // A request for a page sets when a token was last used, which is no change.
    const count = async () => Object.fromEntries(await Promise.all(tables.map(
      async (table) => [table, (await world.service.sql(`SELECT count(*) FROM ${table}`))[0][0]])));
    const before = await count();
    const all = [...requests.routes()];
    assert.ok(all.length > 30, 'the description names the endpoints');

    await t.test('without a token, with a wrong one, and without the scope', async () => {
      for (const route of all.filter((r) => r.about['x-scope'])) {
        await assertProblem(await requests.send(route, { token: '' }), [401], `${route.name} without a token`);
        await assertProblem(await requests.send(route, { token: 'cc_1_AAAAAAAAAAAAAAAA' }), [401], `${route.name} with a wrong token`);
        if (route.about['x-scope'] !== 'audit')
          await assertProblem(await requests.send(route, { token: limited }), [403], `${route.name} without its scope`);
      }
    });

    await t.test('bodies that are no JSON, the wrong kind, or too large', async () => {
      const takesJson = all.filter((r) => r.about.requestBody?.content['application/json'] && r.about['x-scope']);
      assert.ok(takesJson.length > 10);
      for (const route of takesJson) {
        const headers = { 'Content-Type': 'application/json', 'If-Match': '"1"' };
        for (const [kind, body] of Object.entries(hostileJson))
          await assertProblem(await requests.send(route, { body, headers }), [400, 404, 409, 422], `${route.name} with ${kind}`);
        await assertProblem(await requests.send(route, { body: '{}', headers: { ...headers, 'Content-Type': 'text/plain' } }),
          [415], `${route.name} with text/plain`);
        const large = await requests.send(route, { body: JSON.stringify({ name: 'x'.repeat(4_000_000) }), headers })
          .catch((error) => error);
        if (large instanceof Response) await assertProblem(large, [413], `${route.name} with 4 MB`);
      }
    });

    await t.test('ids that are none, and parameters that do not exist', async () => {
      for (const route of all.filter((r) => r.about['x-scope'] && r.path.includes('{id}')))
        for (const id of ['0', '-1', '999999999', '9'.repeat(30), 'abc', '%2e%2e%2f', "1'--", '%00'])
          await assertProblem(await requests.send(route, {
            url: world.service.api + fill(route.path.replace('{id}', id)),
            headers: { 'If-Match': '"1"', ...(route.about.requestBody ? { 'Content-Type': 'application/json' } : {}) },
            body: route.about.requestBody ? '{"reason": "x"}' : undefined,
          }), [400, 404, 412, 415], `${route.name} with id ${id}`);
      for (const route of all.filter((r) => r.about['x-scope'] && r.method === 'GET'))
        await assertProblem(await requests.send(route, { url: `${route.url}?no_such=1` }), [400, 404], `${route.name}?no_such=1`);
    });

    await t.test('requests that break off, and hostile wire', async () => {
      const head = (line, extra) => `${line} HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${world.token}\r\n${extra}\r\n`;
      const { api, webhooks } = world.service;
      const form = '--b\r\nContent-Disposition: form-data; name="file"; filename="a.mp4"\r\n\r\nnot all of it';
      const cases = {
        'a JSON body cut off': [api, head('POST /api/v1/customers', 'Content-Type: application/json\r\nContent-Length: 50\r\n') + '{"name": "x"'],
        'an upload cut off': [api, head('POST /api/v1/videos', 'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 5000\r\n') + form],
        'an upload without its last boundary': [api, head('POST /api/v1/videos', `Content-Type: multipart/form-data; boundary=b\r\nContent-Length: ${form.length}\r\n`) + form],
        'a chunked upload without its last chunk': [api, head('POST /api/v1/videos', 'Content-Type: multipart/form-data; boundary=b\r\nTransfer-Encoding: chunked\r\n') + `${form.length.toString(16)}\r\n${form}\r\n`],
        'two lengths': [api, head('POST /api/v1/customers', 'Content-Type: application/json\r\nContent-Length: 2\r\nContent-Length: 3\r\n') + '{}x'],
        'length and chunks': [api, head('POST /api/v1/customers', 'Content-Type: application/json\r\nContent-Length: 2\r\nTransfer-Encoding: chunked\r\n') + '0\r\n\r\n'],
        'a header without end': [api, `GET /api/v1/videos HTTP/1.1\r\nHost: x\r\nX: ${'a'.repeat(200_000)}\r\n\r\n`],
        'an address without end': [api, `GET /${'a'.repeat(100_000)} HTTP/1.1\r\nHost: x\r\n\r\n`],
        'no HTTP at all': [api, '\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03'],
        'an unsigned webhook': [webhooks, 'POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}'],
        'a webhook with a wrong signature': [webhooks, `POST /webhooks/whatsapp HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nX-Hub-Signature-256: sha256=${'0'.repeat(64)}\r\nContent-Length: 2\r\n\r\n{}`],
      };
      for (const [what, [url, bytes]] of Object.entries(cases)) {
        const answer = await raw(url, bytes);
        assert.doesNotMatch(answer, /^HTTP\/1\.1 2/, `${what}: ${answer.slice(0, 200)}`);
        if (answer) assert.match(answer, /application\/problem\+json/, `${what}: ${answer.slice(0, 300)}`);
      }
    });

    const after = await count();
    assert.deepEqual(after, before, 'nothing has changed');
    assert.equal((await fetch(`${world.service.api}/healthz`)).status, 200);
  });
