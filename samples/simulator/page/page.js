// The page of phones: list, conversation, settings; kept up to date by server-sent events.
import { dayOf, drawChat, timeOf } from './bubbles.js';
import { drawPanel } from './panel.js';
import { label, make, say, switchLanguage, ticks } from './words.js';

const at = (id) => document.getElementById(id);
const kMoods = ['normal', 'off', 'noread', '131026', '131049', '131050', '130472'];
const state = { open: null, settings: {}, chats: null, loadingList: false, listAgain: false, toast: null };

async function ask(path, body) {
  const options = body === undefined ? {} : { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(body) };
  const response = await fetch(`/_simulator/${path}`, options);
  const answer = await response.json();
  if (!response.ok) throw new Error(answer.error?.message ?? response.statusText);
  return answer;
}

function tell(text, bad = false) {
  const toast = at('toast');
  toast.textContent = text;
  toast.classList.toggle('bad', bad);
  toast.classList.add('shown');
  clearTimeout(state.toast);
  state.toast = setTimeout(() => toast.classList.remove('shown'), bad ? 6000 : 2200);
}

const attempt = (work) => work().catch((error) => tell(error.message, true));

// ---- list

async function loadList() {
  if (state.loadingList) { state.listAgain = true; return; }
  state.loadingList = true;
  state.chats = await ask(`chats?q=${encodeURIComponent(at('search').value)}`).catch(() => state.chats);
  state.loadingList = false;
  if (state.chats) drawList();
  if (state.listAgain) {
    state.listAgain = false;
    setTimeout(loadList, 400);
  }
}

function drawList() {
  const { chats, count, totals } = state.chats;
  const focused = document.activeElement?.dataset?.phone;
  at('rows').replaceChildren(...chats.map(row));
  if (focused) at('rows').querySelector(`[data-phone="${focused}"]`)?.focus();
  const note = at('rows-note');
  note.textContent = count > chats.length ? say('more', count - chats.length) : count === 0 && at('search').value ? say('not_found') : '';
  note.hidden = !note.textContent;
  drawFunnel(totals);
  drawEmpty(count);
}

function row(chat) {
  const name = chat.name ?? pretty(chat.wa_id);
  const when = chat.at_ms ? (dayOf(chat.at_ms) === say('today') ? timeOf(chat.at_ms) : dayOf(chat.at_ms)) : '';
  const line = make('span', { class: 'preview' }, !chat.from_phone && chat.state ? ticks(chat.state) : null, chat.has_video ? filmSign() : null, make('span', {}, chat.from_phone ? `${say('you')}: ${chat.preview}` : chat.preview));
  const button = make('button', { type: 'button', 'data-phone': chat.wa_id, 'aria-current': state.open === chat.wa_id ? 'true' : null },
    face(name, chat.wa_id), make('span', { class: 'who' }, make('strong', {}, name), line),
    make('span', { class: 'side' }, make('time', {}, when), chat.unread ? make('b', { class: 'unread' }, String(chat.unread)) : null));
  button.addEventListener('click', () => openChat(chat.wa_id));
  return make('li', {}, button);
}

function filmSign() {
  return make('span', { class: 'film-sign', 'aria-label': say('video'), role: 'img' });
}

function face(name, waId) {
  const initials = /^[+\d]/.test(name) ? waId.slice(-2) : name.split(/\s+/).map((word) => word[0]).slice(0, 2).join('');
  const hue = [...waId].reduce((sum, digit) => (sum * 7 + Number(digit)) % 8, 0);
  return make('span', { class: `face hue-${hue}`, 'aria-hidden': 'true' }, initials.toUpperCase());
}

function pretty(waId) {
  return waId.startsWith('49') ? `+49 ${waId.slice(2, 5)} ${waId.slice(5)}` : `+${waId}`;
}

function drawFunnel(totals) {
  const parts = ['accepted', 'delivered', 'read', 'failed'].map((key) => make('div', { class: key }, make('dt', {}, say(key)), make('dd', {}, totals[key].toLocaleString())));
  at('funnel').replaceChildren(...parts);
  const outstanding = at('outstanding');
  if (outstanding) outstanding.textContent = totals.pending ? say('waiting', totals.pending) : say('all_told');
}

function drawEmpty(count) {
  at('empty').hidden = state.open !== null;
  at('empty-title').textContent = say(count ? 'pick_title' : 'none_title');
  at('empty-text').textContent = say(count ? 'pick_text' : 'none_text');
}

// ---- conversation

function openChat(waId) {
  state.open = waId;
  location.hash = waId;
  document.body.dataset.view = 'chat';
  at('log').replaceChildren();
  for (const button of at('rows').querySelectorAll('button')) button.toggleAttribute('aria-current', button.dataset.phone === waId);
  attempt(async () => {
    await loadChat();
    at('log').scrollTop = at('log').scrollHeight;
    if (matchMedia('(min-width: 60rem)').matches) at('text').focus({ preventScroll: true });
  });
}

