// The network's settings that a person wants at hand while watching.
import { make, say } from './words.js';

const kGroups = [
  ['webhooks', [
    ['callback'], ['toggle', 'webhook.paused', 'paused'], ['share', 'webhook.duplicate_share', 'duplicate'],
    ['share', 'webhook.reorder_share', 'reorder'], ['share', 'status.before_answer_share', 'overtakes'],
  ]],
  ['people', [
    ['choice', 'status.read', 'reading', ['auto', 'manual', 'never']], ['share', 'status.read_share', 'read_share'], ['share', 'status.offline_share', 'offline'],
  ]],
  ['faults', [
    ['share', 'fault.lost_reply_share', 'lost_reply'], ['share', 'fault.reset_before_share', 'reset_before'], ['share', 'fault.slow_share', 'slow'],
    ['share', 'fault.truncated_json_share', 'truncated'], ['share', 'fault.html_503_share', 'html_503'], ['share', 'fault.rate_limited_share', 'rate_limited'],
    ['share', 'fault.error_131000_share', 'err_131000'], ['share', 'fault.error_131016_share', 'err_131016'], ['number', 'rate.messages_per_second', 'rate'],
  ]],
];

// Draws the panel. `save(changes)` resolves to null or to what is wrong; `reset()` forgets everything.
export function drawPanel(root, settings, { save, reset }) {
  const groups = kGroups.map(([title, rows]) => make('section', {}, make('h3', {}, say(title)), ...rows.map((row) => drawRow(row, settings, save))));
  const forget = make('button', { type: 'button', class: 'danger', onclick: () => { if (confirm(say('reset_sure'))) reset(); } }, say('reset'));
  root.replaceChildren(...groups, make('section', {}, forget, make('p', { class: 'quiet' }, say('seed'))));
}

function drawRow([kind, key, word, options], settings, save) {
  switch (kind) {
    case 'callback': return callback(settings, save);
    case 'toggle': return toggle(key, word, settings, save);
    case 'choice': return choice(key, word, options, settings, save);
    case 'number': return number(key, word, settings, save);
    default: return share(key, word, settings, save);
  }
}

function callback(settings, save) {
  const input = make('input', { type: 'url', value: settings['webhook.callback_url'], placeholder: 'http://127.0.0.1:8081/webhooks/whatsapp', spellcheck: 'false' });
  const form = make('form', { class: 'callback' }, make('label', {}, make('span', {}, say('callback')), input), make('button', { type: 'submit' }, say('apply')));
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    save({ 'webhook.callback_url': input.value.trim() }, say('reachable'));
  });
  return make('div', {}, form, make('p', { class: 'quiet', id: 'outstanding' }));
}

function share(key, word, settings, save) {
  const percent = Math.round(settings[key] * 100);
  const shown = make('span', { class: 'percent', 'aria-hidden': 'true' }, `${percent} %`);
  const input = make('input', { type: 'range', min: 0, max: 100, value: percent, 'aria-label': say(word) });
  const label = make('label', { class: 'share' }, make('span', {}, say(word)), shown, input);
  const paint = () => {
    shown.textContent = `${input.value} %`;
    input.style.setProperty('--filled', `${input.value}%`);
    label.classList.toggle('active', input.value !== '0');
  };
  input.addEventListener('input', paint);
  input.addEventListener('change', () => save({ [key]: Number(input.value) / 100 }));
  paint();
  return label;
}

function toggle(key, word, settings, save) {
  const input = make('input', { type: 'checkbox', role: 'switch', checked: settings[key] });
  input.addEventListener('change', () => save({ [key]: input.checked }));
  return make('label', { class: 'toggle' }, make('span', {}, say(word)), input);
}

function choice(key, word, options, settings, save) {
  const select = make('select', {}, ...options.map((option) => make('option', { value: option, selected: settings[key] === option }, say(`read_${option}`))));
  select.addEventListener('change', () => save({ [key]: select.value }));
  return make('label', { class: 'choice' }, make('span', {}, say(word)), select);
}

function number(key, word, settings, save) {
  const input = make('input', { type: 'number', min: 0, max: 1_000_000, value: settings[key], title: say('unlimited') });
  input.addEventListener('change', () => save({ [key]: Number(input.value) }));
  return make('label', { class: 'choice' }, make('span', {}, say(word)), input);
}
