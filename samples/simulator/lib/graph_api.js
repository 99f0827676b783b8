// The provider's side: the Cloud API under any /vNN.N/ prefix.
import { drawFault, refusesBefore } from './faults.js';
import { GraphError, invalidParameter, traceId, unknownObject } from './graph_error.js';
import { mediaTypeOf, readBody, sendFile, sendJson, send } from './http.js';
import { kMostUploadBytes } from './media.js';
import { parseMessage, requireProduct } from './messages.js';
import { onlyKeys, requireText } from './shape.js';
import { readUpload } from './upload.js';

const kMostJsonBytes = 1_000_000;
const kOvertakeMs = 3000;
const kHtml503 = Buffer.from('<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>\n');

const delay = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class GraphApi {
  #parts;

  // `parts`: {settings, clock, books, phones, webhooks, media, templates, network, limits}; borrowed.
  constructor(parts) {
    this.#parts = parts;
  }

  // Answers one request; `path` is the list of segments after the version.
  async handle(request, response, version, path, query) {
    const headers = this.#headers(version);
    try {
      this.#requireToken(request, query);
      await this.#route(request, response, path, query, headers);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (path[1] === 'messages' && request.method === 'POST') this.#parts.books.refused(error.code);
      request.resume();
      sendJson(response, error.status, error.body(), headers);
    }
  }

  #headers(version) {
    return {
      'facebook-api-version': version ?? 'v23.0',
      'x-fb-request-id': traceId(),
      'x-fb-trace-id': traceId(),
      'x-app-usage': '{"call_count":0,"total_cputime":0,"total_time":0}',
    };
  }

  #requireToken(request, query) {
    const token = /^(?:Bearer|OAuth) (.+)$/i.exec(request.headers.authorization ?? '')?.[1] ?? query.get('access_token');
    if (!token) {
      throw new GraphError(190, 'An access token is required to request this resource.', { bare: true });
    }
    if (token !== this.#parts.settings.get('account.access_token')) {
      throw new GraphError(190, 'Invalid OAuth access token - Cannot parse access token', { bare: true });
    }
  }

  async #route(request, response, path, query, headers) {
    const [id, edge] = path;
    const { method } = request;
    const routes = this.#routes(id);
    const route = path.length <= 2 && routes?.[`${method} ${edge ?? ''}`.trim()];
    if (!route) throw unknownObject(id ?? '', method);
    await route.call(this, { request, response, query, headers, id });
  }

  #routes(id) {
    const { settings, media, templates } = this.#parts;
    if (id === 'whatsapp_business') return { 'GET attachments': this.#download };
    if (id === settings.get('account.waba_id')) return this.#accountRoutes();
    if (settings.get('account.phone_numbers').some((n) => n.id === id)) return this.#numberRoutes();
    if (media.find(id)) return { GET: this.#mediaInfo, DELETE: this.#deleteMedia };
    if (templates.get(id)) return { GET: this.#oneTemplate };
    return null;
  }

  #numberRoutes() {
    return {
      'GET': this.#number,
      'POST media': this.#upload,
      'POST messages': this.#send,
      'GET message_history': this.#history,
    };
  }

  #accountRoutes() {
    return {
      'GET': this.#account,
      'GET phone_numbers': this.#phoneNumbers,
      'GET message_templates': this.#listTemplates,
      'POST message_templates': this.#createTemplate,
      'DELETE message_templates': this.#deleteTemplate,
      'GET subscribed_apps': this.#subscriptions,
      'POST subscribed_apps': this.#subscribe,
      'DELETE subscribed_apps': this.#unsubscribe,
    };
  }

  // ---- messages

  async #send({ request, response, headers, id }) {
    const { books, network, settings } = this.#parts;
    books.count('requests');
    const body = await this.#json(request);
    if (body.status !== undefined) return sendJson(response, 200, this.#markRead(body, id), headers);
    const chance = network.luckFor(String(body.to ?? body.recipient ?? ''));
    const fault = drawFault(settings, chance.luck);
    if (fault && refusesBefore(fault)) return this.#refuseByFault(fault, response);
    const { message, overtaken } = this.#accept(id, body, chance);
    if (overtaken) await Promise.race([overtaken, delay(kOvertakeMs)]);
    await this.#answer(response, fault, message, headers, chance.luck);
  }

  #accept(id, body, chance) {
    const { limits, network, phones, templates, settings } = this.#parts;
    const httpStatus = { status: settings.get('rate.http_status') };
    if (!limits.take(id)) throw new GraphError(130429, 'Cloud API message throughput has been reached.', { ...httpStatus, subcode: 2494055 });
    const parsed = parseMessage(body, templates);
    if (parsed.userId) parsed.to = this.#numberOf(parsed.userId);
    this.#requireMedia(parsed.content.header, id);
    const rule = phones.rule(parsed.to);
    if (rule.code && rule.when === 'sync') throw new GraphError(rule.code, 'This phone always answers so.');
    if (this.#isOurs(parsed.to)) throw new GraphError(131021, 'Recipient phone number cannot be the sender');
    if (!limits.takePair(id, phones.waIdOf(parsed.to))) throw new GraphError(131056, 'Too many messages sent from this phone number to the same phone number in a short period of time.', httpStatus);
    return network.accept(id, parsed, chance);
  }

  #numberOf(userId) {
    const waId = this.#parts.phones.byUserId(userId);
    if (!waId) throw invalidParameter('Param recipient is no known business-scoped user id');
    return waId;
  }

  #isOurs(digits) {
    return this.#parts.settings.get('account.phone_numbers').some((n) => n.display_phone_number.replace(/[^0-9]/g, '') === digits);
  }

  #requireMedia(header, id) {
    if (!header?.mediaId) return;
    if (this.#parts.media.find(header.mediaId)?.phoneNumberId === id) return;
    throw invalidParameter(`Param ${header.format.toLowerCase()} id is not a valid whatsapp business account media attachment ID`);
  }

  #refuseByFault(fault, response) {
    const { books, settings } = this.#parts;
    if (fault === 'reset_before') {
      books.refused('reset');
      return response.socket.resetAndDestroy();
    }
    if (fault === 'html_503') {
      books.refused('503');
      return send(response, 503, 'text/html', kHtml503);
    }
    if (fault === 'error_131000') throw new GraphError(131000, 'Message failed to send due to an unknown error.');
    if (fault === 'error_131016') throw new GraphError(131016, 'Service is temporarily unavailable.');
    throw new GraphError(130429, 'Cloud API message throughput has been reached.', { status: settings.get('rate.http_status'), subcode: 2494055 });
  }

  async #answer(response, fault, message, headers, luck) {
    const { settings } = this.#parts;
    message.answer = fault ?? 'ok';
    if (fault === 'slow') await delay(luck.between(settings.get('fault.slow_ms')));
    else await this.#ordinaryDelay(luck);
    if (fault === 'lost_reply') return response.socket?.resetAndDestroy();
    const bytes = Buffer.from(JSON.stringify(acceptance(message)));
    const whole = fault === 'truncated_json' ? bytes.subarray(0, bytes.length >> 1) : bytes;
    send(response, 200, 'application/json; charset=UTF-8', whole, headers);
  }

  #ordinaryDelay(luck) {
    const ms = luck.between(this.#parts.settings.get('rate.answer_ms'));
    return ms > 0 ? delay(ms) : undefined;
  }

  #markRead(body, id) {
    requireProduct(body);
    onlyKeys(body, ['messaging_product', 'status', 'message_id', 'typing_indicator'], 'message');
    if (body.status !== 'read') throw invalidParameter('Param status must be one of {READ}');
    requireText(body.message_id, 'message_id', 256);
    const message = this.#parts.books.findInbound(body.message_id);
    if (!message || message.phone_number_id !== id) throw invalidParameter('Param message_id is no message to this number');
    this.#parts.books.readByBusiness(message);
    return { success: true };
  }

  #history({ response, query, headers }) {
    const message = this.#parts.books.find(query.get('message_id') ?? '');
    const data = message ? [historyOf(message)] : [];
    sendJson(response, 200, { data }, headers);
  }

  // ---- media

  async #upload({ request, response, query, headers, id }) {
    const body = await readBody(request, kMostUploadBytes);
    const upload = await readUpload(request.headers['content-type'], body, query);
    sendJson(response, 200, { id: await this.#parts.media.add(id, upload) }, headers);
  }

  #mediaInfo({ request, response, query, headers, id }) {
    const { media } = this.#parts;
    const found = media.require(id, query.get('phone_number_id'), 'GET');
    sendJson(response, 200, {
      messaging_product: 'whatsapp', url: media.addressOf(found, `http://${request.headers.host}`), mime_type: found.mimeType,
      sha256: found.sha256, file_size: String(found.size), id,
    }, headers);
  }

  async #download({ request, response, query }) {
    const found = this.#parts.media.find(query.get('mid'));
    if (!found || !this.#parts.media.isOpen(found, query.get('ext'))) return send(response, 404, 'text/plain', Buffer.from('URL signature expired'));
    await sendFile(request, response, found.path, found.mimeType);
  }

  #deleteMedia({ response, query, headers, id }) {
    this.#parts.media.require(id, query.get('phone_number_id'), 'DELETE');
    this.#parts.media.remove(id);
    sendJson(response, 200, { success: true }, headers);
  }

  // ---- templates

  #listTemplates({ request, response, query, headers }) {
    const filter = Object.fromEntries(['name', 'status', 'language', 'category'].map((key) => [key, query.get(key)]));
    const shown = pick(query.get('fields') ?? 'name,parameter_format,components,language,status,category,sub_category,id');
    sendPage(request, response, headers, query, this.#parts.templates.list(filter), shown);
  }

  async #createTemplate({ request, response, headers }) {
    const template = this.#parts.templates.create(await this.#json(request));
    this.#parts.review(template);
    sendJson(response, 200, { id: template.id, status: template.status, category: template.category }, headers);
  }

  #deleteTemplate({ response, query, headers }) {
    if (!query.get('name') && !query.get('hsm_id')) throw invalidParameter('The parameter name is required.');
    this.#parts.templates.remove({ name: query.get('name'), hsm_id: query.get('hsm_id') });
    sendJson(response, 200, { success: true }, headers);
  }

  #oneTemplate({ response, query, headers, id }) {
    const shown = pick(query.get('fields') ?? 'name,parameter_format,components,language,status,category,id');
    sendJson(response, 200, shown(this.#parts.templates.get(id)), headers);
  }

  // ---- the account and its numbers

  #account({ response, headers, id }) {
    sendJson(response, 200, { id, name: 'Halmwerk', currency: 'EUR', timezone_id: '1', message_template_namespace: 'halmwerk' }, headers);
  }

  #phoneNumbers({ request, response, query, headers }) {
    const shown = pick(query.get('fields') ?? 'id,display_phone_number,verified_name,quality_rating,code_verification_status,status,platform_type,throughput');
    sendPage(request, response, headers, query, this.#parts.settings.get('account.phone_numbers').map(numberFields), shown);
  }

  #number({ response, query, headers, id }) {
    const number = this.#parts.settings.get('account.phone_numbers').find((n) => n.id === id);
    const shown = pick(query.get('fields') ?? 'id,display_phone_number,verified_name,quality_rating,code_verification_status,platform_type,throughput');
    sendJson(response, 200, shown(numberFields(number)), headers);
  }

  #subscriptions({ response, headers }) {
    const id = this.#parts.settings.get('account.app_id');
    const app = { whatsapp_business_api_data: { id, name: 'Clip sender', link: 'https://www.example.org/' } };
    sendJson(response, 200, { data: this.#parts.webhooks.subscribed ? [app] : [] }, headers);
  }

  async #subscribe({ request, response, headers }) {
    const body = await this.#json(request, {});
    onlyKeys(body, ['override_callback_uri', 'verify_token'], 'subscribed_apps');
    if (body.override_callback_uri) await this.#parts.setCallback(body.override_callback_uri, body.verify_token);
    this.#parts.webhooks.subscribe(true);
    sendJson(response, 200, { success: true }, headers);
  }

  #unsubscribe({ response, headers }) {
    this.#parts.webhooks.subscribe(false);
    sendJson(response, 200, { success: true }, headers);
  }

  async #json(request, empty) {
    const bytes = await readBody(request, kMostJsonBytes);
    if (!bytes.length && empty) return empty;
    if (mediaTypeOf(request) !== 'application/json') throw invalidParameter('The body must be application/json');
    try {
      const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
      if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
    } catch { /* told below */ }
    throw new GraphError(100, 'Invalid JSON: the body must be one object in UTF-8');
  }
}

