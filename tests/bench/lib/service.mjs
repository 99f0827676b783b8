// The service in the bench's folder, set up so far that a campaign can be launched.
import { mkdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { bin, cpuSeconds, execute, freePort, forgetPeak, peakMb, root, stop, threadSeconds, until } from './bench.mjs';
import { startPostgres } from './tools.mjs';

const secrets = {
  CLIPCOURIER_SENDER_TOKEN: 'token', CLIPCOURIER_SENDER_SECRET: 'secret', CLIPCOURIER_SENDER_VERIFY: 'verify',
};
export const number = '106540352242922', account = '102290129340398';

// The template of the account, as the provider lists it; its button leads to `pages`.
export const templateList = (pages) => JSON.stringify({
  data: [{
    id: '501', name: 'product_clip', language: 'de', category: 'MARKETING', status: 'APPROVED', parameter_format: 'POSITIONAL',
    components: [
      { type: 'HEADER', format: 'VIDEO' },
      { type: 'BODY', text: 'Hallo {{1}}, hier ist Ihr Clip zu {{2}}. Viel Freude beim Ansehen!' },
      { type: 'FOOTER', text: 'Abmelden jederzeit' },
      { type: 'BUTTONS', buttons: [{ type: 'URL', text: 'Video ansehen', url: `${pages}/w/{{1}}` }, { type: 'QUICK_REPLY', text: 'Abmelden' }] },
    ],
  }],
});

// nginx as a provider that accepts everything at once.
export const providerLocations = (pages) => `
  location ~ /message_templates$ { return 200 '${templateList(pages)}'; }
  location ~ /messages$ {
    return 200 '{"messaging_product":"whatsapp","contacts":[{"input":"+4915100000000","wa_id":"4915100000000"}],"messages":[{"id":"wamid.$request_id","message_status":"accepted"}]}';
  }
  location / { return 200 '{"id":"1"}'; }`;

export class Service {
  // The ports are known before the service runs: the provider's template names one.
  static async make(bench, engine, settings = {}) {
    const service = new Service();
    Object.assign(service, { bench, engine, folder: join(bench.folder, 'service') });
    mkdirSync(service.folder);
    if (engine === 'postgresql') service.postgres = await startPostgres(bench);
    const [api, webhooks, pages] = [await freePort(), await freePort(), await freePort()];
    service.api = `http://127.0.0.1:${api}`;
    service.webhooks = `http://127.0.0.1:${webhooks}`;
    service.pages = `http://127.0.0.1:${pages}`;
    service.database = 'bench';
    if (service.postgres) await execute('psql', ['-d', service.postgres.url('postgres'), '-qc', 'CREATE DATABASE bench']);
    const values = {
      'database.url': service.postgres ? service.postgres.url('bench') : 'sqlite:clipcourier.db',
      'http.api_port': api, 'http.webhooks_port': webhooks, 'http.public_port': pages, 'http.public_url': service.pages,
      'media.min_free_mb': 100, ...settings,
    };
    writeFileSync(join(service.folder, 'clipcourier.properties'),
      Object.entries(values).map(([key, value]) => `${key} = ${value}\n`).join(''));
    const foreign = Object.entries(process.env).filter(([name]) => !name.startsWith('CLIPCOURIER_'));
    service.environment = { ...Object.fromEntries(foreign), ...secrets };
    return service;
  }

  async start() {
    this.process = this.bench.spawn('service', join(bin, 'clipcourier'), ['serve'], { cwd: this.folder, env: this.environment });
    await until('the service is ready', async () => {
      if (this.process.exitCode !== null) throw new Error(`the service ended: ${readFileSync(join(this.bench.folder, 'service.log'), 'utf8').slice(-2000)}`);
      return fetch(`${this.api}/readyz`).then((answer) => answer.ok, () => false);
    });
    const { stdout } = await execute(join(bin, 'clipcourier'), ['token', 'create', '--name', 'bench', '--scopes', '*'], { cwd: this.folder, env: this.environment });
    [this.token] = stdout.match(/cc_[A-Za-z0-9_-]+/);
  }

  stop() { return stop(this.process); }
  cpu() { return cpuSeconds(this.process.pid); }
  threads() { return threadSeconds(this.process.pid); }
  peakMb() { return peakMb(this.process.pid); }
  forgetPeak() { forgetPeak(this.process.pid); }

  async call(method, path, json, body) {
    const answer = await fetch(this.api + path, {
      method, body: json === undefined ? body : JSON.stringify(json),
      headers: { Authorization: `Bearer ${this.token}`, ...(json === undefined ? {} : { 'Content-Type': 'application/json' }) },
    });
    const text = await answer.text();
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${text.slice(0, 1000)}`);
    return text ? JSON.parse(text) : undefined;
  }
  get(path) { return this.call('GET', path); }
  post(path, json) { return this.call('POST', path, json); }

  // In the engine's own shell. Rows of columns.
  async sql(statement, database = this.database) {
    const { stdout } = await (this.postgres
      ? execute('psql', ['-v', 'ON_ERROR_STOP=1', '-d', this.postgres.url(database), '-qAtc', statement])
      : execute('sqlite3', ['-cmd', '.timeout 20000', '-cmd', 'PRAGMA synchronous = FULL', '-separator', '|', this.sqliteFile(database), statement]));
    return stdout.trim().split('\n').filter(Boolean).map((line) => line.split('|'));
  }
  sqliteFile(database = this.database) {
    return join(this.folder, database === 'bench' ? 'clipcourier.db' : `${database}.db`);
  }

  async databaseMb() {
    if (this.postgres) return (await this.sql("SELECT pg_database_size('bench')"))[0][0] / 1e6;
    return statSync(this.sqliteFile()).size / 1e6;
  }

  // A sender, its template, a wording; the provider must be there already.
  async setUp(provider) {
    this.sender = await this.post('/api/v1/senders', {
      channel: 'whatsapp', name: 'Bench', external_id: number, account_id: account, base_url: provider,
      token_source: 'env:CLIPCOURIER_SENDER_TOKEN', app_secret_source: 'env:CLIPCOURIER_SENDER_SECRET',
      verify_token_source: 'env:CLIPCOURIER_SENDER_VERIFY', messages_per_second: 1000,
    });
    await this.post(`/api/v1/senders/${this.sender.id}/templates/sync`);
    await this.post('/api/v1/consent-wordings', {
      name: 'offers', language: 'de', purpose: 'marketing', channels: ['whatsapp'], tracking: true, text: 'Ja, gern.',
    });
    // Far above what a provider allows, so that the limit is ours.
    await this.sql('UPDATE senders SET messages_per_second = 1000000');
  }

  // Customers 1 to `count`, all consented, written by the engine itself: importing has its own bench.
  // Their numbers are all different and in no order, as those of real people.
  async addCustomers(count) {
    const numbers = this.postgres ? `generate_series(1, ${count}) AS n` : `(SELECT value AS n FROM generate_series(1, ${count}))`;
    const now = Date.now();
    const statements = [
      `INSERT INTO customers (id, external_ref, name, locale, created_at_ms, updated_at_ms)
         SELECT n, 'K-' || n, 'Jana ' || n, 'de', ${now}, ${now} FROM ${numbers}`,
      `INSERT INTO customer_identities (customer_id, kind, value, created_at_ms)
         SELECT n, 'phone', '+49151' || (10000000 + n * CAST(387420489 AS BIGINT) % 89999999), ${now} FROM ${numbers}`,
      `INSERT INTO consents (customer_id, channel, purpose, state, wording_id, tracking, ledger_seq, changed_at_ms)
         SELECT n, 'whatsapp', 'marketing', 'given', 1, 1, 0, ${now} FROM ${numbers}`,
    ];
    for (const statement of statements) await this.sql(statement);
    // PostgreSQL does this by itself within a minute or so; SQLite never does.
    if (this.postgres) await this.sql('VACUUM ANALYZE');
  }

  // Uploads the film and waits for its clip.
  async clipOf(film, atMost = 180) {
    const form = new FormData();
    form.set('file', new File([readFileSync(film)], film.split('/').at(-1)));
    const { id } = await this.call('POST', '/api/v1/videos', undefined, form);
    const video = await until('the clip is ready', async () => {
      const seen = await this.get(`/api/v1/videos/${id}`);
      if (seen.state === 'failed') throw new Error(`the video failed: ${JSON.stringify(seen.failure)}`);
      return seen.state === 'ready' && seen;
    }, atMost, 200);
    return video.clips.find((clip) => clip.state === 'ready');
  }
  sampleClip() { return this.clipOf(join(root, 'samples/films/halm-7-phone-portrait.mov')); }

  // The file of a clip in the media store.
  async clipFile(clip) {
    const [[sha256]] = await this.sql(`SELECT sha256 FROM clips WHERE id = ${clip.id}`);
    return join(this.folder, 'var/media', sha256.slice(0, 2), sha256.slice(2, 4), sha256);
  }

  campaign(clip) {
    return this.post('/api/v1/campaigns', {
      name: 'Bench', sender_id: this.sender.id, audience: { all: true }, fallback_language: 'de',
      contents: [{
        language: 'de', clip_id: clip.id, template: { name: 'product_clip', language: 'de' },
        variables: { 1: { field: 'first_name', fallback: 'Kunde' }, 2: { text: 'Halm 7' } },
      }],
    });
  }

  // Nothing leaves while it is held, so that launching and sending can be measured apart.
  holdEverything() {
    return this.sql("INSERT INTO holds (scope, scope_key, reason, held_by, since_ms) VALUES ('everything', '', 'bench', 'bench', 0)");
  }
  letGo() { return this.sql("DELETE FROM holds WHERE scope = 'everything'"); }

  launch(campaign) { return this.post(`/api/v1/campaigns/${campaign.id}/launch`); }
  campaignUntil(campaign, what, isSo, atMost, every) {
    return until(what, async () => {
      const seen = await this.get(`/api/v1/campaigns/${campaign.id}`);
      if (seen.state === 'draft') throw new Error(`the launch failed: ${JSON.stringify(seen)}`);
      return isSo(seen) && seen;
    }, atMost, every);
  }
}
