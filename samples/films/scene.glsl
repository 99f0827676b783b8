#version 300 es
// A lamp on a table in the evening, or three of them over it; drawn by marching along each ray.
// Lengths are decimetres: y is up, the wall is at z = -2.6.
precision highp float;
out vec4 colour;

uniform vec2 uSize;
uniform vec3 uEye, uLook;
uniform float uZoom;       // focal length over half the picture's height
uniform vec3 uPower;       // brightness of each lamp, 1 is a normal evening
uniform float uWarmth;     // 0 candle, 1 daylight
uniform float uDay;        // light of the window
uniform int uScene;        // 0: one standing lamp, 1: three hanging lamps
uniform vec3 uShade;       // paint of the shade
uniform float uGrain;      // seed of this picture's grain

const vec3 kStem = vec3(-0.9, 0.0, 0.0);
const float kArc = 1.15, kStemHeight = 4.1;
const vec3 kLamp = vec3(-0.9 + 2.0 * kArc, 3.55, 0.0);

vec3 lampAt(int i) {
  if (uScene == 0) return kLamp;
  return vec3(-2.5 + 2.5 * float(i), 3.0 + 0.25 * float(i == 1), 0.0);
}
int lamps() { return uScene == 0 ? 1 : 3; }

float hash(vec2 p) {
  p = fract(p * vec2(123.34, 456.21));
  p += dot(p, p + 45.32);
  return fract(p.x * p.y);
}
float noise(vec2 p) {
  vec2 i = floor(p), f = fract(p);
  f = f * f * (3.0 - 2.0 * f);
  return mix(mix(hash(i), hash(i + vec2(1, 0)), f.x), mix(hash(i + vec2(0, 1)), hash(i + vec2(1, 1)), f.x), f.y);
}
float layers(vec2 p) { return 0.5 * noise(p) + 0.25 * noise(2.1 * p + 3.7) + 0.125 * noise(4.3 * p + 1.3); }

float capsule(vec3 p, vec3 a, vec3 b, float r) {
  vec3 pa = p - a, ba = b - a;
  return length(pa - ba * clamp(dot(pa, ba) / dot(ba, ba), 0.0, 1.0)) - r;
}
float disc(vec3 p, float radius, float half_, float round_) {
  vec2 d = abs(vec2(length(p.xz), p.y)) - vec2(radius, half_) + round_;
  return min(max(d.x, d.y), 0.0) + length(max(d, 0.0)) - round_;
}
float box(vec3 p, vec3 b, float r) {
  vec3 q = abs(p) - b + r;
  return length(max(q, 0.0)) + min(max(q.x, max(q.y, q.z)), 0.0) - r;
}
// Half a bowl, open below: a shell cut at its rim.
float dome(vec3 p, float radius) {
  float y = p.y - 0.02;
  vec2 q = vec2(length(p.xz), y * 1.12);
  float shell = abs(length(q) - radius) - 0.022;
  return max(shell, -y - 0.05) - 0.006;
}

// x: distance, y: what it is (1 table, 2 wall, 3 metal, 4 shade, 5 bulb, 6 books, 7 vase, 8 book 2, 9 leaf)
vec2 nearer(vec2 a, vec2 b) { return a.x < b.x ? a : b; }

vec2 lampShape(vec3 p, vec3 at) {
  vec3 q = p - at;
  vec2 d = vec2(dome(q, 0.66), 4.0);
  d = nearer(d, vec2(disc(q - vec3(0.0, 0.66, 0.0), 0.11, 0.10, 0.03), 3.0));
  return nearer(d, vec2(length(q - vec3(0.0, 0.14, 0.0)) - 0.24, 5.0));
}

float stalk(vec3 p) {
  float d = capsule(p, kStem, kStem + vec3(0.0, kStemHeight, 0.0), 0.045);
  vec3 q = p - (kStem + vec3(kArc, kStemHeight, 0.0));
  float ring = length(vec2(length(q.xy) - kArc, q.z)) - 0.045;
  d = min(d, max(ring, -q.y));
  d = min(d, capsule(p, kLamp + vec3(0.0, 0.7, 0.0), vec3(kLamp.x, kStemHeight, 0.0), 0.045));
  return min(d, disc(p - kStem - vec3(0.0, 0.06, 0.0), 0.85, 0.06, 0.03));
}

