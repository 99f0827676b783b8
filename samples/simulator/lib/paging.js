// Lists as the Graph API pages them, and the choice of fields.
import { invalidParameter } from './graph_error.js';
import { sendJson } from './http.js';

// "a,b{c,d}" to a function that keeps these keys, and always the id.
export function pick(fields) {
  const keys = fields.replace(/\{[^}]*\}/g, '').split(',').map((key) => key.trim()).filter(Boolean);
  return (value) => Object.fromEntries([...new Set([...keys, 'id'])].filter((key) => value[key] !== undefined).map((key) => [key, value[key]]));
}

// One page of a list with cursors as the Graph API pages: limit 1..100 (default 25), after, before.
export function sendPage(request, response, headers, query, all, shown) {
  const limit = Number(query.get('limit') ?? 25);
  if (!Number.isInteger(limit) || limit < 1) throw invalidParameter('Param limit must be a positive number');
  const size = Math.min(limit, 1000);
  const start = query.get('before') ? Math.max(0, position(query.get('before')) - size) : query.get('after') ? position(query.get('after')) + 1 : 0;
  const end = query.get('before') ? position(query.get('before')) : start + size;
  const page = all.slice(start, end);
  const body = { data: page.map(shown) };
  if (page.length) body.paging = { cursors: { before: cursor(start), after: cursor(start + page.length - 1) } };
  if (page.length && start + page.length < all.length) body.paging.next = nextAddress(request, query, body.paging.cursors.after);
  sendJson(response, 200, body, headers);
}

const cursor = (position_) => Buffer.from(`p${position_}`).toString('base64url');

function position(text) {
  const match = /^p(\d{1,9})$/.exec(Buffer.from(text, 'base64url').toString());
  if (!match) throw invalidParameter('Invalid cursors values for pagination');
  return Number(match[1]);
}

function nextAddress(request, query, after) {
  const next = new URLSearchParams(query);
  next.set('after', after);
  next.delete('before');
  return `http://${request.headers.host}${request.url.split('?')[0]}?${next}`;
}
