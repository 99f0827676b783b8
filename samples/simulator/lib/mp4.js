// What a phone would say about a video file: null when it plays, otherwise the reason it does not.
//
// The box order is read by a small scan of our own; the streams are read by ffprobe in a process of
// its own with a time limit, because an uploaded file is hostile.
import { execFile } from 'node:child_process';
import { open } from 'node:fs/promises';

const kProbeMs = 20_000;
const kMostBoxes = 10_000;

// Top-level boxes in file order: [{type, offset, size}]. Throws Error on a broken structure.
export async function topLevelBoxes(path) {
  const file = await open(path, 'r');
  try {
    const { size: end } = await file.stat();
    const boxes = [];
    const head = Buffer.alloc(16);
    for (let offset = 0; offset < end; ) {
      const { bytesRead } = await file.read(head, 0, 16, offset);
      if (bytesRead < 8) throw new Error(`the file ends inside a box header at byte ${offset}`);
      const type = head.toString('latin1', 4, 8);
      let size = head.readUInt32BE(0);
      if (size === 1 && bytesRead === 16) size = Number(head.readBigUInt64BE(8));
      else if (size === 0) size = end - offset;
      if (size < 8 || offset + size > end) throw new Error(`box "${printable(type)}" at byte ${offset} is cut off`);
      boxes.push({ type, offset, size });
      if (boxes.length > kMostBoxes) throw new Error('more boxes than any video has');
      offset += size;
    }
    return boxes;
  } finally {
    await file.close();
  }
}

export async function faultOfVideo(path) {
  return (await faultOfBoxes(path)) ?? (await faultOfStreams(path));
}

async function faultOfBoxes(path) {
  let boxes;
  try {
    boxes = await topLevelBoxes(path);
  } catch (error) {
    return `The file is no valid MP4: ${error.message}`;
  }
  const at = (type) => boxes.findIndex((box) => box.type === type);
  if (at('ftyp') !== 0) return 'The file is no valid MP4: it does not begin with an ftyp box';
  if (at('moov') < 0) return 'The file is no valid MP4: it has no moov box';
  if (at('mdat') < 0) return 'The file is no valid MP4: it has no mdat box';
  if (at('moov') > at('mdat')) return 'The moov box comes after the media data: the video does not start before it is loaded whole';
  return null;
}

async function faultOfStreams(path) {
  let report;
  try {
    report = await ffprobe(path);
  } catch (error) {
    return `The video cannot be read: ${error.message}`;
  }
  const videos = report.streams.filter((s) => s.codec_type === 'video');
  const audios = report.streams.filter((s) => s.codec_type === 'audio');
  if (videos.length !== 1) return `A video needs exactly one video stream, this one has ${videos.length}`;
  if (audios.length > 1) return `A video may have one audio stream, this one has ${audios.length}`;
  return faultOfPicture(videos[0], report.packets) ?? (audios[0] ? faultOfSound(audios[0]) : null);
}

function faultOfPicture(video, packets) {
  if (video.codec_name !== 'h264') return `Video codec ${video.codec_name} is not supported, only H.264`;
  if (!/^(Constrained Baseline|Baseline|Main)$/.test(video.profile ?? '')) {
    return `H.264 profile ${video.profile} does not play on every phone, only Baseline and Main`;
  }
  if (!/^yuvj?420p$/.test(video.pix_fmt ?? '')) return `Pixel format ${video.pix_fmt} is not supported, only 8-bit 4:2:0`;
  if (!packets.length) return 'The video stream holds no pictures';
  if (isReordered(packets)) return 'The video has B-frames, which many phones do not play';
  return null;
}

function faultOfSound(audio) {
  if (audio.codec_name !== 'aac') return `Audio codec ${audio.codec_name} is not supported, only AAC`;
  if (audio.channels > 2) return `Audio with ${audio.channels} channels is not supported`;
  return null;
}

// Pictures that are shown in another order than they are stored: B-frames.
function isReordered(packets) {
  let last = -Infinity;
  for (const { pts } of packets) {
    if (pts === undefined) continue;
    if (pts < last) return true;
    last = pts;
  }
  return false;
}

function ffprobe(path) {
  const args = [
    '-v', 'error', '-protocol_whitelist', 'file', '-f', 'mov', '-print_format', 'json',
    '-show_entries', 'stream=index,codec_type,codec_name,profile,pix_fmt,width,height,channels:packet=pts,stream_index',
    '-select_streams', 'V:0', '-i', path,
  ];
  // Two readings: the packets of the picture, and all streams.
  return Promise.all([runJson('ffprobe', args), runJson('ffprobe', streamArgs(path))]).then(([picture, all]) => ({
    streams: all.streams ?? [],
    packets: picture.packets ?? [],
  }));
}

function streamArgs(path) {
  return [
    '-v', 'error', '-protocol_whitelist', 'file', '-f', 'mov', '-print_format', 'json',
    '-show_entries', 'stream=index,codec_type,codec_name,profile,pix_fmt,width,height,channels', '-i', path,
  ];
}

function runJson(program, args) {
  return new Promise((resolve, reject) => {
    execFile(program, args, { timeout: kProbeMs, maxBuffer: 64 << 20, killSignal: 'SIGKILL' }, (error, stdout, stderr) => {
      if (error?.code === 'ENOENT') return reject(new Error(`${program} is not installed (Debian package ffmpeg)`));
      if (error?.killed) return reject(new Error('reading it took too long'));
      if (error) return reject(new Error(firstLine(stderr) || 'it is damaged'));
      try {
        resolve(JSON.parse(stdout));
      } catch {
        reject(new Error('it is damaged'));
      }
    });
  });
}

function firstLine(stderr) {
  return printable(String(stderr).split('\n')[0].replace(/^\[[^\]]*\] /, '').replace(/^.*?: /, '')).slice(0, 160);
}

function printable(s) {
  return s.replace(/[^\x20-\x7e]/g, '?');
}

// A small JPEG of a telling picture of the video, as a Buffer.
export function posterOf(path) {
  const args = [
    '-v', 'error', '-protocol_whitelist', 'file', '-f', 'mov', '-t', '8', '-i', path, '-map', '0:V:0',
    '-vf', 'thumbnail=100,scale=640:-2', '-frames:v', '1', '-f', 'mjpeg', '-q:v', '4', 'pipe:1',
  ];
  return new Promise((resolve, reject) => {
    const options = { timeout: kProbeMs, maxBuffer: 8 << 20, encoding: 'buffer', killSignal: 'SIGKILL' };
    execFile('ffmpeg', args, options, (error, stdout) => (error || !stdout.length ? reject(new Error('no picture')) : resolve(stdout)));
  });
}
