// How fast receipts are taken: signed POSTs with one status each, every one durable before its 200, while
// the service goes on sending; and how long until they have their effect. Beside it what people write first: a
// Node server that checks the signature and inserts into PostgreSQL, which has nothing else to do.
import { createHmac } from 'node:crypto';
import { spawn } from 'node:child_process';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, measure, options, percentile, report, seconds, shares, until } from './lib/bench.mjs';
import { account, number, Service, templateList } from './lib/service.mjs';
import { fetchPeers, startPeer, startPostgres } from './lib/tools.mjs';

const { count, engine, clients, rate } = options('tests/bench/run.sh webhooks: receipts per second, durable before their 200', {
  count: [100_000, 'receipts'],
  engine: ['sqlite', 'sqlite or postgresql'],
  clients: [64, 'connections of the provider'],
  rate: [1000, 'messages per second that are sent meanwhile'],
});

// A provider that accepts, and remembers what came with each message.
async function startProvider(bench, pages) {
  const sent = [];
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    response.setHeader('Content-Type', 'application/json');
    if (request.url.includes('/message_templates')) return response.end(templateList(pages));
    if (!request.url.endsWith('/messages')) return response.end('{"id":"1"}');
    const { to, biz_opaque_callback_data: opaque } = JSON.parse(Buffer.concat(parts));
    const id = `wamid.${sent.length}`;
    sent.push({ id, to: to.replace('+', ''), opaque });
    response.end(JSON.stringify({ messages: [{ id }] }));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench.atEnd(() => { server.close(); server.closeAllConnections?.(); });
  return { url: `http://127.0.0.1:${server.address().port}`, sent };
}

// One POST body per message, as Meta sends it.
const receipt = ({ id, to, opaque }, status) => JSON.stringify({
  object: 'whatsapp_business_account',
  entry: [{ id: account, changes: [{ field: 'messages', value: {
    messaging_product: 'whatsapp', metadata: { display_phone_number: '4930123456', phone_number_id: number },
    statuses: [{ id, status, timestamp: String(Math.floor(Date.now() / 1000)), recipient_id: to, biz_opaque_callback_data: opaque,
      pricing: { billable: true, pricing_model: 'PMP', type: 'regular', category: 'marketing' } }],
  } }] }],
});

// wrk with every body once: its only thread hands them out in order and stops at the last. Returns the
// rate of good answers and the latencies in ms.
async function post(bench, url, bodies) {
  const lines = bodies.map((body) => `${createHmac('sha256', 'secret').update(body).digest('hex')} ${body}`);
  const file = join(bench.folder, 'bodies'), script = join(bench.folder, 'webhooks.lua');
  writeFileSync(file, `${lines.join('\n')}\n`);
  writeFileSync(script, `
    local threads = {}
    answered, bad = 0, 0  -- global, so that done() can ask for them
    local lines = io.lines(${JSON.stringify(file)})
    function setup(thread) threads[1] = thread end
    local asked = false
    function request()
      if not asked then asked = true; return wrk.format("GET", "/none") end  -- wrk's own look at the script, not sent
      local line = lines and lines()
      if not line then lines = nil; return wrk.format("GET", "/none") end
      return wrk.format("POST", nil, {["Content-Type"] = "application/json", ["X-Hub-Signature-256"] = "sha256=" .. line:sub(1, 64)}, line:sub(66))
    end
    function response(status)
      if status == 200 then answered = answered + 1 elseif status ~= 404 then bad = bad + 1 end
      if answered + bad == ${bodies.length} then io.write('all\\n'); io.flush(); wrk.thread:stop() end
    end
    function done(summary, latency)
      local e = summary.errors
      io.write(string.format('{"answered":%d,"bad":%d,"p50":%d,"p99":%d,"max":%d}\\n', threads[1]:get("answered"),
        threads[1]:get("bad") + e.connect + e.read + e.write + e.timeout, latency:percentile(50), latency:percentile(99), latency.max))
    end`);
  const began = seconds();
  const wrk = spawn('wrk', ['-t', 1, '-c', clients, '-d', '600s', '--timeout', '30s', '-s', script, url].map(String), { stdio: ['ignore', 'pipe', 'inherit'] });
  let said = '', took;
  for await (const part of wrk.stdout.setEncoding('utf8')) {
    said += part;
    if (took || !said.includes('all\n')) continue;
    took = seconds() - began;
    wrk.kill('SIGINT');  // its main thread would sleep on
  }
  const told = JSON.parse(said.trim().split('\n').at(-1));
  if (told.bad > 0 || told.answered !== bodies.length) throw new Error(`wrk: ${told.bad} failed, ${told.answered} of ${bodies.length} were answered with 200`);
  return { perSecond: bodies.length / took, p50: told.p50 / 1000, p99: told.p99 / 1000, max: told.max / 1000 };
}

