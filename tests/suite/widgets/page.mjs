// Drives the page of all widgets in Chromium, and weighs every page:
// `node page.mjs use|everyone|weigh BOOK TOOLS CHROMIUM [WIDGET]`. What is wrong goes to
// standard error, a sentence each, and the exit status is 1.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { readdirSync, readFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

import { scripts } from './use.mjs';

const [part, book, tools, chromium, only] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(tools, 'node_modules', 'x')));
const { chromium: driver } = require('playwright-core');

// Any book of mdBook's can be weighed, for a comparison.
const names = part === 'weigh' ? [] : readdirSync(join(book, 'widgets'))
  .filter((file) => file.endsWith('.js') && file !== 'widget.js')
  .map((file) => file.slice(0, -3));

/** For all that has to come, on a machine with much else to do, in milliseconds. */
const PATIENCE = 100_000;

const faults = [];
const fault = (text) => faults.push(text);
const equal = (where, came, expected) => {
  if (JSON.stringify(came) !== JSON.stringify(expected)) fault(`${where}: expected ${JSON.stringify(expected)}, came ${JSON.stringify(came)}`);
};

// ---------------------------------------------------------------- the book, served

const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const server = createServer((request, response) => {
  const path = normalize(decodeURIComponent(new URL(request.url, 'http://x').pathname));
  readFile(join(book, path)).then(
    (octets) => response.writeHead(200, { 'content-type': TYPES[extname(path)] ?? 'application/octet-stream' }).end(octets),
    () => response.writeHead(404).end(),
  );
});
await new Promise((done) => server.listen(0, '127.0.0.1', done));
const base = `http://127.0.0.1:${server.address().port}/`;
const browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'] });

