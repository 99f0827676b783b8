// What every bench needs: options, a temporary folder and processes that end with it, figures.
import { execFile, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { cpus, loadavg, tmpdir, totalmem } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs, promisify } from 'node:util';

export const root = fileURLToPath(new URL('../../..', import.meta.url));
// Of preset release; CLIPCOURIER_BIN names another folder.
export const bin = process.env.CLIPCOURIER_BIN ?? join(root, 'build/release/bin');
export const execute = promisify(execFile);
export const sleep = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
export const seconds = () => performance.now() / 1000;

// `known`: name → [default, what it means]. Numbers are read as numbers.
export function options(about, known) {
  const help = () => [about, '', ...Object.entries(known).map(([name, [value, what]]) =>
    `  --${`${name} ${value}`.padEnd(20)} ${what}`)].join('\n');
  const strings = Object.fromEntries(Object.keys(known).map((name) => [name, { type: 'string' }]));
  let given;
  try {
    given = parseArgs({ options: { ...strings, help: { type: 'boolean', short: 'h' } } }).values;
  } catch (error) {
    console.error(`${error.message}\n\n${help()}`);
    process.exit(2);
  }
  if (given.help) {
    console.log(help());
    process.exit(0);
  }
  return Object.fromEntries(Object.entries(known).map(([name, [value]]) => {
    const text = given[name] ?? String(value);
    const fine = typeof value === 'number' ? Number.isInteger(+text) && +text > 0
      : name !== 'engine' || ['sqlite', 'postgresql'].includes(text);
    if (!fine) {
      console.error(`--${name} ${text} is not possible\n\n${help()}`);
      process.exit(2);
    }
    return [name, typeof value === 'number' ? +text : text];
  }));
}

// Runs `work(bench)`; whatever it started or wrote is gone afterwards, also after Ctrl-C.
export async function measure(work) {
  const bench = new Bench();
  for (const signal of ['SIGINT', 'SIGTERM'])
    process.once(signal, () => bench.end().finally(() => process.exit(130)));
  try {
    await work(bench);
  } catch (error) {
    console.error(error.stack);
    process.exitCode = 1;
    if (process.env.CLIPCOURIER_KEEP) bench.keep = true;
  }
  await bench.end();
}

class Bench {
  #atEnd = [];
  folder = mkdtempSync(join(tmpdir(), 'clipcourier-bench-'));

  // In reverse order, each bounded: a bench ends even when something hangs.
  async end() {
    for (const step of this.#atEnd.splice(0).reverse()) await step();
    if (this.keep) console.error(`kept: ${this.folder}`);
    else rmSync(this.folder, { recursive: true, force: true });
  }

  atEnd(step) { this.#atEnd.push(step); }

  // Standard output is piped when wanted, all the rest goes to FOLDER/NAME.log.
  spawn(name, command, args, { pipe = false, ...more } = {}) {
    const log = openSync(join(this.folder, `${name}.log`), 'a');
    const child = spawn(command, args, { stdio: ['ignore', pipe ? 'pipe' : log, log], ...more });
    child.on('error', () => {});
    child.ended = new Promise((resolve) => { child.once('close', resolve).once('error', resolve); });
    this.atEnd(() => stop(child));
    return child;
  }
}

// Asks the process to end; after 15 s it is killed.
export async function stop(child) {
  if (child.exitCode !== null || child.signalCode !== null || !child.pid) return;
  child.kill('SIGTERM');
  const late = setTimeout(() => child.kill('SIGKILL'), 15_000);
  await child.ended;
  clearTimeout(late);
}

// A port that is free now, below those that the kernel lends to outgoing connections: a service that is
// killed comes back on it.
export async function freePort() {
  for (let attempt = 0; attempt < 100; ++attempt) {
    const port = 10_000 + Math.floor(Math.random() * 22_000);
    const server = createServer().listen(port, '127.0.0.1');
    const free = await once(server, 'listening').then(() => true, () => false);
    if (!free) continue;
    server.close();
    await once(server, 'close');
    return port;
  }
  throw new Error('no free port');
}

// Asks until the answer is true, at most `atMost` seconds.
export async function until(what, ask, atMost = 60, every = 50) {
  const end = seconds() + atMost;
  for (;;) {
    const answer = await ask();
    if (answer) return answer;
    if (seconds() > end) throw new Error(`not within ${atMost} s: ${what}`);
    await sleep(every);
  }
}

// Seconds of processor that a process, and with `family` also its children, have used. Summed over the
// threads, because only they are counted exactly; nothing here ends threads while it is measured.
export function cpuSeconds(pid, { family = false } = {}) {
  const orNothing = (read) => {
    try {
      return read();
    } catch {
      return [];  // it just ended
    }
  };
  const words = (file) => orNothing(() => readFileSync(file, 'utf8').split(/\s+/).filter(Boolean));
  const threads = (id) => orNothing(() => readdirSync(`/proc/${id}/task`));
  const own = (id) => threads(id).reduce((sum, thread) => sum + +(words(`/proc/${id}/task/${thread}/schedstat`)[0] ?? 0), 0);
  const children = family ? words(`/proc/${pid}/task/${pid}/children`) : [];
  return [pid, ...children].reduce((sum, id) => sum + own(id), 0) / 1e9;
}

// The most memory a process held since the last call of forgetPeak, in MB.
export const peakMb = (pid) => readFileSync(`/proc/${pid}/status`, 'utf8').match(/VmHWM:\s+(\d+)/)[1] * 1.024 / 1000;
export const forgetPeak = (pid) => execFileSync('sh', ['-c', `echo 5 > /proc/${pid}/clear_refs`]);

export function median(values) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)];
}
export const percentile = (values, share) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * share))];

// Three significant digits, thousands apart.
export function figure(value) {
  const digits = Math.abs(value) >= 100 ? 0 : Math.abs(value) >= 10 ? 1 : 2;
  return value.toLocaleString('en-US', { maximumFractionDigits: digits });
}

// The same of each thread, by name: what threads of one name used together.
export function threadSeconds(pid) {
  const used = {};
  for (const thread of readdirSync(`/proc/${pid}/task`)) {
    const read = (file) => readFileSync(`/proc/${pid}/task/${thread}/${file}`, 'utf8').trim();
    const name = read('comm');
    used[name] = (used[name] ?? 0) + +read('schedstat').split(' ')[0] / 1e9;
  }
  return used;
}

// "name 12.3, ..." of those that matter, the hungriest first: microseconds for each of `count` things.
export const shares = (after, before, count) => Object.entries(after)
  .map(([name, used]) => [name, (used - (before[name] ?? 0)) / count * 1e6])
  .filter(([, used]) => used >= 0.5).sort((a, b) => b[1] - a[1])
  .map(([name, used]) => `${name} ${used.toFixed(1)}`).join(', ');

// rows: [what, figure, unit]. The load tells whether the machine had time for this.
export function report(title, rows) {
  const load = loadavg().slice(0, 2).map((value) => value.toFixed(1)).join(', ');
  const width = Math.max(...rows.map(([what]) => what.length));
  console.log(`\n${title}`);
  console.log(`${cpus().length} processors, ${cpus()[0]?.model.trim()}, ${Math.round(totalmem() / 2 ** 30)} GiB; load of the last 1 and 5 minutes ${load}\n`);
  for (const [what, value, unit] of rows)
    console.log(`  ${what.padEnd(width)}  ${(typeof value === 'number' ? figure(value) : value).padStart(11)}  ${unit}`);
}
