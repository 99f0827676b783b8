// Reads the body of POST /{PNID}/messages into what the phone will show.
//
// parseMessage() returns {to, type, opaque, replyTo, needsWindow, content} or throws GraphError.
import { GraphError, invalidParameter, invalidValue, missing } from './graph_error.js';
import { isObject, onlyKeys, optionalText, requireMediaRef, requirePhone, requireText } from './shape.js';
import { filledTemplate } from './template_send.js';

const kEnvelope = [
  'messaging_product', 'recipient_type', 'to', 'recipient', 'type', 'context', 'biz_opaque_callback_data',
];

const readers = {
  text: readText,
  video: (b) => readMedia(b, 'video', ['caption']),
  image: (b) => readMedia(b, 'image', ['caption']),
  document: (b) => readMedia(b, 'document', ['caption', 'filename']),
  audio: (b) => readMedia(b, 'audio', ['voice']),
  sticker: (b) => readMedia(b, 'sticker', []),
  interactive: readInteractive,
  location: readLocation,
  contacts: readContacts,
  reaction: readReaction,
  template: readTemplate,
};

export function parseMessage(body, templates) {
  requireProduct(body);
  const type = body.type ?? 'text';
  if (!Object.hasOwn(readers, type)) {
    throw invalidParameter(`Param type must be one of {${Object.keys(readers).join(', ').toUpperCase()}} - got "${String(type).slice(0, 40)}".`);
  }
  onlyKeys(body, [...kEnvelope, type], 'message');
  if ((body.recipient_type ?? 'individual') !== 'individual') throw invalidParameter('Param recipient_type must be one of {INDIVIDUAL}');
  return {
    ...recipient(body),
    type,
    opaque: optionalText(body.biz_opaque_callback_data, 'biz_opaque_callback_data', 512),
    replyTo: replyTo(body.context),
    needsWindow: type !== 'template',
    content: readers[type](body, templates),
  };
}

export function requireProduct(body) {
  if (!isObject(body)) throw invalidParameter('The body must be a JSON object');
  if (body.messaging_product === undefined) throw new GraphError(100, '(#100) The parameter messaging_product is required.', { bare: true });
  if (body.messaging_product !== 'whatsapp') throw invalidParameter('Param messaging_product must be one of {WHATSAPP}');
}

function recipient(body) {
  if (body.to === undefined && body.recipient === undefined) throw new GraphError(100, 'The parameter to or recipient is required.');
  if (body.to !== undefined) return { input: body.to, to: requirePhone(body.to, 'to') };
  requireText(body.recipient, 'recipient', 140);
  if (!/^[A-Z]{2}\.(ENT\.)?[A-Za-z0-9]{1,128}$/.test(body.recipient)) throw invalidParameter('Param recipient is not a valid business-scoped user id');
  return { input: body.recipient, userId: body.recipient };
}

function replyTo(context) {
  if (context === undefined) return undefined;
  onlyKeys(context, ['message_id'], 'context');
  return requireText(context.message_id, 'context.message_id', 256);
}

function readText({ text }) {
  if (!isObject(text)) throw missing('text');
  onlyKeys(text, ['body', 'preview_url'], 'text');
  if (text.preview_url !== undefined && typeof text.preview_url !== 'boolean') throw invalidParameter('Param text.preview_url must be a boolean');
  return { body: requireText(text.body, 'text.body', 4096) };
}

function readMedia(body, kind, more) {
  const value = body[kind];
  const reference = requireMediaRef(value, kind, more);
  if (value.voice !== undefined && typeof value.voice !== 'boolean') throw invalidParameter('Param audio.voice must be a boolean');
  return {
    header: { format: kind.toUpperCase(), ...reference },
    body: optionalText(value.caption, `${kind}.caption`, 1024),
    filename: optionalText(value.filename, `${kind}.filename`, 240),
  };
}

function readTemplate(body, templates) {
  if (body.to === undefined && templates.find(body.template?.name, body.template?.language?.code)?.category === 'AUTHENTICATION') {
    throw new GraphError(131062, 'Authentication templates need a phone number');
  }
  const filled = filledTemplate(templates, body);
  const { name, language, category } = filled.template;
  return { ...filled, template: { name, language, category } };
}