await measure(async (bench) => {
  const service = await Service.make(bench, engine);
  const provider = await startProvider(bench, service.pages);
  await service.start();
  await service.setUp(provider.url);
  // Enough to send that it goes on while the receipts of the first `count` come.
  const extra = rate * 60;
  await service.addCustomers(count + extra);
  const campaign = await service.campaign(await service.sampleClip());
  await service.launch(campaign);
  await until('the first messages are sent', () => provider.sent.length >= count, 1800, 100);
  await service.sql(`UPDATE senders SET messages_per_second = ${rate}`);
  const bodies = provider.sent.slice(0, count).map((message) => receipt(message, 'delivered'));

  const threads = service.threads();
  const before = { cpu: service.cpu(), sent: provider.sent.length, at: seconds() };
  service.forgetPeak();
  const result = await post(bench, `${service.webhooks}/webhooks/whatsapp`, bodies);
  const sending = (provider.sent.length - before.sent) / (seconds() - before.at);
  await until('all receipts are applied', async () => (await service.sql("SELECT count(*) FROM webhooks WHERE state = 'stored'"))[0][0] === '0', 600, 50);
  const cpu = (service.cpu() - before.cpu) / count * 1e6;
  const where = shares(service.threads(), threads, count);
  const peak = service.peakMb();
  const lags = (await service.sql("SELECT applied_at_ms - received_at_ms FROM webhooks WHERE state = 'applied'")).map(([lag]) => +lag);
  const [[delivered]] = await service.sql("SELECT count(*) FROM messages WHERE state = 'delivered'");
  if (+delivered !== count) throw new Error(`${delivered} of ${count} are delivered`);

  await service.stop();
  await fetchPeers();
  const postgres = service.postgres ?? await startPostgres(bench);
  await execute('psql', ['-d', postgres.url('postgres'), '-qc', 'CREATE DATABASE peer']);
  const peer = await startPeer(bench, 'webhook_receiver.mjs', [postgres.url('peer'), 'secret']);
  const theirs = await post(bench, peer.url, bodies);

  report(`${count.toLocaleString('en-US')} receipts, one each, over ${clients} connections, ${engine}`, [
    ['Clipcourier, durable before the 200', result.perSecond, 'receipts/s'],
    ['a POST: median, 99 %, longest', `${result.p50.toFixed(1)}, ${result.p99.toFixed(1)}, ${result.max.toFixed(0)}`, 'ms'],
    ['Node and PostgreSQL, durable before the 200', theirs.perSecond, 'receipts/s'],
    ['there a POST: median, 99 %, longest', `${theirs.p50.toFixed(1)}, ${theirs.p99.toFixed(1)}, ${theirs.max.toFixed(0)}`, 'ms'],
    ['from storing to effect: median, 99 %, longest', `${percentile(lags, 0.5)}, ${percentile(lags, 0.99)}, ${Math.max(...lags)}`, 'ms'],
    ['messages sent meanwhile', sending, 'messages/s'],
    ['Clipcourier, processor per receipt, with the sending', cpu, 'µs'],
    ['there by thread', where, 'µs'],
    ['Clipcourier, most memory', peak, 'MB'],
  ]);
});
