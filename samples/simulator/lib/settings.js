// Every setting of the simulator: its default, what it may be, and one line about it.
//
// Keys are flat ("fault.lost_reply_share"). Times are milliseconds, shares are 0..1, and a time that
// is drawn per message is a range [least, most]. apply() checks all values first and reports every
// mistake at once; nothing changes when one is wrong.

const text = (value) => (typeof value === 'string' ? null : 'must be a text');
const flag = (value) => (typeof value === 'boolean' ? null : 'must be true or false');
const number = (least, most) => (value) =>
  typeof value === 'number' && value >= least && value <= most
    ? null
    : `must be a number from ${least} to ${most}`;
const whole = (least, most) => (value) =>
  Number.isInteger(value) && value >= least && value <= most
    ? null
    : `must be a whole number from ${least} to ${most}`;
const share = number(0, 1);
const day = 86_400_000;
const range = (value) =>
  Array.isArray(value) && value.length === 2 && value.every((n) => typeof n === 'number' && n >= 0 && n <= day) &&
  value[0] <= value[1]
    ? null
    : 'must be [least, most] in milliseconds';
const oneOf = (...words) => (value) => (words.includes(value) ? null : `must be one of: ${words.join(', ')}`);
const digits = (value) => (/^[0-9]{5,20}$/.test(value) ? null : 'must be a text of 5 to 20 digits');
const webAddress = (value) =>
  value === '' || /^https?:\/\/[^\s]+$/.test(value) ? null : 'must be an http(s) address or empty';
const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

export const kFaults = [
  'lost_reply', 'reset_before', 'slow', 'html_503', 'truncated_json', 'rate_limited', 'error_131000', 'error_131016',
];
const kAnyCode = /^error_[0-9]{1,7}$/; // any error of the provider, also one nobody knows

const faultList = (value) =>
  Array.isArray(value) && value.length <= 1000 && value.every((f) => f === 'none' || kFaults.includes(f) || kAnyCode.test(f))
    ? null
    : `must be a list of: none, ${kFaults.join(', ')}, or error_ with any code`;

const numberRules = (value) => {
  if (!isObject(value)) return 'must be an object {"49171...": {...}}';
  for (const [number_, rule] of Object.entries(value)) {
    if (!/^[0-9]{5,16}$/.test(number_)) return `"${number_}": a number is 5 to 16 digits without +`;
    if (!isObject(rule)) return `"${number_}": must be an object`;
    for (const key of Object.keys(rule)) {
      if (!['code', 'when', 'wa_id', 'read', 'offline', 'name'].includes(key)) return `"${number_}": unknown key "${key}"`;
    }
    if (rule.code !== undefined && !Number.isInteger(rule.code)) return `"${number_}": code must be a whole number`;
    if (rule.when !== undefined && !['sync', 'async'].includes(rule.when)) return `"${number_}": when is sync or async`;
  }
  return null;
};

const templateList = (value) =>
  Array.isArray(value) && value.every((t) => isObject(t) && text(t.name) === null && Array.isArray(t.components))
    ? null
    : 'must be a list of templates as the API lists them';

const phoneNumbers = (value) =>
  Array.isArray(value) && value.every((n) => isObject(n) && !digits(n.id) && !text(n.display_phone_number))
    ? null
    : 'must be a list of {"id", "display_phone_number", "verified_name"}';

