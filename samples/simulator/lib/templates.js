// Message templates: what is there, what may be created, and how a send fills them in.
import { GraphError, invalidParameter, unknownObject } from './graph_error.js';

const kHeaderFormats = ['TEXT', 'IMAGE', 'VIDEO', 'GIF', 'DOCUMENT', 'LOCATION'];
const kButtonTypes = ['URL', 'QUICK_REPLY', 'PHONE_NUMBER', 'COPY_CODE'];
const kVariable = /\{\{([a-z0-9_]+)\}\}/g;

export const variablesOf = (text) => [...new Set([...String(text ?? '').matchAll(kVariable)].map((m) => m[1]))];
export const componentOf = (template, type) => template.components.find((c) => c.type === type);
export const buttonsOf = (template) => componentOf(template, 'BUTTONS')?.buttons ?? [];

export function fill(text, values) {
  return String(text).replace(kVariable, (all, name) => values[name] ?? all);
}

// The ones every account starts with here; `watchUrl` is the registered prefix of the URL button.
function builtIn(watchUrl) {
  const clip = (name, language, body, example, footer, watch, stop, named) => ({
    name, language, category: 'MARKETING', status: 'APPROVED', parameter_format: named ? 'NAMED' : 'POSITIONAL',
    components: [
      { type: 'HEADER', format: 'VIDEO', example: { header_handle: ['4::aW1hZ2luYXJ5'] } },
      { type: 'BODY', text: body, example },
      { type: 'FOOTER', text: footer },
      {
        type: 'BUTTONS',
        buttons: [
          { type: 'URL', text: watch, url: `${watchUrl}{{1}}`, example: [`${watchUrl}k3Vw9_Qe`] },
          { type: 'QUICK_REPLY', text: stop },
        ],
      },
    ],
  });
  const plain = (name, language, status, body) => ({
    name, language, category: 'MARKETING', status, parameter_format: 'POSITIONAL', components: [{ type: 'BODY', text: body }],
  });
  const byOrder = { body_text: [['Jana', 'Halm 7']] };
  const byName = {
    body_text_named_params: [
      { param_name: 'first_name', example: 'Jana' }, { param_name: 'product', example: 'Halm 7' },
    ],
  };
  return [
    clip('product_clip', 'de', 'Hallo {{1}}, hier ist Ihr Clip zu {{2}}. Viel Freude beim Ansehen!', byOrder,
      'Abmelden jederzeit möglich', 'Video ansehen', 'Abmelden', false),
    clip('product_clip', 'en', 'Hello {{1}}, here is your clip of {{2}}. Enjoy watching!', byOrder,
      'Unsubscribe at any time', 'Watch video', 'Unsubscribe', false),
    clip('product_clip_named', 'de', 'Hallo {{first_name}}, hier ist Ihr Clip zu {{product}}. Viel Freude beim Ansehen!', byName,
      'Abmelden jederzeit möglich', 'Video ansehen', 'Abmelden', true),
    clip('product_clip_named', 'en', 'Hello {{first_name}}, here is your clip of {{product}}. Enjoy watching!', byName,
      'Unsubscribe at any time', 'Watch video', 'Unsubscribe', true),
    plain('hello_world', 'en_US', 'APPROVED', 'Welcome and congratulations!'),
    plain('spring_offer', 'de', 'PENDING', 'Der Frühling ist da: Besuchen Sie uns in der Werkstatt.'),
    plain('loud_offer', 'de', 'REJECTED', 'Jetzt zugreifen, nur heute!'),
    plain('paused_offer', 'de', 'PAUSED', 'Neues aus der Werkstatt.'),
  ];
}

export class Templates {
  #settings;
  #byId = new Map();
  #lastId;

