// What a person does on the phone, as the fields of a "messages" webhook.
import { HttpError } from './http.js';
import { isObject } from './shape.js';

const kMostText = 4096;

// {"from", "text"} writes; {"from", "button", "wamid"} taps the button with this label or index under
// that message (the newest when wamid is left out); {"from", "reaction", "wamid"} reacts; {"from",
// "message"} is any raw messages[] entry. Returns {numberId, waId, what, shown}; throws HttpError.
export function inboundOf(body, { books, settings }) {
  const waId = String(body.from ?? '').replace(/[^0-9]/g, '');
  if (!/^[0-9]{5,16}$/.test(waId)) throw new HttpError(400, 'from: a phone number');
  const numbers = settings.get('account.phone_numbers');
  const base = { numberId: String(body.phone_number_id ?? lastNumber(books, waId) ?? numbers[0].id), waId };
  if (!numbers.some((n) => n.id === base.numberId)) throw new HttpError(400, 'phone_number_id: not a number of this account');
  if (body.text !== undefined) return { ...base, ...text(body) };
  if (body.button !== undefined) return { ...base, ...tap(body, waId, books, settings) };
  if (body.reaction !== undefined) return { ...base, ...reaction(body) };
  if (isObject(body.message) && typeof body.message.type === 'string') return { ...base, what: body.message, shown: { text: `[${body.message.type}]` } };
  throw new HttpError(400, 'give text, button, reaction or message');
}

function lastNumber(books, waId) {
  return books.chat(waId).at(-1)?.phone_number_id;
}

function text(body) {
  if (typeof body.text !== 'string' || !body.text.trim() || body.text.length > kMostText) {
    throw new HttpError(400, `text: 1 to ${kMostText} characters`);
  }
  return { what: { type: 'text', text: { body: body.text } }, shown: { text: body.text } };
}

function tap(body, waId, books, settings) {
  const replies = (message) => (message.content?.buttons ?? []).filter((b) => b.type === 'QUICK_REPLY' || b.type === 'REPLY');
  const mine = books.chat(waId).filter((m) => !m.from_phone);
  const message = body.wamid ? mine.find((m) => m.wamid === body.wamid) : mine.filter((m) => replies(m).length).at(-1);
  if (!message) throw new HttpError(404, 'this phone has no such message');
  const buttons = message.content.buttons ?? [];
  const button = typeof body.button === 'number' ? buttons[body.button] : buttons.find((b) => b.text === body.button);
  if (!replies(message).includes(button)) throw new HttpError(404, 'the message has no such reply button');
  const ours = settings.get('account.phone_numbers').find((n) => n.id === message.phone_number_id);
  const context = { from: ours.display_phone_number.replace(/[^0-9]/g, ''), id: message.wamid };
  const shown = { text: button.text, reply_to: message.wamid };
  if (button.type === 'REPLY') {
    return { what: { context, type: 'interactive', interactive: { type: 'button_reply', button_reply: { id: button.id, title: button.text } } }, shown };
  }
  return { what: { context, type: 'button', button: { payload: button.payload, text: button.text } }, shown };
}

function reaction(body) {
  if (typeof body.wamid !== 'string') throw new HttpError(400, 'wamid: the message that is reacted to');
  const emoji = body.reaction === '' ? {} : { emoji: String(body.reaction).slice(0, 16) };
  return { what: { type: 'reaction', reaction: { message_id: body.wamid, ...emoji } }, shown: { text: body.reaction || '∅', reacts_to: body.wamid } };
}
