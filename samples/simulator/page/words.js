// Everything the page says, in German and English.
const words = {
  en: {
    phones: 'Phones', search: 'Find a name or number', network: 'Network', language: 'Deutsch', close: 'Close', back: 'All phones',
    business_account: 'Business account', write: 'Write as this person …', send: 'Send', conversation: 'Conversation',
    phone_of: 'Phone of {0}', this_phone: 'This phone', none_title: 'No message yet', none_text: 'As soon as the service sends one, the phone that gets it appears here.',
    pick_title: 'Pick a phone', pick_text: 'Open a conversation to see what this person sees: play the clip, tap a button, or write STOP.',
    not_found: 'No phone matches.', more: '{0} more phones; search to find them.',
    accepted: 'accepted', sent: 'sent', delivered: 'delivered', read: 'read', failed: 'failed',
    state_accepted: 'Accepted', state_sent: 'Sent', state_delivered: 'Delivered', state_read: 'Read', state_failed: 'Not delivered',
    today: 'Today', yesterday: 'Yesterday', play: 'Play video', video: 'Video', image: 'Picture', document: 'Document', audio: 'Audio', sticker: 'Sticker',
    location: 'Location', contacts: 'Contact', gone: 'The media is no longer there.', broken_video: 'This phone cannot play it.', you: 'You',
    template: 'Template', details: 'Details', react: 'React with 👍', opens: 'opens {0}', pending: 'On its way …', not_here: 'This message never reached the phone.',
    lost: 'The reply to the sender was lost.', cut: 'The reply to the sender was cut off.', late: 'The sender waited long for the reply.',
    mood_normal: 'works', mood_off: 'is switched off', mood_noread: 'never reads', 'mood_131026': 'is not on the network (131026)', 'mood_131049': 'gets too many offers (131049)',
    'mood_131050': 'has stopped offers (131050)', 'mood_130472': 'is part of an experiment (130472)',
    webhooks: 'Webhooks', callback: 'Callback address', apply: 'Check and use', reachable: 'The callback answered the challenge.', waiting: '{0} updates not yet acknowledged',
    all_told: 'Everything is acknowledged', paused: 'Hold everything back', duplicate: 'Sent twice', reorder: 'Out of order', overtakes: 'Overtakes the HTTP answer',
    people: 'People', reading: 'Messages are read', read_auto: 'by chance', read_manual: 'when the chat is opened here', read_never: 'never', read_share: 'Share that reads', offline: 'Switched off',
    faults: 'Faults of a send', lost_reply: 'Accepted, reply lost', reset_before: 'Connection reset before', slow: 'Answered late', truncated: 'Answer cut off', html_503: '503 with a web page',
    rate_limited: 'Too fast (130429)', err_131000: 'Unknown error (131000)', err_131016: 'Unavailable (131016)', rate: 'Messages per second', unlimited: '0 means no limit',
    reset: 'Forget everything', reset_sure: 'Forget all messages and uploads?', saved: 'Saved', offline_page: 'No connection to the simulator', seed: 'All of it in --help and samples/simulator/README.md.',
  },
  de: {
    phones: 'Telefone', search: 'Name oder Nummer suchen', network: 'Netz', language: 'English', close: 'Schließen', back: 'Alle Telefone',
    business_account: 'Unternehmenskonto', write: 'Als diese Person schreiben …', send: 'Senden', conversation: 'Unterhaltung',
    phone_of: 'Telefon von {0}', this_phone: 'Dieses Telefon', none_title: 'Noch keine Nachricht', none_text: 'Sobald der Dienst eine verschickt, erscheint hier das Telefon, das sie bekommt.',
    pick_title: 'Telefon auswählen', pick_text: 'Öffnen Sie eine Unterhaltung und sehen Sie, was dieser Mensch sieht: Clip abspielen, Taste antippen oder STOP schreiben.',
    not_found: 'Kein Telefon passt.', more: '{0} weitere Telefone; über die Suche zu finden.',
    accepted: 'angenommen', sent: 'gesendet', delivered: 'zugestellt', read: 'gelesen', failed: 'gescheitert',
    state_accepted: 'Angenommen', state_sent: 'Gesendet', state_delivered: 'Zugestellt', state_read: 'Gelesen', state_failed: 'Nicht zugestellt',
    today: 'Heute', yesterday: 'Gestern', play: 'Video abspielen', video: 'Video', image: 'Bild', document: 'Dokument', audio: 'Ton', sticker: 'Sticker',
    location: 'Standort', contacts: 'Kontakt', gone: 'Die Datei gibt es nicht mehr.', broken_video: 'Dieses Telefon kann sie nicht abspielen.', you: 'Sie',
    template: 'Vorlage', details: 'Einzelheiten', react: 'Mit 👍 reagieren', opens: 'öffnet {0}', pending: 'Unterwegs …', not_here: 'Diese Nachricht hat das Telefon nie erreicht.',
    lost: 'Die Antwort an den Absender ging verloren.', cut: 'Die Antwort an den Absender brach ab.', late: 'Der Absender wartete lange auf die Antwort.',
    mood_normal: 'ist in Ordnung', mood_off: 'ist ausgeschaltet', mood_noread: 'liest nie', 'mood_131026': 'ist nicht im Netz (131026)', 'mood_131049': 'bekommt zu viel Werbung (131049)',
    'mood_131050': 'hat Werbung gestoppt (131050)', 'mood_130472': 'ist Teil eines Versuchs (130472)',
    webhooks: 'Webhooks', callback: 'Callback-Adresse', apply: 'Prüfen und verwenden', reachable: 'Der Callback hat die Prüfung bestanden.', waiting: '{0} Meldungen noch nicht bestätigt',
    all_told: 'Alles ist bestätigt', paused: 'Alles zurückhalten', duplicate: 'Doppelt gesendet', reorder: 'In falscher Reihenfolge', overtakes: 'Überholt die HTTP-Antwort',
    people: 'Menschen', reading: 'Nachrichten werden gelesen', read_auto: 'nach Zufall', read_manual: 'beim Öffnen hier', read_never: 'nie', read_share: 'Anteil, der liest', offline: 'Ausgeschaltet',
    faults: 'Störungen beim Senden', lost_reply: 'Angenommen, Antwort verloren', reset_before: 'Verbindung vorher getrennt', slow: 'Spät beantwortet', truncated: 'Antwort bricht ab', html_503: '503 mit Webseite',
    rate_limited: 'Zu schnell (130429)', err_131000: 'Unbekannter Fehler (131000)', err_131016: 'Nicht verfügbar (131016)', rate: 'Nachrichten pro Sekunde', unlimited: '0 heißt ohne Grenze',
    reset: 'Alles vergessen', reset_sure: 'Alle Nachrichten und Uploads vergessen?', saved: 'Gespeichert', offline_page: 'Keine Verbindung zum Simulator', seed: 'Alles Weitere in --help und samples/simulator/README.md.',
  },
};