vec2 books(vec3 p) {
  float around = length(p - vec3(1.72, 0.25, 0.13)) - 1.3;
  if (around > 0.5) return vec2(around, 6.0);
  vec2 d = vec2(box(p - vec3(1.75, 0.13, 0.15), vec3(0.95, 0.13, 0.68), 0.03), 6.0);
  float s = sin(0.22), c = cos(0.22);
  vec3 q = p - vec3(1.68, 0.37, 0.12);
  q.xz = mat2(c, -s, s, c) * q.xz;
  return nearer(d, vec2(box(q, vec3(0.82, 0.10, 0.58), 0.03), 8.0));
}

vec2 vase(vec3 p) {
  vec3 v = p - (uScene == 0 ? vec3(-2.6, 0.62, -0.5) : vec3(-1.25, 0.62, -0.9));
  float around = length(v - vec3(0.0, 0.75, 0.0)) - 1.55;
  if (around > 0.5) return vec2(around, 7.0);
  float r = 0.42 + 0.16 * sin(2.6 * v.y + 0.6) - 0.10 * smoothstep(0.2, 0.7, v.y);
  float body = max(length(v.xz) - r, abs(v.y) - 0.62) * 0.7;
  vec2 d = vec2(max(body, -(max(length(v.xz) - r + 0.05, 0.45 - v.y))) - 0.02, 7.0);
  for (int i = 0; i < 3; ++i) {
    float a = float(i) - 1.0;
    vec3 top = v - vec3(0.10 * a, 0.5, 0.0);
    float bend = 0.16 * top.y * top.y * a;
    vec3 w = vec3(top.x - bend, top.y, top.z - 0.10 * top.y * (1.0 - abs(a)));
    d = nearer(d, vec2(capsule(w, vec3(0.0), vec3(0.0, 1.55 - 0.25 * abs(a), 0.0), 0.018) * 0.8, 9.0));
    vec3 e = w - vec3(0.0, 1.72 - 0.25 * abs(a), 0.0);
    d = nearer(d, vec2((length(e / vec3(0.09, 0.30, 0.09)) - 1.0) * 0.08, 9.0));
  }
  return d;
}

vec2 scene(vec3 p) {
  vec2 d = vec2(p.y, 1.0);
  d = nearer(d, vec2(p.z + 2.6, 2.0));
  d = nearer(d, nearer(books(p), vase(p)));
  if (uScene == 0) {
    d = nearer(d, vec2(stalk(p), 3.0));
    return nearer(d, lampShape(p, kLamp));
  }
  for (int i = 0; i < 3; ++i) {
    vec3 at = lampAt(i);
    d = nearer(d, lampShape(p, at));
    d = nearer(d, vec2(capsule(p, at + vec3(0.0, 0.7, 0.0), at + vec3(0.0, 8.0, 0.0), 0.018), 3.0));
  }
  return d;
}

// What can stand in the light of a lamp: neither table, wall, nor the shade itself.
float inTheWay(vec3 p) {
  float d = min(books(p).x, vase(p).x);
  return uScene == 0 ? min(d, stalk(p)) : d;
}
float inTheWayOfWindow(vec3 p) {
  float d = inTheWay(p);
  for (int i = 0; i < 3; ++i) if (i < lamps()) d = min(d, lampShape(p, lampAt(i)).x);
  return d;
}

vec3 normal(vec3 p) {
  const vec2 e = vec2(1.0, -1.0) * 0.0012;
  return normalize(e.xyy * scene(p + e.xyy).x + e.yyx * scene(p + e.yyx).x +
                   e.yxy * scene(p + e.yxy).x + e.xxx * scene(p + e.xxx).x);
}

float shadow(vec3 p, vec3 dir, float most, float hardness, bool window) {
  float lit = 1.0, t = 0.03 + 0.02 * hash(gl_FragCoord.xy);
  for (int i = 0; i < 40; ++i) {
    float d = window ? inTheWayOfWindow(p + dir * t) : inTheWay(p + dir * t);
    lit = min(lit, hardness * d / t);
    t += clamp(d * 0.8, 0.03, 0.6);
    if (lit < 0.004 || t > most) break;
  }
  lit = clamp(lit, 0.0, 1.0);
  return lit * lit * (3.0 - 2.0 * lit);
}

