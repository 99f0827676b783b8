// The two programs of the demo, their folder and their ports.
import { spawn, execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, openSync, readFileSync, rmSync } from 'node:fs';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import readline from 'node:readline';
import { fileURLToPath } from 'node:url';

const samples = fileURLToPath(new URL('..', import.meta.url));
const kStart = 30_000; // ms until a program must be ready
const kStop = 12_000;

// The wanted port, or any free one when somebody has it. A restarted service gets the same again.
async function freePort(wanted) {
  for (const port of [wanted, 0]) {
    const server = net.createServer();
    const bound = await new Promise((resolve) => {
      server.once('error', () => resolve(null));
      server.listen(port, '127.0.0.1', () => resolve(server.address().port));
    });
    if (bound === null) continue;
    await new Promise((resolve) => server.close(resolve));
    return bound;
  }
  throw new Error('no free port on 127.0.0.1');
}

export class World {
  #bin;
  #service = null;
  #phones = null;

  static async make(bin) {
    const world = new World();
    world.#bin = bin;
    world.folder = mkdtempSync(join(tmpdir(), 'clipcourier-demo.'));
    const ports = {
      api: await freePort(8080),
      webhooks: await freePort(8081),
      public: await freePort(8082),
      phones: await freePort(8090),
    };
    for (const [name, port] of Object.entries(ports)) world[name] = `http://127.0.0.1:${port}`;
    world.environment = {
      ...process.env,
      CLIPCOURIER_HTTP_API_PORT: ports.api,
      CLIPCOURIER_HTTP_WEBHOOKS_PORT: ports.webhooks,
      CLIPCOURIER_HTTP_PUBLIC_PORT: ports.public,
      CLIPCOURIER_HTTP_PUBLIC_URL: world.public,
      CLIPCOURIER_DISPATCH_FIRST_RETRY_S: '2',
      CLIPCOURIER_PAGES_IMPRINT_URL: 'https://halmwerk.example.org/impressum',
      CLIPCOURIER_PAGES_PRIVACY_URL: 'https://halmwerk.example.org/datenschutz',
      CLIPCOURIER_SENDER_DEMO_TOKEN: 'simulator-token',
      CLIPCOURIER_SENDER_DEMO_APP_SECRET: 'simulator-app-secret',
      CLIPCOURIER_SENDER_DEMO_VERIFY_TOKEN: 'simulator-verify',
    };
    return world;
  }

  get log() {
    return join(this.folder, 'service.log');
  }

  // What the service had to say lately, without the requests that went well.
  logTail(lines = 30) {
    try {
      const all = readFileSync(this.log, 'utf8').trimEnd().split('\n');
      return all.filter((line) => !/"event":"request".*"status":[23]/.test(line)).slice(-lines).join('\n');
    } catch {
      return '(no log)';
    }
  }

  // Runs a command of clipcourier to its end. Returns its exit code and what it printed.
  command(...words) {
    try {
      const out = execFileSync(join(this.#bin, 'clipcourier'), words, {
        cwd: this.folder, env: this.environment, encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'],
      });
      return { code: 0, out };
    } catch (error) {
      return { code: error.status, out: `${error.stdout}${error.stderr}` };
    }
  }

  async startService() {
    this.#service = spawn(join(this.#bin, 'clipcourier'), ['serve'], {
      cwd: this.folder, env: this.environment, stdio: ['ignore', 'pipe', openSync(this.log, 'a')],
    });
    await untilLine(this.#service, 'the service', (line) => line.event === 'ready');
    return this.#service.pid;
  }

  async startPhones() {
    const port = new URL(this.phones).port;
    this.#phones = spawn('node', [
      join(samples, 'simulator/simulator.js'), '--port', port, '--settings', join(samples, 'phones.json'),
      '--names', join(samples, 'customers.csv'), '--set', `templates.watch_url=${this.public}/w/`,
    ], { stdio: ['ignore', 'pipe', 'inherit'] });
    await untilLine(this.#phones, 'the phones', (line) => line.listening);
    return this.#phones.pid;
  }

  // As a power cut would.
  async killService() {
    await end(this.#service, 'SIGKILL');
    this.#service = null;
  }

  // Returns how long it took, in ms.
  async stopService() {
    const began = Date.now();
    await end(this.#service, 'SIGTERM');
    this.#service = null;
    return Date.now() - began;
  }

  async close({ keep = false } = {}) {
    await end(this.#service, 'SIGTERM');
    await end(this.#phones, 'SIGTERM');
    if (!keep) rmSync(this.folder, { recursive: true, force: true });
  }
}

async function untilLine(child, name, wanted) {
  const lines = readline.createInterface({ input: child.stdout });
  const ready = new Promise((resolve, reject) => {
    const timer = setTimeout(() => reject(new Error(`${name} did not start in time`)), kStart);
    const done = (finish) => (value) => {
      clearTimeout(timer);
      finish(value);
    };
    lines.on('line', (line) => {
      if (wanted(JSON.parse(line))) done(resolve)();
    });
    child.once('error', done(reject));
    child.once('exit', (code) => done(reject)(new Error(`${name} ended with ${code}`)));
  });
  await ready;
}

async function end(child, signal) {
  if (!child || child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'exit');
  child.kill(signal);
  const timer = setTimeout(() => child.kill('SIGKILL'), kStop);
  await gone;
  clearTimeout(timer);
}
