// Uploads over a line that breaks and with a service that is killed: what was acknowledged is kept and ends
// ready, what was refused leaves nothing.
import assert from 'node:assert/strict';
import { existsSync, readdirSync, readFileSync, utimesSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { CuttingProxy, randomFrom } from './cutting_proxy.js';
import { engines, eventually, root, Service } from './processes.js';
import { padded, tusUpload } from './tus_upload.js';

const film = readFileSync(join(root, 'samples/films/halm-trio-starts-black.mp4'));
const seed = Number(process.env.CLIPCOURIER_SEED ?? 20261127);
// A longer form by tests/bench/crash.sh.
const uploadCount = Number(process.env.CLIPCOURIER_TEST_UPLOADS ?? 3);
const kills = Number(process.env.CLIPCOURIER_TEST_UPLOAD_KILLS ?? 5);
// Each of its own size, so that none is taken for another.
const sizes = Array.from({ length: uploadCount }, (_, i) => [6_000_000, 9_000_000, 12_000_000][i % 3] + i);

class Uploads {
  static async make(t, engine, settings) {
    const uploads = new Uploads();
    uploads.service = await Service.make(t, engine, settings);
    await uploads.service.start();
    const made = await uploads.service.command('token', 'create', '--name', 'flow', '--scopes', 'videos:read videos:write');
    uploads.token = made.match(/cc_[A-Za-z0-9_-]+/)[0];
    return uploads;
  }

  get headers() { return { Authorization: `Bearer ${this.token}`, 'Tus-Resumable': '1.0.0' }; }

  async get(path) {
    const response = await fetch(this.service.api + path, { headers: this.headers });
    const text = await response.text();
    assert.equal(response.status, 200, `${path}: ${text}`);
    return JSON.parse(text);
  }

  create(headers) {
    return fetch(`${this.service.api}/api/v1/uploads`, { method: 'POST', headers: { ...this.headers, ...headers } });
  }

  ready(id) {
    return eventually(`video ${id} is ready`, async () => {
      const video = await this.get(`/api/v1/videos/${id}`);
      if (video.state === 'failed') throw new Error(JSON.stringify(video.failure));
      return video.state === 'ready' && video;
    }, 180);
  }

  // Files of the media folder, with their folders.
  files(folder = 'var/media') {
    const path = join(this.service.folder, folder);
    if (!existsSync(path)) return [];
    return readdirSync(path, { withFileTypes: true, recursive: true })
      .filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  }
}

for (const engine of engines) {
  test(`cut lines and kill -9: each upload becomes one ready video (${engine}, seed ${seed})`, async (t) => {
    const uploads = await Uploads.make(t, engine);
    const { service } = uploads;
    const proxy = await CuttingProxy.start(service.api, { seed, most: 4_000_000 });
    t.after(() => proxy.stop());
    const random = randomFrom(seed + 1);
    const acknowledged = new Map();
    const told = (url, offset) => {
      const path = new URL(url).pathname;
      assert.ok(offset >= (acknowledged.get(path) ?? 0), `${path}: ${offset} after ${acknowledged.get(path)}`);
      acknowledged.set(path, offset);
    };
    let running = true;
    const sending = (async () => {
      const paths = [];
      for (const [i, size] of sizes.entries()) {
        const url = await tusUpload(proxy.url, uploads.token, padded(film, size), { title: `Film ${i}`, told });
        paths.push(new URL(url, service.api).pathname);
      }
      return paths;
    })().finally(() => { running = false; });
    const total = sizes.reduce((sum, size) => sum + size, 0);
    let killed = 0;
    const killing = (async () => {
      for (let kill = 1; kill <= kills && running; ++kill) {
        const at = proxy.bytes + random() * (total / kills);
        await eventually('more bytes have come', () => proxy.bytes >= at || !running, 120);
        if (!running) return;
        await service.kill();
        ++killed;
        await service.start();
      }
    })();
    const [paths] = await Promise.all([sending, killing]);
    assert.ok(killed > 0 && proxy.cuts > 0, `${killed} kills, ${proxy.cuts} cuts`);
    for (const [i, path] of paths.entries()) {
      const upload = await uploads.get(path);
      assert.equal(upload.state, 'done');
      assert.equal(upload.offset, sizes[i]);
      const video = await uploads.ready(upload.video_id);
      assert.equal(video.title, `Film ${i}`);
      assert.equal(video.original.bytes, sizes[i]);
    }
    assert.deepEqual(await service.sql('SELECT count(*) FROM videos'), [[String(sizes.length)]]);
    assert.deepEqual(uploads.files('var/media/uploads'), []);
    t.diagnostic(`${sizes.length} uploads, ${killed} kills, ${proxy.cuts} cuts`);
  });

  test(`refused uploads leave nothing (${engine})`, async (t) => {
    const uploads = await Uploads.make(t, engine, { 'media.max_upload_mb': 20 });
    const refusals = {
      413: { 'Upload-Length': '20000001' },
      400: { 'Upload-Length': '10', 'Upload-Metadata': 'title !!!' },
      412: { 'Upload-Length': '10', 'Tus-Resumable': '0.1' },
      415: { 'Upload-Length': '10', 'Upload-Metadata': `filetype ${btoa('text/html')}` },
    };
    for (const [status, headers] of Object.entries(refusals))
      assert.equal((await uploads.create(headers)).status, Number(status));
    const made = await uploads.create({ 'Upload-Length': '10' });
    assert.equal(made.status, 201);
    const path = made.headers.get('location');
    const patch = (offset, body, more = {}) => fetch(uploads.service.api + path, {
      method: 'PATCH', body,
      headers: { ...uploads.headers, 'Content-Type': 'application/offset+octet-stream', 'Upload-Offset': String(offset), ...more },
    });
    assert.equal((await patch(0, '01234')).status, 204);
    assert.equal((await patch(5, '5678', { 'Upload-Checksum': `sha1 ${btoa('01234567890123456789')}` })).status, 460);
    assert.equal((await patch(0, '01234')).status, 409);
    assert.equal((await patch(5, '56789A')).status, 413);
    assert.equal((await fetch(uploads.service.api + path, { method: 'DELETE', headers: uploads.headers })).status, 204);
    assert.equal((await patch(5, '56789')).status, 404);
    assert.deepEqual(uploads.files(), []);
    assert.deepEqual(await uploads.service.sql('SELECT count(*) FROM uploads'), [['0']]);
    assert.deepEqual(await uploads.service.sql('SELECT count(*) FROM videos'), [['0']]);
  });
}

test('below the low-water mark uploads of both kinds are refused with 507 and leave nothing', async (t) => {
  const uploads = await Uploads.make(t, 'sqlite', { 'media.min_free_mb': 10_000_000 });
  const refused = await uploads.create({ 'Upload-Length': '10' });
  assert.equal(refused.status, 507);
  assert.equal((await refused.json()).code, 'media.low_space');
  const form = new FormData();
  form.set('file', new Blob([film]), 'film.mp4');
  const multipart = await fetch(`${uploads.service.api}/api/v1/videos`, {
    method: 'POST', body: form, headers: { Authorization: `Bearer ${uploads.token}` },
  });
  assert.equal(multipart.status, 507);
  assert.deepEqual(uploads.files(), []);
});

test('an operator sees what nothing refers to, and removes it beside the running service', async (t) => {
  const uploads = await Uploads.make(t, 'sqlite');
  const { service } = uploads;
  const url = await tusUpload(service.api, uploads.token, film);
  const { video_id: id } = await uploads.get(new URL(url, service.api).pathname);
  await uploads.ready(id);
  const kept = await tusUpload(service.api, uploads.token, padded(film, 3_000_000));
  const { video_id: keptId } = await uploads.get(new URL(kept, service.api).pathname);
  await uploads.ready(keptId);
  await eventually('nothing is worked on', async () =>
    (await service.sql("SELECT count(*) FROM jobs WHERE state IN ('waiting', 'running')"))[0][0] === '0', 120);
  const old = new Date(Date.now() - 48 * 3_600_000);
  const age = () => uploads.files().forEach((file) => utimesSync(file, old, old));
  const counted = (text) => Number(text.match(/^stored files (?:to be )?removed, (\d+)/m)[1]);
  age();
  assert.equal(counted(await service.command('media', 'clean', '--dry-run')), 0);
  const removed = await fetch(`${service.api}/api/v1/videos/${id}`, { method: 'DELETE', headers: uploads.headers });
  assert.equal(removed.status, 204);
  await service.stop();  // it cleans by itself, and a dry run shall be compared with nothing else
  const before = uploads.files();
  const dry = counted(await service.command('media', 'clean', '--dry-run'));
  assert.ok(dry > 0);
  assert.deepEqual(uploads.files(), before);
  await service.start();
  // 'serve' may have come to some of them first.
  assert.ok(counted(await service.command('media', 'clean')) <= dry);
  assert.equal(counted(await service.command('media', 'clean', '--dry-run')), 0);
  assert.ok(uploads.files().length < before.length);
  const { state } = await uploads.get(`/api/v1/videos/${keptId}`);
  assert.equal(state, 'ready');
  const clip = await fetch(`${service.api}/api/v1/videos/${keptId}/clips/whatsapp/content`, { headers: uploads.headers });
  assert.equal(clip.status, 200);
  await clip.arrayBuffer();
});