float crevice(vec3 p, vec3 n) {
  float sum = 0.0, weight = 1.0;
  for (int i = 1; i <= 4; ++i) {
    float h = 0.11 * float(i);
    sum += weight * (h - scene(p + n * h).x);
    weight *= 0.75;
  }
  return clamp(1.0 - 0.9 * sum, 0.0, 1.0);
}

vec3 paint(vec3 p, float what) {
  if (what < 1.5) {
    float grain = layers(vec2(p.x * 0.5, p.z * 7.0));
    float plank = smoothstep(0.02, 0.035, abs(fract(p.z * 0.55 + 0.3) - 0.5));
    return mix(vec3(0.27, 0.16, 0.085), vec3(0.44, 0.28, 0.16), grain * 1.2) * mix(0.82, 1.0, plank);
  }
  if (what < 2.5) return mix(vec3(0.40, 0.36, 0.32), vec3(0.50, 0.46, 0.41), layers(p.xy * 1.3));
  if (what < 3.5) return vec3(0.83, 0.60, 0.30);
  if (what < 4.5) return uShade;
  if (what < 6.5) return abs(p.z - 0.15) > 0.64 || p.x > 2.65 ? vec3(0.75, 0.71, 0.62) : vec3(0.20, 0.26, 0.27);
  if (what < 7.5) return vec3(0.62, 0.60, 0.57) + 0.05 * noise(p.xy * 14.0);
  if (what < 8.5) return vec3(0.55, 0.25, 0.17);
  return vec3(0.46, 0.40, 0.27);
}

vec3 lampColour() { return mix(vec3(1.0, 0.58, 0.25), vec3(0.95, 0.93, 1.0), uWarmth); }

// Light from under the shade: a cone downwards, and the little that leaks.
vec3 lampLight(vec3 p, vec3 n, int i, out vec3 towards) {
  vec3 at = lampAt(i) + vec3(0.0, 0.05, 0.0);
  vec3 d = at - p;
  float r2 = dot(d, d);
  towards = d * inversesqrt(r2);
  float cone = smoothstep(-0.02, 0.42, towards.y);
  float lit = max(dot(n, towards), 0.0) * cone / (0.45 + 0.20 * r2);
  return lampColour() * uPower[i] * 5.2 * lit;
}

vec3 surroundings(vec3 dir) {
  vec3 room = mix(vec3(0.03, 0.026, 0.024), vec3(0.10, 0.11, 0.13) * uDay * 3.0 + 0.02, smoothstep(-0.2, 0.9, dir.y));
  float window = smoothstep(0.80, 0.86, dot(dir, normalize(vec3(-0.75, 0.35, 0.55))));
  return room + window * vec3(0.75, 0.85, 1.0) * uDay * 4.0;
}