const table = {
  seed: [0, whole(0, 2 ** 31), 'same seed and same requests: same luck and ids; 0 draws a fresh one'],

  'account.access_token': ['simulator-token', text, 'bearer token that is accepted'],
  'account.app_secret': ['simulator-app-secret', text, 'signs the webhooks'],
  'account.app_id': ['670843887433847', digits, 'id of the app'],
  'account.waba_id': ['102290129340398', digits, 'WhatsApp Business Account id'],
  'account.phone_numbers': [
    [{ id: '106540352242922', display_phone_number: '+49 30 23125 042', verified_name: 'Halmwerk Leuchten' }],
    phoneNumbers, 'the business numbers',
  ],
  'account.require_subscription': [false, flag, 'no webhook before POST /{WABA}/subscribed_apps, as in reality'],

  'templates.watch_url': ['http://127.0.0.1:8082/w/', webAddress, 'prefix of the URL button of the templates that are there at start'],
  'templates.list': [[], templateList, 'more templates than the built-in ones'],
  'templates.pacing_after': [0, whole(0, 1_000_000), 'a template that is not GREEN is held for a look at its quality after so many messages; 0: never'],
  'templates.pacing': ['release', oneOf('release', 'drop'), 'what becomes of held messages: they go on, or fail with 132015'],
  'templates.pacing_ms': [[200, 600], range, 'how long they are held'],
  'templates.review': ['approve', oneOf('approve', 'pending', 'reject'), 'what happens to a created template'],
  'templates.review_ms': [[200, 600], range, 'time until the review ends'],

  'webhook.callback_url': ['', webAddress, 'where webhooks go; empty: kept until it is set'],
  'webhook.verify_token': ['simulator-verify', text, 'sent in the GET challenge'],
  'webhook.verify': [true, flag, 'do the GET challenge when the callback is set, refuse it when it fails'],
  'webhook.batch_size': [20, whole(1, 1000), 'most updates in one POST'],
  'webhook.batch_wait_ms': [5, number(0, 60_000), 'how long an update waits for company'],
  'webhook.batch_shape': ['mixed', oneOf('mixed', 'statuses', 'changes', 'entries'), 'how a batch is spread over entry/changes/statuses'],
  'webhook.concurrency': [8, whole(1, 256), 'POSTs at the same time'],
  'webhook.duplicate_share': [0, share, 'updates that are sent twice'],
  'webhook.reorder_share': [0, share, 'updates that are held back so that later ones overtake them'],
  'webhook.lost_answer_share': [0, share, 'POSTs whose 200 is lost on the way back: they are sent again'],
  'webhook.hold_ms': [[50, 400], range, 'how long a held back or repeated update waits'],
  'webhook.timeout_ms': [10_000, whole(50, 120_000), 'a POST without answer counts as failed after this'],
  'webhook.retry_first_ms': [200, whole(1, day), 'first repeat of a POST that did not get 200; doubles each time'],
  'webhook.retry_most_ms': [60_000, whole(1, day), 'longest wait between repeats'],
  'webhook.give_up_ms': [7 * day, whole(1, 30 * day), 'then it is dropped, by the clock of the rules'],
  'webhook.paused': [false, flag, 'keeps everything back until false again'],
  'webhook.version': [23, whole(10, 99), 'payload version: up to 23 with "conversation"'],
  'webhook.pricing_on': ['both', oneOf('both', 'sent', 'delivered'), 'statuses with "pricing"; delivered: also "read" of what was not reported as delivered'],
  'webhook.display_number': ['digits', oneOf('digits', 'plus'), '"display_phone_number" as 4930… or as +4930…'],
  'webhook.user_ids': [true, flag, 'business-scoped user ids and contacts in statuses (2026)'],

  'status.sent_ms': [[20, 120], range, 'acceptance to "sent"'],
  'status.delivered_ms': [[80, 900], range, '"sent" to "delivered"'],
  'status.read_ms': [[400, 4000], range, '"delivered" to "read"'],
  'status.read': ['auto', oneOf('auto', 'manual', 'never'), 'auto: by share; manual: when the chat is opened on the page'],
  'status.read_share': [0.7, share, 'phones that read (auto)'],
  'status.offline_share': [0, share, 'phones that are off: "sent" and no more'],
  'status.skip_delivered_share': [0, share, '"read" without "delivered" before'],
  'status.before_answer_share': [0, share, 'the first status overtakes the HTTP answer'],

  'fault.lost_reply_share': [0, share, 'accepted, then the connection is reset'],
  'fault.reset_before_share': [0, share, 'reset before anything is accepted'],
  'fault.slow_share': [0, share, 'accepted, but answered late'],
  'fault.slow_ms': [[1000, 3000], range, 'how late'],
  'fault.truncated_json_share': [0, share, 'accepted, but the answer breaks off in the middle of its JSON'],
  'fault.html_503_share': [0, share, '503 with an HTML page, not accepted'],
  'fault.rate_limited_share': [0, share, 'error 130429, not accepted'],
  'fault.error_131000_share': [0, share, 'error 131000, not accepted'],
  'fault.error_131016_share': [0, share, 'error 131016, not accepted'],
  'fault.next': [[], faultList, 'faults of the next sends, in order, before any luck is drawn'],

  'rate.messages_per_second': [80, number(0, 1_000_000), 'token bucket per business number; 0: no limit'],
  'rate.burst': [80, number(1, 1_000_000), 'size of that bucket'],
  'rate.http_status': [429, oneOf(400, 429), 'HTTP status that goes with 130429 and 131056 (sources disagree)'],
  'rate.pair': [false, flag, 'pair limit: one message per 6 s to the same phone, burst 45'],
  'rate.messaging_limit': [0, whole(0, 1_000_000), 'phones outside a window per rolling 24 h, for all numbers together; 0: no limit'],
  'rate.messaging_limit_answer': ['131048', oneOf('131048', 'silent'), 'what a message above it gets (nothing is documented): a failed status, or no status at all'],
  'rate.answer_ms': [[0, 0], range, 'ordinary time to answer a send'],

  'numbers': [{}, numberRules, 'per phone: {"49171…": {"code": 131026, "when": "async", "wa_id", "read", "offline", "name"}}'],

  'media.check': [true, flag, 'look into videos as a phone would'],
  'media.check_at': ['async', oneOf('async', 'upload'), 'where a bad video fails: 131053 by webhook, or at once'],
  'media.max_video_bytes': [16_000_000, whole(1, 100_000_000), 'a larger video is refused'],
  'media.lifetime_ms': [30 * day, whole(1, 365 * day), 'a media id lives this long'],
  'media.url_lifetime_ms': [300_000, whole(1, 30 * day), 'a download address lives this long'],
};

