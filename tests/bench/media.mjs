// How fast a clip is served to phones: our public listener beside nginx with sendfile, the same file,
// in turns. Then to many phones on slow lines at once, while the API and webhooks are asked beside.
import { copyFileSync, statSync } from 'node:fs';
import { createHmac } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { bin, execute, measure, median, options, percentile, report, until } from './lib/bench.mjs';
import { account, Service, templateList } from './lib/service.mjs';
import { startNginx, wrk } from './lib/tools.mjs';

const { clients, rounds, duration, phones, kbit } = options('tests/bench/run.sh media: a 4 MB clip, served beside nginx', {
  clients: [32, 'connections at the same time'],
  rounds: [5, 'of each; the medians are told'],
  duration: [3, 'seconds of one round'],
  phones: [2000, 'phones on slow lines'],
  kbit: [1000, 'per second, of each line'],
});

// A provider that keeps the message it gets: its button holds the token of the watch page.
async function startProvider(bench, pages) {
  const provider = { message: undefined };
  const server = createServer(async (request, response) => {
    const parts = [];
    for await (const part of request) parts.push(part);
    response.setHeader('Content-Type', 'application/json');
    if (request.url.includes('/message_templates')) return response.end(templateList(pages));
    if (!request.url.endsWith('/messages')) return response.end('{"id":"1"}');
    provider.message = JSON.parse(Buffer.concat(parts));
    response.end('{"messages":[{"id":"wamid.1"}]}');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  bench.atEnd(() => { server.close(); server.closeAllConnections?.(); });
  provider.url = `http://127.0.0.1:${server.address().port}`;
  return provider;
}

// A film that our own encoder makes about 4 MB of.
async function drawFilm(bench) {
  const film = join(bench.folder, 'film.mp4');
  await execute('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'testsrc2=size=640x360:rate=25:duration=17,noise=alls=9:allf=t',
    '-f', 'lavfi', '-i', 'sine=duration=17', '-c:v', 'libx264', '-preset', 'ultrafast', '-crf', '18', '-c:a', 'aac', film]);
  return film;
}

// Asks one after the other until stopped; returns a function that stops and tells the latencies in ms.
function ask(once) {
  const took = [];
  let going = true;
  const loop = (async () => {
    while (going) {
      const began = performance.now();
      await once();
      took.push(performance.now() - began);
    }
  })();
  return async () => {
    going = false;
    await loop;
    return took;
  };
}

// All phones fetch the clip once from `port`; beside them the API and the webhooks are asked.
async function slowPhones(port, path, service) {
  const body = JSON.stringify({ object: 'whatsapp_business_account', entry: [{ id: account, time: 1, changes: [] }] });
  const signature = `sha256=${createHmac('sha256', 'secret').update(body).digest('hex')}`;
  const stopApi = ask(() => service.get('/api/v1/campaigns'));
  const stopWebhooks = ask(async () => {
    const answer = await fetch(`${service.webhooks}/webhooks/whatsapp`, { method: 'POST', body, headers: { 'X-Hub-Signature-256': signature } });
    if (answer.status !== 200) throw new Error(`a webhook got ${answer.status}`);
  });
  const { stdout } = await execute(join(bin, 'bench_phones'), [port, path, phones, kbit].map(String));
  return { ...JSON.parse(stdout), api: await stopApi(), webhooks: await stopWebhooks() };
}

await measure(async (bench) => {
  const service = await Service.make(bench, 'sqlite', { 'http.public_max_connections': phones + 1000 });
  const provider = await startProvider(bench, service.pages);
  await service.start();
  await service.setUp(provider.url);
  await service.addCustomers(1);
  const clip = await service.clipOf(await drawFilm(bench));
  const campaign = await service.campaign(clip);
  await service.launch(campaign);
  const message = await until('the message arrived', () => provider.message, 60);
  const token = message.template.components.find((part) => part.sub_type === 'url').parameters[0].text;

  const file = join(bench.folder, 'clip.mp4');
  copyFileSync(await service.clipFile(clip), file);
  const nginx = await startNginx(bench, `root ${bench.folder};`);
  const urls = { ours: `${service.pages}/w/${token}/clip.mp4`, nginx: `${nginx.url}/clip.mp4` };
  const once = (name) => wrk(bench, urls[name], { connections: clients, duration });
  const results = { ours: [], nginx: [] };
  const used = { ours: 0, nginx: 0 };
  for (const name of ['ours', 'nginx']) await wrk(bench, urls[name], { connections: clients, duration: 1 });  // warm
  for (let round = 0; round < rounds; ++round)
    for (const name of round % 2 ? ['nginx', 'ours'] : ['ours', 'nginx']) {
      const cpu = () => (name === 'ours' ? service.cpu() : nginx.cpu());
      const before = cpu();
      results[name].push(await once(name));
      used[name] += cpu() - before;
    }
  const middle = (name, what) => median(results[name].map((result) => result[what]));
  const cpuPerGb = (name) => used[name] / (results[name].reduce((sum, result) => sum + result.bytes, 0) * duration / 1e9);
  report(`${(statSync(file).size / 1e6).toFixed(2)} MB clip, ${clients} clients, medians of ${rounds} rounds of ${duration} s, in turns`, [
    ['Clipcourier, /w/TOKEN/clip.mp4', middle('ours', 'bytes') / 1e6, 'MB/s'],
    ['nginx, sendfile', middle('nginx', 'bytes') / 1e6, 'MB/s'],
    ['ratio', middle('ours', 'bytes') / middle('nginx', 'bytes'), ''],
    ['Clipcourier, a whole clip, median and 99 %', `${middle('ours', 'p50').toFixed(1)}, ${middle('ours', 'p99').toFixed(1)}`, 'ms'],
    ['nginx, a whole clip, median and 99 %', `${middle('nginx', 'p50').toFixed(1)}, ${middle('nginx', 'p99').toFixed(1)}`, 'ms'],
    ['Clipcourier, processor per GB', cpuPerGb('ours'), 's'],
    ['nginx, processor per GB', cpuPerGb('nginx'), 's'],
    ['Clipcourier, most memory', service.peakMb(), 'MB'],
  ]);

  service.forgetPeak();
  const before = service.cpu();
  const slow = await slowPhones(new URL(service.pages).port, `/w/${token}/clip.mp4`, service);
  const cpu = service.cpu() - before;
  const theirs = await slowPhones(new URL(nginx.url).port, '/clip.mp4', service);
  const waits = (values) => [0.5, 0.99].map((share) => percentile(values, share).toFixed(1)).join(', ');
  const whole = ({ p50_s, p99_s, longest_s }) => [p50_s, p99_s, longest_s].map((value) => value.toFixed(1)).join(', ');
  report(`${phones} phones at ${kbit} kbit/s each, one clip each; their lines take ${slow.ideal_s.toFixed(1)} s`, [
    ['Clipcourier: phones that got it whole, failed, stalled', `${slow.done}, ${slow.failed}, ${slow.stalled}`, ''],
    ['Clipcourier, a whole clip: median, 99 %, longest', whole(slow), 's'],
    ['nginx: phones that got it whole, failed, stalled', `${theirs.done}, ${theirs.failed}, ${theirs.stalled}`, ''],
    ['nginx, a whole clip: median, 99 %, longest', whole(theirs), 's'],
    ['the API beside, median and 99 %', waits(slow.api), 'ms'],
    ['webhooks beside, median and 99 %', waits(slow.webhooks), 'ms'],
    ['the API beside nginx, median and 99 %', waits(theirs.api), 'ms'],
    ['Clipcourier, processor', cpu, 's'],
    ['Clipcourier, most memory', service.peakMb(), 'MB'],
  ]);
});