function acceptance(message) {
  const id = { id: message.wamid };
  if (message.type === 'template') id.message_status = 'accepted';
  const byUserId = message.input === message.user_id;
  const contact = byUserId ? { input: message.input, user_id: message.user_id } : { input: message.input, wa_id: message.wa_id };
  return { messaging_product: 'whatsapp', contacts: [contact], messages: [id] };
}

function historyOf(message) {
  const events = message.statuses.map((s) => ({ delivery_status: s.status.toUpperCase(), timestamp: Math.floor(s.at_ms / 1000) }));
  return { id: `h${message.wamid.slice(-24)}`, message_id: message.wamid, events: { data: events } };
}

function numberFields(number) {
  return {
    verified_name: 'Halmwerk Leuchten', quality_rating: 'GREEN', name_status: 'APPROVED', code_verification_status: 'VERIFIED',
    status: 'CONNECTED', account_mode: 'LIVE', platform_type: 'CLOUD_API', throughput: { level: 'STANDARD' },
    whatsapp_business_manager_messaging_limit: 'TIER_100K', messaging_limit_tier: 'TIER_100K',
    health_status: { can_send_message: 'AVAILABLE', entities: [] }, is_official_business_account: false, ...number,
  };
}

// "a,b{c,d}" to a function that keeps these keys, and always the id.
function pick(fields) {
  const keys = fields.replace(/\{[^}]*\}/g, '').split(',').map((key) => key.trim()).filter(Boolean);
  return (value) => Object.fromEntries([...new Set([...keys, 'id'])].filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}

