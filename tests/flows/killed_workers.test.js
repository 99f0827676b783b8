// kill -9 of the transcoder's workers while films come in: every film that was acknowledged ends ready. One
// kill heals by itself; a job that was killed five times is given up, since what needs too much memory does
// so again, and is made when it is asked for once more.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { randomFrom } from './cutting_proxy.js';
import { engines, eventually, root } from './processes.js';
import { padded } from './tus_upload.js';
import { World } from './world.js';

// A longer form by tests/bench/crash.sh.
const films = Number(process.env.CLIPCOURIER_TEST_FILMS ?? 6);
const kills = Number(process.env.CLIPCOURIER_TEST_WORKER_KILLS ?? 6);
const seed = Number(process.env.CLIPCOURIER_SEED ?? 20261127);
const samples = ['halm-trio-starts-black.mp4', 'halm-7-phone-portrait.mov'];
const seconds = films > 6 ? 60 : 2;

// Each film has bytes of its own, so that none is taken for another.
function filmOf(number, folder) {
  const name = samples[number % samples.length];
  const file = join(folder, `${number}-${name}`);
  execFileSync('ffmpeg', ['-v', 'error', '-t', String(seconds), '-i', join(root, 'samples/films', name), '-c', 'copy', file]);
  const bytes = readFileSync(file);
  writeFileSync(file, padded(bytes, bytes.length + 100 + number));
  return file;
}

// Processes of a service that transcode now.
function workersOf(service) {
  const read = (file) => {
    try {
      return readFileSync(`/proc/${file}`, 'latin1');
    } catch {
      return ''; // it has ended meanwhile
    }
  };
  const threads = readdirSync(`/proc/${service}/task`);
  const children = threads.flatMap((thread) => read(`${service}/task/${thread}/children`).split(' ').filter(Boolean));
  return children.filter((pid) => /\(clipcourier-tra.*\) [^Z]/.test(read(`${pid}/stat`))).map(Number);
}

function hasKilled(pid) {
  try {
    return process.kill(pid, 'SIGKILL');
  } catch (error) {
    if (error.code === 'ESRCH') return false; // it has just ended by itself
    throw error;
  }
}

// Kills one worker after it was seen at work for a while, `kills` times or until `isOver`. Returns how many.
async function killWorkers(service, random, isOver) {
  for (let killed = 0; killed < kills;) {
    let looks = Math.floor(random() * 40);
    const worker = await eventually('a worker is at work', () => {
      const [first] = workersOf(service.process.pid);
      return isOver() ? 'none' : first && --looks < 0 && first;
    }, 300);
    if (worker === 'none') return killed;
    killed += hasKilled(worker);
  }
  return kills;
}

for (const engine of engines) {
  test(`films whose workers are killed end ready (${engine}, seed ${seed})`, async (t) => {
    const world = await World.make(t, engine, { settings: { 'transcoder.profiles': 'whatsapp' } });
    const random = randomFrom(seed);
    let over = false;
    let askedAgain = 0;
    const ready = (id) => eventually(`video ${id} is ready`, async () => {
      const video = await world.get(`/api/v1/videos/${id}`);
      if (video.state === 'failed') {
        assert.equal(video.failure.code, 'transcoder.killed', JSON.stringify(video.failure));
        await world.post(`/api/v1/videos/${id}/retry`);
        ++askedAgain;
      }
      return video.state === 'ready' && video.progress.percent === 100 && video;
    }, 60 + 30 * films);
    const making = (async () => {
      const ids = [];
      for (let film = 0; film < films; ++film)
        ids.push((await world.upload(filmOf(film, world.service.folder), `Film ${film}`)).id);
      const made = [];
      for (const id of ids) made.push(await ready(id));
      return made;
    })().finally(() => { over = true; });
    const [videos, killed] = await Promise.all([making, killWorkers(world.service, random, () => over)]);
    assert.ok(killed > 0);
    assert.ok(5 * askedAgain <= killed, `${askedAgain} were asked for again after ${killed} kills`);
    assert.equal(new Set(videos.map(({ id }) => id)).size, films);
    for (const { id, clips } of videos) {
      assert.ok(clips.length > 0 && clips.every((clip) => clip.state === 'ready' || clip.state === 'served'), JSON.stringify(clips));
      const headers = { Authorization: `Bearer ${world.token}` };
      const clip = await fetch(`${world.service.api}/api/v1/videos/${id}/clips/whatsapp/content`, { headers });
      assert.equal((await clip.arrayBuffer()).byteLength, clips.find(({ profile }) => profile === 'whatsapp').bytes);
    }
    await eventually('nothing is left half made', () => readdirSync(join(world.service.folder, 'var/media/temp')).length === 0, 20);
    t.diagnostic(`${films} films, ${killed} kills, ${askedAgain} asked for again`);
  });
}
