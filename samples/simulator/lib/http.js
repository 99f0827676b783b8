// The little HTTP this program needs: bodies with a limit, answers, files with ranges.
import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';

export class HttpError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// The whole body, or HttpError 413; one that ends early rejects.
export function readBody(request, most) {
  const announced = Number(request.headers['content-length'] ?? 0);
  if (announced > most) return Promise.reject(new HttpError(413, `the body may have at most ${most} bytes`));
  return new Promise((resolve, reject) => {
    const parts = [];
    let size = 0;
    request.on('data', (part) => {
      size += part.length;
      if (size > most) return reject(new HttpError(413, `the body may have at most ${most} bytes`));
      parts.push(part);
    });
    request.on('end', () => resolve(parts.length === 1 ? parts[0] : Buffer.concat(parts)));
    request.on('error', reject);
    request.on('close', () => { if (!request.complete) reject(new HttpError(400, 'the body broke off')); });
  });
}

export function mediaTypeOf(request) {
  return String(request.headers['content-type'] ?? '').split(';')[0].trim().toLowerCase();
}

export function sendJson(response, status, value, headers = {}) {
  send(response, status, 'application/json; charset=UTF-8', Buffer.from(JSON.stringify(value)), headers);
}

export function send(response, status, type, bytes, headers = {}) {
  if (response.destroyed || response.headersSent) return;
  response.writeHead(status, { 'Content-Type': type, 'Content-Length': bytes.length, ...headers });
  response.end(bytes);
}

// A file, whole or one byte range of it.
export async function sendFile(request, response, path, type, headers = {}) {
  const { size } = await stat(path);
  const range = rangeOf(request.headers.range, size);
  const common = { 'Content-Type': type, 'Accept-Ranges': 'bytes', ...headers };
  if (range === 'unsatisfiable') {
    response.writeHead(416, { ...common, 'Content-Range': `bytes */${size}` });
    return response.end();
  }
  const [first, last] = range ?? [0, size - 1];
  if (range) common['Content-Range'] = `bytes ${first}-${last}/${size}`;
  response.writeHead(range ? 206 : 200, { ...common, 'Content-Length': last - first + 1 });
  if (request.method === 'HEAD') return response.end();
  const stream = createReadStream(path, { start: first, end: last });
  stream.on('error', () => response.destroy());
  response.on('close', () => stream.destroy());
  stream.pipe(response);
}

function rangeOf(header, size) {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header ?? '');
  if (!match || (!match[1] && !match[2])) return null;
  const first = match[1] ? Number(match[1]) : Math.max(0, size - Number(match[2]));
  const last = match[1] && match[2] ? Math.min(Number(match[2]), size - 1) : size - 1;
  return first > last || first >= size ? 'unsatisfiable' : [first, last];
}
