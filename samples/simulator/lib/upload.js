// Reads the form of POST /{PNID}/media as real clients send it.
//
// Clients differ: messaging_product in the form or in the query, `type` as a MIME type or as a mere
// kind ("video"), or left out. The type that counts is the one of the file's own part.
import { GraphError, invalidParameter } from './graph_error.js';

// Returns {bytes, mimeType, messagingProduct}; bytes is null when there is no file.
export async function readUpload(contentType, body, query) {
  if (!/^multipart\/form-data\s*;/i.test(contentType ?? '')) throw invalidParameter('Media is uploaded as multipart/form-data');
  const form = await readForm(contentType, body);
  const file = form.get('file');
  const named = (name) => (typeof form.get(name) === 'string' ? form.get(name) : query.get(name) ?? undefined);
  const isFile = file !== null && typeof file === 'object';
  return {
    bytes: isFile ? Buffer.from(await file.arrayBuffer()) : null,
    mimeType: isFile ? mimeOf(file, named('type')) : null,
    messagingProduct: named('messaging_product'),
  };
}

async function readForm(contentType, body) {
  try {
    return await new Response(body, { headers: { 'Content-Type': contentType } }).formData();
  } catch {
    throw new GraphError(100, 'The multipart form is broken or cut off');
  }
}

function mimeOf(file, type) {
  const ofPart = file.type.split(';')[0].trim().toLowerCase();
  if (ofPart && ofPart !== 'application/octet-stream' && ofPart !== 'text/plain') return ofPart;
  return type?.includes('/') ? type.toLowerCase() : ofPart || 'application/octet-stream';
}
