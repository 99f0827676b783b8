// What a business number is asked beside sending: registration, profile, settings, blocked people.
import { GraphError, invalidParameter, missing } from './graph_error.js';
import { readJson } from './graph_body.js';
import { sendJson } from './http.js';
import { pick, sendPage } from './paging.js';
import { isObject, onlyKeys, optionalText, requirePhone, requireText } from './shape.js';

const kMostGuesses = 10; // of the PIN, then 133016
const kMostBlocked = 1000; // in one request
const kProfileTexts = { about: 139, address: 256, description: 512, email: 128, vertical: 64, profile_picture_handle: 1000 };
const kRegions = ['AU', 'BR', 'CA', 'CH', 'DE', 'GB', 'ID', 'IN', 'JP', 'KR', 'SG', 'ZA'];

export class NumberApi {
  #parts;
  #numbers = new Map(); // id -> {pin, guesses, registered, profile, blocked: Set of wa_ids}

  // `parts`: {settings, phones}; borrowed.
  constructor(parts) {
    this.#parts = parts;
  }

  clear() {
    this.#numbers.clear();
  }

  routes() {
    return {
      'POST register': (call) => this.#register(call),
      'POST deregister': (call) => this.#deregister(call),
      'POST request_code': (call) => this.#requestCode(call),
      'POST verify_code': (call) => this.#verifyCode(call),
      'POST settings': (call) => this.#settings(call),
      'GET whatsapp_business_profile': (call) => this.#profile(call),
      'POST whatsapp_business_profile': (call) => this.#changeProfile(call),
      'GET block_users': (call) => this.#blocked(call),
      'POST block_users': (call) => this.#block(call),
      'DELETE block_users': (call) => this.#unblock(call),
    };
  }

  // Throws what a send from a number that is not registered gets.
  requireRegistered(id) {
    if (!this.#of(id).registered) throw new GraphError(133010, 'The phone number is not registered on the Cloud API');
  }

  requireNotBlocked(id, waId) {
    if (this.#of(id).blocked.has(waId)) throw new GraphError(130403, 'The business has blocked this user');
  }

  #of(id) {
    if (!this.#numbers.has(id)) this.#numbers.set(id, { pin: null, guesses: 0, registered: true, profile: { websites: [] }, blocked: new Set() });
    return this.#numbers.get(id);
  }

  async #register({ request, response, headers, id }) {
    const body = await readJson(request);
    onlyKeys(body, ['messaging_product', 'pin', 'data_localization_region', 'backup'], 'register');
    requireWhatsapp(body);
    if (!/^[0-9]{6}$/.test(body.pin ?? '')) throw invalidParameter('Param pin must be 6 digits');
    const number = this.#of(id);
    if (number.guesses >= kMostGuesses) throw new GraphError(133016, 'Too many attempts to register this number');
    if (number.pin !== null && number.pin !== body.pin) {
      number.guesses += 1;
      throw new GraphError(133005, 'The two-step verification PIN does not match');
    }
    Object.assign(number, { pin: body.pin, guesses: 0, registered: true });
    done(response, headers);
  }

  #deregister({ response, headers, id }) {
    this.#of(id).registered = false;
    done(response, headers);
  }

