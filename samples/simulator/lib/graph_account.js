// The account's side of the Cloud API: its numbers, templates and subscription.
import { readJson } from './graph_body.js';
import { invalidParameter } from './graph_error.js';
import { sendJson } from './http.js';
import { pick, sendPage } from './paging.js';
import { onlyKeys } from './shape.js';

export class AccountApi {
  #parts;

  // `parts`: {settings, clock, webhooks, templates, review(), setCallback()}; borrowed.
  constructor(parts) {
    this.#parts = parts;
  }

  // What may be asked of this account, by "METHOD edge".
  accountRoutes() {
    return {
      'GET': (call) => this.#account(call),
      'GET phone_numbers': (call) => this.#phoneNumbers(call),
      'GET message_templates': (call) => this.#listTemplates(call),
      'POST message_templates': (call) => this.#createTemplate(call),
      'DELETE message_templates': (call) => this.#deleteTemplate(call),
      'GET subscribed_apps': (call) => this.#subscriptions(call),
      'POST subscribed_apps': (call) => this.#subscribe(call),
      'DELETE subscribed_apps': (call) => this.#unsubscribe(call),
    };
  }

  numberRoutes() {
    return { 'GET': (call) => this.#number(call) };
  }

  templateRoutes() {
    return { 'GET': (call) => this.#oneTemplate(call), 'POST': (call) => this.#editTemplate(call) };
  }

  // ---- templates

  #listTemplates({ request, response, query, headers }) {
    const filter = Object.fromEntries(['name', 'status', 'language', 'category'].map((key) => [key, query.get(key)]));
    const shown = pick(query.get('fields') ?? 'name,parameter_format,components,language,status,category,sub_category,id');
    sendPage(request, response, headers, query, this.#parts.templates.list(filter), shown);
  }

  async #createTemplate({ request, response, headers }) {
    const template = this.#parts.templates.create(await readJson(request));
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

  async #editTemplate({ request, response, headers, id }) {
    const template = this.#parts.templates.edit(id, await readJson(request), this.#parts.clock.now());
    this.#parts.review(template);
    sendJson(response, 200, { success: true }, headers);
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
    const body = await readJson(request, {});
    onlyKeys(body, ['override_callback_uri', 'verify_token'], 'subscribed_apps');
    if (body.override_callback_uri) await this.#parts.setCallback(body.override_callback_uri, body.verify_token);
    this.#parts.webhooks.subscribe(true);
    sendJson(response, 200, { success: true }, headers);
  }

  #unsubscribe({ response, headers }) {
    this.#parts.webhooks.subscribe(false);
    sendJson(response, 200, { success: true }, headers);
  }
}

function numberFields(number) {
  return {
    verified_name: 'Halmwerk Leuchten', quality_rating: 'GREEN', name_status: 'APPROVED', code_verification_status: 'VERIFIED',
    status: 'LINKED', account_mode: 'LIVE', platform_type: 'CLOUD_API', throughput: { level: 'STANDARD' },
    whatsapp_business_manager_messaging_limit: 'TIER_100K', messaging_limit_tier: 'TIER_100K',
    health_status: { can_send_message: 'AVAILABLE', entities: [] }, is_official_business_account: false, ...number,
  };
}
