// The simulator's own books: every message it accepted and what became of it.
//
// One record per accepted message; nothing here is ever taken from what the sender claims. Waiters
// ask for a count ("delivered" at least 5) and are answered when it is reached.

const ranks = { accepted: 0, sent: 1, delivered: 2, read: 3, failed: 4 };

export class Books {
  #byWamid = new Map();
  #byPhone = new Map();
  #counts = {};
  #refused = {};
  #inbound = [];
  #waiters = new Set();
  #listeners = new Set();
  #checkQueued = false;
  pending = () => 0; // statuses still to come and webhook updates not yet acknowledged; set by the network

  constructor() {
    this.clear();
  }

  clear() {
    this.#byWamid.clear();
    this.#byPhone.clear();
    this.#inbound = [];
    this.#refused = {};
    this.#counts = {
      requests: 0, accepted: 0, refused: 0, sent: 0, delivered: 0, read: 0, failed: 0, inbound: 0,
      webhooks_posted: 0, webhooks_acknowledged: 0, webhooks_failed: 0, updates_acknowledged: 0, updates_dropped: 0,
    };
  }

  count(what, by = 1) {
    this.#counts[what] += by;
    this.#changed();
  }

  refused(code) {
    this.#refused[code] = (this.#refused[code] ?? 0) + 1;
    this.count('refused');
  }

  accept(message) {
    message.state = 'accepted';
    message.statuses = [];
    this.#byWamid.set(message.wamid, message);
    const phone = this.#byPhone.get(message.wa_id);
    if (phone) phone.push(message);
    else this.#byPhone.set(message.wa_id, [message]);
    this.count('accepted');
    this.#tell('message', message);
  }

  // What the phone or the network did with it; repeated webhooks do not come here.
  advance(message, status, at, error) {
    message.statuses.push(error ? { status, at_ms: at, code: error.code } : { status, at_ms: at });
    if (ranks[status] > ranks[message.state]) message.state = status;
    this.count(status);
    this.#tell('status', message);
  }

  received(message) {
    this.#inbound.push(message);
    const phone = this.#byPhone.get(message.wa_id);
    if (phone) phone.push(message);
    else this.#byPhone.set(message.wa_id, [message]);
    this.count('inbound');
    this.#tell('message', message);
  }

  readByBusiness(message) {
    message.read_by_business = true;
    this.#tell('status', message);
  }

  find(wamid) {
    return this.#byWamid.get(wamid);
  }

  findInbound(wamid) {
    return this.#inbound.find((message) => message.wamid === wamid);
  }

  chat(waId) {
    return this.#byPhone.get(waId) ?? [];
  }

  chats() {
    return [...this.#byPhone.entries()];
  }

  inbound() {
    return this.#inbound;
  }

  // Accepted messages in order, as plain values; `after` is how many to skip.
  messages({ to, opaque, state, after = 0, limit = 1000 } = {}) {
    const found = [];
    let seen = 0;
    for (const message of to ? this.chat(to) : this.#byWamid.values()) {
      if (message.from_phone) continue;
      if (opaque !== undefined && message.opaque !== opaque) continue;
      if (state !== undefined && message.state !== state) continue;
      if (seen++ < after) continue;
      found.push(message);
      if (found.length >= limit) break;
    }
    return found;
  }

  // How many phones got nothing, one, or more. `expected`: numbers that should have got something.
  totals(expected) {
    const recipients = { once: 0, more: 0, more_numbers: [] };
    for (const [waId, messages] of this.#byPhone) {
      const got = messages.reduce((sum, m) => sum + (m.from_phone ? 0 : 1), 0);
      if (got === 1) recipients.once += 1;
      if (got > 1) {
        recipients.more += 1;
        if (recipients.more_numbers.length < 1000) recipients.more_numbers.push(waId);
      }
    }
    const totals = { ...this.#counts, pending: this.pending(), refused_by_code: { ...this.#refused }, recipients };
    if (expected) {
      const none = expected.filter((waId) => !this.chat(waId).some((m) => !m.from_phone));
      Object.assign(recipients, { expected: expected.length, none: none.length, none_numbers: none.slice(0, 1000) });
    }
    return totals;
  }

  // Resolves to true once `what` is within the bounds, to false when the time is up.
  waitFor({ what, atLeast = -Infinity, atMost = Infinity, timeoutMs }) {
    const reached = () => {
      const value = what === 'pending' ? this.pending() : this.#counts[what];
      return value >= atLeast && value <= atMost;
    };
    if (reached()) return Promise.resolve(true);
    return new Promise((resolve) => {
      const waiter = { reached, resolve };
      waiter.timer = setTimeout(() => this.#answer(waiter, false), timeoutMs);
      this.#waiters.add(waiter);
    });
  }

  counters() {
    return [...Object.keys(this.#counts), 'pending'];
  }

  // Listener gets (kind, message): kind is "message", "status" or "reset". Returns how to stop it.
  listen(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  tellReset() {
    this.#tell('reset');
  }

  endWaiting() {
    for (const waiter of this.#waiters) this.#answer(waiter, false);
  }

  #tell(kind, message) {
    for (const listener of this.#listeners) listener(kind, message);
  }

  #changed() {
    if (this.#checkQueued || !this.#waiters.size) return;
    this.#checkQueued = true;
    setImmediate(() => {
      this.#checkQueued = false;
      for (const waiter of this.#waiters) if (waiter.reached()) this.#answer(waiter, true);
    });
  }

  #answer(waiter, value) {
    clearTimeout(waiter.timer);
    this.#waiters.delete(waiter);
    waiter.resolve(value);
  }
}
