// Drives the questions of a chapter in Chromium:
// `node page.mjs use|everyone BOOK TOOLS CHROMIUM`. What is wrong goes to
// standard error, a sentence each, and the exit status is 1.

import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { readFile } from 'node:fs/promises';
import { extname, join, normalize } from 'node:path';
import { readFileSync, readdirSync } from 'node:fs';
import { pathToFileURL } from 'node:url';
import { gzipSync } from 'node:zlib';

const [part, book, tools, chromium] = process.argv.slice(2);
const require = createRequire(pathToFileURL(join(tools, 'node_modules', 'x')));
const { chromium: driver } = require('playwright-core');

/** The script and the style of all questions, compressed, in octets. */
const SCRIPT_MAX = 4_000;
const STYLE_MAX = 2_000;

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

/** A context in which pages are opened one after another, with one store. */
async function reader({ theme = 'light', width = 1200, script = true, ...media } = {}) {
  const context = await browser.newContext({ viewport: { width, height: 900 }, javaScriptEnabled: script, ...media });
  await context.addInitScript((name) => localStorage.setItem('mdbook-theme', name), theme);
  const open = async (path) => {
    const page = await context.newPage();
    // For a machine with much else to do.
    page.setDefaultTimeout(100_000);
    const where = `${path} (${theme}, ${width})`;
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type())) fault(`${where}: the console says: ${message.text()}`);
    });
    page.on('pageerror', (error) => fault(`${where}: ${error.stack}`));
    page.on('request', (request) => {
      if (!request.url().startsWith(base) && !request.url().startsWith('data:')) fault(`${where}: asks for ${request.url()}`);
    });
    await page.goto(base + path);
    if (script && !path.startsWith('print')) await page.locator('.quiz-foot button:enabled').first().waitFor();
    return { page, where };
  };
  return { open, close: () => context.close() };
}

/** What a right answer is, as the page knows it, given by hand. */
async function answer(form) {
  const kind = await form.getAttribute('data-kind');
  const right = await form.getAttribute('data-answer');
  if (kind === 'choice') {
    for (const letter of right.split(' ')) await form.locator(`input[value=${letter}]`).check();
  } else if (kind === 'fields') {
    for (const field of await form.locator('input').all()) await field.fill((await field.getAttribute('data-answer')).split('|')[0]);
  } else if (kind === 'order') {
    const wanted = right.split(' ');
    for (let place = 0; place < wanted.length; place += 1) {
      const line = form.locator(`li[data-line=${wanted[place]}]`);
      const up = line.getByRole('button', { name: /^Move up/ });
      const at = () => line.evaluate((element) => [...element.parentElement.children].indexOf(element));
      for (let steps = await at(); steps > place; steps -= 1) await up.press('Enter');
    }
  } else await form.locator('input').fill(right.split('|')[0]);
  await form.getByRole('button', { name: 'Check' }).press('Enter');
}

const chapters = readdirSync(join(book, 'quiz')).filter((file) => file.endsWith('.toml')).map((file) => file.slice(0, -5));

// ---------------------------------------------------------------- parts