  constructor(settings, luck) {
    this.#settings = settings;
    this.#lastId = 500_000_000_000_000 + luck.whole(1_000_000) * 1000;
    this.clear();
    settings.onChange((keys) => { if (keys.some((k) => k.startsWith('templates.'))) this.#reload(keys); });
  }

  // Back to what is there at start.
  clear() {
    this.#byId.clear();
    for (const template of builtIn(this.#settings.get('templates.watch_url'))) this.#put(template);
    for (const template of this.#settings.get('templates.list')) this.#put(completed(template));
  }

  find(name, language) {
    return this.all().find((t) => t.name === name && t.language === language);
  }

  get(id) {
    return this.#byId.get(String(id));
  }

  all() {
    return [...this.#byId.values()];
  }

  list({ name, status, language, category } = {}) {
    const wanted = (filter, value) => !filter || filter.toUpperCase() === String(value).toUpperCase();
    return this.all().filter(
      (t) => (!name || t.name === name) && wanted(status, t.status) && wanted(language, t.language) && wanted(category, t.category),
    );
  }

  // Throws GraphError when the review would not even begin.
  create(body) {
    const mistake = mistakeOf(body);
    if (mistake) throw mistake;
    if (this.find(body.name, body.language)) {
      throw new GraphError(100, `There is already ${body.language} content for this template.`, {
        subcode: 2388024, user_title: 'Content in this language already exists',
      });
    }
    return this.#put({ ...completed(structuredClone(body)), status: 'PENDING' });
  }

  // Replaces components, category or time to live; the review begins anew. Throws GraphError.
  edit(id, body, now) {
    const template = this.get(id);
    if (!['APPROVED', 'REJECTED', 'PAUSED'].includes(template.status)) throw refusedText(2388039, 'A template is edited when it is approved, rejected or paused');
    for (const key of Object.keys(body)) {
      if (!['components', 'category', 'message_send_ttl_seconds'].includes(key)) throw invalidParameter(`Unexpected key "${key.slice(0, 60)}" on param "template"`);
    }
    if (body.category !== undefined && template.status === 'APPROVED') throw refusedText(2388039, 'The category of an approved template cannot be changed');
    const mistake = mistakeOf({ ...template, ...body });
    if (mistake) throw mistake;
    if (template.status === 'APPROVED') requireSeldom(template, now);
    Object.assign(template, structuredClone(body), { status: 'PENDING' });
    return template;
  }

  remove({ name, hsm_id: id }) {
    const doomed = this.all().filter((t) => (id ? t.id === String(id) : t.name === name));
    if (!doomed.length || (id && name && doomed[0].name !== name)) throw unknownObject(id ?? name, 'DELETE');
    for (const template of doomed) this.#byId.delete(template.id);
  }

  // Returns for how many hours it is paused; 0: disabled for good.
  pause(template, now) {
    const hours = [3, 6, 0][Math.min(template.pauses ?? 0, 2)];
    Object.defineProperty(template, 'pauses', { value: (template.pauses ?? 0) + 1, writable: true, enumerable: false });
    Object.defineProperty(template, 'pausedUntil', { value: hours ? now + hours * 3_600_000 : Infinity, writable: true, enumerable: false });
    return hours;
  }

  // Those whose pause is over.
  endPauses(now) {
    return this.all().filter((t) => t.status === 'PAUSED' && t.pausedUntil <= now);
  }

  #put(template) {
    const id = String((this.#lastId += 13));
    const full = { ...template, id, quality_score: { score: 'GREEN', date: 1758754645 } };
    this.#byId.set(id, full);
    return full;
  }

  #reload(keys) {
    if (keys.includes('templates.watch_url') || keys.includes('templates.list')) this.clear();
  }
}

// An approved template is edited once in 24 hours and ten times in 30 days.
function requireSeldom(template, now) {
  const edits = (template.edits ?? []).filter((at) => at > now - 30 * 24 * 3_600_000);
  if (edits.length >= 10 || edits.some((at) => at > now - 24 * 3_600_000)) throw refusedText(2388039, 'An approved template is edited once in 24 hours and ten times in 30 days');
  Object.defineProperty(template, 'edits', { value: [...edits, now], writable: true, enumerable: false });
}

function completed(template) {
  const named = variablesOf(template.components?.find((c) => c.type === 'BODY')?.text).some((v) => !/^[0-9]+$/.test(v));
  return {
    status: 'APPROVED', category: 'MARKETING', language: 'de', ...template,
    parameter_format: String(template.parameter_format ?? (named ? 'NAMED' : 'POSITIONAL')).toUpperCase(),
  };
}

function mistakeOf(body) {
  if (!body || typeof body !== 'object') return invalidParameter('The body must be a JSON object');
  if (!/^[a-z0-9_]{1,512}$/.test(body.name ?? '')) return invalidParameter('name must be 1 to 512 of a-z, 0-9 and _');
  if (!/^[a-z]{2,3}(_[A-Z]{2,3})?$/.test(body.language ?? '')) return invalidParameter('language is not supported');
  if (!['MARKETING', 'UTILITY', 'AUTHENTICATION'].includes(body.category)) return invalidParameter('category must be one of MARKETING, UTILITY, AUTHENTICATION');
  if (!Array.isArray(body.components)) return invalidParameter('components must be a list');
  for (const component of body.components) {
    const mistake = mistakeOfComponent(component);
    if (mistake) return mistake;
  }
  return body.components.some((c) => c.type === 'BODY') ? null : invalidParameter('A template needs a BODY component');
}

function mistakeOfComponent(c) {
  switch (c?.type) {
    case 'HEADER': return mistakeOfHeader(c);
    case 'BODY': return mistakeOfBody(c);
    case 'FOOTER':
      return typeof c.text === 'string' && c.text.length <= 60 && !variablesOf(c.text).length
        ? null : refusedText(2388073, 'The footer must be a text of at most 60 characters without variables');
    case 'BUTTONS': return mistakeOfButtons(c.buttons);
    default: return invalidParameter(`components: unknown type ${JSON.stringify(c?.type)}`);
  }
}

function mistakeOfHeader(c) {
  if (!kHeaderFormats.includes(c.format)) return refusedText(2388043, `The header format must be one of ${kHeaderFormats.join(', ')}`);
  if (c.format === 'TEXT') {
    return typeof c.text === 'string' && c.text.length <= 60 && variablesOf(c.text).length <= 1
      ? null : refusedText(2388047, 'The header must be a text of at most 60 characters with at most one variable');
  }
  if (c.format === 'LOCATION') return null;
  return c.example?.header_handle?.length ? null : refusedText(2388084, `A header of format ${c.format} needs an example with a header_handle`);
}

function mistakeOfBody(c) {
  if (typeof c.text !== 'string' || !c.text.trim()) return refusedText(2388072, 'The body needs a text');
  if (c.text.length > 1024) return refusedText(2388040, 'The body has more than 1024 characters');
  if (/^\s*\{\{|\}\}\s*$/.test(c.text)) return refusedText(2388299, 'Variables cannot be at the start or end of the template');
  if (/\}\}\s*\{\{/.test(c.text)) return refusedText(2388293, 'Two variables must not stand side by side');
  const count = variablesOf(c.text).length;
  const examples = c.example?.body_text?.[0]?.length ?? c.example?.body_text_named_params?.length ?? 0;
  return count === examples ? null : refusedText(2388043, `The body has ${count} variables but ${examples} examples`);
}

function mistakeOfButtons(buttons) {
  if (!Array.isArray(buttons) || !buttons.length || buttons.length > 10) return refusedText(2388089, 'Between 1 and 10 buttons are allowed');
  const kinds = buttons.map((b) => b.type);
  if (kinds.some((k) => !kButtonTypes.includes(k))) return invalidParameter(`A button must be one of ${kButtonTypes.join(', ')}`);
  if (buttons.some((b) => b.type !== 'COPY_CODE' && !(typeof b.text === 'string' && b.text && b.text.length <= 25))) {
    return refusedText(2388053, 'A button label has 1 to 25 characters');
  }
  if (kinds.filter((k) => k === 'URL').length > 2) return refusedText(2388053, 'At most 2 URL buttons are allowed');
  const groups = kinds.filter((k, i) => (k === 'QUICK_REPLY') !== (kinds[i - 1] === 'QUICK_REPLY')).length;
  if (groups > 2 && kinds.includes('QUICK_REPLY')) return refusedText(2388053, 'Quick replies must stand together');
  return buttons.map(mistakeOfUrl).find(Boolean) ?? null;
}

function mistakeOfUrl(button) {
  if (button.type !== 'URL') return null;
  const url = button.url ?? '';
  if (!/^https?:\/\//.test(url) || url.length > 2000) return refusedText(2388053, 'A URL button needs an http(s) address of at most 2000 characters');
  if (!variablesOf(url).length) return null;
  if (!/^[^{}]+\{\{1\}\}$/.test(url)) return refusedText(2388053, 'The address may hold one variable, {{1}}, at its end');
  return button.example?.length ? null : refusedText(2388053, 'An address with a variable needs an example');
}

function refusedText(subcode, details) {
  return new GraphError(100, details, { subcode, user_title: 'Message template cannot be created' });
}
