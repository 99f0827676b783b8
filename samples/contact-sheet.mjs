#!/usr/bin/env node
// Shows what the transcoder makes of every video in a folder: pages with source, clip and poster side by
// side, to be looked at.
//
//   node samples/contact-sheet.mjs FOLDER [--out build/contact-sheet] [--profile whatsapp]
//                                  [--bin build/release/bin] [--jobs 2] [--only TEXT]
//
// Writes index.html and page-01.png ... with eight files each. The left half of a row is what the ffmpeg
// command makes of the source at 10, 50 and 90 % of its length, the right half the same of our clip, then
// the poster. HDR looks flat on the left, because the command does not convert it. Refused files are listed
// with the reason. --only takes files whose names contain TEXT.
import { execFile } from 'node:child_process';
import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

const run = promisify(execFile);
const root = fileURLToPath(new URL('..', import.meta.url));
const kCell = { width: 176, height: 132 };
const kShares = [0.1, 0.5, 0.9];
const kRowsPerPage = 8;
const kBuffer = { maxBuffer: 64 * 1024 * 1024 };
const kPatience = 20 * 60 * 1000; // for one clip, in milliseconds

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    out: { type: 'string', default: join(root, 'build/contact-sheet') },
    profile: { type: 'string', default: 'whatsapp' },
    bin: { type: 'string', default: join(root, 'build/release/bin') },
    jobs: { type: 'string', default: '2' },
    only: { type: 'string', default: '' },
  },
});
if (positionals.length !== 1) {
  console.error('usage: node samples/contact-sheet.mjs FOLDER [options], see its first lines');
  process.exit(2);
}
const [folder] = positionals;

const ffmpeg = (...words) => run('ffmpeg', ['-v', 'quiet', '-nostdin', '-y', ...words], kBuffer);

// The transcoder's answer, whatever its exit code.
async function transcode(source, out) {
  const program = join(options.bin, 'clipcourier-transcoder');
  const words = [source, '--profile', options.profile, '--out', out];
  const { stdout } = await run(program, words, { ...kBuffer, timeout: kPatience })
    .catch((error) => ({ stdout: error.stdout || JSON.stringify({ failed: error.message }) }));
  try {
    return JSON.parse(stdout);
  } catch {
    return { failed: 'no answer' };
  }
}

const kFit = `scale=iw*sar:ih,scale=${kCell.width}:${kCell.height}:force_original_aspect_ratio=decrease,setsar=1,` +
  `pad=${kCell.width}:${kCell.height}:-1:-1:color=gray,format=rgb24`;

// One cell; gray when there is nothing to see.
async function cell(file, input) {
  await ffmpeg(...input, '-frames:v', '1', '-vf', kFit, file)
    .catch(() => {});
  await run('test', ['-s', file]).catch(() =>
    ffmpeg('-f', 'lavfi', '-i', `color=gray:size=${kCell.width}x${kCell.height}`, '-frames:v', '1', file));
}

