// The page at /: a handful of static files.
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { send } from './http.js';

const kFiles = {
  '/': ['index.html', 'text/html; charset=utf-8'],
  '/page.css': ['page.css', 'text/css; charset=utf-8'],
  '/page.js': ['page.js', 'text/javascript; charset=utf-8'],
  '/words.js': ['words.js', 'text/javascript; charset=utf-8'],
  '/bubbles.js': ['bubbles.js', 'text/javascript; charset=utf-8'],
  '/panel.js': ['panel.js', 'text/javascript; charset=utf-8'],
};
const kHeaders = {
  'Cache-Control': 'no-cache',
  'X-Content-Type-Options': 'nosniff',
  'Referrer-Policy': 'no-referrer',
  'Content-Security-Policy': "default-src 'self'; img-src 'self' data:; media-src 'self'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
};

// Answers and returns true when the path is one of the page.
export async function servePage(request, response, path) {
  const file = Object.hasOwn(kFiles, path) ? kFiles[path] : null;
  if (!file || (request.method !== 'GET' && request.method !== 'HEAD')) return false;
  const bytes = await readFile(fileURLToPath(new URL(`../page/${file[0]}`, import.meta.url)));
  send(response, 200, file[1], bytes, kHeaders);
  return true;
}
