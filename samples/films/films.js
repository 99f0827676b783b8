// The three films, as functions from seconds to what is seen.
//
// `scale`: how much of the film's resolution the marched picture has; words are drawn in full. Marching
// a picture of 1080p in software takes seconds.

const clamp = (x, least = 0, most = 1) => Math.min(most, Math.max(least, x));
const smooth = (from, to, x) => {
  const t = clamp((x - from) / (to - from));
  return t * t * (3 - 2 * t);
};
const mix = (a, b, t) => (Array.isArray(a) ? a.map((v, i) => mix(v, b[i], t)) : a + (b - a) * t);
const pulse = (from, to, x, soft = 0.5) => smooth(from, from + soft, x) * (1 - smooth(to - soft, to, x));

const terracotta = [0.52, 0.17, 0.09];
const petrol = [0.05, 0.20, 0.22];
const black = [0.035, 0.033, 0.035];

const nothing = { words: null, wordsShown: 0, veil: 0, card: 0, scene: 0, warmth: 0.12, day: 0.12, power: [1, 0, 0], shade: terracotta };

// 1. Landscape: the lamp is switched on, the camera walks around it, the light turns cooler.
function halm7(s) {
  const close = s < 4.2;
  const t = close ? smooth(-0.6, 4.4, s) : smooth(3.6, 11.5, s);
  const on = smooth(0.7, 1.7, s) * (1 + 0.06 * Math.exp(-((s - 1.9) ** 2) * 18));
  return {
    ...nothing,
    eye: close ? mix([-0.3, 3.0, 4.4], [2.3, 2.75, 3.9], t) : mix([4.6, 3.0, 9.6], [-2.2, 2.6, 9.2], t),
    look: close ? mix([0.7, 3.45, 0], [0.55, 3.3, 0], t) : mix([-1.1, 2.2, 0], [-1.6, 2.3, 0], t),
    zoom: close ? 2.0 : 2.3,
    power: [on * (1 - 0.35 * smooth(7.0, 7.8, s) * (1 - smooth(8.6, 9.4, s))), 0, 0],
    warmth: mix(0.1, 0.75, pulse(5.8, 9.2, s, 1.1)),
    day: mix(0.30, 0.10, smooth(0.6, 1.8, s)),
    words: s < 4.2 ? ['Halm 7', 'Licht, das sich verneigt.'] : ['Vier Lichtfarben', 'Ein Dreh am Halm genügt.'],
    wordsOnTop: close,
    wordsShown: pulse(1.6, 4.0, s) + pulse(5.6, 9.3, s),
    veil: clamp(pulse(3.95, 4.45, s, 0.25) + smooth(9.7, 10.5, s)),
    card: smooth(10.2, 10.9, s),
  };
}

// 2. Portrait, held in the hand: the same lamp in petrol, as a customer would film it.
function handheld(s) {
  const sway = (speed, phase) => Math.sin(speed * s + phase) + 0.5 * Math.sin(2.3 * speed * s + 2 * phase);
  const walk = smooth(0, 4.8, s);
  const shake = [0.05 * sway(1.9, 0.4), 0.045 * sway(2.3, 1.7), 0];
  const eye = mix([2.6, 2.3, 9.4], [-0.4, 3.1, 7.2], walk).map((v, i) => v + shake[i]);
  const look = mix([0.25, 2.2, 0], [0.35, 2.6, 0], walk).map((v, i) => v + 0.6 * shake[i]);
  const knob = smooth(2.1, 2.6, s);
  return {
    ...nothing, eye, look, zoom: 1.75, shade: petrol, day: 0.42,
    power: [mix(0.35, 1.15, knob), 0, 0], warmth: 0.18,
  };
}

// 3. Begins black: three lamps come on, one after the other.
function threeLamps(s) {
  const on = (from) => 0.8 * smooth(from, from + 0.35, s) * (1 + 0.10 * Math.exp(-((s - from - 0.45) ** 2) * 30));
  const t = smooth(1.5, 9.6, s);
  return {
    ...nothing, scene: 1, shade: black, warmth: 0.16,
    eye: mix([3.4, 2.2, 9.6], [-1.6, 2.9, 10.4], t),
    look: mix([0.4, 2.0, 0], [0, 2.1, 0], t),
    zoom: 2.45,
    power: [on(2.1), on(2.9), on(3.7)],
    day: 0.07 * smooth(2.0, 3.5, s),
    words: ['Halm Trio', 'Drei Lichter. Ein Abend.'],
    wordsShown: pulse(5.0, 8.3, s),
    veilColour: s < 2.05 ? '#000' : undefined,
    veil: clamp((s < 2.05 ? 1 : 0) + smooth(8.4, 9.1, s)),
    card: smooth(8.8, 9.4, s),
  };
}

export const films = {
  'halm-7-landscape': { at: halm7, seconds: 12, fps: 25, size: [1920, 1080], scale: 0.75 },
  'halm-7-phone-portrait': { at: handheld, seconds: 5, fps: 30, size: [1080, 1920], scale: 0.5 },
  'halm-trio-starts-black': { at: threeLamps, seconds: 10, fps: 25, size: [1280, 720], scale: 0.67 },
};
