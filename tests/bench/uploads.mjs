// An upload over a bad line while the service is killed again and again, beside the same upload in peace.
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { CuttingProxy, randomFrom } from '../flows/cutting_proxy.js';
import { padded, tusUpload } from '../flows/tus_upload.js';
import { execute, measure, options, report, root, seconds, until } from './lib/bench.mjs';
import { Service } from './lib/service.mjs';

const { mb, kills, seed, 'cut-mb': cutMb, engine } = options('tests/bench/run.sh uploads: a large upload that survives a bad line and kills', {
  mb: [1000, 'size of the film'],
  kills: [50, 'of the service, in the middle of it'],
  seed: [1, 'of cuts and kills'],
  'cut-mb': [64, 'a connection is cut after at most this'],
  engine: ['sqlite', 'sqlite or postgresql'],
});

async function kill(service) {
  service.process.kill('SIGKILL');
  await service.process.ended;
}

async function restart(bench, service) {
  const { token } = service;
  await service.start();
  service.token = token;
}

// What the disk alone takes: the same bytes, durable.
async function writeDurably(bench, bytes) {
  const file = join(bench.folder, 'plain');
  const began = seconds();
  await writeFile(file, bytes, { flush: true });
  await execute('sync', [file]);
  return seconds() - began;
}

async function multipart(service, file) {
  const began = seconds();
  await execute('curl', ['-sSf', '-o', '/dev/null', '-H', `Authorization: Bearer ${service.token}`, '-F', `file=@${file}`,
    `${service.api}/api/v1/videos`]);
  return seconds() - began;
}

// Uploads through the proxy while the service is killed at random bytes; returns what happened.
async function hardWay(bench, service, bytes) {
  const proxy = await CuttingProxy.start(service.api, { seed, most: cutMb * 1_000_000 });
  bench.atEnd(() => proxy.stop());
  const random = randomFrom(seed + 1);
  const began = seconds();
  let highest = 0, killed = 0, done = false;
  const told = (url, offset) => {
    if (new URL(url).pathname === '/api/v1/uploads') return;
    if (offset < highest) throw new Error(`the offset went back from ${highest} to ${offset}`);
    highest = offset;
  };
  const sending = tusUpload(proxy.url, service.token, bytes, { title: 'the hard way', told }).finally(() => { done = true; });
  const killing = (async () => {
    while (killed < kills && !done) {
      const at = proxy.bytes + random() * 2 * (bytes.length / (kills + 1));
      await until('more bytes have come', () => proxy.bytes >= at || done, 600, 5);
      if (done) return;
      await kill(service);
      ++killed;
      await restart(bench, service);
    }
  })();
  const [url] = await Promise.all([sending, killing]);
  return { path: new URL(url, service.api).pathname, took: seconds() - began, killed, cuts: proxy.cuts, sent: proxy.bytes };
}

await measure(async (bench) => {
  const service = await Service.make(bench, engine);
  await service.start();
  const film = padded(readFileSync(join(root, 'samples/films/halm-trio-starts-black.mp4')), mb * 1_000_000);
  const sha256 = createHash('sha256').update(film).digest('hex');
  const file = join(bench.folder, 'film.mp4');
  await writeFile(file, film);

  const plain = await writeDurably(bench, film);
  let began = seconds();
  await tusUpload(service.api, service.token, film, { title: 'in peace' });
  const peaceful = seconds() - began;
  const form = await multipart(service, file);
  const before = Number((await service.sql('SELECT count(*) FROM videos'))[0][0]);
  const hard = await hardWay(bench, service, film);

  const upload = await service.get(hard.path);
  const video = await until('the video is ready', async () => {
    const seen = await service.get(`/api/v1/videos/${upload.video_id}`);
    if (seen.state === 'failed') throw new Error(JSON.stringify(seen.failure));
    return seen.state === 'ready' && seen;
  }, 300, 200);
  const videos = Number((await service.sql('SELECT count(*) FROM videos'))[0][0]) - before;
  const left = readdirSync(join(service.folder, 'var/media/uploads')).length;
  if (video.original.sha256 !== sha256) throw new Error('other bytes were stored');
  if (videos !== 1) throw new Error(`${videos} videos came of one upload`);
  if (left > 0) throw new Error(`${left} partial files stayed`);
  report(`${mb} MB, ${engine}, seed ${seed}`, [
    ['kills of the service', hard.killed, ''],
    ['connections cut', hard.cuts, ''],
    ['videos that came of it', videos, ''],
    ['bytes sent, of each byte that was wanted', hard.sent / film.length, ''],
    ['the hard way', hard.took, 's'],
    ['tus in peace', mb / peaceful, 'MB/s'],
    ['multipart form in peace', mb / form, 'MB/s'],
    ['the same bytes into a file, durable', mb / plain, 'MB/s'],
    ['most memory of the service', service.peakMb(), 'MB'],
  ]);
});
