// Delivery of webhooks: batched, signed over the raw bytes, repeated until the receiver says 200.
import { createHmac } from 'node:crypto';
import http from 'node:http';
import https from 'node:https';
import { Agenda } from './clock.js';

const kMostBytes = 3_000_000;

// JSON with everything beyond ASCII as lower-case \uXXXX: these bytes are signed and sent.
export function asciiJson(value) {
  return JSON.stringify(value).replace(/[\u007f-\uffff]/g, (c) => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0'));
}

export function signature(secret, bytes) {
  return 'sha256=' + createHmac('sha256', secret).update(bytes).digest('hex');
}

export class Webhooks {
  #settings;
  #clock;
  #books;
  #luck;
  #agenda = new Agenda();
  #queue = []; // updates that wait for the next POST
  #outstanding = 0; // updates created and neither acknowledged nor dropped
  #posting = 0;
  #flushSet = false;
  #agents = { 'http:': new http.Agent({ keepAlive: true }), 'https:': new https.Agent({ keepAlive: true }) };
  #epoch = 0; // grows with clear(): answers to older POSTs no longer count
  subscribed = false;

  constructor(settings, clock, books, luck) {
    this.#settings = settings;
    this.#clock = clock;
    this.#books = books;
    this.#luck = luck;
    settings.onChange(() => this.#flushSoon(0));
  }

  get outstanding() {
    return this.#outstanding;
  }

  // One update: {field, value, done} where value has exactly one status, message or other event;
  // done(), if given, is called once it is acknowledged or dropped.
  add(update) {
    this.#outstanding += 1;
    if (this.#luck.hit(this.#settings.get('webhook.duplicate_share'))) this.#repeat(update);
    if (this.#luck.hit(this.#settings.get('webhook.reorder_share'))) return this.#hold(update);
    this.#enqueue(update);
  }

  subscribe(on) {
    this.subscribed = on;
    if (on) this.#flushSoon(0);
  }

  clear() {
    this.#epoch += 1;
    this.#agenda.clear();
    this.#queue.length = 0; // whoever waits for one of them is answered by its own time limit
    this.#outstanding = 0;
    this.subscribed = false;
  }

  close() {
    this.clear();
    for (const agent of Object.values(this.#agents)) agent.destroy();
  }

  // The GET challenge; resolves to null when the receiver answered well, else to what was wrong.
  async challenge(address, token) {
    const number = String(1_000_000_000 + this.#luck.whole(999_999_999));
    const url = new URL(address);
    for (const [key, value] of [['hub.mode', 'subscribe'], ['hub.challenge', number], ['hub.verify_token', token]]) {
      url.searchParams.set(key, value);
    }
    try {
      const { status, body } = await this.#request(url, 'GET', {}, null);
      if (status !== 200) return `the callback answered the challenge with ${status}, not 200`;
      return body.trim() === number ? null : 'the callback did not answer with the bare challenge';
    } catch (error) {
      return `the callback cannot be reached: ${error.message}`;
    }
  }

  #repeat(update) {
    this.#outstanding += 1;
    this.#agenda.after(this.#luck.between(this.#settings.get('webhook.hold_ms')), () => this.#enqueue(update));
  }

  #hold(update) {
    this.#agenda.after(this.#luck.between(this.#settings.get('webhook.hold_ms')), () => this.#enqueue(update));
  }

  #enqueue(update) {
    this.#queue.push(update);
    if (this.#queue.length >= this.#settings.get('webhook.batch_size')) this.#flush();
    else this.#flushSoon(this.#settings.get('webhook.batch_wait_ms'));
  }

  #flushSoon(ms) {
    if (this.#flushSet) return;
    this.#flushSet = true;
    setTimeout(() => {
      this.#flushSet = false;
      this.#flush();
    }, ms);
  }

  #mayPost() {
    if (this.#settings.get('webhook.paused') || !this.#settings.get('webhook.callback_url')) return false;
    return this.subscribed || !this.#settings.get('account.require_subscription');
  }

  #flush() {
    while (this.#queue.length && this.#mayPost() && this.#posting < this.#settings.get('webhook.concurrency')) {
      const updates = this.#queue.splice(0, this.#settings.get('webhook.batch_size'));
      this.#post({ updates, bytes: this.#encode(updates), tries: 0, since: this.#clock.now(), epoch: this.#epoch });
    }
  }

  #encode(updates) {
    const bytes = Buffer.from(asciiJson({ object: 'whatsapp_business_account', entry: this.#entries(updates) }), 'latin1');
    if (bytes.length <= kMostBytes || updates.length === 1) return bytes;
    this.#queue.unshift(...updates.splice(updates.length >> 1)); // too big for one POST: halve it
    return this.#encode(updates);
  }

  #entries(updates) {
    const shape = this.#settings.get('webhook.batch_shape');
    const drawn = shape === 'mixed' ? ['statuses', 'changes', 'entries'][this.#luck.whole(3)] : shape;
    const id = this.#settings.get('account.waba_id');
    const changes = drawn === 'statuses' ? merged(updates) : updates.map(({ field, value }) => ({ field, value }));
    const time = Math.floor(this.#clock.now() / 1000);
    const entry = (list) => (list.every((c) => c.field === 'messages') ? { id, changes: list } : { id, time, changes: list });
    return drawn === 'entries' ? changes.map((change) => entry([change])) : [entry(changes)];
  }

  async #post(delivery) {
    this.#posting += 1;
    this.#books.count('webhooks_posted');
    const acknowledged = await this.#isAcknowledged(delivery);
    this.#posting -= 1;
    if (delivery.epoch !== this.#epoch) return;
    if (acknowledged) this.#settle(delivery, 'updates_acknowledged', 'webhooks_acknowledged');
    else this.#retry(delivery);
    this.#flush();
  }

  async #isAcknowledged({ bytes }) {
    const headers = {
      'Content-Type': 'application/json',
      'Content-Length': bytes.length,
      'User-Agent': 'facebookexternalua',
      'X-Hub-Signature-256': signature(this.#settings.get('account.app_secret'), bytes),
    };
    try {
      const { status } = await this.#request(new URL(this.#settings.get('webhook.callback_url')), 'POST', headers, bytes);
      return status === 200 && !this.#luck.hit(this.#settings.get('webhook.lost_answer_share'));
    } catch {
      return false;
    }
  }

  #retry(delivery) {
    this.#books.count('webhooks_failed');
    delivery.tries += 1;
    if (this.#clock.now() - delivery.since > this.#settings.get('webhook.give_up_ms')) {
      return this.#settle(delivery, 'updates_dropped');
    }
    const first = this.#settings.get('webhook.retry_first_ms');
    const wait = Math.min(first * 2 ** Math.min(delivery.tries - 1, 30), this.#settings.get('webhook.retry_most_ms'));
    this.#agenda.after(wait, () => this.#postAgain(delivery));
  }

  #postAgain(delivery) {
    if (this.#mayPost()) this.#post(delivery);
    else this.#agenda.after(this.#settings.get('webhook.retry_first_ms'), () => this.#postAgain(delivery));
  }

  #settle({ updates }, counter, post) {
    this.#outstanding -= updates.length;
    for (const update of updates) update.done?.();
    if (post) this.#books.count(post);
    this.#books.count(counter, updates.length);
  }

  // Resolves to {status, body} (body cut at 64 kB) or rejects.
  #request(url, method, headers, bytes) {
    const engine = url.protocol === 'https:' ? https : http;
    return new Promise((resolve, reject) => {
      const request = engine.request(url, { method, headers, agent: this.#agents[url.protocol] }, (response) => {
        let body = '';
        response.setEncoding('utf8');
        response.on('data', (part) => { if (body.length < 65_536) body += part; });
        response.on('end', () => finish(resolve, { status: response.statusCode, body }));
        response.on('error', (error) => finish(reject, error));
      });
      const finish = (how, what) => { clearTimeout(timer); how(what); };
      const timer = setTimeout(() => request.destroy(new Error('no answer in time')), this.#settings.get('webhook.timeout_ms'));
      request.on('error', (error) => finish(reject, error));
      request.end(bytes);
    });
  }
}

// Joins updates of the same number and kind into one change with many statuses or messages.
function merged(updates) {
  const changes = new Map();
  for (const { field, value } of updates) {
    const list = value.statuses ? 'statuses' : value.messages ? 'messages' : null;
    const key = list ? `${field}/${list}/${value.metadata.phone_number_id}` : Symbol('alone');
    const known = changes.get(key);
    if (!known) changes.set(key, { field, value: { ...value } });
    else known.value = joined(known.value, value, list);
  }
  return [...changes.values()];
}

function joined(into, value, list) {
  const contacts = [...(into.contacts ?? []), ...(value.contacts ?? [])];
  const unique = [...new Map(contacts.map((c) => [c.wa_id, c])).values()];
  const result = { ...into, [list]: [...into[list], ...value[list]] };
  if (unique.length) result.contacts = unique;
  return result;
}
