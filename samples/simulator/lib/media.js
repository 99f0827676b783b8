// Uploaded files: kept in a temporary folder, found by media id, looked into as a phone would.
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { GraphError, invalidParameter, unknownObject } from './graph_error.js';
import { faultOfVideo, posterOf } from './mp4.js';

const kMB = 1_000_000;
const kinds = {
  video: { types: ['video/mp4', 'video/3gpp'], most: null },
  image: { types: ['image/jpeg', 'image/png'], most: 5 * kMB },
  audio: { types: ['audio/aac', 'audio/amr', 'audio/mpeg', 'audio/mp4', 'audio/ogg'], most: 16 * kMB },
  sticker: { types: ['image/webp'], most: 0.5 * kMB },
  document: {
    types: [
      'application/pdf', 'text/plain', 'application/msword', 'application/vnd.ms-excel', 'application/vnd.ms-powerpoint',
      'application/vnd.openxmlformats-officedocument.wordprocessingml.document',
      'application/vnd.openxmlformats-officedocument.spreadsheetml.sheet',
      'application/vnd.openxmlformats-officedocument.presentationml.presentation',
    ],
    most: 100 * kMB,
  },
};

export const kMostUploadBytes = 101 * kMB;

export function kindOf(mimeType) {
  return Object.keys(kinds).find((kind) => kinds[kind].types.includes(mimeType));
}

export class MediaStore {
  #settings;
  #clock;
  #folder = mkdtempSync(join(tmpdir(), 'phone-simulator-'));
  #byId = new Map();
  #verdicts = new Map(); // sha256 -> promise of the reason it does not play, or null
  #lastId = 0n;

  constructor(settings, clock, luck) {
    this.#settings = settings;
    this.#clock = clock;
    this.#lastId = 1_000_000_000_000_000n + BigInt(luck.whole(1_000_000)) * 1_000_000n;
  }

  // Stores one upload for one business number and returns its id. Throws GraphError.
  async add(phoneNumberId, { bytes, mimeType, messagingProduct }) {
    if (messagingProduct === undefined) throw new GraphError(100, '(#100) The parameter messaging_product is required.', { bare: true });
    if (messagingProduct !== 'whatsapp') throw invalidParameter("Param messaging_product must be one of {WHATSAPP}");
    if (!bytes) throw new GraphError(100, '(#100) The parameter file is required.', { bare: true });
    this.#requireKnownType(mimeType);
    this.#requireFittingSize(mimeType, bytes.length);
    return this.#store(phoneNumberId, mimeType, bytes);
  }

  // The media of this id when the number may use it. Throws GraphError as GET /{media} would.
  require(id, phoneNumberId, method = 'GET') {
    const media = this.find(id);
    if (!media || (phoneNumberId && media.phoneNumberId !== phoneNumberId)) throw unknownObject(id, method);
    return media;
  }

  find(id) {
    const media = this.#byId.get(String(id));
    if (media && this.#clock.now() - media.at > this.#settings.get('media.lifetime_ms')) return undefined;
    return media;
  }

  remove(id) {
    this.#byId.delete(String(id)); // the bytes stay: another id may hold the same file
  }

  list() {
    return [...this.#byId.values()].map(({ id, phoneNumberId, mimeType, size, sha256, at, fault }) => ({
      id, phone_number_id: phoneNumberId, mime_type: mimeType, file_size: size, sha256, at_ms: at, fault: fault ?? null,
    }));
  }

  // Address to download from, good for five minutes; a later look gives a later one.
  addressOf(media, base) {
    const key = randomBytes(12).toString('base64url');
    media.addresses = media.addresses.filter((a) => a.until > this.#clock.now()).slice(-50);
    media.addresses.push({ key, until: this.#clock.now() + this.#settings.get('media.url_lifetime_ms') });
    return `${base}/whatsapp_business/attachments/?mid=${media.id}&ext=${key}`;
  }

  isOpen(media, key) {
    return media.addresses.some((a) => a.key === key && a.until > this.#clock.now());
  }

  // Resolves to why a phone would not play it, or null; looked into once per content.
  fault(media) {
    if (!this.#settings.get('media.check') || !media.mimeType.startsWith('video/')) return Promise.resolve(null);
    if (!this.#verdicts.has(media.sha256)) this.#verdicts.set(media.sha256, faultOfVideo(media.path));
    return this.#verdicts.get(media.sha256);
  }

  poster(media) {
    // One that failed is tried again: on a busy machine it may just have taken too long.
    media.poster ??= posterOf(media.path).catch((error) => {
      media.poster = undefined;
      throw error;
    });
    return media.poster;
  }

  close() {
    rmSync(this.#folder, { recursive: true, force: true });
  }

  async clear() {
    const paths = new Set([...this.#byId.values()].map((media) => media.path));
    this.#byId.clear();
    this.#verdicts.clear();
    await Promise.all([...paths].map((path) => rm(path, { force: true })));
  }

  async #store(phoneNumberId, mimeType, bytes) {
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const id = String((this.#lastId += 7919n));
    const path = join(this.#folder, id);
    await writeFile(path, bytes);
    const media = { id, phoneNumberId, mimeType, sha256, size: bytes.length, path, at: this.#clock.now(), addresses: [] };
    const verdict = this.fault(media);
    verdict.then((fault) => { media.fault = fault; });
    if (this.#settings.get('media.check_at') === 'upload') {
      const fault = await verdict;
      if (fault) throw new GraphError(131053, fault);
    }
    this.#byId.set(id, media);
    return id;
  }

  #requireKnownType(mimeType) {
    if (kindOf(mimeType)) return;
    const types = Object.values(kinds).flatMap((kind) => kind.types).join(', ');
    throw new GraphError(
      100, `(#100) Param file must be a file with one of the following types: ${types}. Received file of type '${mimeType}'.`,
      { bare: true },
    );
  }

  #requireFittingSize(mimeType, size) {
    const most = kinds[kindOf(mimeType)].most ?? this.#settings.get('media.max_video_bytes');
    if (size === 0) throw invalidParameter('The file is empty');
    if (size > most) throw new GraphError(131053, `The file has ${size} bytes; ${mimeType} may have at most ${most}`);
  }
}

