// The questions of a page: judged here, kept on the reader's machine alone.
// Everything that is said stands in the page already, in the folds; without
// this script they are opened by hand. `judge` is what book/quiz/src/judge.rs
// does, and the suite holds the two to each other.

/** A typed answer in the form in which it is compared. */
export function plain(text) {
  const small = text.replaceAll('`', '').toLowerCase().trim().split(/\s+/).join(' ').replace(/\.$/, '');
  const number = /^0x[0-9a-f]+$/.test(small) ? small : /^(\d+|\d{1,3}(,\d{3})+)$/.test(small) && small.replaceAll(',', '');
  if (!number) return small;
  const value = BigInt(number);
  return value < 2n ** 64n ? String(value) : small;
}

/** Octets in hexadecimal as a list, or what is none. */
export function octets(text) {
  const list = [];
  for (const word of text.replaceAll('`', '').toLowerCase().split(/[ ,:\t\n\r]/)) {
    const digits = word.replace(/^0x/, '');
    if (!/^([0-9a-f]{2})*$/.test(digits)) return { wrong: word };
    list.push(...(digits.match(/../g) ?? []));
  }
  return list.length ? { list } : { wrong: '' };
}

/**
 * What is said to an answer, in a word: `right`, or where it is wrong.
 * A question is its kind, its answer, its fields and its named mistakes, and an
 * answer is what the page holds: letters, or what was typed.
 */
export function judge({ kind, answer, fields = [], mistakes = [] }, given) {
  const named = (is) => {
    const at = mistakes.findIndex(is);
    return at < 0 ? 'other' : `mistake ${at}`;
  };
  const letter = (at) => String.fromCharCode(97 + at);
  if (kind === 'choice') {
    const right = answer.split(' ');
    const wrong = given.filter((each) => !right.includes(each)).sort();
    if (wrong.length) return `choice ${wrong[0].charCodeAt(0) - 97}`;
    return given.length < right.length ? `missing ${right.length - given.length}` : 'right';
  }
  if (kind === 'order') {
    const at = answer.split(' ').findIndex((each, index) => each !== given[index]);
    return at < 0 ? 'right' : `place ${at + 1}`;
  }
  if (kind === 'octets') {
    const { list: right } = octets(answer);
    const { list: came } = octets(given[0]);
    if (right.join() === came.join()) return 'right';
    const told = named((of) => octets(of).list?.join() === came.join());
    if (told !== 'other') return told;
    const at = came.findIndex((each, index) => each !== right[index]);
    return at < 0 ? `few ${right.length - came.length}` : `octet ${at + 1}`;
  }
  if (kind === 'short') {
    const text = plain(given[0]);
    return answer.split('|').some((each) => plain(each) === text) ? 'right' : named((of) => plain(of) === text);
  }
  const wrong = fields.flatMap(({ name, answer: right }, at) => {
    const text = plain(given[at]);
    if (right.split('|').some((each) => plain(each) === text)) return [];
    const told = mistakes.findIndex((of) => of.startsWith(`${name}=`) && plain(of.slice(name.length + 1)) === text);
    return [told < 0 ? `${at}` : `${at}:${told}`];
  });
  return wrong.length ? `fields ${wrong.join(' ')}` : 'right';
}

// ---------------------------------------------------------------- the document

const STORE = 'netlings-quiz';

/** What this reader answered, by the questions' names; empty where nothing can be kept. */
function kept() {
  try {
    const all = JSON.parse(localStorage.getItem(STORE));
    return all && typeof all === 'object' && !Array.isArray(all) ? all : {};
  } catch {
    return {};
  }
}

function keep(change) {
  const all = kept();
  change(all);
  try {
    localStorage.setItem(STORE, JSON.stringify(all));
  } catch {
    // A full or forbidden store: the answer holds as long as the page does.
  }
}

