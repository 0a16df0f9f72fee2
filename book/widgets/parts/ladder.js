// Two lanes with time running down, and what flies between them.

import { head, html, picture } from '../widget.js';

const TOP = 52;

/**
 * `left` and `right` name the lanes. Arrows: {from: 0|1, sent, arrived?, lost?, gone?,
 * label, short, act?, faint?}; `act` can be clicked (`on.lose`). Notes: {lane: 0|1, time, text}. `time` is now.
 */
export function ladder(id, { left, right, arrows, notes, time, rows = time, title, desc, width, row = 34 }) {
  const wide = width >= 390;
  const [total, lanes] = wide ? [400, [100, 300]] : [322, [92, 230]];
  const y = (at) => TOP + row * at;
  const height = y(Math.max(rows, 3)) + 26;
  const arrow = ({ from, sent, arrived, lost, gone, label, short, act, faint }) => {
    const [x1, x2] = from ? [lanes[1], lanes[0]] : lanes;
    const away = x2 > x1 ? 1 : -1;
    const end = arrived ?? gone ?? lost ?? Math.max(time + 0.4, sent + 0.6);
    const [y1, y2] = [y(sent) + (row > 20 ? 7 : 0), y(end)];
    const flown = arrived ? 1 - 3 / Math.abs(x2 - x1) : gone && !lost ? Math.max((time - sent + 0.3) / (gone - sent), 0.1) : 0.62;
    const along = (part) => [x1 + (x2 - x1) * part, y1 + (y2 - y1) * part].map((value) => value.toFixed(1));
    const [x, yEnd] = along(flown);
    // Where arrows may cross, a label stands near the end it comes from.
    const far = row > 20 && end - sent > 1.5;
    const [xText, yText] = along(far ? 0.27 : row > 20 ? 0.5 : 0.2);
    const turn = (away * Math.atan2(y2 - y1, lanes[1] - lanes[0]) * 180 / Math.PI).toFixed(1);
    return {
      line: html`${act && html`<line class="hit" data-do="lose" data-arg="${act}" x1="${x1}" y1="${y1}" x2="${x2}" y2="${y2}"/>`}<line class="${faint ? 'faint' : 'arrow'}${arrived ? '' : ' flying'}" x1="${x1}" y1="${y1}" x2="${x}" y2="${yEnd}" ${!lost && html`marker-end="url(#${id}-head)"`}/>${lost && html`<path class="accent" d="M${x - 6} ${yEnd - 6} l12 12 m0 -12 l-12 12"/>`}`,
      text: html`<text class="small halo" x="${xText}" y="${yText - (row > 20 ? 5 : -4)}" text-anchor="middle" transform="rotate(${turn} ${xText} ${yText})">${wide && !far ? label : short}</text>`,
    };
  };
  const drawn = arrows.map(arrow);
  const note = ({ lane, time: at, text }) => html`<circle class="dot" cx="${lanes[lane]}" cy="${y(at)}" r="3"/><text class="small" x="${lanes[lane] + (lane ? 9 : -9)}" y="${y(at) + 4}" text-anchor="${lane ? 'start' : 'end'}">${text}</text>`;
  return picture(id, { width: total, height, title, desc }, html`${head(id)}
${[left, right].map((name, lane) => html`<rect class="box" x="${lanes[lane] - 44}" y="6" width="88" height="26" rx="4"/><text class="text" x="${lanes[lane]}" y="24" text-anchor="middle">${name}</text><line class="line" x1="${lanes[lane]}" y1="32" x2="${lanes[lane]}" y2="${height - 6}"/>`)}
${drawn.map(({ line }) => line)}${drawn.map(({ text }) => text)}${notes.map(note)}`);
}