export const kSettings = Object.entries(table).map(([key, [fallback, , about]]) => ({ key, fallback, about }));

export class SettingsError extends Error {}

export class Settings {
  #values = {};
  #listeners = [];

  constructor() {
    for (const { key, fallback } of kSettings) this.#values[key] = structuredClone(fallback);
  }

  get(key) {
    if (!(key in this.#values)) throw new Error(`no such setting: ${key}`);
    return this.#values[key];
  }

  all() {
    return structuredClone(this.#values);
  }

  // Changes nothing and throws SettingsError naming every mistake, or changes all.
  apply(changes) {
    if (!isObject(changes)) throw new SettingsError('settings must be a JSON object');
    const mistakes = [];
    for (const [key, value] of Object.entries(changes)) {
      const known = Object.hasOwn(table, key);
      const mistake = known ? table[key][1](value) : 'no such setting (see --help)';
      if (mistake) mistakes.push(`${key}: ${mistake}`);
    }
    if (mistakes.length) throw new SettingsError(mistakes.join('\n'));
    for (const [key, value] of Object.entries(changes)) this.#values[key] = structuredClone(value);
    for (const listener of this.#listeners) listener(Object.keys(changes));
  }

  onChange(listener) {
    this.#listeners.push(listener);
  }
}

// "key=value" of the command line; the value is JSON where it can be read as such, else text.
export function parseAssignment(assignment) {
  const at = assignment.indexOf('=');
  if (at < 1) throw new SettingsError(`"${assignment}": write it as key=value`);
  const key = assignment.slice(0, at);
  const raw = assignment.slice(at + 1);
  if (Object.hasOwn(table, key) && typeof table[key][0] === 'string') return { [key]: raw };
  try {
    return { [key]: JSON.parse(raw) };
  } catch {
    return { [key]: raw };
  }
}