/** Every question of the book, by keyboard: right, kept, forgotten. */
async function use() {
  for (const chapter of chapters) {
    const { open, close } = await reader();
    const { page } = await open(`${chapter}.html`);
    const forms = page.locator('form.question');
    const count = await forms.count();
    if (!count) fault(`${chapter}: it shows no question`);
    for (let at = 0; at < count; at += 1) {
      const form = forms.nth(at);
      const id = await form.getAttribute('data-id');
      const why = await form.locator('.quiz-why').textContent();
      await answer(form);
      const said = await form.locator('output').textContent();
      if (said !== `Right. ${why}`) fault(`${id}: the right answer is told ${JSON.stringify(said)}`);
      equal(`${id}: its mark`, await form.getAttribute('data-verdict'), 'right');
    }
    for (const score of await page.locator('.quiz-score').allTextContents()) {
      const [right, all] = score.match(/\d+/g);
      equal(`${chapter}: a score`, right, all);
    }
    equal(`${chapter}: the page was turned or left`, page.url(), `${base}${chapter}.html`);
    // Another visit finds the answers, and nothing moves for it, on a telephone neither.
    const again = await open(`${chapter}.html`);
    for (const width of [1200, 360]) {
      await again.page.setViewportSize({ width, height: 900 });
      let release;
      const held = new Promise((done) => { release = done; });
      await again.page.route('**/quiz.js', (route) => held.then(() => route.continue()));
      await again.page.reload({ waitUntil: 'commit' });
      await again.page.waitForFunction(() => document.readyState === 'interactive' && [...document.styleSheets].some(({ href }) => href?.endsWith('quiz.css')));
      await again.page.evaluate(() => document.fonts.ready.then(() => {}));
      const heights = () => again.page.locator('.quiz').evaluateAll((all) => all.map((each) => each.offsetHeight));
      const before = await heights();
      release();
      await again.page.locator('.quiz-foot button:enabled').last().waitFor();
      equal(`${chapter}: kept`, await again.page.locator('form[data-verdict=right]').count(), count);
      equal(`${chapter} (${width}): heights when the answers are back`, await heights(), before);
      await again.page.unroute('**/quiz.js');
    }
    for (const button of await again.page.getByRole('button', { name: 'Start over' }).all()) await button.press('Space');
    equal(`${chapter}: forgotten`, await again.page.locator('form[data-verdict], .quiz input:checked').count(), 0);
    equal(`${chapter}: kept after all`, await again.page.evaluate(() => localStorage.getItem('netlings-quiz')), '{}');
    await close();
  }
  await wrong();
}

/** Wrong answers and none, in the chapter that has every kind early: what is said, and by pointer. */
async function wrong() {
  const { open, close } = await reader();
  const { page } = await open('hello.html');
  const form = (id) => page.locator(`form[data-id=${id}]`);
  const said = (id) => form(id).locator('output').textContent();
  const check = (id) => form(id).getByRole('button', { name: 'Check' }).click();
  await check('hello-network-internet');
  equal('nothing chosen', await said('hello-network-internet'), 'Choose first.');
  await form('hello-network-internet').getByLabel('It has a web server in it.').click();
  await check('hello-network-internet');
  equal('a wrong choice', await said('hello-network-internet'), 'No. The Web is one application over the Internet; a network without any is a part of it as well.');
  await page.keyboard.press('ArrowDown');
  await form('hello-network-internet').getByLabel('It has a web server in it.').focus();
  await page.keyboard.press('ArrowDown');
  equal('a change takes the verdict back', await said('hello-network-internet'), '');
  equal('an arrow does not turn the page', page.url(), `${base}hello.html`);
  const octets = 'hello-protocol-octets';
  await form(octets).locator('input').fill('41 64 6');
  await page.keyboard.press('Enter');
  equal('half an octet', await said(octets), '“6” is no octet: two hexadecimal digits are one.');
  const answer = (await form(octets).getAttribute('data-answer')).split(' ');
  await form(octets).locator('input').fill(answer.slice(0, -1).join(' '));
  await page.keyboard.press('Enter');
  equal('the LF left out', (await said(octets)).startsWith('N'), true);
  equal('marked', await form(octets).locator('input').getAttribute('aria-invalid'), 'true');
  const first = form('hello-protocol-order').locator('li').first();
  const name = await first.locator('span').textContent();
  await first.getByRole('button', { name: `Move down: ${name}` }).click();
  equal('moved', await said('hello-protocol-order'), `${name}: line 2 of 6.`);
  equal('the focus goes along', await page.evaluate(() => document.activeElement.getAttribute('aria-label')), `Move down: ${name}`);
  await page.keyboard.press('s');
  equal('s opens no search', await page.locator('#mdbook-searchbar').isVisible(), false);
  // What is kept and fits no more is passed over.
  await page.evaluate(() => localStorage.setItem('netlings-quiz', JSON.stringify({ 'hello-network-internet': ['z'], 'hello-protocol-order': ['a'], 'hello-protocol-octets': ['zz'], 'hello-network-light': 7 })));
  const again = await open('hello.html');
  equal('nonsense that was kept', await again.page.locator('form[data-verdict]').count(), 0);
  await again.page.evaluate(() => localStorage.setItem('netlings-quiz', 'no JSON'));
  const broken = await open('hello.html');
  equal('a broken store', await broken.page.locator('.quiz-score').first().textContent(), '0 of 3 right');
  await close();
}

