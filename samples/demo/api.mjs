// Plain clients of the service's API and of the phones' control.

export class Refused extends Error {
  constructor(method, path, status, problem) {
    const reasons = (problem.errors ?? []).map((e) => e.what).join('; ');
    super(`${method} ${path}: ${status} ${problem.title ?? ''} ${problem.detail ?? ''} ${reasons}`.trim());
    this.status = status;
    this.problem = problem;
  }
}

async function call(base, method, path, { json, form, body, headers = {} } = {}) {
  const response = await fetch(base + path, {
    method,
    headers: json === undefined ? headers : { ...headers, 'content-type': 'application/json' },
    body: json === undefined ? (form ?? body) : JSON.stringify(json),
    signal: AbortSignal.timeout(60_000),
  });
  const text = await response.text();
  const answer = text.startsWith('{') || text.startsWith('[') ? JSON.parse(text) : text;
  if (!response.ok) throw new Refused(method, path, response.status, typeof answer === 'string' ? {} : answer);
  return answer;
}

export class Api {
  constructor(base, token) {
    this.base = base;
    this.token = token;
  }
  get = (path, headers = {}) => this.#call('GET', path, { headers });
  post = (path, json, headers = {}) => this.#call('POST', path, { json, headers });
  put = (path, json, headers = {}) => this.#call('PUT', path, { json, headers });
  upload = (path, form) => this.#call('POST', path, { form });
  send = (path, body, type) => this.#call('POST', path, { body, headers: { 'content-type': type } });
  #call(method, path, options = {}) {
    const headers = { ...options.headers, authorization: `Bearer ${this.token}` };
    return call(this.base, method, path, { ...options, headers });
  }

  // All items of a paged list.
  async all(path) {
    const items = [];
    for (let cursor = null, pages = 0; pages < 1000; pages += 1) {
      const separator = path.includes('?') ? '&' : '?';
      const more = cursor ? `&cursor=${encodeURIComponent(cursor)}` : '';
      const page = await this.get(`${path}${separator}limit=200${more}`);
      items.push(...page.items);
      cursor = page.next_cursor;
      if (!cursor) return items;
    }
    throw new Error(`${path} does not end`);
  }
}

export class Phones {
  constructor(base) {
    this.base = base;
  }
  get = (path) => call(this.base, 'GET', `/_simulator/${path}`);
  post = (path, json) => call(this.base, 'POST', `/_simulator/${path}`, { json });
}

// Asks again until `look` returns something true, at most `seconds`.
export async function until(what, seconds, look) {
  const last = Date.now() + seconds * 1000;
  for (;;) {
    const found = await look();
    if (found) return found;
    if (Date.now() > last) throw new Error(`${what}: not within ${seconds} s`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}
