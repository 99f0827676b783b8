// What the video benches share: running a program with its figures, and comparing pictures.
import { spawn } from 'node:child_process';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { execute, root, seconds } from './bench.mjs';

const orNothing = (read, nothing) => {
  try { return read(); } catch { return nothing; }
};

// The process and all below it.
function family(pid) {
  const threads = orNothing(() => readdirSync(`/proc/${pid}/task`), []);
  const children = threads.flatMap((id) => orNothing(() => readFileSync(`/proc/${pid}/task/${id}/children`, 'utf8'), '')
    .split(' ').filter(Boolean));
  return [pid, ...children.flatMap(family)];
}
const residentMb = (pid) => +(orNothing(() => readFileSync(`/proc/${pid}/status`, 'utf8'), '').match(/VmHWM:\s+(\d+)/)?.[1] ?? 0) * 1.024 / 1000;

// Wall and processor seconds of a shell command with all it starts, its most memory (looked at every
// 20 ms), and what it wrote to standard output and error.
export async function run(commandLine, folder) {
  const child = spawn('bash', ['-c', `TIMEFORMAT='cpu %U %S'; time { ${commandLine} ; }`], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'] });
  let out = '', said = '', peak = 0;
  child.stdout.on('data', (data) => { out += data; });
  child.stderr.on('data', (data) => { said += data; });
  const looking = setInterval(() => { peak = Math.max(peak, family(child.pid).reduce((sum, pid) => sum + residentMb(pid), 0)); }, 20);
  const start = seconds();
  const code = await new Promise((resolve, reject) => child.once('close', resolve).once('error', reject));
  clearInterval(looking);
  const wall = seconds() - start;
  if (code !== 0) throw new Error(`failed (${code}): ${commandLine}\n${said.slice(-2000)}`);
  const [, user, system] = said.match(/cpu ([\d.]+) ([\d.]+)\s*$/);
  return { wall, cpu: +user + +system, peak, out, said };
}

export async function facts(file) {
  const { stdout } = await execute('ffprobe', ['-v', 'error', '-of', 'json', '-show_format', '-show_streams', file]);
  const { format, streams } = JSON.parse(stdout);
  const video = streams.find((stream) => stream.codec_type === 'video');
  return { seconds: +format.duration, bytes: +format.size, width: video.width, height: video.height, rate: video.r_frame_rate };
}

// SSIM in dB and PSNR of a clip against its source, scaled the same way for everybody.
export async function quality(clip, source) {
  const is = await facts(clip);
  const reference = `[1:v]setpts=PTS-STARTPTS,fps=${is.rate},scale=${is.width}:${is.height}:flags=bicubic,format=yuv420p,split[a][b]`;
  const own = `[0:v]setpts=PTS-STARTPTS,fps=${is.rate},format=yuv420p,split[c][d]`;
  const { stderr } = await execute('ffmpeg', ['-hide_banner', '-i', clip, '-i', source, '-lavfi',
    `${reference};${own};[c][a]ssim;[d][b]psnr`, '-f', 'null', '-'], { maxBuffer: 1 << 26 });
  return { ssim: +stderr.match(/SSIM .*All:[\d.]+ \(([\d.]+|inf)\)/)[1], psnr: +stderr.match(/PSNR .*average:([\d.]+|inf)/)[1] };
}

export const profileText = (name) => readFileSync(join(root, `config/profiles/${name}.properties`), 'utf8');
export const keyOf = (text, key) => text.match(new RegExp(`^${key.replaceAll('.', '\\.')} =(.*)$`, 'm'))?.[1].trim() ?? '';
export const withKey = (text, key, value) => text.replace(new RegExp(`^${key.replaceAll('.', '\\.')} =.*\n`, 'm'), '') + `\n${key} = ${value}\n`;

// Bjøntegaard's difference (VCEG-M33): by how many per cent `ours` needs more bits than `theirs` for
// the same quality, from four points { kbps, quality } each. Log rate as a cubic of the quality.
export function bdRate(theirs, ours) {
  const middle = theirs.reduce((sum, point) => sum + point.quality, 0) / theirs.length;
  const cubic = (points) => solve(points.map(({ quality, kbps }) => [...[0, 1, 2, 3].map((power) => (quality - middle) ** power), Math.log(kbps)]));
  const area = (factors, from, to) => factors.reduce((sum, factor, i) => sum + factor * (to ** (i + 1) - from ** (i + 1)) / (i + 1), 0);
  const ends = [theirs, ours].map((points) => points.map(({ quality }) => quality - middle));
  const from = Math.max(...ends.map((all) => Math.min(...all))), to = Math.min(...ends.map((all) => Math.max(...all)));
  if (from >= to) throw new Error('the curves do not overlap');
  return (Math.exp((area(cubic(ours), from, to) - area(cubic(theirs), from, to)) / (to - from)) - 1) * 100;
}

// Gauss and Jordan, with the largest pivot.
function solve(rows) {
  const matrix = rows.map((row) => [...row]);
  for (let i = 0; i < matrix.length; ++i) {
    const best = matrix.slice(i).reduce((at, row, k) => (Math.abs(row[i]) > Math.abs(matrix[at][i]) ? i + k : at), i);
    [matrix[i], matrix[best]] = [matrix[best], matrix[i]];
    for (let k = 0; k < matrix.length; ++k) {
      if (k === i) continue;
      const factor = matrix[k][i] / matrix[i][i];
      for (let j = i; j <= matrix.length; ++j) matrix[k][j] -= factor * matrix[i][j];
    }
  }
  return matrix.map((row, i) => row[matrix.length] / row[i]);
}