/** Themes, sizes, no script, print, few colours, and the weight. */
async function everyone() {
  const sizes = ['quiz.js', 'quiz.css'].map((file) => gzipSync(readFileSync(join(book, 'quiz', file))).length);
  console.log(`${sizes.join(' and ')} octets of script and style, compressed`);
  if (sizes[0] > SCRIPT_MAX || sizes[1] > STYLE_MAX) fault(`script and style weigh ${sizes.join(' and ')} octets, and ${SCRIPT_MAX} and ${STYLE_MAX} are allowed`);
  const axe = readFileSync(join(tools, 'node_modules/axe-core/axe.min.js'), 'utf8');
  for (const chapter of chapters) {
    for (const [theme, width, script] of [['light', 1200, true], ['navy', 360, true], ['light', 360, false]]) {
      const { open, close } = await reader({ theme, width, script });
      const { page, where } = await open(`${chapter}.html`);
      const wide = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth);
      if (wide > 0) fault(`${where}: ${wide} pixels stick out at the side`);
      equal(`${where}: buttons`, await page.locator('form.question button').first().isVisible(), script);
      if (!script) {
        const fold = page.locator('form.question details').first();
        await fold.locator('summary').press('Enter');
        equal(`${where}: the answer without script`, await fold.locator('.quiz-why').isVisible(), true);
      } else {
        // Each is answered, wrongly where the first choice is wrong, so that every look is seen.
        for (const form of await page.locator('form.question').all()) {
          if (await form.getAttribute('data-kind') === 'choice') {
            await form.locator('input').first().check();
            await form.getByRole('button', { name: 'Check' }).press('Enter');
          } else await answer(form);
        }
        const small = await page.evaluate(() => [...document.querySelectorAll('.quiz button, .quiz input')].map((each) => each.closest('label') ?? each).filter((each) => { const { width, height } = each.getBoundingClientRect(); return width < 24 || height < 24; }).length);
        equal(`${where}: controls under 24 pixels`, small, 0);
        await page.evaluate(axe);
        const found = await page.evaluate(() => globalThis.axe.run('.quiz', { rules: { region: { enabled: false } } }));
        found.violations.forEach(({ id, nodes }) => fault(`${where}: axe: ${id}: ${nodes.slice(0, 3).map(({ html }) => html).join(' ')}`));
      }
      await close();
    }
  }
  const { open, close } = await reader();
  const { page } = await open('print.html');
  const ids = await page.evaluate(() => [...document.querySelectorAll('[id]')].map(({ id }) => id).filter((id, at, all) => all.indexOf(id) !== at));
  equal('print.html: ids that are there twice', ids, []);
  await page.emulateMedia({ media: 'print' });
  equal('on paper: buttons', await page.locator('.quiz button').first().isVisible(), false);
  await page.evaluate(() => dispatchEvent(new Event('beforeprint')));
  equal('on paper: the answers', await page.locator('.quiz .quiz-why').first().isVisible(), true);
  await close();
  const forced = await reader({ forcedColors: 'active' });
  const { page: seen } = await forced.open('hello.html');
  await answer(seen.locator('form.question').first());
  const colours = await seen.locator('output').first().evaluate((output) => [getComputedStyle(output).borderInlineStartColor, getComputedStyle(document.body).backgroundColor]);
  if (colours[0] === colours[1]) fault('forced colours: the mark of a verdict cannot be seen');
  await forced.close();
}

await ({ use, everyone })[part]();
await browser.close();
server.close();
console.log(`${part}: ${chapters.length} chapters, ${faults.length} faults`);
faults.forEach((text) => console.error(text));
process.exitCode = faults.length ? 1 : 0;
