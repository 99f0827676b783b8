// A queue of `count` messages in Redis and one BullMQ worker that sends them with undici, a hundred at
// a time: what people build first. Prints {"seconds", "cpu"} once all are sent.
//   node bullmq_worker.mjs REDIS_PORT URL BODY_FILE COUNT
import { readFileSync } from 'node:fs';
import { Queue, Worker } from 'bullmq';
import { Pool } from 'undici';

const [port, url, bodyFile, wanted] = process.argv.slice(2);
const count = +wanted;
const body = readFileSync(bodyFile, 'utf8');
const { origin, pathname } = new URL(url);
const connection = { host: '127.0.0.1', port: +port, maxRetriesPerRequest: null };
const queue = new Queue('messages', { connection });
for (let from = 0; from < count; from += 1000)
  await queue.addBulk(Array.from({ length: Math.min(1000, count - from) }, (_, i) => ({ name: 'send', data: { n: from + i } })));

const pool = new Pool(origin, { connections: 100 });
const cpuBefore = process.cpuUsage();
const began = performance.now();
let sent = 0;
const worker = new Worker('messages', async () => {
  const answer = await pool.request({ path: pathname, method: 'POST', body, headers: { 'content-type': 'application/json' } });
  const { messages } = await answer.body.json();
  return messages[0].id;
}, { connection, concurrency: 100 });
await new Promise((resolve, reject) => {
  worker.on('completed', () => { if (++sent === count) resolve(); });
  worker.on('failed', (_, error) => reject(error));
  worker.on('error', reject);
});
const seconds = (performance.now() - began) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
console.log(JSON.stringify({ seconds, cpu: (user + system) / 1e6 }));
await worker.close();
await queue.close();
await pool.close();
