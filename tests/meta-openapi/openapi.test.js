// What the WhatsApp channel writes and reads, held against Meta's own OpenAPI file, which
// CLIPCOURIER_META_OPENAPI names. CLIPCOURIER_CHANNEL_PROBE is the program that shows it
// (channel_probe.cpp).
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { test } from 'node:test';
import Ajv from 'ajv/dist/2020.js';
import { parse } from 'yaml';

const path = process.env.CLIPCOURIER_META_OPENAPI;
const needsFile = { skip: path && existsSync(path) ? false : 'CLIPCOURIER_META_OPENAPI names no file' };
const meta = needsFile.skip ? null : parse(readFileSync(path, 'utf8'), { maxAliasCount: -1 });
const ajv = new Ajv({ strict: false, validateFormats: false, allErrors: true });
if (meta) ajv.addSchema({ $id: 'meta', components: { schemas: jsonSchema(meta.components.schemas) } });

function probe(what, input = '') {
  const program = process.env.CLIPCOURIER_CHANNEL_PROBE;
  assert.ok(program, 'CLIPCOURIER_CHANNEL_PROBE names the program channel_probe');
  return JSON.parse(execFileSync(program, [what], { input, encoding: 'utf8', timeout: 60_000 }));
}

// As JSON Schema: without OpenAPI's own words. The pattern of a button's index, "^[2-6, 11-14]$", is
// a slip of the file: it refuses "0" and allows a comma; buttons count from 0.
function jsonSchema(node) {
  if (Array.isArray(node)) return node.map(jsonSchema);
  if (node === null || typeof node !== 'object') return node;
  const copy = {};
  for (const [key, value] of Object.entries(node)) {
    if (key === 'discriminator' && typeof value?.propertyName === 'string') continue;
    // Of a message, the file describes each half as if it were the whole: neither knows the other's fields.
    if (key === 'allOf') {
      copy.allOf = value.map(jsonSchema).map(({ additionalProperties, ...half }) => half);
    } else if (key === '$ref') copy.$ref = `meta${value}`;
    else if (key === 'pattern' && value === '^[2-6, 11-14]$') copy.pattern = '^[0-9]$';
    else copy[key] = jsonSchema(value);
  }
  return copy;
}

const validators = new Map();
function mistakes(name, value) {
  if (!validators.has(name)) validators.set(name, ajv.compile({ $ref: `meta#/components/schemas/${name}` }));
  const validate = validators.get(name);
  return validate(value) ? [] : validate.errors.map((e) => `${e.instancePath} ${e.message}`);
}

// Whether a URL has a path of Meta's file: a placeholder stands for one segment.
function hasPath(url, path) {
  const segments = new URL(url).pathname.split('/');
  const parts = path.split('/');
  return parts.length === segments.length &&
    parts.every((part, i) => (part.startsWith('{') && segments[i] !== '') || part === segments[i]);
}

const pathOf = (method, url) => Object.keys(meta.paths)
  .find((path) => method.toLowerCase() in meta.paths[path] && hasPath(url, path));

const resolved = (node) => (node.$ref ? node.$ref.slice(2).split('/').reduce((at, key) => at[key], meta) : node);

// The query parameters that Meta describes for a GET, by name.
function queryOf(path) {
  const all = [...(meta.paths[path].parameters ?? []), ...(meta.paths[path].get.parameters ?? [])].map(resolved);
  return Object.fromEntries(all.filter((each) => each.in === 'query').map((each) => [each.name, each.schema]));
}

// The fields of what a GET answers with, or of the things it lists.
function fieldsOf(path) {
  const { properties } = resolved(meta.paths[path].get.responses['200'].content['application/json'].schema);
  return Object.keys(properties.data?.items.properties ?? properties);
}

// Which of Meta's calls each GET of ours is. The file describes no paging and no fields of templates, but does for
// the account's other lists, which take the same. `beyond`: the fields that only Meta's guides know.
const templates = {
  path: '/{Version}/{WABA-ID}/message_templates', like: '/{Version}/{WABA-ID}/phone_numbers',
  beyond: ['parameter_format', 'quality_score', 'rejected_reason'],
};
const gets = {
  'media check': { path: '/{Version}/{Media-ID}', beyond: [] },
  templates,
  'next templates': templates,
  number: { path: '/{Version}/{Phone-Number-ID}', beyond: ['throughput', 'whatsapp_business_manager_messaging_limit'] },
};

