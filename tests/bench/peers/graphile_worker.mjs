// A queue of `count` messages in PostgreSQL and one graphile-worker with its batching switched on, a
// hundred at a time. Prints {"seconds", "cpu"} once all are sent.
//   node graphile_worker.mjs DATABASE_URL URL BODY_FILE COUNT
import { readFileSync } from 'node:fs';
import { run, runMigrations } from 'graphile-worker';
import pg from 'pg';
import { Pool } from 'undici';

const [database, url, bodyFile, wanted] = process.argv.slice(2);
const count = +wanted;
const body = readFileSync(bodyFile, 'utf8');
const { origin, pathname } = new URL(url);
await runMigrations({ connectionString: database });
const db = new pg.Pool({ connectionString: database, max: 12 });
await db.query(`SELECT graphile_worker.add_jobs(array_agg(
    ('send', json_build_object('n', n), NULL, now(), 25, NULL, 0, NULL)::graphile_worker.job_spec))
  FROM generate_series(1, $1) AS n GROUP BY n / 10000`, [count]);
await db.query('ANALYZE');

const pool = new Pool(origin, { connections: 100 });
const cpuBefore = process.cpuUsage();
const began = performance.now();
let sent = 0, failed, finish;
const finished = new Promise((resolve, reject) => { finish = resolve; failed = reject; });
const runner = await run({
  pgPool: db, noHandleSignals: true, logger: undefined,
  preset: { worker: { concurrentJobs: 100, localQueue: { size: 500 }, completeJobBatchDelay: 0, failJobBatchDelay: 0 } },
  taskList: {
    send: async () => {
      const answer = await pool.request({ path: pathname, method: 'POST', body, headers: { 'content-type': 'application/json' } });
      const { messages } = await answer.body.json();
      if (!messages[0].id) failed(new Error('no id'));
      if (++sent === count) finish();
    },
  },
});
runner.events.on('job:failed', ({ error }) => failed(error));
await finished;
await runner.stop();  // the last batch is completed in the table
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
const { rows: [{ left }] } = await db.query('SELECT count(*)::int AS left FROM graphile_worker.jobs');
if (left) throw new Error(`${left} jobs are left`);
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6 }));
await db.end();
await pool.close();
