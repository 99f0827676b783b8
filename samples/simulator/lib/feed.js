// What the page at / shows: the list of phones, one chat, and changes as they happen.
const kMostChats = 500;
const kMostMessages = 400;
const kPingMs = 15_000;

export class Feed {
  #parts;
  #streams = new Set();
  #stopListening;
  #touched = new Set();
  #telling = null;

  constructor(parts) {
    this.#parts = parts;
    this.#stopListening = parts.books.listen((kind, message) => this.#touch(kind, message));
    this.ping = setInterval(() => this.#send(': ping\n\n'), kPingMs);
    this.ping.unref();
  }

  // Newest first; `q` finds by name or number.
  chats(query) {
    const wanted = (query.get('q') ?? '').toLowerCase();
    const digits = wanted.replace(/[^0-9]/g, '');
    const found = this.#parts.books.chats()
      .map(([waId, messages]) => this.#summary(waId, messages))
      .filter((chat) => !wanted || (chat.name ?? '').toLowerCase().includes(wanted) || (digits && chat.wa_id.includes(digits)))
      .sort((a, b) => b.at_ms - a.at_ms);
    return { count: found.length, chats: found.slice(0, kMostChats), business: this.#business(), totals: this.#parts.books.totals() };
  }

  chat(waId) {
    const messages = this.#parts.books.chat(waId).slice(-kMostMessages);
    return { ...this.#summary(waId, messages), business: this.#business(), messages: messages.map((m) => this.#shown(m)) };
  }

  // Server-sent events: "chats" with the numbers that changed, at most ten times a second.
  stream(request, response) {
    response.writeHead(200, { 'Content-Type': 'text/event-stream', 'Cache-Control': 'no-store' });
    response.write('retry: 1000\n\n');
    this.#streams.add(response);
    response.on('close', () => this.#streams.delete(response));
  }

  close() {
    clearInterval(this.ping);
    clearTimeout(this.#telling);
    this.#stopListening();
    for (const stream of this.#streams) stream.end();
  }

  #business() {
    const { settings } = this.#parts;
    const [first] = settings.get('account.phone_numbers');
    return { name: first.verified_name ?? first.display_phone_number, number: first.display_phone_number };
  }

  #summary(waId, messages) {
    const visible = messages.filter((m) => m.from_phone || m.statuses.some((s) => s.status === 'delivered' || s.status === 'read'));
    const last = visible.at(-1) ?? messages.at(-1);
    return {
      wa_id: waId,
      name: this.#parts.phones.name(waId),
      at_ms: last?.at_ms ?? 0,
      preview: preview(last),
      from_phone: last?.from_phone ?? false,
      state: last?.state ?? null,
      has_video: last?.content?.header?.format === 'VIDEO',
      unread: visible.filter((m) => !m.from_phone && m.state === 'delivered').length,
      failed: messages.some((m) => m.state === 'failed'),
      window_until_ms: last ? this.#parts.phones.windowOpenUntil(last.phone_number_id, waId) : null,
    };
  }

  #shown(m) {
    const common = { wamid: m.wamid, at_ms: m.at_ms, type: m.type, from_phone: m.from_phone === true, reply_to: m.reply_to, reacts_to: m.reacts_to };
    if (m.from_phone) return { ...common, text: m.text, read_by_business: m.read_by_business === true };
    const { header, body, footer, buttons, template, filename, emoji, reactsTo } = m.content;
    return {
      ...common, header: header && this.#header(header), body: body ?? emoji, footer, buttons: buttons?.map(({ type, text, url }) => ({ type, text, url })),
      template, filename, reacts_to: reactsTo, state: m.state, statuses: m.statuses, opaque: m.opaque, answer: m.answer,
    };
  }

  #header(header) {
    if (!header.mediaId) return { format: header.format, text: header.text, link: header.link };
    const known = this.#parts.media.find(header.mediaId);
    return { format: header.format, media_id: header.mediaId, gone: !known, fault: known?.fault ?? null };
  }

  #touch(kind, message) {
    if (!this.#streams.size) return;
    this.#touched.add(kind === 'reset' ? '*' : message.wa_id);
    this.#telling ??= setTimeout(() => {
      const numbers = [...this.#touched].slice(0, 200);
      this.#touched.clear();
      this.#telling = null;
      this.#send(`event: chats\ndata: ${JSON.stringify({ numbers })}\n\n`);
    }, 100);
  }

  #send(text) {
    for (const stream of this.#streams) stream.write(text);
  }
}

function preview(message) {
  if (!message) return '';
  return String(message.text ?? message.content?.body ?? message.content?.header?.text ?? message.content?.emoji ?? message.type).slice(0, 90);
}
