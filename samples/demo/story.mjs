// The story, step by step. A step returns what it has to say, or throws; `assert` says what must hold.
import assert from 'node:assert/strict';
import { openAsBlob, readFileSync, existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { Api, Phones, Refused, until } from './api.mjs';

const samples = fileURLToPath(new URL('..', import.meta.url));
const kFilms = [
  ['halm-7-landscape.mp4', 'Halm 7, ein Abend'],
  ['halm-7-phone-portrait.mov', 'Halm 7 im Flur'],
  ['halm-trio-starts-black.mp4', 'Halm Trio'],
];
const kMehmet = '491713920002';
const kPerSecond = 4; // slow enough to do things in mid-campaign

const kFunnel = ['audience', 'accepted', 'sent', 'delivered', 'read', 'opened', 'replied', 'waiting', 'failed',
  'skipped', 'unknown'];

const megabytes = (bytes) => `${(bytes / 1e6).toFixed(1)} MB`;
const digits = (number) => number.replace(/\D/g, '');

export class Story {
  constructor(world) {
    this.world = world;
    this.phones = new Phones(world.phones);
  }

  steps = [
    ['the service starts with an empty folder', () => this.start()],
    ['everything is in place', () => this.check()],
    ['without a token the API says nothing', () => this.refuseStrangers()],
    ['three films are uploaded', () => this.upload()],
    ['each becomes a clip with a report that it plays', () => this.clips()],
    ['what was repaired and measured is told in words', () => this.report()],
    ['a film is cut for phones: edits make its clips anew', () => this.edit()],
    ['another picture stands for the film', () => this.poster()],
    ['the texts people agreed to are on record', () => this.wordings()],
    ['customers are imported, with a reason for each bad line', () => this.importCustomers()],
    ['our number and its templates are known', () => this.sender()],
    ['a campaign that cannot be sent is refused with all reasons', () => this.refuseLaunch()],
    ['the campaign is launched', () => this.launch()],
    ['the first clips arrive', () => this.firstClips()],
    ['somebody who waits writes STOP, and gets nothing', () => this.stopWaiting()],
    ['somebody who got it taps "Abmelden"', () => this.unsubscribe()],
    ['the service is killed in mid-campaign and started again', () => this.kill()],
    ['every message finds its end', () => this.finish()],
    ['by the phones\' own books nobody got two', () => this.books()],
    ['somebody watches the clip on the page', () => this.watch()],
    ['a later import does not revive who said stop', () => this.importLater()],
    ['the ledger of consent is whole', () => this.verifyLedger()],
    ['one message tells its story', () => this.timeline()],
    ['the funnel', () => this.funnel()],
  ];

  async start() {
    const { world } = this;
    await world.startPhones();
    await world.startService();
    const token = world.command('token', 'create', '--name', 'demo', '--scopes', '*');
    assert.equal(token.code, 0, token.out);
    this.token = token.out.trim();
    this.api = new Api(world.api, this.token);
    return `API ${world.api}, public pages ${world.public}, phones ${world.phones}`;
  }

  async check() {
    const { code, out } = this.world.command('check');
    assert.equal(code, 0, out);
    return out.trim().split('\n').at(-1);
  }

  async refuseStrangers() {
    await assert.rejects(new Api(this.world.api, 'nobody').get('/api/v1/videos'),
      (error) => error instanceof Refused && error.status === 401);
    return '401, problem+json';
  }

  async upload() {
    this.videos = [];
    for (const [file, title] of kFilms) {
      const form = new FormData();
      form.set('title', title);
      form.set('file', await openAsBlob(join(samples, 'films', file)), file);
      this.videos.push(await this.api.upload('/api/v1/videos', form));
    }
    return this.videos.map((video) => `${video.filename} (${megabytes(video.original.bytes)})`).join(', ');
  }

  async clips() {
    const said = [];
    for (const [index, video] of this.videos.entries()) {
      const ready = await until(`${video.filename} becomes a clip`, 180, async () => {
        const now = await this.api.get(`/api/v1/videos/${video.id}`);
        assert.notEqual(now.state, 'failed', JSON.stringify(now.failure));
        return now.state === 'ready' && now;
      });
      this.videos[index] = ready;
      const { report, bytes, width, height } = ready.clips[0];
      assert.equal(ready.clips[0].profile, 'whatsapp');
      assert.equal(report.passed, true);
      assert.ok(bytes <= 15_500_000);
      said.push(`${video.filename}: ${width}×${height}, ${megabytes(bytes)}, ${report.claims.length} claims measured`);
    }
    const [, portrait, black] = this.videos.map((video) => video.clips[0]);
    assert.ok(portrait.height > portrait.width, 'the phone film stands upright');
    assert.ok(
      black.report.repaired.some((each) => each.code === 'repair.leading_black'),
      'the clip does not start black',
    );
    return said.join('\n');
  }

  async report() {
    const [, , black] = this.videos;
    const path = `/api/v1/videos/${black.id}/clips/whatsapp/report`;
    const lines = [];
    for (const language of ['de', 'en']) {
      const told = await this.api.get(path, { 'accept-language': language });
      assert.equal(told.language, language);
      assert.ok(told.repaired.length > 0);
      for (const list of ['repaired', 'warnings', 'advice'])
        for (const { text } of told[list]) lines.push(`${language}  ${list}: ${text}`);
      if (told.quality) lines.push(`${language}  quality: ${told.quality.text} (SSIM ${told.quality.ssim})`);
    }
    return lines.join('\n');
  }

  // The second film; the campaign below sends the first.
  async edit() {
    const path = `/api/v1/videos/${this.videos[1].id}`;
    const { edit_version: version } = await this.api.get(`${path}/edits`);
    await assert.rejects(this.api.put(`${path}/edits`, { trim_start_ms: -1, fit: { shape: '3:1' } },
      { 'if-match': `"${version}"` }), (error) => error.status === 400 && error.problem.errors.length === 2);
    await this.api.put(`${path}/edits`, { fit: { shape: '4:5', fill: 'crop' }, trim_end_ms: 5000, fade_out_ms: 400 },
      { 'if-match': `"${version}"` });
    const video = await until('the clip is made anew', 120, async () => {
      const now = await this.api.get(path);
      assert.notEqual(now.state, 'failed', JSON.stringify(now.failure));
      assert.equal(now.clips[0].failure, null, JSON.stringify(now.clips[0].failure));
      return now.state === 'ready' && now.clips[0].edit_version === now.edit_version && now;
    });
    const { width, height, duration_ms: duration } = video.clips[0];
    assert.ok(Math.abs(width / height - 0.8) < 0.02, `${width}×${height}`);
    return `${width}×${height}, ${(duration / 1000).toFixed(1)} s; two mistakes at once were refused by name`;
  }

  async poster() {
    const path = `/api/v1/videos/${this.videos[1].id}`;
    const { candidates, pictures, version } = await this.api.get(`${path}/pictures`);
    assert.ok(candidates.length > 1 && pictures.badge && pictures.poster_webp);
    const { number, time_ms: time } = candidates.at(-1);
    await this.api.put(`${path}/poster`, { candidate: number }, { 'if-match': `"${version}"` });
    const chosen = await until('the poster is made', 60, async () => {
      const now = await this.api.get(`${path}/pictures`);
      assert.notEqual(now.poster.state, 'failed', JSON.stringify(now.poster.failure));
      return now.poster.state === 'ready' && now;
    });
    assert.ok(Math.abs(chosen.pictures.poster.time_ms - time) < 100);
    const kinds = Object.entries(chosen.pictures).map(([kind, one]) => `${kind} ${one.width}×${one.height}`);
    return `that at ${(time / 1000).toFixed(1)} s, of ${candidates.length} candidates; ${kinds.join(', ')}`;
  }

  async wordings() {
    const wordings = JSON.parse(readFileSync(join(samples, 'consent-wordings.json'), 'utf8'));
    for (const wording of wordings) await this.api.post('/api/v1/consent-wordings', wording);
    return `${wordings.length} wordings`;
  }

  async importCustomers() {
    const done = await this.#importFile('customers.csv');
    assert.equal(done.counts.created, 47);
    assert.equal(done.counts.consents_given, 42);
    const reasons = done.problems.items.map((p) => `line ${p.line}: ${p.text.en}`);
    return [`${done.counts.created} customers, ${done.counts.consents_given} consents`, ...reasons].join('\n');
  }

  async #importFile(file) {
    const begun = await this.api.send('/api/v1/imports', readFileSync(join(samples, file)), 'text/csv');
    return until(`${file} is imported`, 30, async () => {
      const now = await this.api.get(`/api/v1/imports/${begun.id}`);
      assert.notEqual(now.state, 'failed', JSON.stringify(now.error));
      return now.state === 'done' && now;
    });
  }

  async sender() {
    this.number = await this.api.post('/api/v1/senders', {
      channel: 'whatsapp', name: 'Halmwerk Leuchten', external_id: '106540352242922',
      account_id: '102290129340398', base_url: this.world.phones, messages_per_second: kPerSecond,
      token_source: 'env:CLIPCOURIER_SENDER_DEMO_TOKEN',
      app_secret_source: 'env:CLIPCOURIER_SENDER_DEMO_APP_SECRET',
      verify_token_source: 'env:CLIPCOURIER_SENDER_DEMO_VERIFY_TOKEN',
    });
    await this.phones.post('callback', { url: `${this.world.webhooks}/webhooks/whatsapp`, verify_token: 'simulator-verify' });
    const synced = await this.api.post(`/api/v1/senders/${this.number.id}/templates/sync`);
    const check = await this.api.post(`/api/v1/senders/${this.number.id}/check`);
    assert.ok(check.ok, JSON.stringify(check.findings));
    const { code, out } = this.world.command('check');
    assert.equal(code, 0, out);
    const findings = out.split('\n').filter((line) => line.includes('sender '));
    return [`${synced.added} templates; webhooks verified; clipcourier check says:`, ...findings].join('\n');
  }

  #campaign(contents) {
    return {
      name: 'Halm 7 im Herbst', sender_id: this.number.id, audience: { all: true },
      fallback_language: 'de', contents,
    };
  }

  #content(language, template = 'product_clip') {
    return {
      language, clip_id: this.videos[0].clips[0].id, template: { name: template, language },
      variables: {
        1: { field: 'first_name', fallback: language === 'de' ? 'Kundin, lieber Kunde' : 'customer' },
        2: { text: 'Halm 7' },
      },
    };
  }

  async refuseLaunch() {
    this.campaign = await this.api.post('/api/v1/campaigns', this.#campaign([this.#content('de', 'loud_offer')]));
    let reasons;
    await assert.rejects(this.api.post(`/api/v1/campaigns/${this.campaign.id}/launch`), (error) => {
      reasons = error.problem?.errors ?? [];
      return error instanceof Refused && error.status === 422 && reasons.length > 0;
    });
    return reasons.map((reason) => reason.what).join('\n');
  }

  async launch() {
    const path = `/api/v1/campaigns/${this.campaign.id}`;
    await this.api.put(path, this.#campaign([this.#content('de'), this.#content('en')]),
      { 'if-match': `"${this.campaign.version}"` });
    await this.api.post(`${path}/launch`);
    const running = await until('the campaign runs', 60, async () => {
      const now = await this.api.get(path);
      return now.state === 'running' && now;
    });
    assert.equal(running.funnel.audience, 40);
    return `${running.funnel.audience} of 47 customers agreed to get it`;
  }

  async #messages(filter = '') {
    return this.api.all(`/api/v1/messages?campaign=${this.campaign.id}${filter}`);
  }

  async firstClips() {
    await until('the first clips arrive', 30, async () => (await this.phones.get('totals')).delivered >= 4);
    return 'delivered to the first phones, in German and English';
  }

  async stopWaiting() {
    const waiting = await this.#messages('&state=queued');
    assert.ok(waiting.length > 5, `only ${waiting.length} messages wait`);
    const last = waiting.reduce((a, b) => (a.id > b.id ? a : b));
    const number = digits(last.address);
    await this.phones.post('inbound', { from: number, text: 'Stop' });
    const skipped = await until('the message is skipped', 20, async () => {
      const now = await this.api.get(`/api/v1/messages/${last.id}`);
      return now.state === 'skipped' && now;
    });
    this.stopped = number;
    return `customer ${last.customer_id}: ${skipped.reason?.text?.en ?? skipped.state}`;
  }

  async unsubscribe() {
    const books = await until('Mehmet gets his clip', 30, async () => {
      const { messages } = await this.phones.get(`books?to=${kMehmet}`);
      return messages.length > 0 && messages;
    });
    await this.phones.post('inbound', { from: kMehmet, button: 'Abmelden', wamid: books[0].wamid });
    const found = await this.api.post('/api/v1/customers/search', { by: 'external_ref', value: 'K-1002' });
    this.mehmet = found.items[0].id;
    await until('his consent is withdrawn', 20, async () => await this.#consentOf(this.mehmet) === 'withdrawn');
    await until('both who said stop have it confirmed', 30, async () => (await this.#copies()).others.length === 2);
    return 'consent withdrawn, with the message it answers as proof';
  }

  // Who got what by the phones' own books, by number: clips, and words in a chat.
  async #copies() {
    const { messages } = await this.phones.get('books');
    const numbers = (wanted) => messages.filter(wanted).map((message) => message.wa_id).sort();
    return { clips: numbers(({ type }) => type === 'template'), others: numbers(({ type }) => type !== 'template') };
  }

  async #consentOf(customer) {
    const proof = await this.api.get(`/api/v1/customers/${customer}/consents`);
    return proof.current.find((c) => c.channel === 'whatsapp' && c.purpose === 'marketing')?.state;
  }

  async kill() {
    // A reply is lost on the way, so that the service cannot know whether it was accepted.
    await this.phones.post('faults', { next: ['lost_reply'] });
    const before = (await this.phones.get('totals')).accepted;
    await until('one more is sent', 20, async () => (await this.phones.get('totals')).accepted > before);
    await this.world.killService();
    const waiting = 39 - (await this.#copies()).clips.length;
    await this.world.startService();
    return `SIGKILL with about ${waiting} messages to go; it goes on where it was`;
  }

  async finish() {
    const done = await until('the campaign comes to its end', 90, async () => {
      const { funnel } = await this.api.get(`/api/v1/campaigns/${this.campaign.id}`);
      const held = (await this.#messages('&state=held')).length;
      return funnel.waiting === held && funnel.unknown === 0 && { funnel, held };
    });
    await until('the phones have said everything', 60, async () => (await this.phones.get('totals')).pending === 0);
    const later = done.held ? `, ${done.held} wait for a later try as the provider asks` : '';
    return `none unknown${later}`;
  }

  async books() {
    const { clips, others } = await this.#copies();
    assert.equal(new Set(clips).size, clips.length, `got more than one clip: ${clips}`);
    assert.ok(!clips.includes(this.stopped), 'a clip left after STOP');
    assert.deepEqual(others, [kMehmet, this.stopped].sort(), 'one word of confirmation to each who said stop, nothing else');
    return `${clips.length} phones got one clip, none got two; after STOP only its confirmation`;
  }

  async watch() {
    const [read] = await until('somebody reads', 30, async () => {
      const messages = await this.#messages('&state=read');
      return messages.length > 0 && messages;
    });
    const { watch_url: url } = await this.api.get(`/api/v1/messages/${read.id}`);
    const page = await (await fetch(url)).text();
    assert.match(page, /<video/);
    assert.equal((await this.api.get(`/api/v1/messages/${read.id}`)).opened_at, null, 'a GET is no reader');
    const part = await fetch(`${url}/clip.mp4`, { headers: { range: 'bytes=0-99' } });
    assert.equal(part.status, 206);
    assert.equal((await part.arrayBuffer()).byteLength, 100);
    const headers = { 'content-type': 'text/plain', 'user-agent': 'Mozilla/5.0 (Linux; Android 15) Chrome/140 Mobile' };
    for (const event of ['opened', 'played', 'completed']) {
      const told = await fetch(`${url}/events`, { method: 'POST', body: event, headers });
      assert.ok(told.ok, `${event}: ${told.status}`);
    }
    const seen = await this.api.get(`/api/v1/messages/${read.id}`);
    assert.notEqual(seen.opened_at, null);
    this.watched = read.id;
    return `${basename(url).slice(0, 6)}…: page, 206 for a part of the clip, opened, played, completed`;
  }

  async importLater() {
    const done = await this.#importFile('customers-later.csv');
    assert.ok(done.counts.kept_withdrawn >= 1);
    assert.equal(await this.#consentOf(this.mehmet), 'withdrawn');
    return `${done.counts.kept_withdrawn} consent stays withdrawn`;
  }

  async verifyLedger() {
    const { code, out } = this.world.command('consent', 'verify');
    assert.equal(code, 0, out);
    return out.trim().split('\n')[0];
  }

  async timeline() {
    const { items } = await this.api.get(`/api/v1/messages/${this.watched}/timeline`);
    const kinds = items.map((item) => item.kind);
    for (const kind of ['sent', 'delivered', 'read', 'opened']) assert.ok(kinds.includes(kind), kind);
    return kinds.join(' → ');
  }

  async funnel() {
    const { funnel } = await this.api.get(`/api/v1/campaigns/${this.campaign.id}`);
    assert.ok(funnel.delivered > 25 && funnel.read > 10 && funnel.failed > 0 && funnel.skipped > 0);
    return kFunnel
      .map((name) => [name, funnel[name]])
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `${name.padEnd(18)} ${String(count).padStart(3)}  ${'█'.repeat(count)}`)
      .join('\n');
  }
}

// What is missing of the sample files; the story cannot be told without them.
export function missingFiles() {
  const files = [...kFilms.map(([file]) => `films/${file}`), 'customers.csv', 'customers-later.csv',
    'consent-wordings.json', 'phones.json', 'simulator/simulator.js'];
  return files.filter((file) => !existsSync(join(samples, file)));
}