/** A question's form, and the one place that knows its controls. */
class Question {
  constructor(form) {
    this.form = form;
    this.id = form.dataset.id;
    this.kind = form.dataset.kind;
    this.said = form.querySelector('output');
    this.fold = form.querySelector('details');
    this.fields = [...form.querySelectorAll('input')];
    this.lines = form.querySelector('.quiz-order');
    this.first = this.order();
    form.querySelectorAll('button').forEach((button) => { button.disabled = false; });
    form.addEventListener('submit', (event) => { event.preventDefault(); this.check(); });
    form.addEventListener('input', () => this.quiet());
    form.addEventListener('click', (event) => this.move(event.target.closest('[data-by]')));
    // mdBook turns the page on an arrow and opens the search on s.
    form.addEventListener('keydown', (event) => {
      if (!event.ctrlKey && !event.metaKey && !event.altKey && !['Tab', 'Escape'].includes(event.key)) event.stopPropagation();
    });
    this.recall();
  }

  order() {
    return this.lines ? [...this.lines.children].map((line) => line.dataset.line) : [];
  }

  /** What the page holds: letters that are chosen, letters in their order, or what was typed. */
  given() {
    if (this.kind === 'choice') return this.fields.filter((field) => field.checked).map((field) => field.value);
    return this.kind === 'order' ? this.order() : this.fields.map((field) => field.value.trim());
  }

  put(given) {
    if (this.kind === 'choice') {
      this.fields.forEach((field) => { field.checked = given.includes(field.value); });
    } else if (this.kind === 'order') {
      const lines = [...this.lines.children];
      this.lines.append(...given.map((letter) => lines.find((line) => line.dataset.line === letter)));
    } else {
      this.fields.forEach((field, at) => { field.value = given[at] ?? ''; });
    }
  }

  verdict(given) {
    const items = [...this.form.querySelectorAll('[data-of]')];
    const mistakes = items.map((item) => item.dataset.of);
    const fields = this.fields.map((field) => ({ name: this.name(field), answer: field.dataset.answer ?? '' }));
    return judge({ kind: this.kind, answer: this.form.dataset.answer, fields, mistakes }, given);
  }

  name(field) {
    return field.closest('label').firstElementChild.textContent;
  }

  /** What cannot be judged yet, or nothing. */
  lacks(given) {
    if (this.kind === 'choice') return given.length ? '' : 'Choose first.';
    if (this.kind === 'order') return '';
    if (given.some((text) => !text)) return given.length > 1 ? 'Fill in every field first.' : 'Write an answer first.';
    const { wrong } = this.kind === 'octets' ? octets(given[0]) : {};
    return wrong === undefined ? '' : `“${wrong}” is no octet: two hexadecimal digits are one.`;
  }

  check() {
    const given = this.given();
    const lack = this.lacks(given);
    if (lack) {
      this.say('', lack);
      return;
    }
    keep((all) => { all[this.id] = given; });
    const verdict = this.verdict(given);
    this.mark(verdict);
    this.explain(verdict);
  }

  /** The sign of the verdict, and which fields are wrong. */
  mark(verdict) {
    this.form.dataset.verdict = verdict === 'right' ? 'right' : 'wrong';
    const wrong = verdict.startsWith('fields') ? verdict.split(' ').slice(1).map((each) => Number.parseInt(each, 10)) : [];
    const all = this.fields.filter((field) => field.type === 'text');
    all.forEach((field, at) => {
      const bad = verdict !== 'right' && (this.kind !== 'fields' || wrong.includes(at));
      if (bad) field.setAttribute('aria-invalid', 'true');
      else field.removeAttribute('aria-invalid');
    });
    this.form.dispatchEvent(new CustomEvent('judged', { bubbles: true }));
  }