async function loadChat() {
  const waId = state.open;
  if (!waId) return;
  const chat = await ask(`chat/${waId}`);
  if (state.open !== waId) return;
  if (state.settings['status.read'] === 'manual' && chat.unread && document.visibilityState === 'visible') await ask('open', { wa_id: waId });
  const name = chat.name ?? pretty(waId);
  at('owner-name').textContent = chat.name ? say('phone_of', name) : name;
  at('owner-number').textContent = chat.name ? pretty(waId) : '';
  at('business-name').textContent = chat.business.name;
  at('business-face').textContent = chat.business.name[0];
  at('bar-time').textContent = timeOf(Date.now());
  for (const id of ['device', 'owner']) at(id).hidden = false;
  at('empty').hidden = true;
  drawMood(waId);
  drawChat(at('log'), chat, { tap, react });
}

const tap = (wamid, index) => attempt(() => ask('inbound', { from: state.open, wamid, button: index }));
const react = (wamid) => attempt(() => ask('inbound', { from: state.open, wamid, reaction: '👍' }));

function drawMood(waId) {
  const rule = state.settings.numbers?.[waId] ?? {};
  const mood = rule.code ? String(rule.code) : rule.offline ? 'off' : rule.read === false ? 'noread' : 'normal';
  at('mood').replaceChildren(...kMoods.map((key) => make('option', { value: key, selected: key === mood }, say(`mood_${key}`))));
}

function setMood(mood) {
  const rules = { normal: {}, off: { offline: true }, noread: { read: false } };
  const { code, offline, read, ...rest } = state.settings.numbers?.[state.open] ?? {};
  const numbers = { ...state.settings.numbers, [state.open]: { ...rest, ...(rules[mood] ?? { code: Number(mood) }) } };
  return save({ numbers });
}

// ---- settings

async function loadSettings() {
  state.settings = await ask('settings');
  drawPanel(at('panel-body'), state.settings, { save, reset });
}

function save(changes, done = say('saved')) {
  return attempt(async () => {
    state.settings = await ask('settings', changes);
    tell(done);
  });
}

function reset() {
  return attempt(async () => {
    await ask('reset', {});
    closeChat();
    await loadList();
  });
}

function closeChat() {
  state.open = null;
  history.replaceState(null, '', location.pathname);
  document.body.dataset.view = 'list';
  for (const button of at('rows').querySelectorAll('button')) button.removeAttribute('aria-current');
  for (const id of ['device', 'owner']) at(id).hidden = true;
  drawEmpty(state.chats?.count ?? 0);
}

function showPanel(shown) {
  document.body.classList.toggle('with-panel', shown);
  if (shown) attempt(loadSettings).then(() => at('hide-panel').focus());
  else at('show-panel').focus();
}

// ---- wiring

function drawAll() {
  label();
  at('language').textContent = document.documentElement.lang === 'de' ? 'EN' : 'DE';
  document.title = say('phones');
  if (state.chats) drawList();
  if (Object.keys(state.settings).length) drawPanel(at('panel-body'), state.settings, { save, reset });
  attempt(loadChat);
}

function moveInList(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  const buttons = [...at('rows').querySelectorAll('button')];
  const next = buttons[buttons.indexOf(document.activeElement) + step];
  if (!next) return;
  event.preventDefault();
  next.focus();
}

function keys(event) {
  const typing = /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key === '/' && !typing) {
    event.preventDefault();
    at('search').focus();
  }
  if (event.key === 'Escape' && document.body.classList.contains('with-panel')) showPanel(false);
  else if (event.key === 'Escape' && state.open) closeChat();
}

function listen() {
  const events = new EventSource('/_simulator/events');
  events.addEventListener('chats', (event) => {
    const { numbers } = JSON.parse(event.data);
    loadList();
    if (numbers.includes('*')) closeChat();
    else if (state.open && numbers.includes(state.open)) attempt(loadChat);
  });
  events.onerror = () => tell(say('offline_page'), true);
  events.onopen = () => { loadList(); attempt(loadChat); };
}

at('search').addEventListener('input', loadList);
at('rows').addEventListener('keydown', moveInList);
at('language').addEventListener('click', () => { switchLanguage(); drawAll(); });
at('show-panel').addEventListener('click', () => showPanel(!document.body.classList.contains('with-panel')));
at('hide-panel').addEventListener('click', () => showPanel(false));
at('back').addEventListener('click', closeChat);
at('mood').addEventListener('change', (event) => setMood(event.target.value));
at('write').addEventListener('submit', (event) => {
  event.preventDefault();
  const text = at('text').value.trim();
  if (!text) return;
  at('text').value = '';
  attempt(async () => {
    await ask('inbound', { from: state.open, text });
    await loadChat();
    at('log').scrollTop = at('log').scrollHeight;
  });
});
document.addEventListener('keydown', keys);
document.addEventListener('visibilitychange', () => attempt(loadChat));

label();
await attempt(loadSettings);
drawAll();
await loadList();
if (/^#\d{5,16}$/.test(location.hash)) openChat(location.hash.slice(1));
listen();
