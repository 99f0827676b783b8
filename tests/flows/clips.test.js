// What is made of a video: edits that change the clips, and a service that is killed while it makes them.
import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { engines, eventually, root } from './processes.js';
import { World } from './world.js';

const film = join(root, 'samples/films/halm-7-landscape.mp4');
const profiles = ['whatsapp', 'whatsapp-light', 'web-480'];
const settings = { 'transcoder.profiles': profiles.join(', ') };

const look = (world, id) => world.get(`/api/v1/videos/${id}`);
const isMade = (clip) => clip.state === 'ready' || clip.state === 'served';

// Until every clip of the newest edits is there and nothing is in work.
const made = (world, id) => eventually('all clips are made', async () => {
  const video = await look(world, id);
  if (video.state === 'failed') throw new Error(JSON.stringify(video.failure));
  const newest = video.clips.filter((clip) => clip.edit_version === video.edit_version && isMade(clip));
  return video.progress.percent === 100 && newest.length === profiles.length && video;
}, 240);

for (const engine of engines) {
  test(`edits make the clips anew, and what a campaign holds stays (${engine})`, async (t) => {
    const world = await World.make(t, engine, { settings });
    const { id } = await world.upload(film, 'Halm 7');
    const before = await made(world, id);
    const campaign = await world.campaign(before.clips[0]);
    const pictures = `/api/v1/videos/${id}/pictures`;
    const shown = await world.get(pictures);
    assert.ok(shown.candidates.length > 1, 'there are posters to choose from');

    await world.call('PUT', `/api/v1/videos/${id}/captions`, {
      body: '1\n00:00:00,000 --> 00:00:02,000\nGrüße aus der Werkstatt\n',
      headers: { 'Content-Type': 'application/x-subrip', 'If-Match': '"1"' },
    });
    await world.call('PUT', `/api/v1/videos/${id}/edits`, {
      json: { trim_end_ms: 4000, captions: 'srt', fit: { shape: '1:1', fill: 'blur' } }, headers: { 'If-Match': '"2"' },
    });
    const after = await made(world, id);
    assert.equal(after.edit_version, 3);
    const [clip] = after.clips;
    assert.equal(clip.width, clip.height);
    assert.ok(Math.abs(clip.duration_ms - 4000) < 200, `${clip.duration_ms} ms`);
    assert.notEqual(clip.sha256, before.clips[0].sha256);
    const pinned = await world.get(`/api/v1/campaigns/${campaign.id}`);
    assert.equal(pinned.contents[0].clip_id, before.clips[0].id);

    await t.test('a poster is chosen while the clips stay', async () => {
      const { candidates, version } = await world.get(pictures);
      const last = candidates.at(-1);
      await world.call('PUT', `/api/v1/videos/${id}/poster`,
        { json: { candidate: last.number }, headers: { 'If-Match': `"${version}"` } });
      const chosen = await eventually('the poster is made', async () => {
        const seen = await world.get(pictures);
        return seen.poster.state === 'ready' && seen;
      }, 30);
      assert.ok(Math.abs(chosen.pictures.poster.time_ms - last.time_ms) < 100);
      assert.equal((await look(world, id)).clips[0].id, clip.id);
    });
    assert.ok((await world.service.stop()) < 10_000);
  });

  test(`killed while it makes clips, the service makes each once (${engine})`, async (t) => {
    const world = await World.make(t, engine, { settings });
    const { id } = await world.upload(film, 'Halm 7');
    const moments = {
      'the work has begun': (video) => video.clips.some((clip) => clip.state === 'encoding'),
      'the first clip is there': (video) => video.clips.some((clip) => clip.state === 'ready'),
    };
    for (const [what, isSo] of Object.entries(moments)) {
      await eventually(what, async () => isSo(await look(world, id)), 120);
      await world.service.kill();
      // As if the leases of the killed one had ended.
      await world.service.sql("UPDATE jobs SET lease_until_ms = 0 WHERE state = 'running'");
      await world.service.start();
    }
    const first = (await look(world, id)).clips[0];
    const video = await made(world, id);
    assert.equal(video.clips.length, profiles.length);
    assert.equal(video.clips[0].ready_at, first.ready_at, 'the first clip was not made again');
    const [[rows]] = await world.service.sql('SELECT count(*) FROM clips');
    assert.equal(Number(rows), profiles.length);
    await eventually('nothing is left half made', () =>
      readdirSync(join(world.service.folder, 'var/media/temp')).length === 0, 20);
  });
}