// One page of a list with cursors as the Graph API pages: limit 1..100 (default 25), after, before.
function sendPage(request, response, headers, query, all, shown) {
  const limit = Number(query.get('limit') ?? 25);
  if (!Number.isInteger(limit) || limit < 1) throw invalidParameter('Param limit must be a positive number');
  const size = Math.min(limit, 1000);
  const start = query.get('before') ? Math.max(0, position(query.get('before')) - size) : query.get('after') ? position(query.get('after')) + 1 : 0;
  const end = query.get('before') ? position(query.get('before')) : start + size;
  const page = all.slice(start, end);
  const body = { data: page.map(shown) };
  if (page.length) body.paging = { cursors: { before: cursor(start), after: cursor(start + page.length - 1) } };
  if (page.length && start + page.length < all.length) body.paging.next = nextAddress(request, query, body.paging.cursors.after);
  sendJson(response, 200, body, headers);
}

const cursor = (position_) => Buffer.from(`p${position_}`).toString('base64url');

function position(text) {
  const match = /^p(\d{1,9})$/.exec(Buffer.from(text, 'base64url').toString());
  if (!match) throw invalidParameter('Invalid cursors values for pagination');
  return Number(match[1]);
}

function nextAddress(request, query, after) {
  const next = new URLSearchParams(query);
  next.set('after', after);
  next.delete('before');
  return `http://${request.headers.host}${request.url.split('?')[0]}?${next}`;
}
