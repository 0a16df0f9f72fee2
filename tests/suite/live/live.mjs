// The live pages in Chromium:
// `node live.mjs BOOK NETLINGS COURSE VARIANTS TOOLS CHROMIUM`. It serves the
// course's book, saves the files of VARIANTS as a learner would, and looks at
// the pages. What is wrong goes to standard error, and the exit status is 1.

import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { appendFileSync, copyFileSync, existsSync, readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { pathToFileURL } from 'node:url';

const [bookProgram, netlings, course, variants, tools, chromium] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(tools, 'node_modules', 'x')));
const { chromium: driver } = require('playwright-core');
const axe = readFileSync(join(tools, 'node_modules/axe-core/axe.min.js'), 'utf8');

const PATIENCE = 100_000;
const faults = [];
const fault = (text) => faults.push(text);
const equal = (what, came, expected) => {
  if (JSON.stringify(came) !== JSON.stringify(expected)) fault(`${what}: expected ${JSON.stringify(expected)}, came ${JSON.stringify(came)}`);
};

// ---------------------------------------------------------------- the server

let server;

/** Serves the book, and gives its address without a path. */
async function serve() {
  server = spawn(bookProgram, ['serve', '--no-open', '--until-eof', '--checker', netlings], { cwd: course, stdio: ['pipe', 'pipe', 'inherit'] });
  const lines = createInterface({ input: server.stdout });
  for await (const line of lines) {
    const found = line.match(/^book: (http:\/\/127\.0\.0\.1:\d+\/)/);
    if (found) return found[1];
  }
  throw new Error('the book is not served');
}

const gone = (child) => new Promise((done) => { if (child.exitCode !== null || child.signalCode) done(); else child.once('exit', done); });

/** The process ids of the server's children. */
function children(pid) {
  return readdirSync(`/proc/${pid}/task`).flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean).map(Number));
}

const save = (variant) => copyFileSync(join(variants, variant), join(course, 'labs/hello/src/client.rs'));

// ---------------------------------------------------------------- the pages

const base = await serve();
const browser = await driver.launch({ executablePath: chromium, args: ['--no-sandbox'] });
/** While the server is away, the console may say so. */
let down = false;

async function open(path, { theme = 'light', width = 1200 } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 } });
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  const where = `${path} (${theme}, ${width})`;
  page.on('console', (message) => {
    if (['error', 'warning'].includes(message.type()) && !down) fault(`${where}: the console says: ${message.text()}`);
  });
  page.on('pageerror', (error) => fault(`${where}: ${error.stack}`));
  page.on('request', (request) => {
    if (!request.url().startsWith(base) && !request.url().startsWith('data:')) fault(`${where}: asks for ${request.url()}`);
  });
  await page.addInitScript((name) => localStorage.setItem('mdbook-theme', name), theme);
  await page.goto(base + path);
  const step = (number) => page.locator(`#step-${number} + .live-step`);
  const says = (number, text) => step(number).locator('.live-verdict').filter({ hasText: text }).filter({ hasNotText: '…' }).waitFor();
  return { page, where, step, says, close: () => context.close() };
}

async function clean({ page, where }) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, {
    runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'],
    // mdBook's toggle of the sidebar is a label, which the theme makes a button.
    rules: { 'aria-allowed-role': { enabled: false } },
  }));
  for (const { id, help, nodes } of violations) fault(`${where}: axe: ${id}: ${help}\n${nodes.map((node) => `    ${node.html.slice(0, 200)}\n    ${node.failureSummary.replace(/\s+/g, ' ')}`).join('\n')}`);
  const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
  if (wide > 0) fault(`${where}: ${wide} pixels stick out at the side`);
}

/** A save arrives in the page, which is not loaded again; so does a check by the button. */
async function saves() {
  const one = await open('hello.html');
  const { page, step, says } = one;
  await says(1, 'to do');
  await page.evaluate(() => { globalThis.same = true; scrollTo(0, 700); });
  const heading = await page.evaluate(() => scrollY);
  const since = Date.now();
  save('wrong');
  await says(1, 'does not pass');
  console.log(`${Date.now() - since} ms from the save to the verdict in the page`);
  equal('the page is the same', await page.evaluate(() => globalThis.same), true);
  equal('the page has not moved', await page.evaluate(() => scrollY), heading);
  const report = step(1).locator('details[data-first]');
  await report.getByText('one read taken for one line').waitFor();
  equal('the first report is open, and it alone', await step(1).locator('.live-checks > li > details[open]').count(), 1);
  await report.locator('svg.figure').waitFor();
  const capture = report.getByRole('link', { name: /pcapng$/ });
  const octets = await (await page.request.get(base + await capture.getAttribute('href'))).body();
  equal('the capture is one', octets.subarray(0, 4).toString('hex'), '0a0d0d0a');
  await report.getByText('The same in words').click();
  await page.getByRole('status').filter({ hasText: /^Step 1: does not pass, \d+ of \d+ checks pass$/ }).waitFor({ state: 'attached' });
  // By keyboard: the button, and no arrow turns the page.
  const button = step(1).getByRole('button');
  await button.focus();
  await page.keyboard.press('ArrowRight');
  equal('the page is not turned', new URL(page.url()).pathname, '/hello.html');
  const answered = page.waitForResponse((response) => response.url().endsWith('/live/check'));
  await page.evaluate(() => {
    const verdict = document.querySelector('#step-1 + .live-step .live-verdict');
    new MutationObserver(() => { globalThis.worked ||= verdict.textContent.includes('…'); }).observe(verdict, { childList: true, characterData: true, subtree: true });
  });
  await page.keyboard.press('Enter');
  equal('the check is taken', (await answered).status(), 202);
  await page.waitForFunction(() => globalThis.worked);
  await says(1, 'does not pass');
  equal('the focus stays', await page.evaluate(() => document.activeElement.closest('.live-step') !== null), true);
  equal('a fold stays as the reader left it', await report.locator('details.live-words').getAttribute('open'), '');
  // In a second window, on another page and on this.
  const two = await open('hello.html', { theme: 'navy' });
  const three = await open('index.html');
  await two.says(1, 'does not pass');
  save('right');
  await Promise.all([says(1, 'passes'), two.says(1, 'passes'), two.says(3, 'to do')]);
  await three.page.locator('.live-mark', { hasText: '2/3' }).waitFor();
  await three.page.locator('.live-go-on', { hasText: 'step 3 · 2 of' }).waitFor();
  await page.getByRole('status').filter({ hasText: /^Step \d: / }).waitFor({ state: 'attached' });
  for (const each of [one, two, three]) await each.close();
}

