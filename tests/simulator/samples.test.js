// The sample films and customers are what samples/README.md says of them.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { faultOfVideo, topLevelBoxes } from '../../samples/simulator/lib/mp4.js';
import { namesOf } from '../../samples/simulator/lib/names.js';

const sample = (name) => fileURLToPath(new URL(`../../samples/${name}`, import.meta.url));
const probe = (name) => JSON.parse(execFileSync('ffprobe', ['-v', 'error', '-of', 'json', '-show_streams', '-show_format', sample(name)]));
const boxes = async (name) => (await topLevelBoxes(sample(name))).map((box) => box.type);

test('the landscape film is as an agency hands it over: no phone would take it as it is', async () => {
  const { streams: [video, audio] } = probe('films/halm-7-landscape.mp4');
  assert.deepEqual([video.width, video.height, video.profile, video.has_b_frames > 0], [1920, 1080, 'High', true]);
  assert.deepEqual([audio.codec_name, audio.channels], ['aac', 2]);
  const order = await boxes('films/halm-7-landscape.mp4');
  assert.ok(order.indexOf('moov') > order.indexOf('mdat'));
  assert.match(await faultOfVideo(sample('films/halm-7-landscape.mp4')), /moov/);
});

test('the phone film lies on its side and tells where and with what it was filmed', () => {
  const { streams: [video, audio], format } = probe('films/halm-7-phone-portrait.mov');
  assert.deepEqual([video.width, video.height, video.profile], [1920, 1080, 'High']);
  assert.equal(video.side_data_list.find((data) => data.rotation !== undefined).rotation, -90);
  assert.equal(audio.channels, 1);
  assert.equal(format.tags['com.apple.quicktime.location.ISO6709'], '+50.9795+011.3235+210.000/');
  assert.equal(format.tags['com.apple.quicktime.make'], 'Fonwerk');
});

test('the third film is black for two seconds and not afterwards', () => {
  const brightness = execFileSync('ffprobe', [
    '-v', 'error', '-f', 'lavfi', `movie=${sample('films/halm-trio-starts-black.mp4')},signalstats`, '-show_entries', 'frame_tags=lavfi.signalstats.YAVG', '-of', 'csv=p=0',
  ], { encoding: 'utf8' }).trim().split('\n').map(Number);
  assert.ok(brightness.length >= 240, `${brightness.length} pictures`);
  assert.ok(brightness.slice(0, 50).every((y) => y < 17), 'black at first');
  assert.ok(Math.max(...brightness) > 60, 'light later');
});

test('no film is larger than a repository likes', () => {
  for (const name of ['halm-7-landscape.mp4', 'halm-7-phone-portrait.mov', 'halm-trio-starts-black.mp4']) {
    assert.ok(readFileSync(sample(`films/${name}`)).length < 1_000_000, name);
  }
});

test('customers have numbers that belong to nobody, and the phones of the demo are theirs', () => {
  const lines = readFileSync(sample('customers.csv'), 'utf8').trim().split('\n');
  assert.equal(lines.length, 54);
  assert.ok(lines[0].startsWith('external_ref,name,phone,email,locale,tags,attr.'));
  const phones = new Map(namesOf(sample('customers.csv')));
  const reserved = /^(4917139200\d\d|49176040690\d\d|49152(28817386|28895456|54599371)|49172(9925904|9968532|9973185|9973186|9980752)|49174(9091317|9464308)|467017406\d\d)$/;
  for (const [number, name] of phones) if (name !== 'Yvonne Peters') assert.match(number, reserved, name); // hers cannot exist
  for (const number of Object.keys(JSON.parse(readFileSync(sample('phones.json'), 'utf8')).numbers)) assert.ok(phones.has(number), number);
});
