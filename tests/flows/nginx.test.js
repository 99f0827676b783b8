// The nginx of config/nginx/clipcourier.conf in front of the service: what phones get through it.
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { eventually, freePort, root } from './processes.js';
import { phoneOf, World } from './world.js';

const nginx = ['/usr/sbin/nginx', '/usr/bin/nginx'].find((file) => existsSync(file));

// The sample, with ports and paths of this test and without TLS, which is not what is tried here.
function configuration(folder, service, port) {
  const portOf = (url) => new URL(url).port;
  const sample = readFileSync(join(root, 'config/nginx/clipcourier.conf'), 'utf8')
    .replace(/server \{\n {2}listen 80;[^}]*\}\n/, '')
    .replace(/^ *listen \[::\]:443.*\n/gm, '')
    .replace('listen 443 ssl http2;', `listen 127.0.0.1:${port};`)
    .replace(/^ *ssl_.*\n/gm, '')
    .replaceAll('127.0.0.1:8081', `127.0.0.1:${portOf(service.webhooks)}`)
    .replaceAll('127.0.0.1:8082', `127.0.0.1:${portOf(service.pages)}`)
    .replaceAll('/var/lib/clipcourier/var/media', join(service.folder, 'var/media'))
    .replaceAll('/var/log/nginx', folder);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `  ${name}_temp_path ${folder}/${name};\n`).join('');
  return `daemon off;\nmaster_process off;\npid ${folder}/pid;\nerror_log ${folder}/error.log info;\n`
    + `events { worker_connections 256; }\nhttp {\n${temp}${sample}\n}\n`;
}

async function startNginx(t, world) {
  const folder = join(world.service.folder, 'nginx');
  mkdirSync(folder);
  const port = await freePort();
  writeFileSync(join(folder, 'nginx.conf'), configuration(folder, world.service, port));
  const args = ['-p', folder, '-c', join(folder, 'nginx.conf'), '-e', join(folder, 'error.log')];
  execFileSync(nginx, ['-t', ...args], { stdio: 'pipe' });
  const child = spawn(nginx, args, { stdio: 'inherit' });
  const ended = once(child, 'exit');
  t.after(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  const address = `http://127.0.0.1:${port}`;
  await eventually('nginx answers', () => fetch(`${address}/`));
  return { address, log: () => readFileSync(join(folder, 'clipcourier.log'), 'utf8') };
}

test('nginx sends clips by itself, after the service has looked at the link', { skip: !nginx }, async (t) => {
  const world = await World.make(t, 'sqlite', { settings: { 'http.x_accel_prefix': '/stored' } });
  const { clip } = await world.readyClip();
  await world.importCustomers(1, 1);
  const campaign = await world.campaign(clip);
  await world.launch(campaign);
  await world.campaignUntil(campaign, 'the message is read', (seen) => seen.funnel.read === 1);
  const { items: [message] } = await world.get(`/api/v1/messages?campaign=${campaign.id}`);
  const { watch_url: link } = await world.get(`/api/v1/messages/${message.id}`);
  const path = new URL(link).pathname;
  const front = await startNginx(t, world);
  const film = `${front.address}${path}/clip.mp4`;

  const page = await fetch(front.address + path);
  assert.equal(page.status, 200);
  assert.match(await page.text(), /Halm 7/);

  // What the service sends when it is asked directly is the same.
  const direct = Buffer.from(await (await fetch(`${world.service.pages}${path}/clip.mp4`)).arrayBuffer());
  const answer = await fetch(film);
  assert.equal(answer.status, 200);
  assert.deepEqual(Buffer.from(await answer.arrayBuffer()), direct);
  assert.equal(answer.headers.get('x-accel-redirect'), null);
  assert.equal(answer.headers.get('content-type'), 'video/mp4');
  assert.equal(answer.headers.get('cache-control'), 'private, no-cache');
  assert.equal(answer.headers.get('x-content-type-options'), 'nosniff');
  assert.equal(answer.headers.get('x-robots-tag'), 'noindex, nofollow');

  const part = await fetch(film, { headers: { Range: 'bytes=1000-1999' } });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), `bytes 1000-1999/${direct.length}`);
  assert.deepEqual(Buffer.from(await part.arrayBuffer()), direct.subarray(1000, 2000));
  assert.equal((await fetch(film, { headers: { Range: `bytes=${direct.length}-` } })).status, 416);

  const head = await fetch(film, { method: 'HEAD' });
  assert.equal(head.status, 200);
  assert.equal(head.headers.get('content-length'), String(direct.length));
  const known = await fetch(film, { headers: { 'If-None-Match': answer.headers.get('etag') } });
  assert.equal(known.status, 304);

  const poster = await fetch(`${front.address}${path}/poster.jpg`);
  assert.equal(poster.status, 200);
  assert.equal(poster.headers.get('content-type'), 'image/jpeg');

  // The internal location is not for anybody else, and who is no proxy gets the bytes from us.
  const stored = clip.sha256 ?? '0'.repeat(64);
  const inner = `/stored/${stored.slice(0, 2)}/${stored.slice(2, 4)}/${stored}`;
  assert.equal((await fetch(front.address + inner)).status, 404);

  const revoked = await world.call('PUT', `/api/v1/messages/${message.id}/link/revocation`,
    { json: { reason: 'the wrong film' } });
  assert.equal(revoked.scope, 'message');
  assert.equal((await fetch(film, { headers: { 'If-None-Match': answer.headers.get('etag') } })).status, 410);
  assert.equal((await fetch(front.address + path)).status, 410);

  const log = front.log();
  assert.ok(!log.includes(path.split('/').at(-1)), 'a token stands in the log of nginx');
  assert.match(log, /^127\.0\.0\.0 /m);
  assert.ok(!log.includes(phoneOf(1)));
});
