// Takes signed webhooks and inserts each into PostgreSQL before it answers 200.
//   node webhook_receiver.mjs DATABASE_URL SECRET
import { createHmac, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import pg from 'pg';

const [database, secret] = process.argv.slice(2);
const db = new pg.Pool({ connectionString: database, max: 32 });
await db.query('CREATE TABLE webhooks (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, body text NOT NULL, received timestamptz NOT NULL DEFAULT now())');
const server = createServer(async (request, response) => {
  const parts = [];
  for await (const part of request) parts.push(part);
  const body = Buffer.concat(parts);
  const given = Buffer.from(request.headers['x-hub-signature-256']?.slice(7) ?? '', 'hex');
  const wanted = createHmac('sha256', secret).update(body).digest();
  if (given.length !== wanted.length || !timingSafeEqual(given, wanted)) return response.writeHead(request.method === 'GET' ? 404 : 403).end();
  await db.query({ name: 'store', text: 'INSERT INTO webhooks (body) VALUES ($1)', values: [body.toString()] });
  response.writeHead(200).end();
});
server.listen(0, '127.0.0.1', () => console.log(JSON.stringify({ listening: `http://127.0.0.1:${server.address().port}` })));
