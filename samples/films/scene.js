// Draws the picture of a film at any moment: frame(film, seconds) is called from outside.
import { films } from './films.js';

const canvas = document.querySelector('canvas');
const words = document.querySelector('.words');
const card = document.querySelector('.card');
const veil = document.querySelector('.veil');
const gl = canvas.getContext('webgl2', { preserveDrawingBuffer: true, antialias: false });

function compiled(type, source) {
  const shader = gl.createShader(type);
  gl.shaderSource(shader, source);
  gl.compileShader(shader);
  if (!gl.getShaderParameter(shader, gl.COMPILE_STATUS)) throw new Error(gl.getShaderInfoLog(shader));
  return shader;
}

function linked(fragment) {
  const program = gl.createProgram();
  gl.attachShader(program, compiled(gl.VERTEX_SHADER, '#version 300 es\nin vec2 at; void main() { gl_Position = vec4(at, 0, 1); }'));
  gl.attachShader(program, compiled(gl.FRAGMENT_SHADER, fragment));
  gl.linkProgram(program);
  if (!gl.getProgramParameter(program, gl.LINK_STATUS)) throw new Error(gl.getProgramInfoLog(program));
  return program;
}

const program = linked(await (await fetch('scene.glsl')).text());
gl.useProgram(program);
gl.bindBuffer(gl.ARRAY_BUFFER, gl.createBuffer());
gl.bufferData(gl.ARRAY_BUFFER, new Float32Array([-1, -1, 3, -1, -1, 3]), gl.STATIC_DRAW);
gl.enableVertexAttribArray(0);
gl.bindAttribLocation(program, 0, 'at');
gl.vertexAttribPointer(gl.getAttribLocation(program, 'at'), 2, gl.FLOAT, false, 0, 0);
const at = (name) => gl.getUniformLocation(program, name);

function drawScene(shot, serial) {
  gl.viewport(0, 0, canvas.width, canvas.height);
  gl.uniform2f(at('uSize'), canvas.width, canvas.height);
  gl.uniform3f(at('uEye'), ...shot.eye);
  gl.uniform3f(at('uLook'), ...shot.look);
  gl.uniform1f(at('uZoom'), shot.zoom);
  gl.uniform3f(at('uPower'), ...shot.power);
  gl.uniform1f(at('uWarmth'), shot.warmth);
  gl.uniform1f(at('uDay'), shot.day);
  gl.uniform1i(at('uScene'), shot.scene);
  gl.uniform3f(at('uShade'), ...shot.shade);
  gl.uniform1f(at('uGrain'), (serial % 61) * 7.31);
  gl.drawArrays(gl.TRIANGLES, 0, 3);
  gl.finish();
}

window.frame = (name, seconds, serial) => {
  const shot = films[name].at(seconds);
  const scale = films[name].scale ?? 1;
  canvas.width = innerWidth * scale;
  canvas.height = innerHeight * scale;
  if (shot.veil < 1) drawScene(shot, serial);
  words.classList.toggle('top', shot.wordsOnTop === true);
  words.style.opacity = shot.wordsShown;
  words.style.transform = `translateY(${(1 - shot.wordsShown) * 1.6}vh)`;
  words.querySelector('b').textContent = shot.words?.[0] ?? '';
  words.querySelector('span').textContent = shot.words?.[1] ?? '';
  veil.style.background = shot.veilColour ?? '';
  veil.style.opacity = shot.veil;
  card.style.opacity = shot.card;
};
window.ready = document.fonts.load('500 40px Outfit').then(() => true);
