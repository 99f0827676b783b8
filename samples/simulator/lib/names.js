// Reads whose phones they are from a CSV with the columns "phone" and "name".
import { readFileSync } from 'node:fs';
import { SettingsError } from './settings.js';

// Returns [[digits, name], ...]; lines without both are left out.
export function namesOf(path) {
  let text;
  try {
    text = readFileSync(path, 'utf8').replace(/^\ufeff/, '');
  } catch (error) {
    throw new SettingsError(`--names ${path}: ${error.message}`);
  }
  const [head, ...rows] = text.split(/\r?\n/).filter(Boolean).map(cellsOf);
  const phone = head?.indexOf('phone') ?? -1;
  const name = head?.indexOf('name') ?? -1;
  if (phone < 0 || name < 0) throw new SettingsError(`--names ${path}: columns "phone" and "name" are needed`);
  return rows.map((row) => [digitsOf(row[phone] ?? ''), row[name]]).filter(([digits, who]) => digits.length > 6 && who);
}

function digitsOf(phone) {
  const digits = phone.replace(/[^0-9+]/g, '');
  if (digits.startsWith('+')) return digits.slice(1);
  if (digits.startsWith('00')) return digits.slice(2);
  return digits.startsWith('0') ? `49${digits.slice(1)}` : digits;
}

function cellsOf(line) {
  const cells = [];
  for (const [, quoted, plain] of line.matchAll(/(?:^|,)(?:"((?:[^"]|"")*)"|([^,]*))/g)) {
    cells.push(quoted === undefined ? plain : quoted.replaceAll('""', '"'));
  }
  return cells;
}