function readInteractive({ interactive }) {
  if (!isObject(interactive)) throw missing('interactive');
  onlyKeys(interactive, ['type', 'header', 'body', 'footer', 'action'], 'interactive');
  if (!['button', 'cta_url'].includes(interactive.type)) throw invalidParameter('Param interactive.type must be one of {BUTTON, CTA_URL}');
  if (!isObject(interactive.action)) throw missing('interactive.action');
  return {
    header: interactive.header && interactiveHeader(interactive.header),
    body: requireText(interactive.body?.text, 'interactive.body.text', 1024),
    footer: optionalText(interactive.footer?.text, 'interactive.footer.text', 60),
    buttons: interactive.type === 'button' ? replyButtons(interactive.action) : [urlButton(interactive.action)],
  };
}

function interactiveHeader(header) {
  if (!['text', 'video', 'image', 'document'].includes(header.type)) throw invalidParameter('Param interactive.header.type must be one of {TEXT, VIDEO, IMAGE, DOCUMENT}');
  onlyKeys(header, ['type', header.type], 'interactive.header');
  if (header.type === 'text') return { format: 'TEXT', text: requireText(header.text, 'interactive.header.text', 60) };
  return { format: header.type.toUpperCase(), ...requireMediaRef(header[header.type], `interactive.header.${header.type}`, ['filename']) };
}

function replyButtons(action) {
  onlyKeys(action, ['buttons'], 'interactive.action');
  const { buttons } = action;
  if (!Array.isArray(buttons) || buttons.length < 1 || buttons.length > 3) throw invalidValue('Between 1 and 3 buttons are allowed');
  const read = buttons.map((button) => {
    onlyKeys(button, ['type', 'reply'], 'interactive.action.buttons');
    if (button.type !== 'reply') throw invalidParameter('Param interactive.action.buttons.type must be one of {REPLY}');
    return {
      type: 'REPLY',
      id: requireText(button.reply?.id, 'reply.id', 256),
      text: requireText(button.reply?.title, 'reply.title', 20),
    };
  });
  if (new Set(read.map((b) => b.id)).size !== read.length) throw invalidValue('Button ids must differ');
  return read;
}

function urlButton(action) {
  onlyKeys(action, ['name', 'parameters'], 'interactive.action');
  if (action.name !== 'cta_url') throw invalidParameter('Param interactive.action.name must be cta_url');
  const url = requireText(action.parameters?.url, 'parameters.url', 2000);
  if (!/^https?:\/\/[^\s]+$/.test(url)) throw invalidParameter('Param parameters.url is not a valid URI');
  return { type: 'URL', text: requireText(action.parameters?.display_text, 'parameters.display_text', 20), url };
}

function readLocation({ location }) {
  if (!isObject(location)) throw missing('location');
  onlyKeys(location, ['latitude', 'longitude', 'name', 'address'], 'location');
  const latitude = Number(location.latitude);
  const longitude = Number(location.longitude);
  if (!(Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180)) throw invalidParameter('Param location must be on this planet');
  return { body: [location.name, location.address, `${latitude}, ${longitude}`].filter(Boolean).join(', ') };
}

function readContacts({ contacts }) {
  if (!Array.isArray(contacts) || !contacts.length) throw missing('contacts');
  const names = contacts.map((contact) => requireText(contact?.name?.formatted_name, 'contacts.name.formatted_name', 256));
  return { body: names.join(', ') };
}

function readReaction({ reaction }) {
  if (!isObject(reaction)) throw missing('reaction');
  onlyKeys(reaction, ['message_id', 'emoji'], 'reaction');
  requireText(reaction.message_id, 'reaction.message_id', 256);
  if (typeof reaction.emoji !== 'string' || [...reaction.emoji].length > 8) throw invalidParameter('Param reaction.emoji must be one emoji or empty');
  return { reactsTo: reaction.message_id, emoji: reaction.emoji };
}
