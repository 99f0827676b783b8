#!/usr/bin/env node
// A phone network that speaks the WhatsApp Cloud API over HTTP: see README.md here.
import { readFileSync } from 'node:fs';
import { namesOf } from './lib/names.js';
import { kSettings, parseAssignment, SettingsError } from './lib/settings.js';
import { Simulator } from './lib/simulator.js';

const kUsage = `usage: node simulator.js [options]

  --host HOST        address to listen on, default 127.0.0.1
  --port PORT        default 8090; 0 takes a free one
  --settings FILE    JSON file with settings
  --set KEY=VALUE    one setting, may be repeated; the value is JSON or a text
  --names FILE       CSV with the columns "phone" and "name": whose phones they are, for the page
  --help             this, and every setting

Prints {"listening": ADDRESS} as one line when it is ready. SIGTERM or SIGINT ends it.
`;

function usage() {
  const lines = kSettings.map(({ key, fallback, about }) => `  ${key}\n      ${about}\n      default: ${JSON.stringify(fallback)}`);
  return `${kUsage}\nSettings (times in milliseconds, shares 0 to 1, ranges [least, most]):\n\n${lines.join('\n')}\n`;
}

function readArguments(words) {
  const options = { host: '127.0.0.1', port: 8090, settings: {}, names: null, help: false };
  for (let i = 0; i < words.length; i += 1) {
    if (words[i] === '--help' || words[i] === '-h') return { ...options, help: true };
    const value = words[i + 1];
    if (value === undefined) throw new SettingsError(`${words[i]} needs a value; see --help`);
    i += 1;
    switch (words[i - 1]) {
      case '--host': options.host = value; break;
      case '--port': options.port = portOf(value); break;
      case '--settings': Object.assign(options.settings, fileOf(value)); break;
      case '--set': Object.assign(options.settings, parseAssignment(value)); break;
      case '--names': options.names = value; break;
      default: throw new SettingsError(`unknown option ${words[i - 1]}; see --help`);
    }
  }
  return options;
}

function portOf(text) {
  const port = Number(text);
  if (!Number.isInteger(port) || port < 0 || port > 65_535) throw new SettingsError(`--port ${text}: 0 to 65535`);
  return port;
}

function fileOf(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch (error) {
    throw new SettingsError(`--settings ${path}: ${error.message}`);
  }
}

async function main() {
  const options = readArguments(process.argv.slice(2));
  if (options.help) return void process.stdout.write(usage());
  const simulator = new Simulator(options.settings);
  process.on('exit', () => simulator.media.close()); // its temporary folder, however we end
  const end = () => simulator.stop().then(() => process.exit(0));
  process.on('SIGTERM', end);
  process.on('SIGINT', end);
  if (options.names) for (const [number, name] of namesOf(options.names)) simulator.phones.setName(number, name);
  const address = await simulator.start(options.host, options.port);
  process.stdout.write(`${JSON.stringify({ listening: address, seed: simulator.seed })}\n`);
}

main().catch((error) => {
  process.stderr.write(`simulator: ${error instanceof SettingsError || error.syscall === 'listen' ? error.message : error.stack}\n`);
  process.exit(2);
});
