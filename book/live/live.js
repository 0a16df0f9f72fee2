// What makes a page live on the learner's own machine: how each step stands,
// as it is saved, and a button that checks it. The server puts this script into
// the pages that it serves; no published page has it.
//
// The server tells by events (`/live/events`) and tells everything anew to
// whoever connects, so a page that was asleep has missed nothing.

import { morph } from '/widgets/widget.js';

const page = location.pathname.slice(1) || 'index.html';
const built = document.querySelector('meta[name=netlings-page]')?.content;

/** How long the server may be away before the page says so, in ms. */
const AWAY = 2_000;
/** How long it may be silent before it is taken for away; it beats every 15 s. */
const SILENT = 40_000;

const make = (tag, attributes = {}, ...inside) => {
  const element = document.createElement(tag);
  Object.entries(attributes).forEach(([name, value]) => element.setAttribute(name, value));
  element.append(...inside);
  return element;
};

// ---------------------------------------------------------------- what is said

/** The one place that speaks to a screen reader. */
const status = make('div', { role: 'status', class: 'live-hidden' });
const away = make('p', { class: 'live-away', role: 'status' });
document.body.append(status, away);

/** Says it aloud, and not on the page. */
function say(text) {
  status.textContent = '';
  // The same words twice are two announcements.
  requestAnimationFrame(() => { status.textContent = text; });
}

/** Tells on the page that something of ours is not there; '' when all is. */
function tell(text) {
  if (away.textContent !== text) away.textContent = text;
}

// ---------------------------------------------------------------- the steps

const panels = new Map();

/** The place of a step on the page, below its heading. */
function panelOf(lab, { step }) {
  if (panels.has(step)) return panels.get(step);
  const heading = document.getElementById(`step-${step}`);
  if (!heading) return null;
  const verdict = make('p', { class: 'live-verdict' });
  const button = make('button', { type: 'button' }, 'Check this step');
  const body = make('div', { class: 'live-body' });
  const fold = make('details', {}, make('summary', {}, 'Checks and reports'), body);
  const root = make('section', { class: 'live-step', 'aria-label': `Your program, step ${step}` },
    make('div', { class: 'live-head' }, verdict, button), fold);
  const panel = { root, verdict, body, fold, button, known: null, byReader: false };
  button.setAttribute('aria-label', `Check this step, step ${step}`);
  button.addEventListener('click', () => ask(`${lab}/${step}`));
  fold.firstChild.addEventListener('click', () => { panel.byReader = true; });
  // mdBook would turn the page on an arrow, and search on s.
  root.addEventListener('keydown', (event) => {
    const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
    if (plain && event.key !== 'Tab' && event.key !== 'Escape') event.stopPropagation();
  });
  heading.after(root);
  panels.set(step, panel);
  return panel;
}

const DOING = { building: 'building …', checking: 'checking …' };

function time(at) {
  const when = new Date(at);
  const clock = when.toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', second: '2-digit', hourCycle: 'h23' });
  const today = when.toDateString() === new Date().toDateString();
  return make('time', { datetime: at }, today ? clock : `${when.toLocaleDateString()}, ${clock}`);
}

/** The verdict as a line: sign, word, count, time, and what is being done. */
function verdictOf({ state, sign, word, said, at, fresh, doing }) {
  const line = make('p', { class: `live-verdict live-${state}${fresh && !doing ? '' : ' live-old'}` });
  line.append(make('span', { class: 'live-sign', 'aria-hidden': 'true' }, sign), ' ', make('strong', {}, word));
  if (said) line.append(` · ${said}`);
  if (at) line.append(' · ', time(at));
  if (doing) line.append(' · ', make('em', {}, DOING[doing]));
  else if (!fresh) line.append(' · ', make('em', {}, 'saved since'));
  return line;
}

/** A link into this page has the words of the heading that it leads to. */
function named(body) {
  body.querySelectorAll('a[data-section]').forEach((link) => {
    const heading = document.getElementById(link.dataset.section);
    if (heading) link.textContent = heading.textContent;
  });
}

/** A fold that shows the first failure opens with it and closes after it, unless the reader has used it. */
function follow(body) {
  body.querySelectorAll('details:not(.live-words)').forEach((fold) => {
    const first = fold.hasAttribute('data-first');
    if (fold.byReader === undefined) {
      fold.byReader = false;
      fold.firstElementChild.addEventListener('click', () => { fold.byReader = true; });
    }
    if (!fold.byReader) fold.open = first;
  });
}