/** Opens a page, and takes note of whatever it complains about or asks for elsewhere. */
async function open(path, { theme = 'light', width = 1200, script = true, ...media } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: script, ...media });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const where = `${path} (${theme}, ${width})`;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type())) fault(`${where}: the console says: ${message.text()}`);
  });
  page.on('pageerror', (error) => fault(`${where}: ${error.stack}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) fault(`${where}: asks for ${request.url()}`);
  });
  page.on('response', (response) => {
    if (response.status() >= 400) fault(`${where}: ${response.status()} for ${response.url()}`);
  });
  await page.addInitScript((name) => localStorage.setItem('mdbook-theme', name), theme);
  await page.goto(base + path);
  if (script) await page.waitForFunction((all) => all.every((name) => document.querySelector(`net-${name}.is-live`)), path.startsWith('print') ? [] : names);
  // The first drawing may be made before the styles are there; the next frame knows the width.
  if (script) await page.evaluate(() => new Promise((done) => { requestAnimationFrame(() => requestAnimationFrame(done)); }));
  return { page, close: () => context.close(), where };
}

// ---------------------------------------------------------------- parts

/** Each widget by its own script, and what they all do. */
async function use() {
  for (const name of names.filter((each) => !only || each === only)) {
    if (!scripts[name]) {
      fault(`${name}: tests/suite/widgets/use.mjs has no script for it`);
      continue;
    }
    const { page, close } = await open('touch.html');
    const widget = page.locator(`net-${name} > .live`);
    const said = widget.locator('output');
    const settled = async (text) => {
      const holds = await said.filter({ hasText: text }).waitFor({ timeout: PATIENCE }).then(() => true, () => false);
      if (!holds) fault(`${name}: the status says ${JSON.stringify(await said.textContent())}, not ${JSON.stringify(String(text))}`);
    };
    const before = await said.textContent();
    const first = await widget.locator('.drawn').innerHTML();
    try {
      await scripts[name]({ page, widget, settled, equal: (what, came, expected) => equal(`${name}: ${what}`, came, expected) });
    } catch (error) {
      fault(`${name}: ${error.message}`);
    }
    // What is set stands in the address, and brings the same picture back.
    await page.waitForFunction(() => location.hash.includes('w='), undefined, { timeout: PATIENCE }).catch(() => fault(`${name}: the address holds no state`));
    // A change that has not rested yet is drawn and not linked to.
    await page.waitForFunction((name) => {
      const { timer, settling } = document.querySelector(`net-${name}`);
      return timer === undefined && settling === undefined;
    }, name, { timeout: PATIENCE }).catch(() => fault(`${name}: it never comes to rest`));
    const shown = await widget.locator('.drawn').innerHTML();
    const link = page.url();
    if (!link.includes(`#w=${name}&`)) fault(`${name}: the address is ${link}`);
    const again = await open(link.slice(base.length));
    const back = await again.page.locator(`net-${name} .live .drawn`).innerHTML();
    same(`${name}: ${link} brings another picture back`, back, shown);
    await again.close();
    // Reset is what was at first.
    await widget.getByRole('button', { name: 'Reset' }).press('Enter');
    await page.waitForFunction(() => location.hash === '', undefined, { timeout: PATIENCE }).catch(() => fault(`${name}: reset leaves the address ${page.url()}`));
    await settled(before);
    same(`${name}: reset draws another picture than the first`, await widget.locator('.drawn').innerHTML(), first);
    // By Tab into the widget, through it, and out; the page is never turned.
    await widget.evaluate((element) => { element.tabIndex = -1; element.focus(); element.removeAttribute('tabindex'); });
    const stops = await widget.evaluate((element) => [...element.querySelectorAll('button, input, select, textarea, summary')].length);
    let inside = true;
    let count = 0;
    for (; inside && count < stops + 3; count += 1) {
      for (const key of ['ArrowRight', 'ArrowLeft', 's']) {
        const typed = await page.evaluate(() => ['INPUT', 'TEXTAREA', 'SELECT'].includes(document.activeElement.nodeName));
        if (!typed && count > 0) await page.keyboard.press(key);
      }
      await page.keyboard.press('Tab');
      inside = await widget.evaluate((element) => element.contains(document.activeElement));
    }
    if (inside) fault(`${name}: after ${count} times Tab the focus is still inside`);
    if (!page.url().includes('touch.html')) fault(`${name}: a key turned the page`);
    await close();
  }
  // Links that are nonsense in every value: something stands there, and nothing breaks.
  const { page, close } = await open('touch.html');
  for (const name of names) {
    const { default: { start } } = await import(pathToFileURL(join(book, 'widgets', `${name}.js`)));
    const keys = Object.keys(start).filter((key) => !key.startsWith('_'));
    for (const value of ['', '-1', '0', '3.5', 'x<y&', '999999999', '1,2,3,4,5,6,7,8,9,10', '\ud800']) {
      const link = new URLSearchParams({ w: name, ...Object.fromEntries(keys.map((key) => [key, value])) });
      await page.evaluate((hash) => new Promise((done) => {
        addEventListener('hashchange', () => setTimeout(done), { once: true });
        location.hash = hash;
      }), `${link}&`);
      const said = await page.locator(`net-${name} > .live`).innerText();
      if (/undefined|NaN|Infinity|\[object/.test(said)) fault(`${name}: a link with ${JSON.stringify(value)} in each place says ${JSON.stringify(said.match(/.{0,40}(undefined|NaN|Infinity|\[object).{0,40}/)[0])}`);
    }
  }
  await close();
}

/** A drawing without what belongs to the reader: focus, open folds, what is looked at, the order of attributes. */
const bare = (text) => text.replace(/ tabindex="[-0-9]+"| open=""| class="on"/g, '')
  .replace(/<(\w+)((?: [^\s=">]+="[^"]*")+)/g, (_, tag, attributes) => `<${tag}${attributes.match(/ [^\s=">]+="[^"]*"/g).sort().join('')}`);

/** All scripts together, each compressed as a server would. */
const WEIGHT_MAX = 45_000;

function weight(folder) {
  return readdirSync(folder, { withFileTypes: true }).reduce((sum, entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return sum + weight(path);
    return entry.name.endsWith('.js') ? sum + gzipSync(readFileSync(path)).length : sum;
  }, 0);
}

/** Two drawings that must be one, or where they part. */
function same(where, came, expected) {
  const [some, others] = [bare(came), bare(expected)];
  if (some === others) return;
  const at = [...some].findIndex((sign, index) => sign !== others[index]);
  const near = (text) => text.slice(Math.max(at - 60, 0), at + 60);
  fault(`${where}: ${near(some)} instead of ${near(others)}`);
}

/** Themes, sizes, no script, print, little motion, few colours. */
async function everyone() {
  const sum = weight(join(book, 'widgets'));
  console.log(`${sum} octets of script, compressed`);
  if (sum > WEIGHT_MAX || sum < 10_000) fault(`the scripts weigh ${sum} octets, and ${WEIGHT_MAX} are allowed`);
  const axe = readFileSync(join(tools, 'node_modules/axe-core/axe.min.js'), 'utf8');
  for (const theme of ['light', 'navy']) {
    for (const width of [1200, 360]) {
      for (const script of [true, false]) {
        const { page, close, where } = await open('touch.html', { theme, width, script });
        const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
        if (wide > 0) fault(`${where}: ${wide} pixels stick out at the side`);
        for (const name of names) {
          const widget = page.locator(`net-${name}`);
          const stills = await widget.locator('> .still').isVisible();
          const lives = await widget.locator('> .live').isVisible();
          equal(`${where}, ${script ? 'script' : 'no script'}, ${name}: still and live`, [stills, lives], [!script, script]);
        }
        if (script) {
          await page.evaluate(() => document.querySelectorAll('[data-widget] details').forEach((fold) => { fold.open = true; }));
          await page.evaluate(axe);
          const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
            runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
            // mdBook's toggle of the sidebar is a label, which the theme makes a button.
            rules: { 'aria-allowed-role': { enabled: false } },
          }));
          for (const { id, help, nodes } of violations) fault(`${where}: axe: ${id}: ${help}\n${nodes.map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary.replace(/\s+/g, ' ')}`).join('\n')}`);
          const small = await page.evaluate(() => [...document.querySelectorAll('[data-widget] .live :is(button, input, select, textarea, summary)')]
            .map((control) => [control, (control.closest('label.choice') ?? control).getBoundingClientRect()])
            .filter(([, box]) => box.width && (box.width < 24 || box.height < 24))
            .map(([control, box]) => `${control.outerHTML.slice(0, 120)}: ${box.width} by ${box.height}`));
          small.forEach((text) => fault(`${where}: a target is under 24 by 24: ${text}`));
        }
        await close();
      }
    }
  }
  // Twice in the printed book: every id is there once, the stills stand, no script runs.
  const print = await open('print.html');
  const twice = await print.page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, index, all) => all.indexOf(id) !== index));
  equal('print.html: ids that are there twice', twice, []);
  const live = await print.page.evaluate(() => document.querySelectorAll('[data-widget] > .live').length);
  equal('print.html: widgets that are live', live, 0);
  await print.close();
  const paper = await open('touch.html');
  await paper.page.emulateMedia({ media: 'print' });
  for (const name of names) {
    const widget = paper.page.locator(`net-${name}`);
    equal(`on paper, ${name}: still and live`, [await widget.locator('> .still').isVisible(), await widget.locator('> .live').isVisible()], [true, false]);
  }
  await paper.close();
  // Who wants less motion gets steps and no film.
  const calm = await open('touch.html', { reducedMotion: 'reduce' });
  equal('reduced motion: buttons that play', await calm.page.getByRole('button', { name: 'Play' }).count(), 0);
  await calm.close();
  const forced = await open('touch.html', { forcedColors: 'active' });
  const unseen = await forced.page.evaluate(() => [...document.querySelectorAll('[data-widget] .live svg text')].filter((text) => getComputedStyle(text).fill === getComputedStyle(document.body).backgroundColor).length);
  equal('forced colours: words that cannot be seen', unseen, 0);
  await forced.close();
}

/** A page with our own scripts, compressed; the course's figures say what they weigh. */
const OWN_MAX = 60_000;

/** Upright in two weights, slanted, and of one width: some 44 kB each. */
const FONTS_MAX = 4;

/** What each page brings along, and when its first words stand. */
async function weigh() {
  const pages = readdirSync(book, { recursive: true }).filter((file) => file.endsWith('.html') && !['404.html', 'print.html', 'toc.html'].includes(file));
  const rows = [];
  for (const path of pages) {
    const context = await browser.newContext();
    const page = await context.newPage();
    const bodies = [];
    page.setDefaultTimeout(PATIENCE);
    // One that comes when the page is about to be closed is not the page's weight any more.
    page.on('response', (response) => bodies.push(response.body().then((octets) => [new URL(response.url()).pathname, octets], (error) => [response.url(), error])));
    // On a busy machine the network may rest before the page's modules are asked for.
    await page.goto(base + path, { waitUntil: 'load' });
    await page.waitForLoadState('networkidle');
    const painted = await page.evaluate(() => new Promise((done) => {
      new PerformanceObserver((list) => {
        const first = list.getEntriesByName('first-contentful-paint')[0];
        if (first) done(first.startTime);
      }).observe({ type: 'paint', buffered: true });
    }));
    const sum = { path, octets: 0, compressed: 0, own: 0, painted: Math.round(painted) };
    const loaded = await Promise.all(bodies);
    for (const [name, octets] of loaded) {
      if (octets instanceof Error) {
        fault(`${path}: ${name}: ${octets.message}`);
        continue;
      }
      // A font is compressed already.
      const small = name.endsWith('.woff2') ? octets.length : gzipSync(octets, { level: 9 }).length;
      sum.octets += octets.length;
      sum.compressed += small;
      if (/^\/(theme|widgets|quiz)\/.*\.js$/.test(name)) sum.own += small;
    }
    const fonts = loaded.map(([name]) => name).filter((name) => name.endsWith('.woff2'));
    if (fonts.length > FONTS_MAX) fault(`${path}: ${fonts.length} fonts, and ${FONTS_MAX} are allowed: ${fonts.join(', ')}`);
    if (sum.own > OWN_MAX) fault(`${path}: our own scripts weigh ${sum.own} octets, and ${OWN_MAX} are allowed`);
    rows.push(sum);
    await context.close();
  }
  rows.sort((one, other) => other.compressed - one.compressed);
  for (const { path, octets, compressed, own, painted } of rows) {
    console.log(`${path}: ${octets} octets, ${compressed} compressed, of these ${own} our own script; first words after ${painted} ms`);
  }
}

await ({ use, everyone, weigh })[part]();
await browser.close();
server.close();
console.log(`${part}: ${part === 'weigh' ? '' : `${names.length} widgets, `}${faults.length} faults`);
faults.forEach((text) => console.error(text));
process.exitCode = faults.length ? 1 : 0;
