// What a service with millions of messages still answers at once: claims, the queue's overview, counts,
// lists and timelines. Beside it the count that people write first, by the engine's own shell.
import { join } from 'node:path';
import { bin, execute, measure, options, percentile, report, seconds } from './lib/bench.mjs';
import { providerLocations, Service } from './lib/service.mjs';
import { startNginx } from './lib/tools.mjs';

const { count, engine, asks } = options('tests/bench/run.sh large: answers of a service with many messages', {
  count: [10_000_000, 'messages, a tenth of them waiting'],
  engine: ['sqlite', 'sqlite or postgresql'],
  asks: [200, 'questions of each kind'],
});
const campaigns = 10, customers = Math.ceil(count / campaigns);

// The rows a service would have after sending for a year, written by the engine itself. The first campaign
// waits; all others were sent and read.
async function fill(service, campaign) {
  const now = Date.now();
  const series = (n) => (service.postgres ? `generate_series(1, ${n}) AS n` : `(SELECT value AS n FROM generate_series(1, ${n}))`);
  await service.sql(`UPDATE campaigns SET state = 'running', launched_at_ms = ${now} WHERE id = ${campaign.id}`);
  for (let i = 0; i < campaigns; ++i) {
    const waits = i === 0, id = campaign.id + i, first = i * customers;
    if (!waits) {
      await service.sql(`INSERT INTO campaigns (id, name, state, sender_id, purpose, audience, fallback_language, created_at_ms, updated_at_ms)
        SELECT ${id}, 'Bench ${id}', 'completed', sender_id, purpose, audience, fallback_language, created_at_ms, updated_at_ms FROM campaigns WHERE id = ${campaign.id}`);
      await service.sql(`INSERT INTO campaign_contents SELECT ${id}, language, clip_id, clip_sha256, template_name, template_language, variables, picture_revision
        FROM campaign_contents WHERE campaign_id = ${campaign.id}`);
    }
    const state = waits ? 'queued' : 'read';
    await service.sql(`INSERT INTO messages (id, campaign_id, customer_id, sender_id, address, language, state, due_at_ms, attempts, state_at_ms, created_at_ms)
      SELECT ${first} + n, ${id}, n, ${service.sender.id}, '+49151' || (10000000 + n), 'de', '${state}', ${now}, ${waits ? 0 : 1}, ${now}, ${now} FROM ${series(customers)}`);
    if (!waits) {
      await service.sql(`INSERT INTO attempts (message_id, number, sender_id, state, state_rank, provider_id, started_at_ms, deadline_at_ms, finished_at_ms)
        SELECT ${first} + n, 1, ${service.sender.id}, 'read', 5, 'wamid.${id}.' || n, ${now}, ${now}, ${now} FROM ${series(customers)}`);
      await service.sql(`INSERT INTO message_events (message_id, attempt, kind, at_ms)
        SELECT ${first} + n, 1, 'read', ${now} FROM ${series(customers)}`);
    }
    await service.sql(`INSERT INTO campaign_counters (campaign_id, name, value) VALUES (${id}, '${state}', ${customers})`);
  }
  if (service.postgres) await service.sql('VACUUM ANALYZE');
}

// Latencies in ms.
async function timed(ask) {
  const took = [];
  for (let i = 0; i < asks; ++i) {
    const began = performance.now();
    await ask(i);
    took.push(performance.now() - began);
  }
  return took;
}

await measure(async (bench) => {
  const service = await Service.make(bench, engine);
  const nginx = await startNginx(bench, providerLocations(service.pages));
  await service.start();
  await service.setUp(nginx.url);
  await service.holdEverything();
  await service.addCustomers(customers);
  const campaign = await service.campaign(await service.sampleClip());
  await service.stop();
  const filling = seconds();
  await fill(service, campaign);
  const filled = seconds() - filling;
  await service.start();

  const random = (n) => 1 + Math.floor(Math.random() * n);
  const kinds = {
    'overview of the queue': () => service.get('/api/v1/queue'),
    'funnel and counts of a campaign': () => service.get(`/api/v1/campaigns/${campaign.id + random(campaigns) - 1}`),
    'timeline of a message': () => service.get(`/api/v1/messages/${customers + random((campaigns - 1) * customers)}/timeline`),
    'a page of messages by campaign and state': () => service.get(`/api/v1/messages?campaign=${campaign.id}&state=queued&limit=50`),
  };
  const rows = [];
  for (const [name, ask] of Object.entries(kinds)) {
    const took = await timed(ask);
    rows.push([`${name}: median, 99 %, longest`, [0.5, 0.99, 1].map((share) => percentile(took, share).toFixed(1)).join(', '), 'ms']);
  }
  const began = seconds();
  await service.sql('SELECT state, count(*) FROM messages GROUP BY state');
  const counted = seconds() - began;
  const peak = service.peakMb();
  await service.stop();
  await service.sql('DELETE FROM holds');
  const claims = JSON.parse((await execute(join(bin, 'bench_claim'),
    [service.postgres ? service.postgres.url('bench') : `sqlite:${service.sqliteFile()}`, campaign.id, service.sender.id, asks].map(String))).stdout);
  report(`${count.toLocaleString('en-US')} messages in ${campaigns} campaigns, ${engine}, ${Math.round(await service.databaseMb())} MB, written in ${filled.toFixed(0)} s`, [
    ['40 messages from the queue to their attempts: median, 99 %, longest', [claims.p50_ms, claims.p99_ms, claims.longest_ms].map((ms) => ms.toFixed(1)).join(', '), 'ms'],
    ...rows,
    [`${engine === 'sqlite' ? 'sqlite3' : 'psql'}: SELECT state, count(*) ... GROUP BY state`, counted * 1000, 'ms'],
    ['Clipcourier, most memory', peak, 'MB'],
  ]);
});
