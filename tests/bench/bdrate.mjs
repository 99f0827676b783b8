// How many bits our WhatsApp clips need for the same quality as those of the ffmpeg command.
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, execute, measure, options } from './lib/bench.mjs';
import { bdRate, facts, keyOf, profileText, quality, run, withKey } from './lib/video.mjs';

const { seconds, clips, tunes } = options('tests/bench/run.sh bdrate: BD-rate of whatsapp against ffmpeg -preset fast -profile:v main -bf 0', {
  seconds: [10, 'of each clip'],
  clips: [8, 'how many of the eight'],
  tunes: ['ssim,psnr', 'x264 tunes, the same on both sides'],
});
const rates = [21, 25, 29, 33];
// Names in the corpus and where the excerpt begins.
const films = [['real-agent327-1080p24-h264-aac-37s.mp4', 10], ['real-bbb-720p24-h264-aac-38s.ts', 8],
  ['real-sintel-trailer-720p24-h264-aac-52s.mp4', 18], ['real-gopro-karma-drone-480p30-gpmf.mp4', 1],
  ['real-rocket-launch-360p24-vp8-vorbis.webm', 0], ['real-stock-1080p25-h264-aac-5s.mp4', 0],
  ['real-screencast-webcam-720p30-h264-aac-8s.mp4', 0], ['real-street-cars-432p-h264-aac-30s.mp4', 3]];
const asOptions = { ssim: 'aq-mode=2 psy=0', psnr: 'aq-mode=0 psy=0' };  // what x264's tunes set
const corpus = process.env.CLIPCOURIER_CORPUS;

// Lossless and at most 1280 long, so that both sides get the same frames.
async function excerpts(bench) {
  const found = films.filter(([name]) => corpus && existsSync(join(corpus, name))).slice(0, clips);
  if (!found.length) console.log('CLIPCOURIER_CORPUS is not there: drawn films instead');
  const inputs = found.length ? found.map(([name, from]) => [name, ['-ss', from, '-t', seconds, '-i', join(corpus, name)]])
    : ['testsrc2', 'mandelbrot', 'life=mold=10:ratio=0.1:death_color=#C83232'].map((drawn) => [drawn.match(/^\w+/)[0],
      ['-f', 'lavfi', '-t', seconds, '-i', `${drawn}${drawn.includes('=') ? ':' : '='}size=640x360:rate=25`]]);
  return Promise.all(inputs.map(async ([name, input], i) => {
    const file = join(bench.folder, `source${i}.mkv`);
    await execute('ffmpeg', ['-v', 'error', ...input.map(String), '-an', '-sn', '-dn', '-map_metadata', '-1',
      '-vf', "scale='min(1280,iw)':-2:out_color_matrix=bt709:out_range=tv,format=yuv420p", '-color_range', 'tv', '-colorspace', 'bt709',
      '-color_primaries', 'bt709', '-color_trc', 'bt709', '-c:v', 'ffv1', file]);
    return [name, file];
  }));
}

// Ours at one rate factor: the profile as it is, with bytes enough and the tune.
async function ours(bench, source, crf, tune) {
  const folder = join(bench.folder, `profiles-${crf}-${tune}`);
  mkdirSync(folder, { recursive: true });
  const text = profileText('whatsapp');
  const changes = { 'video.crf': crf, 'video.x264': `${keyOf(text, 'video.x264')} ${asOptions[tune]}`, 'size.limit_bytes': 2e9, 'size.target_bytes': 1.9e9,
    'video.max_kbps': 100000, 'length.max_leading_black_seconds': 0, 'floor.crf': 51 };
  writeFileSync(join(folder, 'whatsapp.properties'), Object.entries(changes).reduce((all, [key, value]) => withKey(all, key, value), text));
  const { cpu } = await run(`'${bin}/clipcourier-transcoder' '${source}' --profile whatsapp --profiles '${folder}' --out '${bench.folder}'`, bench.folder);
  return { cpu, file: join(bench.folder, 'whatsapp.mp4') };
}

async function theirs(bench, source, crf, tune) {
  const file = join(bench.folder, 'theirs.mp4');
  const { cpu } = await run(`ffmpeg -v error -y -i '${source}' -c:v libx264 -preset fast -profile:v main -bf 0 -tune ${tune} -crf ${crf} -movflags +faststart '${file}'`, bench.folder);
  return { cpu, file };
}

async function curve(encode, bench, source, tune) {
  const points = [];
  for (const crf of rates) {
    const { cpu, file } = await encode(bench, source, crf, tune);
    const { bytes, seconds: length } = await facts(file);
    points.push({ cpu, kbps: bytes * 8 / 1000 / length, ...await quality(file, source) });
  }
  return points;
}

await measure(async (bench) => {
  const sources = await excerpts(bench);
  console.log(`\nBD-rate (VCEG-M33) of whatsapp.properties against ffmpeg -preset fast -profile:v main -bf 0, rate factors ${rates.join(', ')}, ${seconds} s each; below 0: fewer bits\n`);
  for (const tune of tunes.split(',')) {
    console.log(`tune ${tune}${' '.repeat(44)}SSIM %    PSNR %  CPU ratio`);
    const sums = [];
    for (const [name, source] of sources) {
      const base = await curve(theirs, bench, source, tune), own = await curve(ours, bench, source, tune);
      const by = (what) => bdRate(base.map((point) => ({ kbps: point.kbps, quality: point[what] })), own.map((point) => ({ kbps: point.kbps, quality: point[what] })));
      const cpu = (points) => points.reduce((sum, point) => sum + point.cpu, 0);
      const row = [by('ssim'), by('psnr'), cpu(own) / cpu(base)];
      sums.push(row);
      console.log(`  ${name.padEnd(50)} ${row.map((value) => value.toFixed(2).padStart(8)).join('  ')}`);
    }
    const mean = [0, 1, 2].map((i) => sums.reduce((sum, row) => sum + row[i], 0) / sums.length);
    console.log(`  ${'mean'.padEnd(50)} ${mean.map((value) => value.toFixed(2).padStart(8)).join('  ')}\n`);
  }
});
