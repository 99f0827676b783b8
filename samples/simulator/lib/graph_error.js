// Errors as the Graph API words them, for HTTP answers and for "failed" statuses.
import { randomBytes } from 'node:crypto';

const titles = {
  1: 'API Unknown',
  2: 'API Service',
  4: 'Application request limit reached',
  33: 'Parameter value is not valid',
  100: 'Invalid parameter',
  190: 'Access token has expired',
  368: 'Temporarily blocked for policies violations',
  80007: 'Rate limit issues',
  130403: 'User is blocked by the business',
  130429: 'Rate limit hit',
  130472: "User's number is part of an experiment",
  130497: 'Business account is restricted from messaging users in this country',
  131000: 'Something went wrong',
  131005: 'Access denied',
  131008: 'Required parameter is missing',
  131009: 'Parameter value is not valid',
  131016: 'Service unavailable',
  131021: 'Recipient cannot be sender',
  131026: 'Message undeliverable',
  131030: 'Recipient phone number not in allowed list',
  131031: 'Business Account locked',
  131042: 'Business eligibility payment issue',
  131045: 'Incorrect certificate',
  131047: 'Re-engagement message',
  131048: 'Spam rate limit hit',
  131049: 'This message was not delivered to maintain healthy ecosystem engagement.',
  131050: 'User has stopped marketing messages from this business',
  131051: 'Unsupported message type',
  131052: 'Media download error',
  131053: 'Media upload error',
  131055: 'Method not allowed',
  131056: '(Business Account, Consumer Account) pair rate limit hit',
  131057: 'Business Account is in maintenance mode',
  131062: 'Business-scoped user id recipients are not supported for this message',
  132000: 'Number of parameters does not match the expected number of params',
  132001: 'Template name does not exist in the translation',
  132005: 'Template Hydrated Text too long',
  132007: 'Template Content Policy Violated',
  132012: 'Template Parameter Format Mismatch',
  132015: 'Template is paused',
  132016: 'Template is disabled',
  132018: 'Template parameter validation failed',
  133010: 'Phone number not registered',
  134100: 'Only marketing messages supported',
};

const httpStatuses = {
  2: 503, 4: 429, 190: 401, 80007: 429, 130429: 429, 131000: 500, 131005: 403, 131016: 503, 131056: 429, 131057: 503,
  132001: 404,
};

export function titleOf(code) {
  return titles[code] ?? 'Unknown error';
}

export class GraphError extends Error {
  // `extra` may hold status (HTTP), subcode, type, bare (no error_data), title.
  constructor(code, details, extra = {}) {
    super(`(#${code}) ${extra.title ?? titleOf(code)}`);
    this.code = code;
    this.details = details;
    this.extra = extra;
  }

  get status() {
    return this.extra.status ?? httpStatuses[this.code] ?? 400;
  }

  body() {
    const error = {
      message: this.extra.bare ? this.details : this.message,
      type: this.extra.type ?? 'OAuthException',
      code: this.code,
    };
    if (!this.extra.bare) error.error_data = { messaging_product: 'whatsapp', details: this.details };
    if (this.extra.subcode) error.error_subcode = this.extra.subcode;
    if (this.extra.user_title) {
      error.is_transient = false;
      error.error_user_title = this.extra.user_title;
      error.error_user_msg = this.details;
    }
    error.fbtrace_id = traceId();
    return { error };
  }
}

export function traceId() {
  return 'A' + randomBytes(11).toString('base64url').replace(/[-_]/g, 'x');
}

// An entry of statuses[].errors of a webhook: no type and no trace id there.
export function webhookError(code, details) {
  const title = titleOf(code);
  return {
    code,
    title,
    message: title,
    error_data: { details: details ?? title },
    href: 'https://developers.facebook.com/docs/whatsapp/cloud-api/support/error-codes/',
  };
}

export const invalidParameter = (details) => new GraphError(100, details);
export const missing = (name) => new GraphError(131008, `Required parameter is missing: ${name}`);
export const invalidValue = (details) => new GraphError(131009, details);

export function unknownObject(id, method) {
  return new GraphError(
    100,
    `Unsupported ${method.toLowerCase()} request. Object with ID '${id}' does not exist, cannot be loaded due to ` +
      'missing permissions, or does not support this operation.',
    { subcode: 33, type: 'GraphMethodException', bare: true },
  );
}
