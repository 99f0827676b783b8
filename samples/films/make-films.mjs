#!/usr/bin/env node
// Draws the sample films frame by frame in headless Chromium and encodes them with ffmpeg.
//
//   cd samples/films && npm ci && node make-films.mjs [FILM ...]
//
// Takes about half an hour on two cores, because the pictures are marched in software. Pictures are kept
// in build/films, so that a run that was broken off goes on where it was; delete them after a change.
// CHROMIUM names another browser than /usr/bin/chromium.
import { execFile } from 'node:child_process';
import { access, mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import http from 'node:http';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { chromium } from 'playwright-core';
import { films } from './films.js';
import { cues, soundtrack } from './sound.mjs';

const run = promisify(execFile);
const here = fileURLToPath(new URL('.', import.meta.url));
const frames = process.env.FRAMES ?? join(here, '../../build/films');
const kFont = 'node_modules/@fontsource-variable/outfit/files/outfit-latin-wght-normal.woff2';
const kTypes = { html: 'text/html', js: 'text/javascript', glsl: 'text/plain', woff2: 'font/woff2' };
const kBrowser = [
  '--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader', '--ignore-gpu-blocklist',
  '--disable-background-networking', '--disable-sync', '--no-first-run', '--force-color-profile=srgb',
];

async function serveScene() {
  const allowed = ['scene.html', 'scene.js', 'scene.glsl', 'films.js', kFont];
  const server = http.createServer(async (request, response) => {
    const path = request.url.slice(1);
    if (!allowed.includes(path)) return response.writeHead(404).end();
    let bytes = await readFile(join(here, path));
    if (path === 'scene.html') bytes = Buffer.from(bytes.toString().replace('FONT', kFont));
    response.writeHead(200, { 'Content-Type': kTypes[path.split('.').at(-1)] }).end(bytes);
  });
  await new Promise((resolve) => { server.listen(0, '127.0.0.1', resolve); });
  return server;
}

const exists = (path) => access(path).then(() => true, () => false);

async function capture(browser, address, name, folder) {
  const { seconds, fps, size: [width, height] } = films[name];
  const page = await browser.newPage({ viewport: { width, height } });
  page.setDefaultTimeout(300_000); // a picture takes seconds, and longer on a busy machine
  page.on('pageerror', (error) => { throw error; });
  await page.goto(address);
  await page.evaluate(() => window.ready);
  const count = Math.round(seconds * fps);
  for (let i = 0; i < count; i += 1) {
    const path = join(folder, `${String(i).padStart(4, '0')}.jpg`);
    if (await exists(path)) continue;
    await page.evaluate(([film, at, serial]) => window.frame(film, at, serial), [name, i / fps, i]);
    await page.screenshot({ path: `${path}.part`, type: 'jpeg', quality: 97 });
    await rename(`${path}.part`, path);
    if (i % fps === 0) process.stderr.write(`${name}: ${i} of ${count} pictures\n`);
  }
  await page.close();
}

const colour = ['-pix_fmt', 'yuv420p', '-color_primaries', 'bt709', '-color_trc', 'bt709', '-colorspace', 'bt709', '-color_range', 'tv'];
const toVideo = 'scale=out_color_matrix=bt709:out_range=tv';

function input(name, folder) {
  return ['-v', 'error', '-y', '-framerate', String(films[name].fps), '-i', join(folder, '%04d.jpg'), '-i', join(folder, 'sound.wav')];
}

// As a camera shop or an agency hands it over: H.264 High in a plain MP4.
async function encodeProduct(name, folder) {
  await run('ffmpeg', [
    ...input(name, folder), '-vf', toVideo, '-c:v', 'libx264', '-preset', 'slow', '-crf', '30', '-profile:v', 'high', ...colour,
    '-c:a', 'aac', '-b:a', '80k', '-metadata', 'title=Halmwerk', '-shortest', join(here, `${name}.mp4`),
  ]);
}

// As a phone stores it: lying on its left side with a display matrix that turns it upright again, High
// with B-frames, moov at the end, and telling where and with what it was filmed.
async function encodePhone(name, folder) {
  const upright = join(folder, 'stored.mov');
  await run('ffmpeg', [
    ...input(name, folder), '-vf', `transpose=2,${toVideo}`, '-c:v', 'libx264', '-preset', 'slow', '-crf', '27', '-profile:v', 'high', '-bf', '3',
    ...colour, '-c:a', 'aac', '-ac', '1', '-ar', '44100', '-b:a', '48k', '-shortest', upright,
  ]);
  const tags = {
    'com.apple.quicktime.make': 'Fonwerk', 'com.apple.quicktime.model': 'F2', 'com.apple.quicktime.software': '4.1',
    'com.apple.quicktime.location.ISO6709': '+50.9795+011.3235+210.000/', 'com.apple.quicktime.creationdate': '2026-11-06T18:42:10+0100',
    'com.apple.quicktime.author': 'Werkstatt Halmwerk',
  };
  const metadata = Object.entries(tags).flatMap(([key, value]) => ['-metadata', `${key}=${value}`]);
  await run('ffmpeg', [
    '-v', 'error', '-y', '-i', upright, '-c', 'copy', '-metadata:s:v:0', 'rotate=270', '-movflags', 'use_metadata_tags', ...metadata,
    join(here, `${name}.mov`),
  ]);
}

async function make(browser, address, name) {
  const folder = join(frames, name);
  await mkdir(folder, { recursive: true });
  await capture(browser, address, name, folder);
  await writeFile(join(folder, 'sound.wav'), soundtrack(films[name].seconds, cues[name]));
  await (name.includes('phone') ? encodePhone : encodeProduct)(name, folder);
}

const wanted = process.argv.slice(2).length ? process.argv.slice(2) : Object.keys(films);
const unknown = wanted.filter((name) => !films[name]);
if (unknown.length) {
  process.stderr.write(`unknown film ${unknown.join(', ')}; there are ${Object.keys(films).join(', ')}\n`);
  process.exit(2);
}
const server = await serveScene();
const browser = await chromium.launch({ executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', args: kBrowser });
try {
  for (const name of wanted) await make(browser, `http://127.0.0.1:${server.address().port}/scene.html`, name);
} finally {
  await browser.close();
  server.close();
}
