// Composes the sound of a film: soft chords, a few plucked notes, a click and a bell where a lamp
// comes on. Returns a WAV file (48 kHz, stereo, 16 bit) as a Buffer.

const kRate = 48_000;
const hertz = (note) => 440 * 2 ** ((note - 69) / 12);

// `cues`: {chords: [[at, [midi notes]]], plucks: [[at, note]], lamps: [at], hum}
export function soundtrack(seconds, cues) {
  const track = new Track(seconds);
  for (const [at, notes] of cues.chords ?? []) for (const [i, note] of notes.entries()) track.pad(at, note, (i - 1) * 0.4);
  for (const [at, note] of cues.plucks ?? []) track.pluck(at, note);
  for (const at of cues.lamps ?? []) track.lamp(at);
  if (cues.hum) track.room(cues.hum);
  track.echo();
  return track.wav();
}

class Track {
  constructor(seconds) {
    this.length = Math.round(seconds * kRate);
    this.left = new Float64Array(this.length);
    this.right = new Float64Array(this.length);
    this.state = 12345;
  }

  // Adds a voice: `wave(t)` for `seconds` from `at`; `side` is -1 left to 1 right.
  add(at, seconds, side, wave) {
    const start = Math.round(at * kRate);
    const end = Math.min(this.length, start + Math.round(seconds * kRate));
    const angle = ((side + 1) * Math.PI) / 4;
    const [l, r] = [Math.cos(angle), Math.sin(angle)];
    for (let i = Math.max(0, start); i < end; i += 1) {
      const v = wave((i - start) / kRate);
      this.left[i] += l * v;
      this.right[i] += r * v;
    }
  }

  pad(at, note, side) {
    const f = hertz(note);
    const swell = (t) => Math.min(1, t / 1.1) * Math.min(1, Math.max(0, (4.6 - t) / 1.8));
    this.add(at, 4.6, side, (t) => {
      const drift = 1 + 0.0011 * Math.sin(5 * t + note);
      const phase = 2 * Math.PI * f * drift * t;
      return 0.052 * swell(t) * (Math.sin(phase) + 0.35 * Math.sin(2.001 * phase) * Math.exp(-t) + 0.12 * Math.sin(3.003 * phase));
    });
  }

  pluck(at, note) {
    const f = hertz(note);
    this.add(at, 2.4, 0.5 * Math.sin(note), (t) => {
      const phase = 2 * Math.PI * f * t;
      return 0.11 * Math.exp(-3.1 * t) * (Math.sin(phase + 0.7 * Math.exp(-9 * t) * Math.sin(2 * phase)) + 0.2 * Math.exp(-6 * t) * Math.sin(4 * phase));
    });
  }

  lamp(at) {
    this.add(at - 0.04, 0.03, 0, (t) => 0.30 * (this.#noise() * Math.exp(-260 * t)));
    for (const [k, loud] of [[1, 1], [2.76, 0.4], [5.4, 0.15]]) {
      this.add(at, 3, 0.2, (t) => 0.05 * loud * Math.min(1, t * 60) * Math.exp(-(1.4 + k) * t) * Math.sin(2 * Math.PI * 880 * k * t));
    }
  }

  room(loud) {
    let slow = 0;
    this.add(0, this.length / kRate, 0, () => {
      slow += 0.02 * (this.#noise() - slow);
      return loud * slow;
    });
  }

  echo() {
    for (const [channel, delay] of [[this.left, 0.137], [this.right, 0.171]]) {
      const behind = Math.round(delay * kRate);
      for (let i = behind; i < this.length; i += 1) channel[i] += 0.34 * channel[i - behind];
    }
  }

  #noise() {
    this.state = (Math.imul(this.state, 1103515245) + 12345) & 0x7fffffff;
    return this.state / 0x3fffffff - 1;
  }

  wav() {
    const data = Buffer.alloc(44 + this.length * 4);
    data.write('RIFF', 0); data.writeUInt32LE(36 + this.length * 4, 4); data.write('WAVEfmt ', 8);
    data.writeUInt32LE(16, 16); data.writeUInt16LE(1, 20); data.writeUInt16LE(2, 22); data.writeUInt32LE(kRate, 24);
    data.writeUInt32LE(kRate * 4, 28); data.writeUInt16LE(4, 32); data.writeUInt16LE(16, 34);
    data.write('data', 36); data.writeUInt32LE(this.length * 4, 40);
    for (let i = 0; i < this.length; i += 1) {
      const edge = Math.min(1, i / 2400, (this.length - i) / 24_000);
      data.writeInt16LE(Math.round(32_000 * Math.tanh(1.3 * edge * this.left[i])), 44 + 4 * i);
      data.writeInt16LE(Math.round(32_000 * Math.tanh(1.3 * edge * this.right[i])), 46 + 4 * i);
    }
    return data;
  }
}

export const cues = {
  'halm-7-landscape': {
    chords: [[0, [50, 57, 66]], [3.9, [47, 54, 62, 66]], [7.6, [43, 55, 59, 62]], [10.2, [50, 57, 66, 69]]],
    plucks: [[1.7, 78], [2.4, 81], [3.1, 74], [4.5, 78], [5.6, 76], [6.3, 74], [7.0, 71], [8.2, 74], [9.0, 78], [10.3, 81], [10.7, 86]],
    lamps: [1.0],
  },
  'halm-7-phone-portrait': { plucks: [], lamps: [2.2], hum: 0.22 },
  'halm-trio-starts-black': {
    chords: [[0.6, [45, 52]], [3.6, [45, 57, 61, 64]], [6.6, [42, 57, 61, 66]], [8.8, [45, 57, 64, 69]]],
    plucks: [[2.2, 69], [3.0, 73], [3.8, 76], [5.2, 81], [6.0, 78], [6.8, 76], [7.6, 73], [8.9, 76], [9.2, 81]],
    lamps: [2.15, 2.95, 3.75],
  },
};