  explain(verdict) {
    if (verdict === 'right') {
      this.say('Right.', this.form.querySelector('.quiz-why'));
      return;
    }
    const [what, ...places] = verdict.split(' ');
    const number = Number(places[0]);
    const why = (of) => [...this.form.querySelectorAll('[data-of]')].find(of)?.querySelector('span');
    const some = (thing, are) => (number === 1 ? `one ${thing}${are[0]}` : `${number} ${thing}${are[1]}`);
    if (what === 'choice') this.say('No.', why((item) => item.dataset.of === String.fromCharCode(97 + number)));
    else if (what === 'mistake') this.say('No.', why((_, at) => at === number));
    else if (what === 'missing') this.say('Not yet.', `Right so far, and ${some('more', [' is right', ' are right'])}.`);
    else if (what === 'octet') this.say('No.', `Octet ${number} is the first that is another.`);
    else if (what === 'few') this.say('Not yet.', `Right so far, and ${some('octet', [' is missing', 's are missing'])}.`);
    else if (what === 'place') this.say('No.', `Line ${number} is the first in a wrong place.`);
    else if (what === 'fields') {
      const of = places.map((place) => place.split(':'));
      const name = ([at]) => this.name(this.fields[at]);
      const said = of.filter(([, mistake]) => mistake).map((each) => `${name(each)}: ${why((_, index) => index === Number(each[1])).textContent}`);
      const others = of.filter(([, mistake]) => !mistake).map(name);
      if (others.length) said.push(`Not this: ${others.join(', ')}.`);
      this.say('No.', said.join(' '));
    } else this.say('No.', 'Look again at the section.');
  }

  /** A word, and text or what an element holds. */
  say(word, text) {
    const bold = document.createElement('b');
    bold.textContent = word;
    const rest = typeof text === 'string' ? [text] : [...text.cloneNode(true).childNodes];
    this.said.replaceChildren(...(word ? [bold, ' '] : []), ...rest);
  }

  /** A change takes the verdict back. */
  quiet() {
    if (!this.said.hasChildNodes()) return;
    this.said.replaceChildren();
    delete this.form.dataset.verdict;
    this.fields.forEach((field) => field.removeAttribute('aria-invalid'));
    this.form.dispatchEvent(new CustomEvent('judged', { bubbles: true }));
  }

  move(button) {
    if (!button) return;
    const line = button.closest('li');
    const other = button.dataset.by === '1' ? line.nextElementSibling : line.previousElementSibling;
    this.quiet();
    if (other) {
      if (button.dataset.by === '1') other.after(line);
      else other.before(line);
      button.focus();
    }
    const at = [...this.lines.children].indexOf(line) + 1;
    this.say('', `${line.firstElementChild.textContent}: line ${at} of ${this.lines.children.length}.`);
  }

  /** Puts an earlier answer back; it is judged anew, since the question may have changed. */
  recall() {
    const given = kept()[this.id];
    const letters = this.kind === 'choice' ? this.fields.map((field) => field.value) : this.first;
    const list = Array.isArray(given) && given.every((each) => typeof each === 'string');
    const fits = list && { choice: given.every((each) => letters.includes(each)), order: [...given].sort().join() === [...letters].sort().join() };
    if (!list || fits[this.kind] === false) return;
    this.put(given);
    if (this.lacks(this.given())) return;
    const verdict = this.verdict(this.given());
    this.mark(verdict);
    this.say(verdict === 'right' ? 'Right.' : 'Not yet right.', 'Your answer of last time.');
  }

  forget() {
    keep((all) => { delete all[this.id]; });
    this.put(this.first);
    this.fold.open = false;
    this.said.replaceChildren();
    delete this.form.dataset.verdict;
    this.fields.forEach((field) => field.removeAttribute('aria-invalid'));
  }
}

/** The questions of a section, and how many are right. */
function section(element) {
  const questions = [...element.querySelectorAll('form.question')].map((form) => new Question(form));
  const score = element.querySelector('.quiz-score');
  const again = element.querySelector('.quiz-foot button');
  const count = () => {
    const right = questions.filter(({ form }) => form.dataset.verdict === 'right').length;
    score.textContent = `${right} of ${questions.length} right`;
  };
  again.disabled = false;
  again.addEventListener('click', () => {
    questions.forEach((question) => question.forget());
    count();
  });
  element.addEventListener('judged', count);
  count();
}

// On paper the questions stand as they are.
if (globalThis.document && !location.pathname.endsWith('/print.html')) {
  document.querySelectorAll('section.quiz').forEach(section);
}
