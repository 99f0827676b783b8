// What happens to an accepted message on its way to the phone, and back: statuses and answers.
import { createHash } from 'node:crypto';
import { Agenda } from './clock.js';
import { webhookError } from './graph_error.js';
import { streamOf } from './luck.js';
import { kindOf } from './media.js';

const kLifeMs = 30 * 24 * 3_600_000; // of a message that cannot be delivered
const kSilent = Symbol('no status will ever come');

export class Network {
  #parts;
  #agenda = new Agenda();
  #scheduled = 0;
  #offline = new Map(); // wa_id -> [{message, plan}] that wait for the phone to come back
  #takenByTemplate = new Map(); // "name/language" -> how many messages, for pacing
  #serials = new Map(); // wa_id -> how many requests and messages it had, for luck and ids
  #epoch = 0;

  // `parts`: {settings, clock, seed, books, phones, webhooks, media}; borrowed.
  constructor(parts) {
    this.#parts = parts;
    const { books, webhooks } = parts;
    books.pending = () => this.#scheduled + webhooks.outstanding;
  }

  clear() {
    this.#epoch += 1;
    this.#agenda.clear();
    this.#scheduled = 0;
    this.#serials.clear();
    this.#offline.clear();
    this.#takenByTemplate.clear();
  }

  // Chance of its own for each request to a number: independent of what other numbers do meanwhile.
  luckFor(key) {
    const serial = (this.#serials.get(key) ?? 0) + 1;
    this.#serials.set(key, serial);
    return { luck: streamOf(this.#parts.seed, `${key}/${serial}`), serial };
  }

  // Takes a parsed message over. Returns its record in the books; statuses follow by themselves.
  // `overtaken` is a promise when the first status is to arrive before the HTTP answer.
  accept(phoneNumberId, parsed, { luck, serial }) {
    const { books, clock, phones } = this.#parts;
    const waId = phones.waIdOf(parsed.to);
    const message = {
      wamid: this.#wamid(waId, serial), wa_id: waId, input: parsed.input, phone_number_id: phoneNumberId,
      at_ms: clock.now(), type: parsed.type, opaque: parsed.opaque, reply_to: parsed.replyTo, content: parsed.content,
      user_id: phones.userId(waId), expires_ms: clock.now() + (parsed.ttlMs ?? kLifeMs), held: this.#isHeld(parsed),
    };
    books.accept(message);
    const overtakes = luck.hit(this.#parts.settings.get('status.before_answer_share'));
    const overtaken = this.#live(message, parsed, luck, overtakes);
    return { message, overtaken: overtakes ? overtaken : null };
  }

  // The person opened the chat: everything delivered turns read.
  openChat(waId) {
    for (const message of this.#parts.books.chat(waId)) {
      if (message.from_phone || message.state !== 'delivered') continue;
      this.#emit(message, 'read');
    }
  }

  // The phone has a network again: what waits for it and has not expired arrives. Of what has, nobody is
  // told. Returns how many arrive.
  online(waId) {
    const waiting = this.#offline.get(waId) ?? [];
    this.#offline.delete(waId);
    const alive = waiting.filter(({ message }) => message.expires_ms > this.#parts.clock.now());
    for (const { message, plan } of alive) this.#deliver(message, { ...plan, offline: false });
    return alive.length;
  }

  // A template whose quality is not known to be good is looked at before it goes to many.
  #isHeld({ content: { template } }) {
    const after = this.#parts.settings.get('templates.pacing_after');
    if (!template || !after || this.#parts.templates.find(template.name, template.language)?.quality_score.score === 'GREEN') return false;
    const key = `${template.name}/${template.language}`;
    const taken = (this.#takenByTemplate.get(key) ?? 0) + 1;
    this.#takenByTemplate.set(key, taken);
    return taken > after;
  }

  // ---- the way to the phone

  // Resolves when the first status is acknowledged (or was hopeless).
  async #live(message, parsed, luck, atOnce) {
    const epoch = this.#epoch;
    const release = this.#hold();
    const error = await this.#failure(message, parsed);
    if (epoch !== this.#epoch) return;
    release();
    const { settings, phones } = this.#parts;
    const pace = message.held ? luck.between(settings.get('templates.pacing_ms')) : 0;
    const wait = pace + (atOnce ? 0 : luck.between(settings.get('status.sent_ms')));
    if (error === kSilent) return undefined;
    if (error) return this.#later(wait, () => this.#emit(message, 'failed', error));
    const plan = this.#plan(phones.rule(message.wa_id), luck);
    return this.#later(wait, () => {
      const acknowledged = this.#emit(message, 'sent');
      this.#deliver(message, plan);
      return acknowledged;
    });
  }

  #plan(rule, luck) {
    const { settings } = this.#parts;
    const get = (key) => settings.get(key);
    return {
      offline: luck.hit(get('status.offline_share')) || rule.offline === true,
      deliveredMs: luck.between(get('status.delivered_ms')),
      reads: get('status.read') === 'auto' && (rule.read ?? luck.hit(get('status.read_share'))),
      readMs: luck.between(get('status.read_ms')),
      skipsDelivered: luck.hit(get('status.skip_delivered_share')),
    };
  }

  #deliver(message, plan) {
    if (plan.offline) {
      this.#offline.set(message.wa_id, [...(this.#offline.get(message.wa_id) ?? []), { message, plan }]);
      return;
    }
    const skips = plan.reads && plan.skipsDelivered;
    this.#later(plan.deliveredMs, () => {
      if (!skips) this.#emit(message, 'delivered');
      if (plan.reads) this.#later(plan.readMs, () => this.#emit(message, 'read'));
    });
  }

