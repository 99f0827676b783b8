// The control API under /_simulator/: for tests, the demo and the page. Not part of the imitation.
//
// Changes need Content-Type application/json, so that no foreign web page can make them.
import { HttpError, mediaTypeOf, readBody, send, sendFile, sendJson } from './http.js';
import { isObject } from './shape.js';

const kMostBytes = 4_000_000;
const kMostWaitMs = 120_000;

export class Control {
  #simulator;

  constructor(simulator) {
    this.#simulator = simulator;
  }

  // Answers one request; `path` is the list of segments after "_simulator".
  async handle(request, response, path, query) {
    const route = this.#routes()[`${request.method === 'HEAD' ? 'GET' : request.method} ${path[0] ?? ''}`];
    if (!route) throw new HttpError(404, 'see samples/simulator/README.md for what is here');
    const body = request.method === 'POST' ? await this.#json(request) : undefined;
    const result = await route.call(this, { request, response, path, query, body });
    if (result !== undefined) sendJson(response, 200, result);
  }

  #routes() {
    return {
      'GET books': this.#books,
      'GET totals': ({ query }) => this.#simulator.books.totals(list(query.get('expected'))),
      'POST totals': ({ body }) => this.#simulator.books.totals(body.expected?.map(digitsOf)),
      'GET inbound': () => ({ inbound: this.#simulator.books.inbound() }),
      'GET wait': this.#wait,
      'GET settings': () => this.#simulator.settings.all(),
      'POST settings': this.#changeSettings,
      'POST callback': this.#callback,
      'POST faults': this.#faults,
      'POST inbound': ({ body }) => this.#inbound(body),
      'POST open': ({ body }) => { this.#simulator.network.openChat(digitsOf(body.wa_id)); return { ok: true }; },
      'POST names': this.#names,
      'POST event': this.#event,
      'POST clock': this.#clock,
      'POST reset': this.#reset,
      'GET media': this.#media,
      'GET templates': () => ({ templates: this.#simulator.templates.all() }),
      'POST template_status': this.#templateStatus,
      'POST template_quality': ({ body }) => { this.#simulator.setTemplateQuality(String(body.id ?? ''), String(body.quality ?? '')); return { ok: true }; },
      'POST online': ({ body }) => ({ delivered: this.#simulator.network.online(digitsOf(body.wa_id)) }),
      'GET chats': ({ query }) => this.#simulator.feed.chats(query),
      'GET chat': ({ path }) => this.#simulator.feed.chat(path[1] ?? ''),
      'GET events': ({ request, response }) => this.#simulator.feed.stream(request, response),
    };
  }

  #books({ query }) {
    const whole = (name, fallback) => Number(query.get(name) ?? fallback);
    const messages = this.#simulator.books.messages({
      to: query.has('to') ? digitsOf(query.get('to')) : undefined,
      opaque: query.get('opaque') ?? undefined,
      state: query.get('state') ?? undefined,
      after: whole('after', 0),
      limit: Math.min(whole('limit', 10_000), 100_000),
    });
    const brief = query.get('brief') === '1';
    return { messages: messages.map((m) => (brief ? { wamid: m.wamid, wa_id: m.wa_id, opaque: m.opaque, state: m.state, answer: m.answer } : m)) };
  }

  async #wait({ query }) {
    const what = query.get('for') ?? '';
    const { books } = this.#simulator;
    if (!books.counters().includes(what)) throw new HttpError(400, `for must be one of: ${books.counters().join(', ')}`);
    const number = (name) => (query.has(name) ? Number(query.get(name)) : undefined);
    if (!query.has('at_least') && !query.has('at_most')) throw new HttpError(400, 'give at_least or at_most');
    const timeoutMs = Math.min(number('timeout_ms') ?? 10_000, kMostWaitMs);
    const reached = await books.waitFor({ what, atLeast: number('at_least'), atMost: number('at_most'), timeoutMs });
    return { reached, totals: books.totals() };
  }

  async #changeSettings({ body }) {
    await this.#simulator.applySettings(body);
    return this.#simulator.settings.all();
  }

  async #callback({ body }) {
    await this.#simulator.setCallback(body.url, body.verify_token);
    return { ok: true };
  }

  #faults({ body }) {
    this.#simulator.settings.apply({ 'fault.next': body.next });
    return { ok: true };
  }

  // {"from", "text"} or {"from", "button", "wamid"} or {"from", "reaction", "wamid"}, or {"from", "message": raw}.
  #inbound(body) {
    const message = this.#simulator.inbound(body);
    return { wamid: message.wamid };
  }

  #names({ body }) {
    if (!isObject(body.names)) throw new HttpError(400, 'give {"names": {"49171…": "Jana"}}');
    for (const [number, name] of Object.entries(body.names)) this.#simulator.phones.setName(digitsOf(number), String(name).slice(0, 80));
    return { ok: true };
  }

  // Any other webhook, known or unknown: {"field", "value"}.
  #event({ body }) {
    if (typeof body.field !== 'string' || !isObject(body.value)) throw new HttpError(400, 'give {"field": text, "value": object}');
    this.#simulator.webhooks.add({ field: body.field, value: body.value });
    return { ok: true };
  }

  #clock({ body }) {
    if (!(body.advance_ms >= 0)) throw new HttpError(400, 'give {"advance_ms": milliseconds}');
    this.#simulator.advanceClock(body.advance_ms);
    return { now_ms: this.#simulator.clock.now() };
  }

  async #reset({ body }) {
    await this.#simulator.reset(body.settings === true);
    return { ok: true };
  }

  #templateStatus({ body }) {
    this.#simulator.setTemplateStatus(String(body.id ?? ''), String(body.status ?? ''), body.reason);
    return { ok: true };
  }

  async #media({ request, response, path }) {
    const { media } = this.#simulator;
    if (!path[1]) return { media: media.list() };
    const found = media.find(path[1]);
    if (!found) throw new HttpError(404, 'no such media');
    if (path[2] === 'poster.jpg') {
      const picture = await media.poster(found).catch(() => { throw new HttpError(404, 'this media has no picture'); });
      return void send(response, 200, 'image/jpeg', picture, { 'Cache-Control': 'private, max-age=3600' });
    }
    await sendFile(request, response, found.path, found.mimeType, { 'X-Content-Type-Options': 'nosniff' });
  }

  async #json(request) {
    const bytes = await readBody(request, kMostBytes);
    if (mediaTypeOf(request) !== 'application/json') throw new HttpError(415, 'send application/json');
    try {
      const value = JSON.parse(bytes.toString() || '{}');
      if (isObject(value)) return value;
    } catch { /* told below */ }
    throw new HttpError(400, 'the body must be a JSON object');
  }
}

function digitsOf(number) {
  return String(number ?? '').replace(/[^0-9]/g, '');
}

function list(text) {
  return text ? text.split(',').map(digitsOf) : undefined;
}
