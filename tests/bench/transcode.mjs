// The clips of one film: ours beside one ffmpeg command, separate commands, bare x264 and HandBrake.
import { existsSync, mkdirSync, statSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { bin, execute, figure, measure, median, options } from './lib/bench.mjs';
import { facts, keyOf, profileText, quality, run, withKey } from './lib/video.mjs';

const known = 'real-sintel-trailer-720p24-h264-aac-52s.mp4';
const { source: wanted, seconds, rounds } = options('tests/bench/run.sh transcode: whatsapp, whatsapp-light, a 720p watch clip, poster and storyboard of one film', {
  source: ['auto', `a film; auto: ${known} of $CLIPCOURIER_CORPUS, else one that is drawn`],
  seconds: [600, 'of the film, at most'],
  rounds: [5, 'of each, in turns; the medians are told'],
});

// What every side reads.
async function prepare(bench) {
  const inCorpus = join(process.env.CLIPCOURIER_CORPUS ?? '/none', known);
  const file = wanted !== 'auto' ? wanted : existsSync(inCorpus) ? inCorpus : undefined;
  const film = join(bench.folder, 'film.mp4');
  if (!file) {
    console.log('drawn film, 20 s of 1280x720 at 24 per second');
    await execute('ffmpeg', ['-v', 'error', '-f', 'lavfi', '-i', 'mandelbrot=size=1280x720:rate=24', '-f', 'lavfi', '-i', 'sine',
      '-t', String(Math.min(20, seconds)), '-c:v', 'libx264', '-preset', 'veryfast', '-crf', '16', '-pix_fmt', 'yuv420p', '-c:a', 'aac', film]);
    return film;
  }
  console.log(`${basename(file)}, at most ${seconds} s`);
  await execute('ffmpeg', ['-v', 'error', '-i', file, '-t', String(seconds), '-map', '0:v:0', '-map', '0:a:0?', '-c', 'copy', film]);
  return film;
}

const x264 = (main) => `-c:v libx264 -preset fast -profile:v ${main ? 'main -bf 0' : 'high'} -pix_fmt yuv420p -c:a aac -ac 2 -movflags +faststart`;
const size = (side) => `scale='if(gt(iw,ih),min(${side},iw),-2)':'if(gt(iw,ih),-2,min(${side},ih))'`;
const storyboard = "fps=1/2,scale=160:-2,tile=6x6";
const outputs = [
  `-vf "${size(1280)}" ${x264(true)} -crf 23 -b:a 128k whatsapp.mp4`,
  `-vf "${size(854)}" ${x264(true)} -crf 26 -b:a 64k whatsapp-light.mp4`,
  `-vf "${size(1280)}" ${x264(false)} -crf 23 -b:a 128k web-720.mp4`,
  '-an -vf "thumbnail=100" -frames:v 1 -update 1 poster.jpg',
  `-an -vf "${storyboard}" -frames:v 1 -update 1 storyboard.jpg`,
];

// Name → [command, the clip of it that is compared]. Run in a folder of its own.
async function sides(bench, film) {
  // A black start stays, so that all sides encode the same frames.
  const profiles = join(bench.folder, 'profiles');
  mkdirSync(profiles);
  for (const name of ['whatsapp', 'whatsapp-light', 'web-720'])
    writeFileSync(join(profiles, `${name}.properties`), withKey(profileText(name), 'length.max_leading_black_seconds', 0));
  const ours = (more) => `'${bin}/clipcourier-transcoder' '${film}' --profiles '${profiles}' --out . ${more}`;
  const raw = join(bench.folder, 'film.y4m');
  await execute('ffmpeg', ['-v', 'error', '-i', film, '-an', '-vf', size(1280), '-pix_fmt', 'yuv420p', raw]);
  const text = profileText('whatsapp');
  const own = keyOf(text, 'video.x264').split(/\s+/).filter(Boolean).map((each) => `--${each.replace('=', ' ')}`).join(' ');
  const bare = (more) => `x264 --quiet --no-progress --preset fast ${more} '${raw}'`;
  const all = {
    'ours, the set': [ours('--profile whatsapp --profile whatsapp-light --profile web-720 --pictures'), 'whatsapp.mp4'],
    'ours, whatsapp alone': [ours('--profile whatsapp'), 'whatsapp.mp4'],
    'one ffmpeg command': [`ffmpeg -v error -y -i '${film}' ${outputs.join(' ')}`, 'whatsapp.mp4'],
    'separate commands': [outputs.map((each) => `ffmpeg -v error -y -i '${film}' ${each}`).join(' && '), 'whatsapp.mp4'],
    'x264, three encodes': [[bare('--profile main --bframes 0 --crf 23 -o whatsapp.264'), bare('--profile main --bframes 0 --crf 26 --vf resize:width=854,height=480 -o light.264'),
      bare('--profile high --crf 23 -o web.264')].join(' && '), 'whatsapp.264'],
    'x264, whatsapp with our options': [bare(`--profile main --bframes 0 --crf ${keyOf(text, 'video.crf')} ${own} -o whatsapp.264`), 'whatsapp.264'],
    'HandBrakeCLI, Fast 720p30': [`HandBrakeCLI -i '${film}' -o handbrake.mp4 -Z 'Fast 720p30' --crop 0:0:0:0 >handbrake.log 2>&1 </dev/null`, 'handbrake.mp4'],
  };
  return Object.entries(all).map(([name, [command, clip]], i) => {
    const folder = join(bench.folder, `side${i}`);
    mkdirSync(folder);
    return { name, command, folder, clip: join(folder, clip), film, results: [] };
  });
}

// The picture part only, in MP4, so that raw streams have times too.
async function compared(side) {
  if (!side.clip.endsWith('.264')) return { ...await quality(side.clip, side.film), bytes: statSync(side.clip).size };
  const { rate } = await facts(side.film);
  await execute('ffmpeg', ['-v', 'error', '-y', '-r', rate, '-i', side.clip, '-c', 'copy', `${side.clip}.mp4`]);
  return { ...await quality(`${side.clip}.mp4`, side.film), bytes: statSync(side.clip).size };
}

await measure(async (bench) => {
  const all = await sides(bench, await prepare(bench));
  for (let round = 0; round < rounds; ++round)
    for (const side of round % 2 ? [...all].reverse() : all) side.results.push(await run(side.command, side.folder));
  console.log(`\nmedians of ${rounds}, in turns; SSIM and PSNR of the whatsapp clip against the film, scaled alike\n`);
  console.log(`${'side'.padEnd(32)}${['wall s', 'CPU s', 'most MB', 'clip MB', 'SSIM dB', 'PSNR dB'].map((head) => head.padStart(10)).join('')}`);
  for (const side of all) {
    const middle = (what) => median(side.results.map((result) => result[what]));
    const { bytes, ssim, psnr } = await compared(side);
    const row = [middle('wall'), middle('cpu'), middle('peak'), bytes / 1e6, ssim, psnr];
    console.log(side.name.padEnd(32) + row.map((value) => figure(value).padStart(10)).join(''));
  }
  const wall = (name) => median(all.find((side) => side.name === name).results.map((result) => result.wall));
  console.log(`\nthe set: ${figure(wall('ours, the set') / wall('one ffmpeg command'))} of the ffmpeg command's wall time`);
  console.log(`whatsapp alone: ${figure(wall('ours, whatsapp alone') / wall('x264, whatsapp with our options'))} of its own bare x264 encode`);
  const { said } = await run(`${all[0].command} --stages`, all[0].folder);
  console.log(`\nours stage by stage, measured with one decoding thread:\n${said.slice(said.indexOf('{'), said.lastIndexOf('}') + 1)}`);
});
