// A bad line in front of a service: each connection is cut after a random number of bytes, of the request
// or of the answer. The same seed cuts at the same bytes.
import { once } from 'node:events';
import { connect, createServer } from 'node:net';

// Mulberry32: small, and the same everywhere.
export function randomFrom(seed) {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let t = Math.imul(state ^ (state >>> 15), state | 1);
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  };
}

export class CuttingProxy {
  // `cutShare` of the connections are cut: after at most `most` bytes of the request, or in the answer.
  static async start(target, { seed, most, cutShare = 0.8 }) {
    const proxy = new CuttingProxy();
    Object.assign(proxy, { target: new URL(target), random: randomFrom(seed), most, cutShare, cuts: 0, bytes: 0, sockets: new Set() });
    proxy.server = createServer((client) => proxy.#carry(client)).listen(0, '127.0.0.1');
    await once(proxy.server, 'listening');
    proxy.url = `http://127.0.0.1:${proxy.server.address().port}`;
    return proxy;
  }

  // null: never.
  #budget() {
    if (this.random() >= this.cutShare) return { up: Infinity, down: Infinity };
    if (this.random() < 0.25) return { up: Infinity, down: Math.floor(this.random() * 300) };
    return { up: Math.floor(this.random() * this.most), down: Infinity };
  }

  #carry(client) {
    const service = connect(Number(this.target.port), this.target.hostname);
    const left = this.#budget();
    const end = () => {
      client.destroy();
      service.destroy();
    };
    for (const socket of [client, service]) {
      this.sockets.add(socket);
      socket.on('error', end).on('close', () => { this.sockets.delete(socket); end(); });
    }
    const pass = (from, to, direction) => from.on('data', (bytes) => {
      const piece = bytes.subarray(0, left[direction]);
      left[direction] -= bytes.length;
      if (direction === 'up') this.bytes += piece.length;
      const cut = left[direction] < 0;
      if (cut) ++this.cuts;
      // What was sent before the cut still arrives, as on a real line.
      if (!to.write(piece, () => { if (cut) end(); }) && !cut) {
        from.pause();
        to.once('drain', () => from.resume());
      }
      if (cut) from.pause();
    });
    pass(client, service, 'up');
    pass(service, client, 'down');
  }

  stop() {
    this.server.close();
    for (const socket of this.sockets) socket.destroy();
  }
}
