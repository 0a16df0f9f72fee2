// Octets that can be looked at one by one, for the widgets that show packets.

import { flag, html } from '../widget.js';

/** How many octets of one stretch are drawn, and how many fields are listed. */
const DRAWN = 160;
const LISTED = 80;

const pair = (octet) => octet.toString(16).padStart(2, '0');

/** Headers and what is between and after them, in the order they stand. */
export function stretches({ layers, rests }) {
  return [
    ...layers.map((layer) => ({ layer, name: layer.name, at: layer.at, len: layer.len })),
    ...rests,
  ].sort((a, b) => a.at - b.at);
}

/** The fields that an octet belongs to. */
export function fieldsAt({ layers }, at) {
  const layer = layers.find((each) => at >= each.at && at < each.at + each.len);
  return layer ? layer.fields.filter((field) => at >= field.at && at < field.at + field.len).map((field) => ({ ...field, layer })) : [];
}

/** The octets that light up with octet `at`: all of its fields. */
function lit(packet, at) {
  const fields = fieldsAt(packet, at);
  return (each) => each === at || fields.some((field) => each >= field.at && each < field.at + field.len);
}

const bitsOf = ({ bits: [from, width] }) => (width === 1 ? `bit ${from}` : `bits ${from} to ${from + width - 1}`);

/** What stands at an octet, as a sentence. */
export function tell(packet, octets, at) {
  const fields = fieldsAt(packet, at);
  if (!fields.length) {
    const rest = packet.rests.find((each) => at >= each.at && at < each.at + each.len);
    return rest ? `Octet ${at}, ${pair(octets[at])}: ${rest.name}, ${rest.len} in all.` : `Octet ${at}, ${pair(octets[at])}: not read.`;
  }
  const [{ layer, at: from, len }] = fields;
  const where = len === 1 ? `octet ${from}` : `octets ${from} to ${from + len - 1}`;
  const parts = fields.map((field) => `${field.name}${field.bits ? ` (${bitsOf(field)})` : ''}: ${field.text}${field.note ? `; ${field.note}` : ''}`);
  const rfcs = [...new Set(fields.map((field) => field.rfc ?? layer.rfc))];
  return `${layer.name}, ${where}. ${parts.join('. ')}. ${rfcs.join(', ')}.`;
}

/** The cells of some octets. `at` is the one that is looked at. */
export function cells(packet, octets, { from, len, at, still }) {
  const on = lit(packet, at);
  const shown = octets.slice(from, from + Math.min(len, DRAWN));
  return html`<span class="hexes">${shown.map((octet, index) => {
    const place = from + index;
    const kind = flag(on(place), 'class="on"');
    if (still) return html`<span ${kind}>${pair(octet)}</span>`;
    const name = fieldsAt(packet, place).map((field) => field.name).slice(0, 3).join(', ');
    return html`<button type="button" ${kind} data-do="look" data-arg="${place}" data-look="${place}" aria-label="${pair(octet)}, octet ${place}${name && `: ${name}`}">${pair(octet)}</button>`;
  })}${len > DRAWN && html` <em>… ${len - DRAWN} more</em>`}</span>`;
}

/** A header's fields, with the one that is looked at marked. */
export function fieldTable(packet, layer, at) {
  const fields = layer.fields.slice(0, LISTED);
  return html`<table class="fields"><thead><tr><th scope="col">field</th><th scope="col">octets</th><th scope="col">value</th></tr></thead><tbody>${fields.map((field) => {
    const here = at >= field.at && at < field.at + field.len;
    const place = field.len === 1 ? field.at : `${field.at}–${field.at + field.len - 1}`;
    return html`<tr ${flag(here, 'class="on"')}><th scope="row">${field.name}</th><td>${place}${field.bits && html` <small>${bitsOf(field)}</small>`}</td><td>${field.text}</td></tr>`;
  })}${layer.fields.length > LISTED && html`<tr><td colspan="3">… ${layer.fields.length - LISTED} more</td></tr>`}</tbody></table>`;
}
