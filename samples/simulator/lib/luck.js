// Repeatable chance: the same seed gives the same draws (mulberry32).
//
// Each purpose draws from its own stream, so that one more draw here does not change the luck there.
import { createHash } from 'node:crypto';

export class Luck {
  #state;

  constructor(seed) {
    this.#state = seed >>> 0;
  }

  // A number from 0 up to, not including, 1.
  draw() {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let t = Math.imul(this.#state ^ (this.#state >>> 15), 1 | this.#state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
  }

  hit(share) {
    return share > 0 && this.draw() < share;
  }

  between([least, most]) {
    return least + this.draw() * (most - least);
  }

  whole(below) {
    return Math.floor(this.draw() * below);
  }
}

export function streamOf(seed, purpose) {
  return new Luck(createHash('sha256').update(`${seed}/${purpose}`).digest().readUInt32LE(0));
}