function show(lab, step) {
  const panel = panelOf(lab, step);
  if (!panel || JSON.stringify(panel.known) === JSON.stringify(step)) return;
  const before = panel.known;
  panel.known = step;
  morph(panel.verdict, verdictOf(step));
  panel.root.classList.toggle('live-here', step.here);
  if (before?.html !== step.html) {
    const fresh = make('div', { class: 'live-body' });
    fresh.innerHTML = step.html;
    morph(panel.body, fresh);
    named(panel.body);
    follow(panel.body);
  }
  panel.fold.hidden = !step.html;
  if (!panel.byReader) panel.fold.open = step.here && ['fail', 'unbuilt', 'error'].includes(step.state);
  // Not while something newer is made, and not what was said before.
  if (step.doing || !step.fresh) return;
  const words = `Step ${step.step}: ${[step.word, step.said].filter(Boolean).join(', ')}`;
  if (panel.words !== undefined && panel.words !== words) say(words);
  panel.words = words;
}

// ---------------------------------------------------------------- the course

/** The chapter's link in the sidebar, and how far its lab is. */
function mark({ lab, done, steps, failed }) {
  const link = document.querySelector(`mdbook-sidebar-scrollbox .chapter-link-wrapper > a[href$="${lab}.html"]`);
  if (!link) return;
  const begun = done > 0 || failed;
  const sign = done === steps ? '✔' : failed ? '✘' : '◐';
  const text = begun ? `${done} of ${steps} steps passed` : '';
  let mark = link.querySelector('.live-mark');
  if (!mark) link.append(mark = make('span', { class: 'live-mark' }));
  if (mark.dataset.text === `${sign}${text}`) return;
  mark.dataset.text = `${sign}${text}`;
  mark.replaceChildren(...(begun ? [
    make('span', { 'aria-hidden': 'true' }, `${sign} ${done}/${steps}`),
    make('span', { class: 'live-hidden' }, `, ${text}${failed ? ', one does not pass' : ''}`),
  ] : []));
}

/** On the start page: where the learner is. */
function goOn({ here, labs }) {
  const title = document.querySelector('main h1');
  const [lab, step] = here.split('/');
  const known = labs.find((each) => each.lab === lab);
  if (page !== 'index.html' || !title || !known) return;
  let line = document.querySelector('.live-go-on');
  if (!line) title.after(line = make('p', { class: 'live-go-on' }));
  const done = labs.reduce((sum, each) => sum + each.done, 0);
  const all = labs.reduce((sum, each) => sum + each.steps, 0);
  line.replaceChildren('Go on: ', make('a', { href: `/${lab}.html#step-${step}` }, `${known.title}, step ${step}`), ` · ${done} of ${all} steps passed`);
}

// ---------------------------------------------------------------- the server

let source = null;
let token = '';
let heard = 0;
let later = null;

/** Asks for a check. */
async function ask(step) {
  try {
    const answer = await fetch('/live/check', {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-netlings-token': token },
      body: JSON.stringify({ step }),
    });
    if (!answer.ok) tell(`The check was not taken: ${(await answer.text()).trim()}`);
  } catch {
    tell('The check was not taken: netlings is not there. cargo netlings book brings it back.');
  }
}

const on = {
  token: (data) => { token = data; },
  // The book was built again, or another server has another one.
  page: (data) => { if (data && built && data !== built) location.reload(); },
  checker: (data) => { tell(data === 'starts' ? 'The checker is being started; what stands here may be old.' : ''); },
  course: (data) => {
    if (!data) return;
    const course = JSON.parse(data);
    course.labs.forEach(mark);
    goOn(course);
  },
  lab: (data) => {
    if (!data || page === 'print.html') return;
    const { lab, steps } = JSON.parse(data);
    steps.forEach((step) => show(lab, step));
  },
  beat: () => {},
};

function connect() {
  if (source || document.hidden) return;
  source = new EventSource(`/live/events?page=${page}`);
  heard = performance.now();
  for (const [name, take] of Object.entries(on)) {
    source.addEventListener(name, ({ data }) => {
      heard = performance.now();
      clearTimeout(later);
      later = null;
      take(data);
    });
  }
  source.addEventListener('error', () => {
    later ??= setTimeout(() => {
      tell('netlings is not there: this page stays as it was. cargo netlings book brings it back.');
    }, AWAY);
    // Some browsers try again by themselves, and some only for a while.
    if (source?.readyState === EventSource.CLOSED) again();
  });
}

function close() {
  source?.close();
  source = null;
}

function again() {
  close();
  setTimeout(connect, 1_000);
}

// A page that nobody sees holds no connection: a browser has six for all its
// windows of one server.
document.addEventListener('visibilitychange', () => (document.hidden ? close() : connect()));
addEventListener('pagehide', close);
addEventListener('pageshow', connect);
setInterval(() => { if (source && performance.now() - heard > SILENT) again(); }, SILENT / 4);
connect();
