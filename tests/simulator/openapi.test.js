// The simulator held against Meta's own OpenAPI file (CLIPCOURIER_META_OPENAPI names it; without it
// these tests are skipped).
import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { before, test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';
import { clipMessage, goodVideo, kAccount, kNumber, startBoth, textMessage } from './support.js';

const path = process.env.CLIPCOURIER_META_OPENAPI;
const options = { skip: path && existsSync(path) ? false : 'CLIPCOURIER_META_OPENAPI names no file' };
let document;
let ajv;

before(() => {
  if (options.skip) return;
  document = parse(readFileSync(path, 'utf8'), { maxAliasCount: -1 });
  ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true, discriminator: false });
  ajv.addSchema({ $id: 'meta', components: { schemas: plain(document.components.schemas) } });
});

// OpenAPI words that JSON Schema does not have, and patterns that are none.
function plain(node) {
  if (Array.isArray(node)) return node.map(plain);
  if (node === null || typeof node !== 'object') return node;
  const copy = {};
  for (const [key, value] of Object.entries(node)) {
    if (['discriminator', 'example', 'examples', 'xml'].includes(key) && !isNamed(node)) continue;
    if (key === '$ref') copy.$ref = `meta${value}`;
    else copy[key] = plain(value);
  }
  if (copy.nullable && typeof copy.type === 'string') copy.type = [copy.type, 'null'];
  return copy;
}

// A map of properties may have one called "example".
function isNamed(node) {
  return node.type === undefined && node.$ref === undefined && Object.values(node).every((v) => v && typeof v === 'object' && !Array.isArray(v));
}

function mistakes(schema, value) {
  const check = ajv.compile(plain(schema));
  return check(value) ? [] : check.errors.map((e) => `${e.instancePath.replace(/\d+/g, 'n')} ${e.message} ${JSON.stringify(e.params)}`);
}

// Meta's description of inbound messages refuses Meta's own examples of them; only what they do not
// share is a mistake of ours.
function webhookMistakes(body) {
  const { schema, examples } = document.paths['/whatsapp/webhooks'].post.requestBody.content['application/json'];
  const shared = new Set(Object.values(examples).flatMap((example) => mistakes(schema, example.value)));
  return mistakes(schema, body).filter((mistake) => !shared.has(mistake));
}

const named = (name) => ({ $ref: `#/components/schemas/${name}` });


test('webhooks have the shape Meta describes', options, async (t) => {
  const { client, receiver } = await startBoth(t, { 'webhook.batch_size': 1, 'webhook.user_ids': false, numbers: { 491713920002: { code: 131026 } } });
  const id = await client.uploaded(await goodVideo());
  await client.send(clipMessage(id));
  await client.send(clipMessage(id, '+491713920002'));
  await client.control('POST', 'inbound', { from: '491713920001', text: 'STOP' });
  await client.control('POST', 'inbound', { from: '491713920001', button: 'Abmelden' });
  await client.send(textMessage());
  await client.settled();
  assert.ok(receiver.statuses().length >= 7);
  for (const { body } of receiver.posts) assert.deepEqual(webhookMistakes(body), [], JSON.stringify(body));
});

test('answers have the shape Meta describes', options, async (t) => {
  const { client } = await startBoth(t);
  const id = await client.uploaded(await goodVideo());
  const calls = [
    ['/{Version}/{Phone-Number-ID}/messages', 'post', await client.send(clipMessage(id))],
    ['/{Version}/{Media-ID}', 'get', await client.graph('GET', id)],
    ['/{Version}/{WABA-ID}/message_templates', 'get', await client.graph('GET', `${kAccount}/message_templates`)],
    ['/{Version}/{WABA-ID}/phone_numbers', 'get', await client.graph('GET', `${kAccount}/phone_numbers?fields=id,display_phone_number,verified_name,status,quality_rating`)],
    ['/{Version}/{WABA-ID}/subscribed_apps', 'get', await client.graph('GET', `${kAccount}/subscribed_apps`)],
  ];
  for (const [route, method, { status, body }] of calls) {
    assert.equal(status, 200, route);
    const schema = document.paths[route][method].responses['200'].content['application/json'].schema;
    assert.deepEqual(mistakes(schema, body), [], `${route}: ${JSON.stringify(body)}`);
  }
});

test('errors have the shape Meta describes', options, async (t) => {
  const { client } = await startBoth(t);
  const answers = [
    await client.send({ messaging_product: 'whatsapp' }),
    await client.send(clipMessage('999')),
    await client.graph('GET', kNumber, undefined, { token: 'wrong' }),
    await client.graph('GET', '999'),
  ];
  for (const { status, body } of answers) {
    assert.ok(status >= 400);
    assert.deepEqual(mistakes(named('GraphAPIError'), body), [], JSON.stringify(body));
  }
});