/** Whatever dies, the page comes back by itself. */
async function recovers() {
  const { page, step, says, close } = await open('hello.html');
  await says(1, 'passes');
  // The checker.
  for (const pid of children(server.pid)) process.kill(pid, 'SIGKILL');
  save('wrong');
  await says(1, 'does not pass');
  // The server, and with it the token.
  down = true;
  server.kill('SIGKILL');
  await gone(server);
  await page.locator('.live-away', { hasText: 'netlings is not there' }).waitFor();
  equal('it comes back where it was', await serve(), base);
  await page.locator('.live-away').filter({ hasNotText: 'netlings' }).waitFor({ state: 'attached' });
  down = false;
  const answered = page.waitForResponse((response) => response.url().endsWith('/live/check'));
  await step(1).getByRole('button').click();
  equal('the new server takes a check', (await answered).status(), 202);
  save('right');
  await says(1, 'passes');
  // A chapter that is edited.
  await page.evaluate(() => { globalThis.same = true; });
  appendFileSync(join(course, 'book/src/hello.md'), '\nA new sentence.\n');
  await page.getByText('A new sentence.').waitFor();
  await says(1, 'passes');
  equal('the page was loaded again', await page.evaluate(() => globalThis.same), undefined);
  await close();
}

/** For everyone: themes, sizes, paper. */
async function everyone() {
  save('wrong');
  for (const theme of ['light', 'navy']) {
    for (const width of [1200, 360]) {
      for (const path of ['hello.html', 'index.html']) {
        const each = await open(path, { theme, width });
        if (path === 'hello.html') {
          await each.says(1, 'does not pass');
          await each.page.evaluate(() => document.querySelectorAll('.live-step details').forEach((fold) => { fold.open = true; }));
        } else {
          await each.page.locator('.live-go-on').waitFor();
        }
        await clean(each);
        await each.close();
      }
    }
  }
  const paper = await open('hello.html');
  await paper.says(1, 'does not pass');
  await paper.page.emulateMedia({ media: 'print' });
  equal('on paper, the learner’s results', await paper.step(1).isVisible(), false);
  await paper.close();
}

/** Another site's page gets nothing and starts nothing. */
async function foreign() {
  const site = createServer((_, response) => response.writeHead(200, { 'content-type': 'text/html' }).end('<title>Elsewhere</title>'));
  await new Promise((done) => { site.listen(0, '127.0.0.1', done); });
  const context = await browser.newContext();
  const page = await context.newPage();
  page.setDefaultTimeout(PATIENCE);
  await page.goto(`http://127.0.0.1:${site.address().port}/`);
  const came = await page.evaluate(async (to) => {
    const events = new Promise((done) => {
      const source = new EventSource(`${to}live/events?page=hello.html`);
      source.addEventListener('token', ({ data }) => done(data));
      source.addEventListener('error', () => { source.close(); done('nothing'); });
    });
    const asked = (path, options) => fetch(to + path, options).then((answer) => answer.status, () => 'nothing');
    const taken = new Promise((done) => {
      const script = document.createElement('script');
      Object.assign(script, { src: `${to}live/live.js`, onload: () => done('a script'), onerror: () => done('nothing') });
      document.body.append(script);
    });
    return [await events, await asked('hello.html'), await asked('live/check', { method: 'POST', mode: 'no-cors', body: '{"step":"hello/1"}' }).then((status) => (status === 0 ? 'nothing' : status)), await taken];
  }, base);
  equal('another site gets', came, ['nothing', 'nothing', 'nothing', 'nothing']);
  await context.close();
  site.close();
}

try {
  save('stub');
  await saves();
  await recovers();
  await everyone();
  await foreign();
} catch (error) {
  fault(error.stack);
}
await browser.close();
const checkers = children(server.pid);
server.kill('SIGTERM');
await gone(server);
equal('the server ends', server.exitCode, 0);
equal('and the checker', checkers.filter((pid) => existsSync(`/proc/${pid}`)), []);
console.log(`${faults.length} faults`);
faults.forEach((text) => console.error(text));
process.exitCode = faults.length ? 1 : 0;
