// The conversation of one phone, message by message.
import { icon, locale, make, say, thumb, ticks } from './words.js';

const kKinds = ['VIDEO', 'IMAGE', 'DOCUMENT', 'AUDIO', 'STICKER', 'GIF'];

// Draws `chat` into `log`. `act` has tap(wamid, index) and react(wamid). Messages that did not change
// keep their elements, so that a playing video plays on.
export function drawChat(log, chat, act) {
  const atEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 80;
  const known = new Map([...log.children].map((node) => [node.dataset.key, node]));
  const wanted = [];
  let day = '';
  for (const message of chat.messages) {
    if (message.reacts_to) continue;
    const today = dayOf(message.at_ms);
    if (today !== day) wanted.push(keep(known, `day ${today}`, today, () => make('p', { class: 'day' }, make('span', {}, today))));
    day = today;
    const reactions = chat.messages.filter((m) => m.reacts_to === message.wamid);
    const quoted = chat.messages.find((m) => m.wamid === message.reply_to);
    const look = JSON.stringify([message, reactions, quoted?.body, locale()]);
    wanted.push(keep(known, message.wamid, look, (old) => bubble(message, reactions, quoted, act, old)));
  }
  if (wanted.length !== log.children.length || wanted.some((node, i) => node !== log.children[i])) log.replaceChildren(...wanted);
  log.dataset.atEnd = atEnd;
  if (atEnd) log.scrollTop = log.scrollHeight;
}

function keep(known, key, look, draw) {
  const old = known.get(key);
  if (old?.dataset.look === look) return old;
  const node = draw(old);
  node.dataset.key = key;
  node.dataset.look = look;
  return node;
}

function bubble(message, reactions, quoted, act, old) {
  if (message.from_phone) return mine(message, quoted);
  const wrap = make('article', { class: `theirs ${onPhone(message) ? '' : 'absent'}` });
  const inner = make('div', { class: 'bubble' });
  inner.append(...[header(message, old), body(message), footer(message), meta(message)].filter(Boolean));
  wrap.append(inner);
  wrap.append(...buttons(message, act));
  if (reactions.length) inner.append(make('span', { class: 'reaction' }, reactionSign(reactions.at(-1).text)));
  if (onPhone(message) && !reactions.length) {
    inner.append(make('button', { type: 'button', class: 'react', 'aria-label': say('react'), title: say('react'), onclick: () => act.react(message.wamid) }, thumb()));
  }
  const note = noteOf(message);
  if (note) wrap.append(make('p', { class: 'note' }, note));
  return wrap;
}

// A thumb is drawn, because not every system has a font for it.
const reactionSign = (emoji) => (emoji === '👍' ? thumb() : emoji);

function mine(message, quoted) {
  return make('article', { class: 'mine' }, make('div', { class: 'bubble' },
    quoted && make('blockquote', {}, String(quoted.body ?? '').slice(0, 90)),
    make('span', { class: 'text' }, message.text ?? ''),
    make('span', { class: 'meta' }, timeOf(message.at_ms), ticks(message.read_by_business ? 'read' : 'delivered'))));
}

const onPhone = (message) => message.statuses.some((s) => s.status === 'delivered' || s.status === 'read');

function header(message, old) {
  const { header: head } = message;
  if (!head || head.format === 'TEXT') return head && make('h3', {}, head.text);
  const kind = kKinds.includes(head.format) ? head.format.toLowerCase() : 'document';
  const absent = head.gone ? say('gone') : head.fault ? say('broken_video') : null;
  if (!head.media_id || absent || (kind !== 'video' && kind !== 'image' && kind !== 'gif')) return placeholder(kind, absent, head);
  if (kind === 'image') return make('img', { class: 'picture', src: mediaAddress(head), alt: say('image') });
  return old?.querySelector(`.film[data-media="${head.media_id}"]`) ?? film(head);
}

const mediaAddress = (head) => `/_simulator/media/${encodeURIComponent(head.media_id)}`;

