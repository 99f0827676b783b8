// The provider's side: the Cloud API under any /vNN.N/ prefix.
import { codeOf, drawFault, refusesBefore } from './faults.js';
import { AccountApi } from './graph_account.js';
import { readJson } from './graph_body.js';
import { GraphError, invalidParameter, traceId, unknownObject } from './graph_error.js';
import { NumberApi } from './graph_number.js';
import { UploadApi } from './graph_uploads.js';
import { readBody, send, sendFile, sendJson } from './http.js';
import { kMostUploadBytes } from './media.js';
import { parseMessage, requireProduct } from './messages.js';
import { onlyKeys, requireText } from './shape.js';
import { readUpload } from './upload.js';

const kOvertakeMs = 3000;
const kHtml503 = Buffer.from('<!DOCTYPE html><html><head><title>Error</title></head><body><h1>Sorry, something went wrong.</h1></body></html>\n');

const delay = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });

export class GraphApi {
  #parts;
  #account;
  #number;
  #uploads = new UploadApi();

  // `parts`: {settings, clock, books, phones, webhooks, media, templates, network, limits}; borrowed.
  constructor(parts) {
    this.#parts = parts;
    this.#account = new AccountApi(parts);
    this.#number = new NumberApi(parts);
  }

  clear() {
    this.#number.clear();
    this.#uploads.clear();
  }

  // Answers one request; `path` is the list of segments after the version.
  async handle(request, response, version, path, query) {
    const headers = this.#headers(version);
    try {
      this.#requireToken(request, query);
      await this.#route(request, response, path, query, headers);
    } catch (error) {
      if (!(error instanceof GraphError)) throw error;
      if (['messages', 'marketing_messages'].includes(path[1]) && request.method === 'POST') this.#parts.books.refused(error.code);
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
    if (id === settings.get('account.app_id')) return this.#uploads.appRoutes();
    if (id?.startsWith('upload:')) return this.#uploads.sessionRoutes(id);
    if (id === settings.get('account.waba_id')) return this.#account.accountRoutes();
    if (settings.get('account.phone_numbers').some((n) => n.id === id)) return this.#numberRoutes();
    if (media.find(id)) return { GET: this.#mediaInfo, DELETE: this.#deleteMedia };
    if (templates.get(id)) return this.#account.templateRoutes();
    return null;
  }

  #numberRoutes() {
    return {
      ...this.#account.numberRoutes(),
      ...this.#number.routes(),
      'POST media': this.#upload,
      'POST messages': this.#send,
      'POST marketing_messages': this.#sendMarketing,
      'GET message_history': this.#history,
    };
  }

  // ---- messages

  async #send({ request, response, headers, id }) {
    this.#parts.books.count('requests');
    const body = await readJson(request);
    if (body.status !== undefined) return sendJson(response, 200, this.#markRead(body, id), headers);
    await this.#take(response, headers, id, body, false);
  }

  // Only marketing templates; the two fields beside are options of that way.
  async #sendMarketing({ request, response, headers, id }) {
    this.#parts.books.count('requests');
    const { product_policy: policy, message_activity_sharing: sharing, ...body } = await readJson(request);
    if (policy !== undefined && !['CLOUD_API_FALLBACK', 'STRICT'].includes(policy)) throw invalidParameter('Param product_policy must be one of {CLOUD_API_FALLBACK, STRICT}');
    if (sharing !== undefined && typeof sharing !== 'boolean') throw invalidParameter('Param message_activity_sharing must be a boolean');
    if (body.type !== 'template') throw new GraphError(134100, 'Only marketing templates may be sent this way');
    const template = this.#parts.templates.find(body.template?.name, body.template?.language?.code);
    if (template && template.category !== 'MARKETING') throw new GraphError(134100, 'Only marketing templates may be sent this way');
    await this.#take(response, headers, id, body, true);
  }

  async #take(response, headers, id, body, marketing) {
    const { network, settings } = this.#parts;
    const chance = network.luckFor(String(body.to ?? body.recipient ?? ''));
    const fault = drawFault(settings, chance.luck);
    if (fault && refusesBefore(fault)) return this.#refuseByFault(fault, response);
    const { message, overtaken } = this.#accept(id, body, chance, marketing);
    if (overtaken) await Promise.race([overtaken, delay(kOvertakeMs)]);
    await this.#answer(response, fault, message, headers, chance.luck);
  }

  #accept(id, body, chance, marketing) {
    const { limits, network, phones, templates, settings } = this.#parts;
    const httpStatus = { status: settings.get('rate.http_status') };
    this.#number.requireRegistered(id);
    if (!limits.take(id)) throw new GraphError(130429, 'Cloud API message throughput has been reached.', { ...httpStatus, subcode: 2494055 });
    const parsed = parseMessage(body, templates);
    parsed.ttlMs = this.#ttlOf(parsed.content.template, marketing);
    if (parsed.userId) parsed.to = this.#numberOf(parsed.userId);
    this.#requireMedia(parsed.content.header, id);
    const rule = phones.rule(parsed.to);
    if (rule.code && rule.when === 'sync') throw new GraphError(rule.code, 'This phone always answers so.');
    this.#number.requireNotBlocked(id, phones.waIdOf(parsed.to));
    if (this.#isOurs(parsed.to)) throw new GraphError(131021, 'Recipient phone number cannot be the sender');
    if (!limits.takePair(id, phones.waIdOf(parsed.to))) throw new GraphError(131056, 'Too many messages sent from this phone number to the same phone number in a short period of time.', httpStatus);
    return network.accept(id, parsed, chance);
  }

  // A marketing template's own time to live counts only on the way that is made for it.
  #ttlOf(used, marketing) {
    const template = used && this.#parts.templates.find(used.name, used.language);
    const seconds = template?.message_send_ttl_seconds;
    return seconds > 0 && (marketing || template.category !== 'MARKETING') ? seconds * 1000 : undefined;
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
    const code = codeOf(fault);
    if (code !== undefined) throw new GraphError(code, 'This request was to be answered so.');
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
}

function acceptance(message) {
  const id = { id: message.wamid };
  if (message.type === 'template') id.message_status = message.held ? 'held_for_quality_assessment' : 'accepted';
  const byUserId = message.input === message.user_id;
  const contact = byUserId ? { input: message.input, user_id: message.user_id } : { input: message.input, wa_id: message.wa_id };
  return { messaging_product: 'whatsapp', contacts: [contact], messages: [id] };
}

function historyOf(message) {
  const events = message.statuses.map((s) => ({ delivery_status: s.status.toUpperCase(), timestamp: Math.floor(s.at_ms / 1000) }));
  return { id: `h${message.wamid.slice(-24)}`, message_id: message.wamid, events: { data: events } };
}