const requests = probe('requests');
const messages = requests.filter((request) => request.json?.type === 'template');
const sessions = requests.filter((request) => request.schema);
const examples = () => Object.entries(meta.paths['/whatsapp/webhooks'].post.requestBody.content['application/json'].examples);

test('every request carries the token in its header and nowhere else', () => {
  assert.ok(requests.length >= 10);
  for (const { url, headers, json, form } of requests) {
    assert.equal(headers.Authorization, 'Bearer token');
    assert.ok(!`${url}${JSON.stringify(json ?? form ?? {})}`.includes('token'));
    assert.ok(url.startsWith('https://graph.facebook.com/v23.0/'));
  }
});

test('every request goes to a call that Meta describes', needsFile, () => {
  for (const { name, method, url } of requests) assert.ok(pathOf(method, url), `${name}: ${method} ${url}`);
});

test('the query of every GET is one that Meta describes', needsFile, () => {
  const asked = requests.filter(({ method }) => method === 'GET');
  assert.deepEqual(asked.map(({ name }) => name), Object.keys(gets));
  for (const { name, url } of asked) {
    const { path, like, beyond } = gets[name];
    assert.ok(hasPath(url, path), name);
    const described = { ...(like ? queryOf(like) : {}), ...queryOf(path) };
    const query = [...new URL(url).searchParams];
    assert.equal(new Set(query.map(([key]) => key)).size, query.length, `${name} gives each parameter once`);
    for (const [key, text] of query) {
      assert.ok(key in described, `${name}: ${key}`);
      const value = described[key].type === 'integer' ? Number(text) : text;
      assert.ok(ajv.validate(described[key], value), `${name}: ${key}=${text}`);
    }
    const fields = new URL(url).searchParams.get('fields')?.split(',') ?? [];
    assert.deepEqual(fields.filter((field) => !fieldsOf(path).includes(field)), beyond, name);
  }
});

test('the next page of templates is the same list after the cursor', () => {
  const query = (name) => new URL(requests.find((request) => request.name === name).url).searchParams;
  assert.equal(query('templates').get('after'), null);
  const next = Object.fromEntries(query('next templates'));
  assert.deepEqual(next, { ...Object.fromEntries(query('templates')), after: 'QVFI+/a&b==' });
});

test('every message is one of Meta\'s template messages', needsFile, () => {
  assert.ok(messages.length >= 6);
  for (const { name, json } of messages) {
    // Messages to a user id are younger than this version of the file.
    const { recipient, ...older } = json;
    const message = recipient ? { ...older, to: '+491701234567' } : older;
    assert.deepEqual(mistakes('TemplateMessage', message), [], name);
    assert.ok(Boolean(json.to) !== Boolean(recipient), name);
  }
});

test('every message inside the 24 hours, and the read mark, is one of Meta\'s', needsFile, () => {
  assert.equal(sessions.length, 9);
  // Meta's guides describe this kind of button, its file does not.
  assert.ok(!JSON.stringify(meta).includes('cta_url'), 'the file has cta_url now: check it too');
  for (const { name, schema, json } of sessions) {
    if (json.interactive?.type === 'cta_url') continue;
    assert.deepEqual(mistakes(schema, json), [], name);
    const spoilt = structuredClone(json);
    delete spoilt.messaging_product;
    assert.notDeepEqual(mistakes(schema, spoilt), [], name);
  }
});

test('a message with a mistake is caught', needsFile, () => {
  const good = messages.find((m) => m.name === 'template with named parameters').json;
  const spoilt = [
    (m) => delete m.messaging_product,
    (m) => delete m.to,
    (m) => delete m.template.name,
    (m) => (m.template.language = 'de'),
    (m) => (m.template.components[0].type = 'head'),
    (m) => (m.template.components[2].index = 'x'),
    (m) => (m.type = 'videos'),
  ];
  for (const spoil of spoilt) {
    const message = structuredClone(good);
    spoil(message);
    assert.notDeepEqual(mistakes('TemplateMessage', message), [], String(spoil));
  }
});

test('an upload has the fields of the form', needsFile, () => {
  const { form } = requests.find((r) => r.name === 'media upload');
  const described = meta.paths['/{Version}/{Phone-Number-ID}/media'].post.requestBody.content['multipart/form-data'].schema;
  for (const field of Object.keys(described.properties)) assert.ok(field in form, field);
});

