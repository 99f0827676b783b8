// The Resumable Upload API: what a template's header example is uploaded with.
import { randomBytes } from 'node:crypto';
import { GraphError, invalidParameter, unknownObject } from './graph_error.js';
import { readBody, sendJson } from './http.js';

const kTypes = ['application/pdf', 'image/jpeg', 'image/jpg', 'image/png', 'video/mp4'];
const kMostBytes = 100_000_000;
const kMostSessions = 1000;

export class UploadApi {
  #sessions = new Map(); // "upload:..." -> {length, type, got: [Buffer], offset}
  #handles = new Set();

  clear() {
    this.#sessions.clear();
    this.#handles.clear();
  }

  // Of the app.
  appRoutes() {
    return { 'POST uploads': (call) => this.#begin(call) };
  }

  // Of one session; null when there is none of that id.
  sessionRoutes(id) {
    if (!id.startsWith('upload:')) return null;
    return { 'GET': (call) => this.#tell(call), 'POST': (call) => this.#take(call) };
  }

  has(handle) {
    return this.#handles.has(handle);
  }

  #begin({ response, query, headers }) {
    const length = Number(query.get('file_length'));
    const type = query.get('file_type') ?? '';
    if (!Number.isSafeInteger(length) || length < 1 || length > kMostBytes) throw invalidParameter(`Param file_length must be 1 to ${kMostBytes}`);
    if (!kTypes.includes(type)) throw invalidParameter(`Param file_type must be one of {${kTypes.join(', ')}}`);
    const id = `upload:${randomBytes(24).toString('base64url')}`;
    this.#sessions.set(id, { length, type, offset: 0 });
    if (this.#sessions.size > kMostSessions) this.#sessions.delete(this.#sessions.keys().next().value);
    sendJson(response, 200, { id }, headers);
  }

  #tell({ response, headers, id }) {
    sendJson(response, 200, { id, file_offset: this.#require(id, 'GET').offset }, headers);
  }

  async #take({ request, response, headers, id }) {
    const session = this.#require(id, 'POST');
    const offset = Number(request.headers.file_offset);
    if (offset !== session.offset) throw new GraphError(100, `The upload goes on at file_offset ${session.offset}`);
    const bytes = await readBody(request, kMostBytes);
    if (session.offset + bytes.length > session.length) throw invalidParameter('More bytes than file_length says');
    session.offset += bytes.length;
    if (session.offset < session.length) return sendJson(response, 200, { id, file_offset: session.offset }, headers);
    this.#sessions.delete(id);
    const handle = `4::${randomBytes(30).toString('base64url')}`;
    this.#handles.add(handle);
    sendJson(response, 200, { h: handle }, headers);
  }

  #require(id, method) {
    const session = this.#sessions.get(id);
    if (!session) throw unknownObject(id, method);
    return session;
  }
}
