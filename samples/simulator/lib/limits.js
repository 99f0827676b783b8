// What the provider lets through per second: a token bucket per business number, and per pair.
const kPairGapMs = 6000;
const kPairBurst = 45;
const kDayMs = 24 * 3_600_000;

export class Limits {
  #settings;
  #clock;
  #buckets = new Map();
  #pairs = new Map();
  #reached = new Map(); // wa_id -> when a message outside a window reached it last, oldest first

  constructor(settings, clock) {
    this.#settings = settings;
    this.#clock = clock;
  }

  clear() {
    this.#buckets.clear();
    this.#pairs.clear();
    this.#reached.clear();
  }

  // Takes one token; false when the number is too fast.
  take(phoneNumberId) {
    const perSecond = this.#settings.get('rate.messages_per_second');
    if (!perSecond) return true;
    const burst = this.#settings.get('rate.burst');
    return take(this.#buckets, phoneNumberId, performance.now(), perSecond / 1000, burst);
  }

  // Whether one more phone may be reached outside its window in these 24 hours; the count is of the
  // whole portfolio.
  reach(waId) {
    const most = this.#settings.get('rate.messaging_limit');
    const now = this.#clock.now();
    for (const [phone, at] of this.#reached) {
      if (at > now - kDayMs) break;
      this.#reached.delete(phone);
    }
    if (most && !this.#reached.has(waId) && this.#reached.size >= most) return false;
    this.#reached.delete(waId);
    this.#reached.set(waId, now);
    return true;
  }

  takePair(phoneNumberId, waId) {
    if (!this.#settings.get('rate.pair')) return true;
    return take(this.#pairs, `${phoneNumberId}/${waId}`, this.#clock.now(), 1 / kPairGapMs, kPairBurst);
  }
}

function take(buckets, key, now, perMs, burst) {
  const bucket = buckets.get(key) ?? { tokens: burst, at: now };
  buckets.set(key, bucket);
  bucket.tokens = Math.min(burst, bucket.tokens + (now - bucket.at) * perMs);
  bucket.at = now;
  if (bucket.tokens < 1) return false;
  bucket.tokens -= 1;
  return true;
}
