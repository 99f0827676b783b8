// How fast messages leave: the whole way of a message from the queue to its recorded answer, against
// an nginx that accepts at once; beside it what people take for such a queue, and wrk, which shows what
// that nginx could take.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { execute, measure, options, report, shares } from './lib/bench.mjs';
import { providerLocations, number, Service } from './lib/service.mjs';
import { fetchPeers, runPeer, startNginx, startPostgres, startRedis, wrk } from './lib/tools.mjs';

const { count, engine, inflight } = options('tests/bench/run.sh dispatch: messages per second to a local provider', {
  count: [100_000, 'messages'],
  engine: ['sqlite', 'sqlite or postgresql'],
  inflight: [2048, 'open requests, of the service and of wrk'],
});

// As long as a message of ours.
const body = JSON.stringify({
  messaging_product: 'whatsapp', recipient_type: 'individual', to: '+4915100000000', type: 'template',
  biz_opaque_callback_data: 'a'.repeat(48),
  template: {
    name: 'product_clip', language: { code: 'de', policy: 'deterministic' },
    components: [
      { type: 'header', parameters: [{ type: 'video', video: { id: '1' } }] },
      { type: 'body', parameters: [{ type: 'text', text: 'Jana' }, { type: 'text', text: 'Halm 7' }] },
      { type: 'button', sub_type: 'url', index: '0', parameters: [{ type: 'text', text: 'w'.repeat(60) }] },
      { type: 'button', sub_type: 'quick_reply', index: '1', parameters: [{ type: 'payload', payload: 'stop:1' }] },
    ],
  },
});

// Messages per second of the two, each alone on the machine.
async function peers(bench, url) {
  await fetchPeers();
  const bodyFile = join(bench.folder, 'body.json');
  writeFileSync(bodyFile, body);
  const redis = await startRedis(bench);
  const bullmq = await runPeer('bullmq_worker.mjs', [redis.port, url, bodyFile, count]);
  const postgres = await startPostgres(bench);
  await execute('psql', ['-d', postgres.url('postgres'), '-qc', 'CREATE DATABASE peer']);
  const graphile = await runPeer('graphile_worker.mjs', [postgres.url('peer'), url, bodyFile, count]);
  return { bullmq, graphile };
}

await measure(async (bench) => {
  const service = await Service.make(bench, engine, { 'dispatch.max_in_flight': inflight });
  const nginx = await startNginx(bench, providerLocations(service.pages));
  const ceiling = () => wrk(bench, `${nginx.url}/v23.0/${number}/messages`, { connections: inflight, duration: 5, post: body });
  await service.start();
  await service.setUp(nginx.url);
  await service.addCustomers(count);
  const campaign = await service.campaign(await service.sampleClip());
  await service.holdEverything();
  await service.launch(campaign);
  await service.campaignUntil(campaign, 'the campaign runs', (seen) => seen.state === 'running', 600);
  const before = await ceiling();

  service.forgetPeak();
  const threads = service.threads();
  const used = { ours: service.cpu(), nginx: nginx.cpu(), postgres: service.postgres?.cpu() ?? 0 };
  await service.letGo();
  await service.campaignUntil(campaign, 'all messages are accepted', (seen) => seen.funnel.accepted === count, 1800, 250);
  const perMessage = (end, start) => ((end - start) / count) * 1e6;
  const cpu = {
    ours: perMessage(service.cpu(), used.ours), nginx: perMessage(nginx.cpu(), used.nginx),
    postgres: perMessage(service.postgres?.cpu() ?? 0, used.postgres),
  };
  const where = shares(service.threads(), threads, count);
  const peak = service.peakMb();
  const [[from, to, attempts]] = await service.sql('SELECT min(started_at_ms), max(finished_at_ms), count(*) FROM attempts');
  if (+attempts !== count) throw new Error(`${attempts} attempts for ${count} messages`);
  const after = await ceiling();
  await service.stop();
  const { bullmq, graphile } = await peers(bench, `${nginx.url}/v23.0/${number}/messages`);

  const ours = count / ((to - from) / 1000);
  const theirs = (before.requests + after.requests) / 2;
  report(`${count.toLocaleString('en-US')} messages, ${engine}, ${inflight} in flight`, [
    ['Clipcourier, queue to recorded answer', ours, 'messages/s'],
    ['BullMQ on Redis, undici, 100 at a time', count / bullmq.seconds, 'messages/s'],
    ['graphile-worker on PostgreSQL, undici, 100 at a time, batched', count / graphile.seconds, 'messages/s'],
    ['wrk against the same nginx, before and after', theirs, 'requests/s'],
    ['Clipcourier, processor per message', cpu.ours, 'µs'],
    ['there by thread', where, 'µs'],
    ...(service.postgres ? [['PostgreSQL, processor per message', cpu.postgres, 'µs']] : []),
    ['nginx, processor per message', cpu.nginx, 'µs'],
    ['BullMQ worker, processor per message, without Redis', (bullmq.cpu / count) * 1e6, 'µs'],
    ['graphile-worker, processor per message, without PostgreSQL', (graphile.cpu / count) * 1e6, 'µs'],
    ['Clipcourier, most memory while sending', peak, 'MB'],
  ]);
});
