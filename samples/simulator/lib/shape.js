// Small checks of request bodies; each throws the GraphError the provider would answer with.
import { invalidParameter, invalidValue, missing } from './graph_error.js';

export const isObject = (value) => value !== null && typeof value === 'object' && !Array.isArray(value);

// A misspelt parameter is a mistake, not something to overlook.
export function onlyKeys(object, keys, where) {
  if (!isObject(object)) throw invalidParameter(`${where} must be an object`);
  for (const key of Object.keys(object)) {
    if (!keys.includes(key)) throw invalidParameter(`Unexpected key "${key.slice(0, 60)}" on param "${where}"`);
  }
}

export function requireText(value, where, most) {
  if (value === undefined || value === null || value === '') throw missing(where);
  if (typeof value !== 'string') throw invalidParameter(`Param ${where} must be a string`);
  if ([...value].length > most) throw invalidParameter(`Param ${where} must be at most ${most} characters long`);
  return value;
}

export function optionalText(value, where, most) {
  return value === undefined ? undefined : requireText(value, where, most);
}

// {"id"} or {"link"}, exactly one of them. Returns {mediaId} or {link}.
export function requireMediaRef(value, where, more = []) {
  if (!isObject(value)) throw missing(where);
  onlyKeys(value, ['id', 'link', ...more], where);
  if (value.id === undefined && value.link === undefined) throw missing(`${where}: id or link`);
  if (value.id !== undefined && value.link !== undefined) throw invalidValue(`${where}: id and link exclude each other`);
  if (value.link !== undefined) return { link: requireLink(value.link, where) };
  if (!/^[0-9]{1,40}$/.test(String(value.id))) throw invalidParameter(`Param ${where}.id is not a valid whatsapp business account media attachment ID`);
  return { mediaId: String(value.id) };
}

export function requireLink(value, where) {
  requireText(value, `${where}.link`, 2048);
  if (!/^https?:\/\/[^\s]+$/.test(value)) throw invalidParameter(`Param ${where}.link is not a valid URI`);
  return value;
}

// A phone number as people write it, to digits without +. Without + the number is taken as it is.
export function requirePhone(value, where) {
  requireText(value, where, 64);
  const plain = value.replace(/[\s\-().]/g, '');
  if (!/^\+?[0-9]{5,16}$/.test(plain)) throw invalidParameter(`Param ${where} is not a valid phone number`);
  return plain.replace('+', '');
}
