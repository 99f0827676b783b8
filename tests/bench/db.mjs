// Small durable writes per second from many threads, on both engines, beside what the engines do for a
// program that commits each write by itself.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, execute, measure, median, options, report } from './lib/bench.mjs';
import { startPostgres } from './lib/tools.mjs';

const { threads, rounds, duration } = options('tests/bench/run.sh db: durable small writes per second', {
  threads: [64, 'that write at the same time'],
  rounds: [3, 'of each, in turns; the medians are told'],
  duration: [5, 'seconds of one round'],
});

// One writer is all that SQLite has, so one thread with a commit for each write is what it gives.
const plainSqlite = `
import sqlite3, sys, time
db = sqlite3.connect(sys.argv[1], isolation_level=None)
db.execute("PRAGMA journal_mode = WAL"); db.execute("PRAGMA synchronous = FULL")
db.execute("CREATE TABLE IF NOT EXISTS bench_writes (writer INTEGER NOT NULL, number BIGINT NOT NULL, body TEXT NOT NULL)")
end, n = time.monotonic() + float(sys.argv[2]), 0
while time.monotonic() < end:
    db.execute("INSERT INTO bench_writes VALUES (0, ?, ?)", (n, "x" * 200)); n += 1
print(n / float(sys.argv[2]))
`;

await measure(async (bench) => {
  const postgres = await startPostgres(bench);
  await execute('psql', ['-d', postgres.url('postgres'), '-qc', 'CREATE DATABASE bench']);
  const script = join(bench.folder, 'insert.sql');
  writeFileSync(script, "INSERT INTO bench_writes (writer, number, body) VALUES (:client_id, 1, repeat('x', 200));\n");
  const ours = async (url) => JSON.parse((await execute(join(bin, 'bench_db'), [url, threads, duration].map(String))).stdout);
  const sides = {
    sqlite: () => ours(`sqlite:${join(bench.folder, 'ours.db')}`),
    postgresql: () => ours(postgres.url('bench')),
    python: async () => ({ writes_per_second: +(await execute('python3', ['-c', plainSqlite, join(bench.folder, 'plain.db'), String(duration)])).stdout }),
    pgbench: async () => {
      const { stdout } = await execute('pgbench', ['-n', '-c', threads, '-j', 2, '-T', duration, '-M', 'prepared', '-f', script, postgres.url('bench')].map(String));
      return { writes_per_second: +stdout.match(/tps = ([\d.]+)/)[1] };
    },
  };
  const results = Object.fromEntries(Object.keys(sides).map((name) => [name, []]));
  for (let round = 0; round < rounds; ++round)
    for (const [name, once] of Object.entries(sides)) results[name].push(await once());
  const middle = (name, what = 'writes_per_second') => median(results[name].map((result) => result[what]));
  const waits = (name) => `${middle(name, 'p50_ms').toFixed(1)}, ${middle(name, 'p99_ms').toFixed(1)}`;
  report(`durable writes of 200 bytes from ${threads} threads, medians of ${rounds} rounds of ${duration} s, in turns`, [
    ['Clipcourier on SQLite', middle('sqlite'), 'writes/s'],
    ['a write: median, 99 %', waits('sqlite'), 'ms'],
    ['SQLite by itself, a commit for each write', middle('python'), 'writes/s'],
    ['Clipcourier on PostgreSQL', middle('postgresql'), 'writes/s'],
    ['a write: median, 99 %', waits('postgresql'), 'ms'],
    [`pgbench, ${threads} clients, prepared statements`, middle('pgbench'), 'writes/s'],
  ]);
});
