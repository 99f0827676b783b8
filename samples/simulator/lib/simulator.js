// The whole simulator: builds every part once and answers requests.
import http from 'node:http';
import { randomInt } from 'node:crypto';
import { Books } from './books.js';
import { Clock } from './clock.js';
import { Control } from './control.js';
import { Feed } from './feed.js';
import { GraphApi } from './graph_api.js';
import { invalidParameter } from './graph_error.js';
import { HttpError, sendJson } from './http.js';
import { inboundOf } from './inbound.js';
import { Limits } from './limits.js';
import { streamOf } from './luck.js';
import { MediaStore } from './media.js';
import { Network } from './network.js';
import { Phones } from './phones.js';
import { servePage } from './page.js';
import { Settings, SettingsError } from './settings.js';
import { Templates } from './templates.js';
import { Webhooks } from './webhooks.js';

export class Simulator {
  settings = new Settings();
  clock = new Clock();
  books = new Books();
  #initial = {};
  #reviewing = new Set();

  // `changes`: settings to begin with. Throws SettingsError.
  constructor(changes = {}) {
    this.settings.apply(changes);
    this.#initial = this.settings.all();
    this.seed = this.settings.get('seed') || randomInt(1, 2 ** 31);
    const luck = (purpose) => streamOf(this.seed, purpose);
    this.phones = new Phones(this.settings, this.clock);
    this.limits = new Limits(this.settings, this.clock);
    this.templates = new Templates(this.settings, luck('templates'));
    this.media = new MediaStore(this.settings, this.clock, luck('media'));
    this.webhooks = new Webhooks(this.settings, this.clock, this.books, luck('webhooks'));
    this.network = new Network(this);
    this.feed = new Feed(this);
    this.reviewLuck = luck('review');
    this.graph = new GraphApi(this);
    this.control = new Control(this);
    this.server = http.createServer({ keepAliveTimeout: 65_000 }, (request, response) => this.#serve(request, response));
  }

  // Resolves to the address once it listens. A callback that was set before is not challenged: the
  // receiver may start later.
  async start(host, port) {
    await new Promise((resolve, reject) => {
      this.server.once('error', reject);
      this.server.listen(port, host, resolve);
    });
    const shown = host.includes(':') ? `[${host}]` : host;
    return `http://${shown}:${this.server.address().port}`;
  }

  async stop() {
    this.books.endWaiting();
    this.feed.close();
    this.webhooks.close();
    this.network.clear();
    for (const timer of this.#reviewing) clearTimeout(timer);
    this.server.closeAllConnections();
    await new Promise((resolve) => { this.server.close(resolve); });
    this.media.close();
  }

  // Forgets messages, statuses, uploads and created templates; with `settings` also what was set.
  async reset(settings) {
    this.network.clear();
    this.webhooks.clear();
    for (const timer of this.#reviewing) clearTimeout(timer);
    this.#reviewing.clear();
    this.books.clear();
    this.phones.clear();
    this.limits.clear();
    this.graph.clear();
    this.clock.reset();
    await this.media.clear();
    if (settings) this.settings.apply(this.#initial);
    this.templates.clear();
    this.books.tellReset();
  }

  // As the settings page of the provider: a callback that fails the challenge is refused.
  async setCallback(url, verifyToken) {
    const changes = { 'webhook.callback_url': url };
    if (verifyToken !== undefined) changes['webhook.verify_token'] = verifyToken;
    await this.applySettings(changes);
  }

  async applySettings(changes) {
    const probe = new Settings();
    probe.apply(changes); // every mistake is told before anything is tried
    const url = changes['webhook.callback_url'];
    if (url && (changes['webhook.verify'] ?? this.settings.get('webhook.verify'))) {
      const token = changes['webhook.verify_token'] ?? this.settings.get('webhook.verify_token');
      const mistake = await this.webhooks.challenge(url, token);
      if (mistake) throw invalidParameter(`Callback verification failed: ${mistake}`);
    }
    this.settings.apply(changes);
  }

  inbound(body) {
    const { numberId, waId, what, shown } = inboundOf(body, this);
    return this.network.write(numberId, waId, what, shown);
  }

  // The provider's reviewers look at a new template for a while.
  review(template) {
    const verdict = { approve: 'APPROVED', reject: 'REJECTED' }[this.settings.get('templates.review')];
    if (!verdict) return;
    const wait = this.reviewLuck.between(this.settings.get('templates.review_ms'));
    const timer = setTimeout(() => {
      this.#reviewing.delete(timer);
      this.setTemplateStatus(template.id, verdict, verdict === 'REJECTED' ? 'INVALID_FORMAT' : 'NONE');
    }, wait);
    this.#reviewing.add(timer);
  }

  // As people's feedback makes it. RED pauses a template for 3 hours, then for 6, then for good.
  setTemplateQuality(id, quality) {
    const template = this.templates.get(id);
    if (!template) throw new HttpError(404, 'no such template');
    if (!['GREEN', 'YELLOW', 'RED', 'UNKNOWN'].includes(quality)) throw new HttpError(400, 'give {"id", "quality": "RED"}');
    const previous = template.quality_score.score;
    template.quality_score = { score: quality, date: Math.floor(this.clock.now() / 1000) };
    this.webhooks.add({
      field: 'message_template_quality_update',
      value: {
        previous_quality_score: previous, new_quality_score: quality, message_template_id: Number(id),
        message_template_name: template.name, message_template_language: template.language,
      },
    });
    if (quality !== 'RED') return;
    const hours = this.templates.pause(template, this.clock.now());
    this.setTemplateStatus(id, hours ? 'PAUSED' : 'DISABLED', 'NONE', { title: hours === 3 ? 'FIRST_PAUSE' : hours === 6 ? 'SECOND_PAUSE' : 'DISABLED' });
  }

  // Moves the clock of the rules; what ends with the time that passes ends now.
  advanceClock(ms) {
    this.clock.advance(ms);
    for (const template of this.templates.endPauses(this.clock.now())) this.setTemplateStatus(template.id, 'APPROVED', 'NONE', { title: 'UNPAUSE' });
  }

  setTemplateStatus(id, status, reason = 'NONE', otherInfo) {
    const template = this.templates.get(id);
    if (!template) throw new HttpError(404, 'no such template');
    if (!/^[A-Z_]{4,30}$/.test(status)) throw new HttpError(400, 'give {"id", "status": "PAUSED"}');
    template.status = status;
    this.webhooks.add({
      field: 'message_template_status_update',
      value: {
        event: status, message_template_id: Number(id), message_template_name: template.name,
        message_template_language: template.language, reason, message_template_category: template.category,
        ...(otherInfo ? { other_info: otherInfo } : {}),
      },
    });
  }

  async #serve(request, response) {
    try {
      const url = new URL(request.url, 'http://simulator');
      const path = url.pathname.split('/').slice(1).map(decodeURIComponent);
      if (path[0] === '_simulator') return await this.control.handle(request, response, path.slice(1), url.searchParams);
      if (await servePage(request, response, url.pathname)) return;
      const version = /^v\d+\.\d+$/.test(path[0]) ? path.shift() : null;
      await this.graph.handle(request, response, version, path.filter(Boolean), url.searchParams);
    } catch (error) {
      this.#fail(request, response, error);
    }
  }

  #fail(request, response, error) {
    const status = error.status ?? (error instanceof SettingsError ? 400 : error instanceof URIError ? 400 : 500);
    if (status === 500) process.stderr.write(`simulator: ${request.method} ${request.url.split('?')[0]}: ${error.stack}\n`);
    request.resume();
    if (response.headersSent || response.destroyed) return response.destroy();
    const message = status === 500 ? 'the simulator has a defect, see its standard error' : error.details ?? error.message;
    sendJson(response, status, { error: { message, type: 'SimulatorError', code: status } });
  }
}

function isBadAddress(error) {
  return error instanceof URIError || error.code === 'ERR_INVALID_URL';
}
