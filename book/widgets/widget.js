// What all widgets share: a custom element that keeps a state, draws it as HTML
// and SVG, and changes what is there instead of replacing it, so that focus and
// open folds stay. A widget is a plain object:
//
//   name      the element is <net-NAME>
//   label     what a screen reader calls it
//   start     the state, an object of strings; what differs from it goes into
//             the page's fragment. Keys that begin with _ do not.
//   view      state, {id, width, still} → {controls, more, said, figure, words}
//   on        NAME(state, value) → the state after a control or button of that
//             name was used
//   sources   the RFCs behind it
//
// `view` touches no document, so that the suite can draw stills and the same
// drawing stands where no script runs.

/** HTML that is already escaped. */
class Html {
  constructor(text) { this.text = text; }
  toString() { return this.text; }
}

const SIGNS = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' };

function escaped(value) {
  if (value instanceof Html) return value.text;
  if (Array.isArray(value)) return value.map(escaped).join('');
  if (value === null || value === undefined || value === false) return '';
  return String(value).replace(/[&<>"]/g, (sign) => SIGNS[sign]);
}

/** A template whose values are escaped, unless they came from one themselves. */
export function html(parts, ...values) {
  return new Html(parts.reduce((text, part, index) => text + escaped(values[index - 1]) + part));
}

/** A picture with its title and its description, which say all that it shows. */
export function picture(id, { width, height, title, desc }, inside) {
  return html`<div class="picture" style="--picture-width: ${width}px; --picture-narrow: ${Math.round(width * 0.72)}px"><svg class="figure" viewBox="0 0 ${width} ${height}" role="img" aria-labelledby="${id}-t ${id}-d" xmlns="http://www.w3.org/2000/svg"><title id="${id}-t">${title}</title><desc id="${id}-d">${desc}</desc>${inside}</svg></div>`;
}

/** The head of an arrow, for `marker-end="url(#ID-head)"`. */
export const head = (id) => html`<defs><marker id="${id}-head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" orient="auto-start-reverse"><path d="M0 1 L10 5 L0 9 Z"/></marker></defs>`;

/** A labelled set of choices, of which one holds. */
export function choices(widget, name, legend, options, chosen) {
  return html`<fieldset><legend>${legend}</legend>${options.map(([value, label]) => html`<label class="choice"><input type="radio" name="${name}" data-group="${widget}" value="${value}" ${value === chosen && new Html('checked')}><span>${label}</span></label>`)}</fieldset>`;
}

/** A labelled list to choose from. */
export function select(name, label, options, chosen) {
  return html`<label class="field"><span>${label}</span><select name="${name}">${options.map(([value, text]) => html`<option value="${value}" ${value === chosen && new Html('selected')}>${text}</option>`)}</select></label>`;
}

/** A labelled slider; `said` is its value with a unit. */
export function slider(name, label, { min, max, step = 1, value, said }) {
  return html`<label class="field"><span>${label}: <b>${said}</b></span><input type="range" name="${name}" min="${min}" max="${max}" step="${step}" value="${value}" aria-valuetext="${said}"></label>`;
}

/** A button that calls `on[act](state, arg)`. */
export function button(act, text, { arg = '', off = false } = {}) {
  return html`<button type="button" data-do="${act}" data-arg="${arg}" ${off && new Html('disabled')}>${text}</button>`;
}

/** `1 octet`, `2 octets`. */
export function count(number, thing) {
  return `${number.toLocaleString('en')} ${thing}${number === 1 ? '' : 's'}`;
}

/** An attribute without a value, where `condition` holds. */
export const flag = (condition, name) => condition && new Html(name);

// ---------------------------------------------------------------- the document

/** Makes `from` like `to`, node by node. */
export function morph(from, to) {
  if (from.nodeType !== to.nodeType || from.nodeName !== to.nodeName) {
    from.replaceWith(to);
    return;
  }
  if (from.nodeType !== 1) {
    if (from.nodeValue !== to.nodeValue) from.nodeValue = to.nodeValue;
    return;
  }
  // A fold stays as the reader left it, and so does the place in a toolbar.
  const kept = (name) => name === 'open' || (name === 'tabindex' && from.closest('[role=toolbar]'));
  for (const { name } of [...from.attributes]) {
    if (!to.hasAttribute(name) && !kept(name)) from.removeAttribute(name);
  }
  for (const { name, value } of to.attributes) {
    if (from.getAttribute(name) !== value && !kept(name)) from.setAttribute(name, value);
  }
  const old = [...from.childNodes];
  const fresh = [...to.childNodes];
  fresh.forEach((node, index) => (old[index] ? morph(old[index], node) : from.append(node)));
  old.slice(fresh.length).forEach((node) => node.remove());
  if (from.nodeName === 'INPUT') {
    if (from.type === 'radio' || from.type === 'checkbox') from.checked = to.hasAttribute('checked');
    else if (from.value !== to.getAttribute('value')) from.value = to.getAttribute('value');
  } else if (from.nodeName === 'TEXTAREA') {
    if (from.value !== to.textContent) from.value = to.textContent;
  } else if (from.nodeName === 'SELECT') {
    from.value = to.value;
  }
}

/** Of a toolbar's buttons one can be reached by Tab; the arrows lead to the others. */
function roam(toolbar, key) {
  const buttons = [...toolbar.querySelectorAll('button:not(:disabled)')];
  const at = Math.max(buttons.findIndex((button) => button === document.activeElement), 0);
  const stop = buttons.findIndex((button) => button.tabIndex === 0 && button.hasAttribute('tabindex'));
  const next = {
    ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1,
    Home: 0, End: buttons.length - 1,
  }[key] ?? Math.max(stop, 0);
  const to = buttons[Math.min(Math.max(next, 0), buttons.length - 1)];
  buttons.forEach((button) => { button.tabIndex = button === to ? 0 : -1; });
  if (key) to?.focus();
  return next !== undefined;
}

const ROAMING = ['ArrowRight', 'ArrowDown', 'ArrowLeft', 'ArrowUp', 'Home', 'End'];
/** How long a change has to rest before it is announced and linked to, in ms. */
const SETTLED = 250;
/** How long a state stands while the steps play, in ms. */
const BEAT = 900;

function element(widget) {
  return class extends HTMLElement {
    connectedCallback() {
      // On paper the stills stand.
      if (this.live || location.pathname.endsWith('/print.html')) return;
      this.live = document.createElement('section');
      this.live.className = 'live';
      this.live.setAttribute('aria-label', widget.label);
      this.append(this.live);
      this.state = this.linked() ?? { ...widget.start };
      this.classList.add('is-live');
      this.draw();
      this.say();
      this.listen();
      if (this.linked()) this.scrollIntoView();
    }

    /** The state that the fragment asks for, if it is about this widget. */
    linked() {
      const asked = new URLSearchParams(location.hash.slice(1));
      if (asked.get('w') !== widget.name) return null;
      const state = { ...widget.start };
      for (const key of Object.keys(state)) {
        if (asked.has(key) && !key.startsWith('_')) state[key] = asked.get(key).slice(0, 8192);
      }
      return widget.sound ? widget.sound(state) : state;
    }

    draw() {
      const width = this.live.clientWidth;
      const { controls, more, figure, words } = widget.view(this.state, { id: `live-${widget.name}`, width });
      const calm = matchMedia('(prefers-reduced-motion: reduce)').matches;
      const fresh = document.createElement('section');
      fresh.innerHTML = html`<div class="controls">${controls}<p class="acts">${widget.play && !calm && html`<button type="button" data-do="play" aria-pressed="${String(Boolean(this.timer))}">Play</button>`}<button type="button" data-do="reset">Reset</button></p>${more}</div><output role="status">${this.said ?? ''}</output><div class="drawn">${figure}</div>${words && html`<details class="words"><summary>In words</summary>${words}</details>`}<p class="sources">${widget.sources}</p>`;
      fresh.className = this.live.className;
      fresh.setAttribute('aria-label', widget.label);
      morph(this.live, fresh);
      this.live.querySelectorAll('[role=toolbar]').forEach((toolbar) => roam(toolbar));
    }

    /** Tells the state in words, and puts it into the address bar. */
    say() {
      const { said } = widget.view(this.state, { id: `live-${widget.name}`, width: this.live.clientWidth });
      this.said = said;
      const output = this.live.querySelector('output');
      if (output.textContent !== String(said)) output.textContent = said;
    }

    link() {
      const link = new URLSearchParams({ w: widget.name });
      for (const [key, value] of Object.entries(this.state)) {
        if (!key.startsWith('_') && value !== widget.start[key]) link.set(key, value);
      }
      const ours = new URLSearchParams(location.hash.slice(1)).get('w') === widget.name;
      const differs = [...link].length > 1;
      if (differs) history.replaceState(null, '', `#${link}`);
      else if (ours) history.replaceState(null, '', location.pathname + location.search);
    }

    change(state) {
      if (!state || state === this.state) return false;
      this.state = state;
      this.draw();
      clearTimeout(this.settling);
      this.settling = setTimeout(() => { this.settling = undefined; this.say(); this.link(); }, SETTLED);
      return true;
    }

    act(name, value) {
      if (name === 'reset') {
        this.stop();
        this.change({ ...widget.start });
      } else if (name === 'play') {
        if (this.timer) this.stop();
        else this.timer = setInterval(() => { if (!this.change(widget.play(this.state))) this.stop(); }, BEAT);
        this.draw();
      } else if (widget.on?.[name]) {
        this.change(widget.on[name](this.state, value));
      } else if (name in this.state) {
        this.change({ ...this.state, [name]: value });
      }
    }

    stop() {
      clearInterval(this.timer);
      this.timer = undefined;
      this.draw();
    }

    listen() {
      const live = this.live;
      const of = (event, what) => event.target.closest?.(what);
      live.addEventListener('input', (event) => {
        const field = of(event, '[name]');
        if (field) this.act(field.name, field.type === 'checkbox' && !field.hasAttribute('value') ? String(field.checked) : field.value);
      });
      live.addEventListener('click', (event) => {
        const doer = of(event, '[data-do]');
        if (doer && !doer.disabled) this.act(doer.dataset.do, doer.dataset.arg);
      });
      const look = (event) => {
        const at = of(event, '[data-look]');
        if (at) this.act('look', at.dataset.look);
      };
      live.addEventListener('pointerover', look);
      live.addEventListener('focusin', look);
      live.addEventListener('pointerdown', (event) => {
        this.held = of(event, '[data-drag]')?.dataset.drag;
      });
      live.addEventListener('pointermove', (event) => {
        const at = this.held !== undefined && event.buttons
          && document.elementFromPoint(event.clientX, event.clientY)?.closest('[data-drag]')?.dataset.drag;
        if (at && at !== this.held) {
          this.act('drag', `${this.held} ${at}`);
          this.held = at;
          this.dragged = true;
        }
      });
      // The click that ends a drag is none.
      live.addEventListener('click', (event) => {
        if (this.dragged) event.stopImmediatePropagation();
        this.dragged = false;
      }, true);
      live.addEventListener('keydown', (event) => {
        const toolbar = of(event, '[role=toolbar]');
        const plain = !event.ctrlKey && !event.metaKey && !event.altKey;
        if (toolbar && plain && ROAMING.includes(event.key) && roam(toolbar, event.key)) event.preventDefault();
      });
      window.addEventListener('hashchange', () => {
        const state = this.linked();
        if (state) this.change(state);
      });
      new ResizeObserver(() => {
        const width = live.clientWidth;
        if (width !== this.width) { this.width = width; this.draw(); }
      }).observe(live);
    }
  };
}

/** Registers a widget, where there is a document, and hands it back. */
export function define(widget) {
  if (globalThis.customElements) customElements.define(`net-${widget.name}`, element(widget));
  return widget;
}

/** The picture that stands where no script runs; `ID` is replaced by the book. */
export function still(widget) {
  const state = { ...widget.start, ...widget.still };
  const { said, figure } = widget.view(state, { id: 'ID', width: 640, still: true });
  return html`<div class="still"><div class="drawn">${figure}</div><p class="caption">${said}</p><p class="sources">${widget.sources}</p></div>`.toString().replace(/\s*\n\s*/g, '\n') + '\n';
}
