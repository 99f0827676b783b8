// The JSON body of a Graph API call.
import { GraphError, invalidParameter } from './graph_error.js';
import { mediaTypeOf, readBody } from './http.js';

const kMostJsonBytes = 1_000_000;

// One JSON object; `empty` stands for an empty body where that is allowed. Throws GraphError.
export async function readJson(request, empty) {
  const bytes = await readBody(request, kMostJsonBytes);
  if (!bytes.length && empty) return empty;
  if (mediaTypeOf(request) !== 'application/json') throw invalidParameter('The body must be application/json');
  try {
    const value = JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes));
    if (value !== null && typeof value === 'object' && !Array.isArray(value)) return value;
  } catch { /* told below */ }
  throw new GraphError(100, 'Invalid JSON: the body must be one object in UTF-8');
}
