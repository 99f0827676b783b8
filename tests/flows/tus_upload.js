// An upload by an independent tus client that never gives up.
import { createRequire } from 'node:module';

const tus = createRequire(import.meta.url)('tus-js-client');

// Resolves with the address of the finished upload. `told` gets each offset that was acknowledged.
export function tusUpload(endpoint, token, bytes, { filename = 'film.mp4', title = '', chunkSize = Infinity, told = () => {} } = {}) {
  return new Promise((resolve, reject) => {
    const upload = new tus.Upload(bytes, {
      endpoint: `${endpoint}/api/v1/uploads`,
      chunkSize,
      headers: { Authorization: `Bearer ${token}` },
      metadata: { filename, filetype: 'video/mp4', ...(title ? { title } : {}) },
      retryDelays: Array(400).fill(150),
      storeFingerprintForResuming: false,
      onAfterResponse: (request, response) => {
        const offset = response.getHeader('Upload-Offset');
        if (offset) told(request.getURL(), Number(offset));
      },
      onError: reject,
      onSuccess: () => resolve(upload.url),
    });
    upload.start();
  });
}

// A film of the wanted size: players and our transcoder pass over a box named "free".
export function padded(film, size) {
  const box = Buffer.alloc(8);
  box.writeUInt32BE(size - film.length);
  box.write('free', 4);
  return Buffer.concat([film, box, Buffer.alloc(size - film.length - 8)]);
}
