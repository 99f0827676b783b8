// The tools we compare with, each started in the bench's own folder.
import { once } from 'node:events';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { cpuSeconds, execute, freePort, root, until } from './bench.mjs';

// nginx with these locations. As root it keeps that user, so that it can read the bench's folder.
export async function startNginx(bench, locations) {
  const port = await freePort();
  const folder = join(bench.folder, 'nginx');
  mkdirSync(folder);
  const temp = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi']
    .map((name) => `${name}_temp_path ${folder}/${name};`).join(' ');
  writeFileSync(join(folder, 'nginx.conf'), `
    ${process.getuid() === 0 ? 'user root;' : ''}
    daemon off; worker_processes auto; pid ${folder}/pid; error_log ${folder}/error.log warn;
    events { worker_connections 4096; }
    http {
      access_log off; ${temp}
      sendfile on; tcp_nopush on; tcp_nodelay on; keepalive_requests 100000000; keepalive_timeout 75s;
      client_max_body_size 100m; types { video/mp4 mp4; } default_type application/json;
      server { listen 127.0.0.1:${port} reuseport backlog=4096; ${locations} }
    }`);
  const child = bench.spawn('nginx', 'nginx', ['-p', folder, '-e', join(folder, 'error.log'), '-c', 'nginx.conf'],
    { env: { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` } });
  const url = `http://127.0.0.1:${port}`;
  await until('nginx answers', () => {
    if (child.exitCode !== null) throw new Error(`nginx ended: ${readFileSync(join(bench.folder, 'nginx.log'), 'utf8')}`);
    return fetch(url).then(() => true, () => false);
  }, 10);
  return { url, cpu: () => cpuSeconds(child.pid, { family: true }) };
}

// Runs wrk; every answer must be a good one. Returns requests and bytes per second, latencies in ms.
export async function wrk(bench, url, { connections, duration, threads = 1, post }) {
  const script = join(bench.folder, 'wrk.lua');
  const request = post ? `wrk.method = "POST"\nwrk.headers["Content-Type"] = "application/json"\nwrk.body = ${JSON.stringify(post)}\n` : '';
  writeFileSync(script, `${request}
    done = function(summary, latency)
      local e = summary.errors
      io.write(string.format('{"requests":%d,"bytes":%d,"us":%d,"bad":%d,"p50":%d,"p99":%d}\\n',
        summary.requests, summary.bytes, summary.duration, e.connect + e.read + e.write + e.status + e.timeout,
        latency:percentile(50), latency:percentile(99)))
    end`);
  const { stdout } = await execute('wrk', ['-t', threads, '-c', connections, '-d', `${duration}s`, '--timeout', '30s', '-s', script, url].map(String));
  const told = JSON.parse(stdout.trim().split('\n').at(-1));
  if (told.bad > 0 || told.requests === 0) throw new Error(`wrk ${url}: ${told.bad} of ${told.requests} requests failed`);
  const perSecond = 1e6 / told.us;
  return { requests: told.requests * perSecond, bytes: told.bytes * perSecond, p50: told.p50 / 1000, p99: told.p99 / 1000 };
}

// A PostgreSQL that keeps its promises: fsync is on, unlike in tests.
export async function startPostgres(bench) {
  const script = join(root, 'tests/support/postgres.sh');
  const { stdout } = await execute(script, ['start', String(process.pid)], { env: { ...process.env, CLIPCOURIER_TEST_PG_FSYNC: 'on' } });
  const folder = stdout.trim();
  bench.atEnd(() => execute(script, ['stop', folder]));
  const pid = +readFileSync(join(folder, 'data/postmaster.pid'), 'utf8').split('\n')[0];
  return { url: (name) => `postgresql://postgres@/${name}?host=${folder}`, cpu: () => cpuSeconds(pid, { family: true }) };
}

// A Redis that writes its log to disk every second, as its documentation advises for queues.
export async function startRedis(bench) {
  const port = await freePort();
  const folder = join(bench.folder, 'redis');
  mkdirSync(folder);
  const child = bench.spawn('redis', 'redis-server', ['--port', port, '--bind', '127.0.0.1', '--dir', folder, '--save', '',
    '--appendonly', 'yes', '--appendfsync', 'everysec', '--maxmemory-policy', 'noeviction'].map(String));
  await until('Redis answers', () => execute('redis-cli', ['-p', port, 'ping'].map(String)).then(({ stdout }) => stdout.trim() === 'PONG', () => false), 10);
  return { port, cpu: () => cpuSeconds(child.pid) };
}

const peers = join(root, 'tests/bench/peers');
// Fetches what peers/package-lock.json names, once.
export async function fetchPeers() {
  await execute('bash', ['-c', 'cmp -s package-lock.json node_modules/.fetched || { npm ci --no-audit --no-fund --ignore-scripts && cp package-lock.json node_modules/.fetched; }'], { cwd: peers });
}

// One of the programs of peers/: what it says on its last line, as JSON.
export async function runPeer(program, args) {
  const { stdout } = await execute(process.execPath, [join(peers, program), ...args.map(String)], { maxBuffer: 1 << 24 });
  return JSON.parse(stdout.trim().split('\n').at(-1));
}

// One of them that serves; it says {"listening": URL} on its first line.
export async function startPeer(bench, program, args) {
  const child = bench.spawn(program, process.execPath, [join(peers, program), ...args.map(String)], { pipe: true });
  const [line] = await once(createInterface(child.stdout), 'line');
  return { url: JSON.parse(line).listening, cpu: () => cpuSeconds(child.pid) };
}
