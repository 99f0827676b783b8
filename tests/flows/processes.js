// Real processes for the flow tests: the service, the simulator, PostgreSQL. All of them end with the
// test, also when it fails.
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
export const root = fileURLToPath(new URL('../..', import.meta.url));
const bin = process.env.CLIPCOURIER_BIN ?? join(root, 'build/dev/bin');

// Every flow runs on both engines, unless the environment names one.
export const engines = (process.env.CLIPCOURIER_TEST_ENGINES ?? 'sqlite,postgresql').split(',');

// A port that is free now, below those that the kernel lends to outgoing connections: the service must
// come back on the same one after it was killed, so it cannot just take any.
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

// Asks again until `ask` returns something, at most `seconds` long.
export async function eventually(what, ask, seconds = 60) {
  const end = Date.now() + seconds * 1000;
  let last;
  for (;;) {
    try {
      const answer = await ask();
      if (answer) return answer;
    } catch (error) {
      last = error;
    }
    if (Date.now() > end) throw new Error(`not within ${seconds} s: ${what}${last ? ` (${last.message})` : ''}`);
    await new Promise((resolve) => setTimeout(resolve, 25));
  }
}

function spawnUntilTheEnd(t, command, args, options) {
  const child = spawn(command, args, options);
  child.ended = once(child, 'exit');
  t.after(async () => {
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
    await child.ended;
  });
  return child;
}

// Lines of JSON of a process's standard output until `isLast`, at most `seconds`.
async function jsonLines(child, isLast, seconds) {
  const lines = [];
  let text = '';
  const late = setTimeout(() => child.kill('SIGKILL'), seconds * 1000);
  try {
    for await (const part of child.stdout) {
      text += part;
      const parts = text.split('\n');
      text = parts.pop();
      for (const line of parts) {
        lines.push(JSON.parse(line));
        if (isLast(lines.at(-1))) {
          child.stdout.resume();
          return lines;
        }
      }
    }
  } finally {
    clearTimeout(late);
  }
  throw new Error('the process ended before it was ready');
}

let postgresFolder = process.env.CLIPCOURIER_TEST_POSTGRES;
let databases = 0;
async function newPostgresDatabase() {
  const script = join(root, 'tests/support/postgres.sh');
  postgresFolder ??= (await run(script, ['start', String(process.pid)])).stdout.trim();
  const name = `flow_${process.pid}_${++databases}`;
  await run('psql', ['-h', postgresFolder, '-U', 'postgres', '-qc', `CREATE DATABASE ${name}`]);
  return `postgresql://postgres@/${name}?host=${postgresFolder}`;
}

// The service in a folder of its own, which CLIPCOURIER_KEEP=1 keeps for a look at its log. start(),
// kill(), stop() as often as you like.
export class Service {
  static async make(t, engine, settings = {}, environment = {}) {
    const service = new Service();
    service.t = t;
    service.folder = mkdtempSync(join(tmpdir(), 'clipcourier-flow-'));
    t.after(() => {
      if (process.env.CLIPCOURIER_KEEP) console.error(`kept: ${service.folder}`);
      else rmSync(service.folder, { recursive: true, force: true });
    });
    const [api, webhooks, pages] = [await freePort(), await freePort(), await freePort()];
    service.api = `http://127.0.0.1:${api}`;
    service.webhooks = `http://127.0.0.1:${webhooks}`;
    service.pages = `http://127.0.0.1:${pages}`;
    const values = {
      'database.url': engine === 'sqlite' ? 'sqlite:clipcourier.db' : await newPostgresDatabase(),
      'http.api_port': api, 'http.webhooks_port': webhooks, 'http.public_port': pages,
      'http.public_url': service.pages,
      'media.min_free_mb': 100,
      ...settings,
    };
    service.databaseUrl = values['database.url'];
    writeFileSync(join(service.folder, 'clipcourier.properties'),
      Object.entries(values).map(([key, value]) => `${key} = ${value}\n`).join(''));
    // A variable of ours that is no setting is a mistake to the service, so the tests' own stay here;
    // CLIPCOURIER_TEST_RUN is known to it and marks whom tests/run.sh looks for at its end.
    const passedOn = Object.entries(process.env)
      .filter(([name]) => !name.startsWith('CLIPCOURIER_') || name.startsWith('CLIPCOURIER_TEST_'));
    service.environment = { ...Object.fromEntries(passedOn), ...environment };
    service.log = createWriteStream(join(service.folder, 'log'), { flags: 'a' });
    return service;
  }

  async start() {
    this.process = spawnUntilTheEnd(this.t, join(bin, 'clipcourier'), ['serve'],
      { cwd: this.folder, env: this.environment, stdio: ['ignore', 'pipe', 'pipe'] });
    this.process.stderr.pipe(this.log, { end: false });
    await jsonLines(this.process, (line) => line.event === 'ready', 60);
    return this;
  }

  async kill() {
    this.process.kill('SIGKILL');
    await this.process.ended;
  }

  // Returns how many milliseconds it took.
  async stop() {
    const began = Date.now();
    this.process.kill('SIGTERM');
    const [code] = await this.process.ended;
    if (code !== 0) throw new Error(`serve ended with ${code}`);
    return Date.now() - began;
  }

  // Runs a command of the command line; returns its standard output.
  async command(...args) {
    const { stdout } = await run(join(bin, 'clipcourier'), args, { cwd: this.folder, env: this.environment });
    return stdout;
  }

  async sql(statement) {
    const command = this.databaseUrl.startsWith('sqlite:')
      ? ['sqlite3', ['-cmd', '.timeout 10000', '-separator', '|', join(this.folder, 'clipcourier.db'), statement]]
      : ['psql', ['-d', this.databaseUrl, '-qAtc', statement]];
    const { stdout } = await run(...command, { maxBuffer: 256 * 1024 * 1024 });
    return stdout.trim().split('\n').filter(Boolean).map((line) => line.split('|'));
  }
}

export async function startSimulator(t, settings) {
  const values = Object.entries(settings).flatMap(([key, value]) => ['--set', `${key}=${typeof value === 'string' ? value : JSON.stringify(value)}`]);
  const program = join(root, 'samples/simulator/simulator.js');
  const child = spawnUntilTheEnd(t, process.execPath, [program, '--port', '0', ...values], { stdio: ['ignore', 'pipe', 'inherit'] });
  const [{ listening }] = await jsonLines(child, (line) => line.listening, 20);
  return new Simulator(listening);
}

class Simulator {
  constructor(address) {
    this.address = address;
  }

  async control(method, path, body) {
    const response = await fetch(`${this.address}/_simulator/${path}`, {
      method,
      headers: body ? { 'Content-Type': 'application/json' } : {},
      body: body && JSON.stringify(body),
    });
    const answer = await response.json();
    if (response.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`);
    return answer;
  }

  set(settings) { return this.control('POST', 'settings', settings); }
  totals() { return this.control('GET', 'totals'); }
  async books(query = '') { return (await this.control('GET', `books?${query}`)).messages; }
  // Waits inside the simulator until the count is reached.
  async waitFor(what, bounds) {
    const query = new URLSearchParams({ for: what, timeout_ms: '60000', ...bounds });
    const answer = await this.control('GET', `wait?${query}`);
    if (!answer.reached) throw new Error(`${what} ${JSON.stringify(bounds)} not reached: ${JSON.stringify(answer.totals)}`);
    return answer.totals;
  }
}
