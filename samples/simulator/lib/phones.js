// The people at the other end: who they are, when they last wrote, and what they answer.
import { createHash } from 'node:crypto';

const kWindowMs = 24 * 3_600_000;
const countries = [['49', 'DE'], ['43', 'AT'], ['41', 'CH'], ['44', 'GB'], ['33', 'FR'], ['34', 'ES'], ['90', 'TR'], ['1', 'US']];

export class Phones {
  #settings;
  #clock;
  #names = new Map();
  #wrote = new Map(); // "PNID/wa_id" -> time of the person's last message
  #userIds = new Map(); // wa_id -> business-scoped user id
  #byUserId = new Map();

  constructor(settings, clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  clear() {
    this.#wrote.clear();
    this.#userIds.clear();
    this.#byUserId.clear();
  }

  rule(waId) {
    return this.#settings.get('numbers')[waId] ?? {};
  }

  // The id the network knows a dialled number by; some numbers have another one.
  waIdOf(dialled) {
    return this.rule(dialled).wa_id ?? dialled;
  }

  setName(waId, name) {
    this.#names.set(waId, name);
  }

  name(waId) {
    return this.rule(waId).name ?? this.#names.get(waId) ?? null;
  }

  userId(waId) {
    if (!this.#userIds.has(waId)) {
      const country = countries.find(([prefix]) => waId.startsWith(prefix))?.[1] ?? 'DE';
      const number = createHash('sha256').update(`${this.#settings.get('account.waba_id')}/${waId}`).digest().readBigUInt64LE();
      const userId = `${country}.${number % 10n ** 16n}`;
      this.#userIds.set(waId, userId);
      this.#byUserId.set(userId, waId);
    }
    return this.#userIds.get(waId);
  }

  byUserId(userId) {
    return this.#byUserId.get(userId);
  }

  wroteTo(phoneNumberId, waId) {
    this.#wrote.set(`${phoneNumberId}/${waId}`, this.#clock.now());
  }

  windowOpenUntil(phoneNumberId, waId) {
    const at = this.#wrote.get(`${phoneNumberId}/${waId}`);
    return at === undefined ? null : at + kWindowMs;
  }

  isWindowOpen(phoneNumberId, waId) {
    return (this.windowOpenUntil(phoneNumberId, waId) ?? 0) > this.#clock.now();
  }
}