test('every webhook that Meta shows is read without an error', needsFile, () => {
  const all = examples();
  const read = probe('webhooks', JSON.stringify(all.map(([, example]) => example.value)));
  assert.ok(all.length >= 16);
  for (const [i, [name, { value }]] of all.entries()) {
    const change = value.entry[0].changes[0];
    const [message] = change.value.messages ?? [];
    const [event] = read[i];
    assert.equal(read[i].length, 1, name);
    assert.equal(event.number, change.value.metadata.phone_number_id, name);
    if (change.field !== 'messages') {
      assert.deepEqual([event.kind, event.why, event.field], ['unknown', 'field', change.field], name);
    } else if (message.type === 'system') {
      assert.deepEqual([event.kind, event.from, event.to], ['number_changed', message.from, message.system.wa_id], name);
    } else {
      assert.deepEqual([event.kind, event.type, event.id, event.from], ['inbound', message.type, message.id, message.from], name);
      assert.equal(event.name, change.value.contacts[0].profile.name, name);
      assert.equal(event.at_ms, Number(message.timestamp) * 1000, name);
      assert.equal(event.context, message.context?.id ?? message.reaction?.message_id ?? '', name);
    }
  }
});

test('what people write or tap is found in Meta\'s examples', needsFile, () => {
  const all = examples().map(([, example]) => example.value);
  const [events] = [probe('webhooks', JSON.stringify(all)).flat()];
  const of = (type) => events.find((event) => event.type === type);
  assert.equal(of('text').text, 'Does it come in another color?');
  assert.equal(of('image').text, 'Taj Mahal');
  assert.equal(of('image').media, '1003383421387256');
  assert.equal(of('reaction').text, '👍');
  assert.deepEqual([of('button').payload, of('button').stop], ['Unsubscribe', true]);
  assert.equal(events.filter((event) => event.stop).length, 1);
  assert.deepEqual(events.filter((e) => e.type === 'interactive').map((e) => [e.payload, e.text]),
    [['priority_express', 'Priority Mail Express'], ['cancel-button', 'Cancel']]);
});

// Through the listener, the inbox and the applier: what is left in the database of it.
test('every webhook that Meta shows has its effect, and only that', needsFile, () => {
  const program = process.env.CLIPCOURIER_WEBHOOK_REPLAY;
  assert.ok(program, 'CLIPCOURIER_WEBHOOK_REPLAY names the program webhook_replay');
  const all = examples();
  const effects = JSON.parse(execFileSync(program, [],
    { input: JSON.stringify(all.map(([, example]) => example.value)), encoding: 'utf8', timeout: 60_000 }));
  assert.equal(effects.length, all.length);
  for (const [i, [name, { value }]] of all.entries()) {
    const change = value.entry[0].changes[0];
    const [message] = change.value.messages ?? [];
    const effect = effects[i];
    assert.equal(effect.status, 200, name);
    if (change.field !== 'messages') {
      // Groups: kept as they came, and counted.
      assert.deepEqual([effect.webhook, effect.unknown, effect.inbound],
        [['applied/1'], [`${change.field}//field`], []], name);
      assert.deepEqual([effect.waiting, effect.consents], ['queued', ['1/given']], name);
      continue;
    }
    assert.deepEqual([effect.webhook, effect.unknown], [['applied/0'], []], name);
    if (message.type === 'system') {
      // Another number: nobody has agreed with that one, and the old one gets nothing any more.
      assert.deepEqual([effect.inbound, effect.waiting, effect.consents], [[], 'skipped', ['1/withdrawn']], name);
      assert.ok(effect.people.includes(`2/phone/+${message.system.wa_id}`) || effect.people.includes(`2/whatsapp/${message.system.wa_id}`), name);
      continue;
    }
    const answers = message.context?.id ?? message.reaction?.message_id;
    assert.deepEqual(effect.inbound, [`${message.type}/1/${answers ? 2 : 0}`], name);
    // A tap is counted as a tap.
    const replies = answers && !['button', 'interactive'].includes(message.type);
    assert.deepEqual(effect.replied, replies ? ['2'] : [], name);
    assert.deepEqual(effect.window, ['1'], name);
    const stops = message.button?.payload === 'Unsubscribe';
    assert.deepEqual([effect.waiting, effect.consents],
      stops ? ['skipped', ['1/withdrawn']] : ['queued', ['1/given']], name);
  }
});