function placeholder(kind, absent, head) {
  return make('div', { class: `placeholder ${absent ? 'broken' : ''}`, title: head.fault ?? head.link ?? '' }, icon(absent ? 'warn' : 'clock'), make('span', {}, absent ?? say(kind)));
}

function film(head) {
  const address = mediaAddress(head);
  const poster = make('img', { src: `${address}/poster.jpg`, alt: '', draggable: 'false' });
  const start = make('button', { type: 'button', class: 'play', 'aria-label': say('play') }, poster, make('i', { 'aria-hidden': 'true' }));
  poster.addEventListener('load', () => {
    start.classList.add('loaded');
    const log = start.closest('.log');
    if (log?.dataset.atEnd === 'true') log.scrollTop = log.scrollHeight; // the picture made it longer
  });
  poster.addEventListener('error', () => {
    start.classList.add('bare');
    poster.remove();
  });
  const box = make('div', { class: 'film', 'data-media': head.media_id }, start);
  start.addEventListener('click', () => {
    const video = make('video', { src: address, controls: true, playsinline: true, poster: `${address}/poster.jpg` });
    if (poster.naturalWidth) video.style.aspectRatio = `${poster.naturalWidth} / ${poster.naturalHeight}`;
    start.replaceWith(video);
    video.focus();
    video.play().catch(() => {});
  });
  return box;
}

function body(message) {
  if (!message.body) return null;
  return make('p', { class: 'text' }, ...message.body.split(/(\*[^*\n]+\*)/).map((part) => (/^\*[^*\n]+\*$/.test(part) ? make('strong', {}, part.slice(1, -1)) : part)));
}

const footer = (message) => (message.footer ? make('p', { class: 'footer' }, message.footer) : null);

function meta(message) {
  const told = message.statuses.map((s) => `${timeOf(s.at_ms, true)}  ${say(`state_${s.status}`)}${s.code ? ` (${s.code})` : ''}`);
  const about = [message.template && `${say('template')}: ${message.template.name} (${message.template.language})`, ...told].filter(Boolean).join('\n');
  return make('span', { class: 'meta', title: about }, timeOf(message.at_ms), ticks(message.state));
}

function buttons(message, act) {
  return (message.buttons ?? []).map((button, index) => {
    if (button.type === 'URL') {
      const safe = /^https?:\/\//.test(button.url ?? '');
      return make('a', { class: 'action', href: safe ? button.url : null, target: '_blank', rel: 'noopener noreferrer', title: say('opens', button.url) }, arrow(), button.text);
    }
    const tappable = button.type === 'QUICK_REPLY' || button.type === 'REPLY';
    return make('button', { type: 'button', class: 'action', disabled: !tappable || !onPhone(message), onclick: () => act.tap(message.wamid, index) }, button.text);
  });
}

function arrow() {
  const span = make('span', { class: 'arrow', 'aria-hidden': 'true' });
  span.textContent = '↗';
  return span;
}

function noteOf(message) {
  if (message.state === 'failed') {
    const failure = message.statuses.find((s) => s.status === 'failed');
    return `${say('not_here')} (${failure?.code})`;
  }
  return { lost_reply: say('lost'), truncated_json: say('cut'), slow: say('late') }[message.answer] ?? (onPhone(message) ? null : say('pending'));
}

export function timeOf(ms, withSeconds = false) {
  return new Date(ms).toLocaleTimeString(locale(), { hour: '2-digit', minute: '2-digit', ...(withSeconds ? { second: '2-digit' } : {}) });
}

export function dayOf(ms) {
  const days = Math.round((new Date().setHours(0, 0, 0, 0) - new Date(ms).setHours(0, 0, 0, 0)) / 86_400_000);
  if (days === 0) return say('today');
  if (days === 1) return say('yesterday');
  return new Date(ms).toLocaleDateString(locale(), { day: 'numeric', month: 'long', year: 'numeric' });
}