vec3 shaded(vec3 p, vec3 dir, float what) {
  vec3 n = normal(p), base = paint(p, what);
  float open = crevice(p, n);
  vec3 keyDir = normalize(vec3(-0.75, 0.62, 0.55));
  vec3 light = vec3(0.55, 0.68, 1.0) * uDay * 0.5 * open * (0.6 + 0.4 * n.y);
  light += vec3(0.80, 0.88, 1.0) * uDay * max(dot(n, keyDir), 0.0) * shadow(p + n * 0.01, keyDir, 7.0, 7.0, true);
  vec3 shine = vec3(0.0);
  float gloss = what > 2.5 && what < 3.5 ? 60.0 : what > 6.5 && what < 7.5 ? 24.0 : what < 1.5 ? 14.0 : 8.0;
  float mirror = what > 2.5 && what < 3.5 ? 1.4 : what > 3.5 && what < 4.5 ? 0.25 : what < 1.5 ? 0.10 : 0.08;
  for (int i = 0; i < 3; ++i) {
    if (i >= lamps() || uPower[i] < 0.003) continue;
    vec3 to;
    vec3 lamp = lampLight(p, n, i, to);
    float far_ = length(lampAt(i) - p) - 0.5;
    if (what > 3.5 && what < 5.5) far_ = 0.0;
    float clear_ = far_ > 0.1 ? shadow(p + n * 0.02, to, far_, 11.0, false) : 1.0;
    light += lamp * clear_ + lampColour() * uPower[i] * 0.05 * open;
    shine += lamp * clear_ * mirror * pow(max(dot(reflect(dir, n), to), 0.0), gloss);
  }
  bool metal = what > 2.5 && what < 3.5;
  if (what > 3.5 && what < 4.5) {
    int nearest = 0;
    for (int i = 1; i < 3; ++i) if (i < lamps() && abs(lampAt(i).x - p.x) < abs(lampAt(nearest).x - p.x)) nearest = i;
    vec3 q = p - lampAt(nearest);
    bool inside = dot(n, q * vec3(1.0, 1.1, 1.0)) < 0.0;
    if (inside) return vec3(1.0, 0.93, 0.82) * (lampColour() * uPower[nearest] * 2.1 + light * 0.4);
  }
  if (what > 4.5 && what < 5.5) {
    int nearest = 0;
    for (int i = 1; i < 3; ++i) if (i < lamps() && abs(lampAt(i).x - p.x) < abs(lampAt(nearest).x - p.x)) nearest = i;
    return mix(vec3(0.32), lampColour() * 7.0, clamp(uPower[nearest], 0.0, 1.6)) * (0.25 + 0.75 * clamp(uPower[nearest] + uDay, 0.0, 1.0));
  }
  float rim = pow(1.0 - max(dot(-dir, n), 0.0), 4.0);
  vec3 mirrored = surroundings(reflect(dir, n)) + (metal ? lampColour() * dot(uPower, vec3(0.10)) : vec3(0.0));
  vec3 body = base * light * (metal ? 0.35 : 1.0);
  return body + shine * (metal ? base : vec3(1.0)) + mirrored * (metal ? base * 1.1 : vec3(0.03 + 0.25 * rim)) * open;
}

// What the air itself shows of each lamp.
vec3 haze(vec3 eye, vec3 dir, float far_) {
  vec3 sum = vec3(0.0);
  for (int i = 0; i < 3; ++i) {
    if (i >= lamps()) continue;
    vec3 q = eye - (lampAt(i) - vec3(0.0, 0.10, 0.0));
    float b = dot(dir, q), c = dot(q, q);
    float s = inversesqrt(max(c - b * b, 0.16));
    sum += lampColour() * uPower[i] * 0.020 * s * (atan((far_ + b) * s) - atan(b * s));
  }
  return sum;
}

vec3 film(vec3 x) { return clamp(x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14), 0.0, 1.0); }

void main() {
  vec2 uv = (2.0 * gl_FragCoord.xy - uSize) / uSize.y;
  vec3 ahead = normalize(uLook - uEye), right = normalize(cross(ahead, vec3(0.0, 1.0, 0.0)));
  vec3 dir = normalize(ahead * uZoom + right * uv.x + cross(right, ahead) * uv.y);
  float t = 0.0;
  vec2 hit = vec2(1.0, 0.0);
  for (int i = 0; i < 110; ++i) {
    hit = scene(uEye + dir * t);
    if (hit.x < 0.0009 * t || t > 40.0) break;
    t += hit.x * 0.92;
  }
  vec3 light = t < 40.0 ? shaded(uEye + dir * t, dir, hit.y) : surroundings(dir) * 0.3;
  light += haze(uEye, dir, min(t, 40.0));
  vec3 shown = pow(film(light * 0.9), vec3(1.0 / 2.2));
  vec2 q = gl_FragCoord.xy / uSize;
  shown *= mix(1.0, pow(16.0 * q.x * q.y * (1.0 - q.x) * (1.0 - q.y), 0.16), 0.55);
  float black = smoothstep(0.0, 0.02, dot(uPower, vec3(1.0)) + uDay);
  shown += black * (hash(gl_FragCoord.xy + uGrain) - 0.5) / 160.0;
  colour = vec4(shown, 1.0);
}