const escapeText = (text) => text.replace(/[\\':%,;[\]]/g, ' ');

// All cells of a file in one picture, with its name above.
async function strip(file, cells, text) {
  const inputs = cells.flatMap((each) => ['-i', each]);
  const all = cells.map((_, i) => `[${i}]`).join('');
  const label = `pad=iw:ih+20:0:20:color=white,drawtext=text='${escapeText(text)}':x=4:y=4:fontsize=13:fontcolor=black`;
  await ffmpeg(...inputs, '-filter_complex', `${all}hstack=${cells.length},${label}`, '-frames:v', '1', file);
}

async function show(name) {
  const out = join(options.out, 'files', name);
  await rm(out, { recursive: true, force: true });
  await mkdir(out, { recursive: true });
  const source = join(folder, name);
  const answer = await transcode(source, out);
  const report = answer.clips?.[0];
  const refusal = answer.refused ?? answer.refused_clips?.[0]?.refusal;
  if (!report) return { name, refusal, failed: answer.failed };
  const seconds = report.duration_ms / 1000;
  const cells = [];
  for (const [side, file] of [['source', source], ['clip', join(out, `${options.profile}.mp4`)]]) {
    for (const share of kShares) {
      const at = join(out, `${side}-${cells.length}.png`);
      await cell(at, ['-ss', String(Math.max(0, seconds * share - 0.02)), '-i', file, '-map', '0:v:0']);
      cells.push(at);
    }
  }
  const poster = join(out, 'poster.png');
  await cell(poster, ['-i', join(out, 'poster.jpg')]);
  cells.push(poster);
  const notes = [...report.repaired, ...report.warnings].map((each) => each.code.split('.')[1]).join(' ');
  const size = `${report.width}x${report.height} ${seconds.toFixed(1)} s ${Math.round(report.bytes / 1000)} kB`;
  await strip(join(out, 'strip.png'), cells, `${name}   ${size}   ${notes}`);
  return { name, report, notes, size };
}

async function inParallel(names, jobs, work) {
  const results = [];
  let next = 0;
  const worker = async () => {
    while (next < names.length) {
      const mine = next++;
      results[mine] = await work(names[mine]);
      const { report, refusal, failed } = results[mine];
      console.log(`${mine + 1}/${names.length} ${names[mine]} ${report ? 'clip' : refusal?.code ?? failed}`);
    }
  };
  await Promise.all(Array.from({ length: jobs }, worker));
  return results;
}

async function pages(shown) {
  const files = [];
  for (let i = 0; i < shown.length; i += kRowsPerPage) {
    const strips = shown.slice(i, i + kRowsPerPage).map(({ name }) => join(options.out, 'files', name, 'strip.png'));
    const page = `page-${String(files.length + 1).padStart(2, '0')}.png`;
    const inputs = strips.flatMap((each) => ['-i', each]);
    const stack = strips.length > 1 ? `${strips.map((_, k) => `[${k}]`).join('')}vstack=${strips.length}` : '[0]null';
    await ffmpeg(...inputs, '-filter_complex', stack, '-frames:v', '1', join(options.out, page));
    files.push(page);
  }
  return files;
}

const html = (text) => String(text).replace(/[&<>"]/g, (c) => `&#${c.charCodeAt(0)};`);

function document(results, images) {
  const row = ({ name, report, refusal, failed, notes, size }) => {
    const path = `files/${encodeURIComponent(name)}`;
    if (!report) return `<tr><td>${html(name)}<td>${html(refusal?.code ?? 'failed')}<td>${html(refusal?.what.en ?? failed)}`;
    return `<tr><td>${html(name)}<td>${html(size)}<br>${html(notes)}<td><img src="${path}/strip.png">`;
  };
  return `<!doctype html><meta charset="utf-8"><title>Contact sheet</title>
<style>body{font:14px sans-serif}td{border-top:1px solid #ccc;padding:4px;vertical-align:top}</style>
<h1>Contact sheet</h1><p>${images.map((each) => `<a href="${each}">${each}</a>`).join(' ')}
<table>${results.map(row).join('\n')}</table>\n`;
}

const entries = await readdir(folder, { withFileTypes: true });
const names = entries.filter((each) => !each.isDirectory() && each.name.includes(options.only) && !/\.(md|tsv|txt)$/i.test(each.name))
  .map((each) => each.name).sort();
await mkdir(join(options.out, 'files'), { recursive: true });
const results = await inParallel(names, Math.max(1, Number(options.jobs)), show);
const images = await pages(results.filter((each) => each.report));
await writeFile(join(options.out, 'index.html'), document(results, images));
console.log(`${join(options.out, 'index.html')}: ${results.filter((each) => each.report).length} clips, ` +
  `${results.filter((each) => each.refusal).length} refused, ${results.filter((each) => each.failed).length} failed`);
process.exitCode = results.some((each) => each.failed) ? 1 : 0;