let language = localStorage.getItem('language') ?? (navigator.language.startsWith('de') ? 'de' : 'en');

export const locale = () => (language === 'de' ? 'de-DE' : 'en-GB');

export function say(key, ...values) {
  return (words[language][key] ?? key).replace(/\{(\d)\}/g, (_, i) => values[i]);
}

export function switchLanguage() {
  language = language === 'de' ? 'en' : 'de';
  localStorage.setItem('language', language);
  label();
}

// Puts the words on everything that is marked in the HTML.
export function label(root = document) {
  document.documentElement.lang = language;
  for (const node of root.querySelectorAll('[data-word]')) node.textContent = say(node.dataset.word);
  for (const node of root.querySelectorAll('[data-label]')) {
    node.setAttribute('aria-label', say(node.dataset.label));
    if (node.matches('button')) node.title = say(node.dataset.label);
  }
  for (const node of root.querySelectorAll('[data-placeholder]')) node.placeholder = say(node.dataset.placeholder);
}

// <tag class="..." ...attributes>children</tag>; text children are never read as HTML.
export function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (key.startsWith('on')) node.addEventListener(key.slice(2), value);
    else node.setAttribute(key, value === true ? '' : value);
  }
  node.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return node;
}

const kPaths = {
  one: 'M3 9.5 6.5 13 14 4.5', two: 'M1.5 9.5 5 13l7.5-8.5M8 12l1 1 7.5-8.5', clock: 'M9 4.5V9l3 2', warn: 'M9 4.5v5.5M9 12.8v.4',
};

export function thumb() {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 18 18');
  svg.setAttribute('class', 'thumb');
  svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', 'M2.5 8h2.6v7.2H2.5zM5.1 8.4 8.6 2.3c1.2 0 1.9.9 1.7 2L9.8 6.9h4.4c1 0 1.7.9 1.4 1.9l-1.3 5c-.2.8-.9 1.4-1.7 1.4H5.1');
  svg.append(path);
  return svg;
}

export function icon(name, text) {
  const svg = document.createElementNS('http://www.w3.org/2000/svg', 'svg');
  svg.setAttribute('viewBox', '0 0 18 18');
  svg.setAttribute('class', `tick ${name}`);
  if (text) svg.setAttribute('role', 'img');
  if (text) svg.setAttribute('aria-label', text);
  else svg.setAttribute('aria-hidden', 'true');
  const path = document.createElementNS('http://www.w3.org/2000/svg', 'path');
  path.setAttribute('d', kPaths[name]);
  if (name === 'clock' || name === 'warn') {
    const ring = document.createElementNS('http://www.w3.org/2000/svg', 'circle');
    for (const [key, value] of [['cx', 9], ['cy', 9], ['r', 7]]) ring.setAttribute(key, value);
    svg.append(ring);
  }
  svg.append(path);
  return svg;
}

// Ticks as the sender sees them: clock, one, two, two in blue.
export function ticks(state) {
  const name = { accepted: 'clock', sent: 'one', delivered: 'two', read: 'two', failed: 'warn' }[state];
  const svg = icon(name, say(`state_${state}`));
  svg.classList.add(`is-${state}`);
  return svg;
}
