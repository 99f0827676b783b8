// How fast a clip is served to phones: our public listener beside nginx with sendfile, the same file,
// in turns.
import { copyFileSync, statSync } from 'node:fs';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { join } from 'node:path';
import { execute, measure, median, options, report, until } from './lib/bench.mjs';
import { Service, templateList } from './lib/service.mjs';
import { startNginx, wrk } from './lib/tools.mjs';

const { clients, rounds, duration } = options('tests/bench/run.sh media: a 4 MB clip, served beside nginx', {
  clients: [32, 'connections at the same time'],
  rounds: [5, 'of each; the medians are told'],
  duration: [3, 'seconds of one round'],
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

await measure(async (bench) => {
  const service = await Service.make(bench, 'sqlite');
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
});
