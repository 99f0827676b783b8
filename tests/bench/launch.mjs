// How long the launch of a large campaign takes, and how long others wait meanwhile; beside it the same
// rows written by the engine's own shell with one INSERT ... SELECT.
import { copyFileSync } from 'node:fs';
import { execute, measure, options, percentile, report, seconds, sleep } from './lib/bench.mjs';
import { providerLocations, Service } from './lib/service.mjs';
import { startNginx } from './lib/tools.mjs';

const { count, engine, every } = options('tests/bench/run.sh launch: from POST launch to a running campaign', {
  count: [1_000_000, 'consented customers'],
  engine: ['sqlite', 'sqlite or postgresql'],
  every: [50, 'milliseconds between two small writes of the probe'],
});

// A small write every so often, no matter whether the one before is done: each tags another customer.
// Returns a function that stops it and returns how long each took, in ms.
function startProbe(service, first) {
  const took = [], open = new Set();
  let customer = first, failed;
  const timer = setInterval(() => {
    const began = performance.now();
    const path = `/api/v1/customers/${1 + (customer++ % count)}/tags/bench`;
    const one = service.call('PUT', path)
      .then(() => took.push(performance.now() - began), (error) => { failed = error; })
      .finally(() => open.delete(one));
    open.add(one);
  }, every);
  return async () => {
    clearInterval(timer);
    await Promise.all(open);
    if (failed) throw failed;
    return took;
  };
}

// Seconds that the shell takes for the same rows, in a copy of the database made before the launch.
async function shellSeconds(service) {
  const insert = `INSERT INTO messages (campaign_id, customer_id, sender_id, address, language, state, due_at_ms, state_at_ms, created_at_ms)
    SELECT 1, k.customer_id, 1, p.value, 'de', 'queued', 0, 0, 0
    FROM consents k JOIN customers c ON c.id = k.customer_id
    JOIN customer_identities p ON p.customer_id = c.id AND p.kind = 'phone'
    WHERE k.channel = 'whatsapp' AND k.purpose = 'marketing' AND k.state = 'given' ORDER BY k.customer_id`;
  const began = seconds();
  await service.sql(insert, 'copy');
  return seconds() - began;
}

async function copyDatabase(service) {
  if (service.postgres) return execute('psql', ['-d', service.postgres.url('postgres'), '-qc', 'CREATE DATABASE copy TEMPLATE bench']);
  await service.sql('PRAGMA wal_checkpoint(TRUNCATE)');
  copyFileSync(service.sqliteFile(), service.sqliteFile('copy'));
}

await measure(async (bench) => {
  const service = await Service.make(bench, engine);
  const nginx = await startNginx(bench, providerLocations(service.pages));
  await service.start();
  await service.setUp(nginx.url);
  await service.addCustomers(count);
  const campaign = await service.campaign(await service.sampleClip());
  await service.holdEverything();
  await service.stop();
  await copyDatabase(service);
  const shell = await shellSeconds(service);
  await service.start();
  const sizeBefore = await service.databaseMb();

  const endIdle = startProbe(service, 0);
  await sleep(Math.max(3000, 20 * every));
  const idle = await endIdle();
  service.forgetPeak();
  const cpuBefore = service.cpu();
  const endProbe = startProbe(service, idle.length);
  const began = seconds();
  await service.launch(campaign);
  const answered = seconds() - began;
  await service.campaignUntil(campaign, 'the campaign runs', (seen) => seen.state === 'running', 1800, 100);
  const took = seconds() - began;
  const cpu = service.cpu() - cpuBefore;
  const peak = service.peakMb();
  const waits = await endProbe();
  const [[rows]] = await service.sql("SELECT count(*) FROM messages WHERE state = 'queued'");
  if (+rows !== count) throw new Error(`${rows} messages for ${count} customers`);
  await service.stop();
  if (engine === 'sqlite') await service.sql('PRAGMA wal_checkpoint(TRUNCATE)');
  const size = await service.databaseMb();

  const tell = (values) => `${percentile(values, 0.5).toFixed(1)}, ${percentile(values, 0.99).toFixed(1)}, ${Math.max(...values).toFixed(1)}`;
  report(`launch to ${count.toLocaleString('en-US')} customers, ${engine}`, [
    ['Clipcourier, from POST launch to running', took, 's'],
    ['Clipcourier, POST launch answered after', answered, 's'],
    [`${engine === 'sqlite' ? 'sqlite3' : 'psql'}, the same rows in one INSERT ... SELECT`, shell, 's'],
    ['ratio', took / shell, ''],
    ['rows', count / took, 'messages/s'],
    [`another write meanwhile (${waits.length}): median, 99 %, longest`, tell(waits), 'ms'],
    [`another write at rest (${idle.length}): median, 99 %, longest`, tell(idle), 'ms'],
    ['Clipcourier, processor', cpu, 's'],
    ['Clipcourier, most memory', peak, 'MB'],
    ['database before', sizeBefore, 'MB'],
    ['database after', size, 'MB'],
  ]);
});
