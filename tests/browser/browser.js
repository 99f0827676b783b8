// Debian's Chromium, driven for a test: visitors whose pages write down what they ask for and what
// goes wrong.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { chromium } from 'playwright-core';

const kFlags = [
  '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync',
];

export const screens = {
  phone: { viewport: { width: 390, height: 844 }, isMobile: true, hasTouch: true },
  desktop: { viewport: { width: 1280, height: 800 } },
};

// Playwright gives it a new profile and removes that again. CHROMIUM names another program.
export async function launch(t) {
  const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM ?? '/usr/bin/chromium', chromiumSandbox: false, args: kFlags, timeout: 90_000,
  });
  t.after(() => browser.close());
  return browser;
}

// The page of a new visitor; `looks` are Playwright's context options. The page has besides:
//   asked    every request of the visitor, as {url, type}
//   wrongs   console errors, exceptions and what the content security policy refused
export async function visitor(t, browser, looks = {}) {
  const context = await browser.newContext({ locale: 'de-DE', ...screens.phone, ...looks });
  t.after(() => context.close());
  const page = await context.newPage();
  page.setDefaultTimeout(60_000);
  page.asked = [];
  page.wrongs = [];
  context.on('request', (request) => page.asked.push({ url: request.url(), type: request.resourceType() }));
  // Chromium tells a refusal by the policy as a console error as well.
  page.on('console', (message) => {
    if (message.type() === 'error') page.wrongs.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => page.wrongs.push(`exception: ${error.message}`));
  return page;
}

export const askedHosts = (page) =>
  [...new Set(page.asked.map(({ url }) => new URL(url)).filter((url) => url.protocol !== 'data:').map((url) => url.origin))];

// Resolves when the page's video has come to its end by playing.
export const playedToTheEnd = (page) =>
  page.waitForFunction(() => {
    const video = document.querySelector('video');
    return video?.ended && video.played.length > 0;
  });

// How strongly the texts that `selector` finds stand out from the page, at the least (WCAG's ratio).
export const leastContrast = (page, selector) =>
  page.evaluate((found) => {
    const light = (color) => {
      const [r, g, b] = color.match(/[\d.]+/g).map(Number).map((c) => c / 255)
        .map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
      return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const paper = light(getComputedStyle(document.body).backgroundColor);
    return Math.min(...[...document.querySelectorAll(found)].map((node) => {
      const ink = light(getComputedStyle(node).color);
      return (Math.max(ink, paper) + 0.05) / (Math.min(ink, paper) + 0.05);
    }));
  }, selector);

// Whether nothing sticks out sideways.
export const fitsSideways = (page) =>
  page.evaluate(() => document.documentElement.scrollWidth <= document.documentElement.clientWidth);

// With CLIPCOURIER_SCREENSHOTS=FOLDER the pages that tests look at are kept as pictures.
export async function picture(page, name) {
  const folder = process.env.CLIPCOURIER_SCREENSHOTS;
  if (!folder) return;
  mkdirSync(folder, { recursive: true });
  await page.screenshot({ path: join(folder, `${name}.png`) });
}