  // Why this message never reaches the phone, as the error of a webhook; null when it does.
  async #failure(message, parsed) {
    const { phones } = this.#parts;
    const rule = phones.rule(message.wa_id);
    if (rule.code) return webhookError(rule.code, rule.details);
    if (/^0/.test(message.wa_id)) return webhookError(131026, 'The number has no country code');
    if (parsed.needsWindow && !phones.isWindowOpen(message.phone_number_id, message.wa_id)) {
      return webhookError(131047, 'Message failed to send because more than 24 hours have passed since the customer last replied to this number.');
    }
    if (message.held && this.#parts.settings.get('templates.pacing') === 'drop') return webhookError(132015, 'The template was paused while the message was held');
    const inWindow = phones.isWindowOpen(message.phone_number_id, message.wa_id);
    if (!inWindow && !this.#parts.limits.reach(message.wa_id)) {
      return this.#parts.settings.get('rate.messaging_limit_answer') === 'silent' ? kSilent : webhookError(131048, 'The messaging limit of the business is reached');
    }
    const fault = await this.#mediaFault(parsed.content.header);
    return fault ? webhookError(131053, fault) : null;
  }

  async #mediaFault(header) {
    if (!header?.mediaId) return null;
    const media = this.#parts.media.find(header.mediaId);
    if (!media) return 'The media was deleted';
    const kind = header.format === 'GIF' ? 'video' : header.format.toLowerCase();
    if (kindOf(media.mimeType) !== kind) return `A ${media.mimeType} file was sent as ${kind}`;
    return this.#parts.media.fault(media);
  }

  #hold() {
    const epoch = this.#epoch;
    this.#scheduled += 1;
    return () => { if (epoch === this.#epoch) this.#scheduled -= 1; };
  }

  #later(ms, run) {
    const release = this.#hold();
    return new Promise((resolve) => {
      this.#agenda.after(ms, () => {
        const result = run();
        release();
        resolve(result);
      });
    });
  }

  // ---- webhooks

  #emit(message, status, error) {
    const { books, clock, webhooks } = this.#parts;
    const at = clock.now();
    books.advance(message, status, at, error);
    return new Promise((resolve) => {
      webhooks.add({ field: 'messages', value: this.#statusValue(message, status, at, error), done: resolve });
    });
  }

  #statusValue(message, status, at, error) {
    const { settings } = this.#parts;
    const withIds = settings.get('webhook.user_ids');
    const value = this.#envelope(message.phone_number_id);
    if (withIds && !error) value.contacts = [this.contact(message.wa_id)];
    value.statuses = [{
      id: message.wamid, status, timestamp: String(Math.floor(at / 1000)), recipient_id: message.wa_id,
      ...(withIds && !error ? { recipient_user_id: message.user_id } : {}),
      ...(message.opaque === undefined ? {} : { biz_opaque_callback_data: message.opaque }),
      ...this.#billing(message, status, at),
      ...(error ? { errors: [error] } : {}),
    }];
    return value;
  }

  #billing(message, status, at) {
    const isFirstArrival = status === 'delivered' || (status === 'read' && !message.statuses.some((s) => s.status === 'delivered'));
    if (status !== 'sent' && !isFirstArrival) return {};
    const category = message.content.template?.category.toLowerCase() ?? 'service';
    const type = category === 'service' ? 'free_customer_service' : 'regular';
    const shownOn = this.#parts.settings.get('webhook.pricing_on');
    const isPriced = shownOn === 'both' || (shownOn === 'sent') === (status === 'sent');
    const pricing = isPriced ? { pricing: { billable: type === 'regular', pricing_model: 'PMP', type, category } } : {};
    if (this.#parts.settings.get('webhook.version') > 23) return pricing;
    const id = createHash('md5').update(message.wamid).digest('hex');
    const expiration = String(Math.floor(at / 1000) + 86_400);
    return { conversation: { id, expiration_timestamp: expiration, origin: { type: category } }, ...pricing };
  }

  #envelope(phoneNumberId) {
    const number = this.#parts.settings.get('account.phone_numbers').find((n) => n.id === phoneNumberId);
    const plus = this.#parts.settings.get('webhook.display_number') === 'plus' ? '+' : '';
    const shown = number ? plus + number.display_phone_number.replace(/[^0-9]/g, '') : '';
    return { messaging_product: 'whatsapp', metadata: { display_phone_number: shown, phone_number_id: phoneNumberId } };
  }

  contact(waId) {
    const { phones, settings } = this.#parts;
    const contact = { profile: { name: phones.name(waId) ?? `+${waId}` }, wa_id: waId };
    return settings.get('webhook.user_ids') ? { ...contact, user_id: phones.userId(waId) } : contact;
  }

  // ---- what the person sends

  // `what`: the fields of a messages[] entry beside from, id and timestamp, with its type.
  // Returns the record of the books.
  write(phoneNumberId, waId, what, shown) {
    const { books, clock, phones, webhooks } = this.#parts;
    const at = clock.now();
    const { serial } = this.luckFor(`inbound/${waId}`);
    const message = {
      wamid: this.#wamid(waId, serial, 'in'), wa_id: waId, phone_number_id: phoneNumberId, at_ms: at,
      type: what.type, from_phone: true, what, ...shown,
    };
    phones.wroteTo(phoneNumberId, waId);
    if (this.#parts.settings.get('status.read') === 'manual') this.openChat(waId); // who answers has looked
    books.received(message);
    const userId = this.#parts.settings.get('webhook.user_ids') ? { from_user_id: phones.userId(waId) } : {};
    const entry = { from: waId, ...userId, id: message.wamid, timestamp: String(Math.floor(at / 1000)), ...what };
    webhooks.add({ field: 'messages', value: { ...this.#envelope(phoneNumberId), contacts: [this.contact(waId)], messages: [entry] } });
    return message;
  }

  #wamid(waId, serial, direction = 'out') {
    const unique = createHash('sha256').update(`${this.#parts.seed}/${direction}/${waId}/${serial}`).digest('hex').slice(0, 20).toUpperCase();
    const bytes = Buffer.concat([
      Buffer.from([0x1c, 0x18, waId.length]), Buffer.from(waId), Buffer.from([0x15, 0x02, 0x00, 0x11, 0x18, 0x14]),
      Buffer.from(unique), Buffer.from([0]),
    ]);
    return 'wamid.' + bytes.toString('base64');
  }
}
