// A running service with its phone network, ready to send: what every flow begins with.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { eventually, root, Service, startSimulator } from './processes.js';

const number = { id: '106540352242922', account: '102290129340398' };
const secrets = {
  CLIPCOURIER_SENDER_TOKEN: 'simulator-token',
  CLIPCOURIER_SENDER_SECRET: 'simulator-app-secret',
  CLIPCOURIER_SENDER_VERIFY: 'simulator-verify',
};

// Statuses come soon and everybody reads, so that no flow waits for a phone.
const quick = {
  seed: 11,
  'rate.messages_per_second': 0,
  'status.sent_ms': [0, 10], 'status.delivered_ms': [0, 10], 'status.read_ms': [0, 10],
  'status.read_share': 1,
  'webhook.retry_first_ms': 50, 'webhook.retry_most_ms': 500,
};

// Drama numbers end at 99; these are valid by the numbering plan and go nowhere: the network is ours.
export const phoneOf = (n) => `+49171${3_900_000 + n}`;

export class World {
  static async make(t, engine, { phones = {}, settings = {} } = {}) {
    const world = new World();
    world.service = await Service.make(t, engine, settings, secrets);
    world.phones = await startSimulator(t, {
      ...quick, 'templates.watch_url': `${world.service.pages}/w/`, ...phones,
    });
    await world.service.start();
    const made = await world.service.command('token', 'create', '--name', 'flow', '--scopes', '*');
    world.token = made.match(/cc_[A-Za-z0-9_-]+/)[0];
    world.sender = await world.post('/api/v1/senders', {
      channel: 'whatsapp', name: 'Halmwerk', external_id: number.id, account_id: number.account,
      base_url: world.phones.address,
      token_source: 'env:CLIPCOURIER_SENDER_TOKEN', app_secret_source: 'env:CLIPCOURIER_SENDER_SECRET',
      verify_token_source: 'env:CLIPCOURIER_SENDER_VERIFY', messages_per_second: 1000,
    });
    await world.phones.control('POST', 'callback', { url: `${world.service.webhooks}/webhooks/whatsapp` });
    await world.post(`/api/v1/senders/${world.sender.id}/templates/sync`);
    await world.post('/api/v1/consent-wordings', {
      name: 'whatsapp-offers', language: 'de', purpose: 'marketing', channels: ['whatsapp'], tracking: true,
      text: 'Ja, bitte schickt mir Videos per WhatsApp, und messt, ob ich sie ansehe.',
    });
    return world;
  }

  // One call of the API; throws unless the status is as expected (2xx by default).
  async call(method, path, { json, body, headers = {}, status } = {}) {
    const response = await fetch(this.service.api + path, {
      method,
      headers: {
        Authorization: `Bearer ${this.token}`,
        ...(json === undefined ? {} : { 'Content-Type': 'application/json' }),
        ...headers,
      },
      body: json === undefined ? body : JSON.stringify(json),
    });
    const text = await response.text();
    const fine = status ? response.status === status : response.ok;
    if (!fine) throw new Error(`${method} ${path}: ${response.status} ${text.slice(0, 1000)}`);
    return text ? JSON.parse(text) : undefined;
  }

  get(path) { return this.call('GET', path); }
  post(path, json) { return this.call('POST', path, { json }); }

  async upload(file, title) {
    const form = new FormData();
    form.set('file', new Blob([readFileSync(file)]), file.split('/').at(-1));
    if (title) form.set('title', title);
    return this.call('POST', '/api/v1/videos', { body: form });
  }

  // A film of the samples, as a clip that can be sent.
  async readyClip(film = 'samples/films/halm-7-phone-portrait.mov') {
    const { id } = await this.upload(join(root, film), 'Halm 7');
    const video = await eventually('the video is ready', async () => {
      const seen = await this.get(`/api/v1/videos/${id}`);
      if (seen.state === 'failed') throw new Error(`the video failed: ${JSON.stringify(seen.failure)}`);
      return seen.state === 'ready' && seen;
    }, 180);
    return { video, clip: video.clips.find((clip) => clip.state === 'ready') };
  }

  // Customers `first` to `last` who agreed to offers by WhatsApp.
  async importCustomers(first, last) {
    const lines = ['external_ref,name,phone,locale,consent_channel,consent_purpose,consent_wording,consent_at,consent_source,consent_proof'];
    for (let n = first; n <= last; ++n)
      lines.push(`K-${n},Jana ${n},${phoneOf(n)},de,whatsapp,marketing,whatsapp-offers@1,2026-01-10T18:45:00+01:00,webform,Formular ${n}`);
    const file = join(this.service.folder, `customers-${first}.csv`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    await this.service.command('import', file);
  }

  campaign(clip, more = {}) {
    return this.post('/api/v1/campaigns', {
      name: 'Sommer', sender_id: this.sender.id, audience: { all: true }, fallback_language: 'de',
      contents: [{
        language: 'de', clip_id: clip.id, template: { name: 'product_clip', language: 'de' },
        variables: { 1: { field: 'first_name', fallback: 'Kunde' }, 2: { text: 'Halm 7' } },
      }],
      ...more,
    });
  }

  launch(campaign) { return this.post(`/api/v1/campaigns/${campaign.id}/launch`); }

  campaignUntil(campaign, what, isSo, seconds = 120) {
    return eventually(what, async () => {
      const seen = await this.get(`/api/v1/campaigns/${campaign.id}`);
      return isSo(seen) && seen;
    }, seconds);
  }
}
