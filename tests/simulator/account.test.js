import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { test } from 'node:test';
import { kAccount, kNumber, startSimulator } from './support.js';

const body = (text, count) => ({ type: 'BODY', text, ...(count ? { example: { body_text: [Array(count).fill('x')] } } : {}) });
const template = (more) => ({ name: 'autumn', language: 'de', category: 'MARKETING', components: [body('Hallo {{1}}, guten Tag.', 1)], ...more });

test('a number tells the fields that are asked for, and its id', async (t) => {
  const client = await startSimulator(t);
  const { body: number } = await client.graph('GET', `${kNumber}?fields=quality_rating,throughput,whatsapp_business_manager_messaging_limit`);
  assert.deepEqual(number, { quality_rating: 'GREEN', throughput: { level: 'STANDARD' }, whatsapp_business_manager_messaging_limit: 'TIER_100K', id: kNumber });
  const { body: list } = await client.graph('GET', `${kAccount}/phone_numbers`);
  assert.deepEqual(list.data.map((n) => [n.id, n.verified_name]), [[kNumber, 'Halmwerk Leuchten']]);
});

test('lists are paged forwards and backwards, and say when they end', async (t) => {
  const client = await startSimulator(t);
  const seen = [];
  let path = `${kAccount}/message_templates?limit=3&fields=name,language`;
  for (let pages = 0; path && pages < 10; pages += 1) {
    const { body: page } = await client.graph('GET', path);
    seen.push(...page.data.map((one) => `${one.name}/${one.language}`));
    path = page.paging.next?.split('/v23.0/')[1];
  }
  assert.equal(seen.length, 8);
  assert.equal(new Set(seen).size, 8);
  const { body: first } = await client.graph('GET', `${kAccount}/message_templates?limit=3`);
  const { body: second } = await client.graph('GET', `${kAccount}/message_templates?limit=3&after=${first.paging.cursors.after}`);
  const { body: back } = await client.graph('GET', `${kAccount}/message_templates?limit=3&before=${second.paging.cursors.before}`);
  assert.deepEqual(back.data, first.data);
  assert.equal((await client.graph('GET', `${kAccount}/message_templates?after=nonsense`)).body.error.code, 100);
});

test('templates are found by name, language and status', async (t) => {
  const client = await startSimulator(t);
  const list = async (query) => (await client.graph('GET', `${kAccount}/message_templates?${query}`)).body.data;
  assert.deepEqual((await list('name=product_clip')).map((one) => one.language), ['de', 'en']);
  assert.equal((await list('status=approved')).length, 5);
  assert.deepEqual((await list('status=PAUSED&fields=name')).map((one) => one.name), ['paused_offer']);
  const [one] = await list('name=product_clip&language=de');
  assert.equal(one.parameter_format, 'POSITIONAL');
  assert.equal(one.components[0].format, 'VIDEO');
  assert.equal((await client.graph('GET', `${one.id}?fields=status,quality_score`)).body.quality_score.score, 'GREEN');
});

test('a template that breaks the rules is not created', async (t) => {
  const client = await startSimulator(t);
  const cases = [
    ['name', { name: 'Autumn Clip' }, undefined],
    ['language', { language: 'German' }, undefined],
    ['category', { category: 'OFFER' }, undefined],
    ['no body', { components: [] }, undefined],
    ['variable at the start', { components: [body('{{1}} guten Tag.', 1)] }, 2388299],
    ['variable at the end', { components: [body('Hallo {{1}}', 1)] }, 2388299],
    ['variables side by side', { components: [body('Hallo {{1}} {{2}} da.', 2)] }, 2388293],
    ['no examples', { components: [body('Hallo {{1}}, guten Tag.', 0)] }, 2388043],
    ['long body', { components: [body('x'.repeat(1025))] }, 2388040],
    ['long footer', { components: [body('x'), { type: 'FOOTER', text: 'x'.repeat(61) }] }, 2388073],
    ['video without sample', { components: [{ type: 'HEADER', format: 'VIDEO' }, body('x')] }, 2388084],
    ['long label', { components: [body('x'), { type: 'BUTTONS', buttons: [{ type: 'QUICK_REPLY', text: 'x'.repeat(26) }] }] }, 2388053],
    ['variable in the middle of the address', { components: [body('x'), { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'x', url: 'https://example.org/{{1}}/a', example: ['a'] }] }] }, 2388053],
  ];
  for (const [what, change, subcode] of cases) {
    const { status, body: answer } = await client.graph('POST', `${kAccount}/message_templates`, template(change));
    assert.deepEqual([status, answer.error?.code, answer.error?.error_subcode], [400, 100, subcode], what);
  }
  assert.equal((await client.graph('POST', `${kAccount}/message_templates`, template())).status, 200);
  assert.equal((await client.graph('POST', `${kAccount}/message_templates`, template())).body.error.error_subcode, 2388024);
});

test('a template of the account can be paused while it is in use', async (t) => {
  const client = await startSimulator(t);
  const [one] = (await client.graph('GET', `${kAccount}/message_templates?name=hello_world`)).body.data;
  await client.control('POST', 'template_status', { id: one.id, status: 'PAUSED', reason: 'FIRST_PAUSE' });
  const message = { messaging_product: 'whatsapp', to: '+491713920001', type: 'template', template: { name: 'hello_world', language: { code: 'en_US' } } };
  assert.equal((await client.send(message)).body.error.code, 132015);
});

test('the command line explains itself and names every mistake', () => {
  const program = fileURLToPath(new URL('../../samples/simulator/simulator.js', import.meta.url));
  const run = (...words) => spawnSync(process.execPath, [program, ...words], { encoding: 'utf8', timeout: 10_000 });
  const help = run('--help');
  assert.equal(help.status, 0);
  assert.match(help.stdout, /fault\.lost_reply_share/);
  for (const [words, reason] of [
    [['--port', '99999'], /0 to 65535/], [['--set', 'nonsense'], /key=value/], [['--set', 'seed=-1', '--set', 'a=b'], /seed: must be .*\na: no such setting/],
    [['--settings', '/nonexistent'], /nonexistent/], [['--fast'], /--fast/], [['--names', '/nonexistent'], /nonexistent/],
  ]) {
    const { status, stderr } = run(...words);
    assert.equal(status, 2, words.join(' '));
    assert.match(stderr, reason);
  }
});