  async #requestCode({ request, response, headers }) {
    const body = await readJson(request);
    onlyKeys(body, ['code_method', 'language'], 'request_code');
    if (!['SMS', 'VOICE'].includes(body.code_method)) throw invalidParameter('Param code_method must be one of {SMS, VOICE}');
    requireText(body.language, 'language', 10);
    done(response, headers);
  }

  async #verifyCode({ request, response, headers }) {
    const body = await readJson(request);
    onlyKeys(body, ['code'], 'verify_code');
    if (!/^[0-9]{6}$/.test(body.code ?? '')) throw invalidParameter('Param code must be 6 digits');
    done(response, headers);
  }

  async #settings({ request, response, headers }) {
    const body = await readJson(request);
    onlyKeys(body, ['storage_configuration'], 'settings');
    const storage = body.storage_configuration;
    if (!isObject(storage) || typeof storage.enabled !== 'boolean') throw missing('storage_configuration.enabled');
    if (storage.enabled && !kRegions.includes(storage.region)) throw invalidParameter(`Param storage_configuration.region must be one of {${kRegions.join(', ')}}`);
    done(response, headers);
  }

  // ---- profile

  #profile({ response, query, headers, id }) {
    const shown = pick(query.get('fields') ?? 'about,address,description,email,websites,vertical,messaging_product');
    sendJson(response, 200, { data: [shown({ messaging_product: 'whatsapp', ...this.#of(id).profile })] }, headers);
  }

  async #changeProfile({ request, response, headers, id }) {
    const body = await readJson(request);
    onlyKeys(body, ['messaging_product', 'websites', ...Object.keys(kProfileTexts)], 'whatsapp_business_profile');
    requireWhatsapp(body);
    for (const [key, most] of Object.entries(kProfileTexts)) optionalText(body[key], key, most);
    const { messaging_product: _, websites, ...texts } = body;
    if (websites !== undefined) requireWebsites(websites);
    Object.assign(this.#of(id).profile, texts, websites === undefined ? {} : { websites });
    done(response, headers);
  }

  // ---- blocked people

  #blocked({ request, response, query, headers, id }) {
    const rows = [...this.#of(id).blocked].map((waId) => ({ id: waId, messaging_product: 'whatsapp', wa_id: waId }));
    sendPage(request, response, headers, query, rows, pick('messaging_product,wa_id'));
  }

  async #block({ request, response, headers, id }) {
    const users = await this.#users(request);
    const added = [], failed = [];
    for (const { input, waId } of users) {
      if (this.#parts.phones.isWindowOpen(id, waId)) {
        this.#of(id).blocked.add(waId);
        added.push({ input, wa_id: waId });
      } else {
        failed.push({ input, wa_id: waId, errors: [{ message: 'Re-engagement required', code: 131047, error_data: { details: 'The user has not written within 24 hours' } }] });
      }
    }
    const result = { messaging_product: 'whatsapp', block_users: { added_users: added, ...(failed.length ? { failed_users: failed } : {}) } };
    if (failed.length) result.error = { message: '(#139100) Failed to block some users', type: 'OAuthException', code: 139100, error_data: { details: 'Failed to block some users' } };
    sendJson(response, failed.length ? 400 : 200, result, headers);
  }

  async #unblock({ request, response, headers, id }) {
    const users = await this.#users(request);
    for (const { waId } of users) this.#of(id).blocked.delete(waId);
    const removed = users.map(({ input, waId }) => ({ input, wa_id: waId }));
    sendJson(response, 200, { messaging_product: 'whatsapp', block_users: { removed_users: removed } }, headers);
  }

  async #users(request) {
    const body = await readJson(request);
    onlyKeys(body, ['messaging_product', 'block_users'], 'block_users');
    requireWhatsapp(body);
    if (!Array.isArray(body.block_users) || !body.block_users.length || body.block_users.length > kMostBlocked) {
      throw invalidParameter(`Param block_users must hold 1 to ${kMostBlocked} users`);
    }
    return body.block_users.map((one) => {
      if (!isObject(one)) throw invalidParameter('Param block_users must hold objects');
      onlyKeys(one, ['user'], 'block_users');
      return { input: one.user, waId: this.#parts.phones.waIdOf(requirePhone(one.user, 'user')) };
    });
  }
}

function requireWhatsapp(body) {
  if (body.messaging_product !== 'whatsapp') throw invalidParameter('Param messaging_product must be one of {WHATSAPP}');
}

function requireWebsites(websites) {
  if (!Array.isArray(websites) || websites.length > 2) throw invalidParameter('Param websites must hold at most 2 addresses');
  for (const address of websites) {
    requireText(address, 'websites', 256);
    if (!/^https?:\/\//.test(address)) throw invalidParameter('Param websites must hold http(s) addresses');
  }
}

function done(response, headers) {
  sendJson(response, 200, { success: true }, headers);
}
