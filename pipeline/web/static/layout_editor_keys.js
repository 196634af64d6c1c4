// Keys on the sheet: arrows move, with Alt they resize; what they do is one step to be undone until another space is chosen.

import { inside } from "./layout_editor_zones.js";
import { shift } from "./layout_editor_sheet.js";

/** @typedef {import("./layout_editor_zones.js").Part} Part */
/** @typedef {import("./layout_editor_zones.js").Box} Box */

const FINE_MM = 0.1;
const COARSE_MM = 1;
/** @type {Record<string, [number, number]>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * What a key does to the chosen part: its box is changed in place.
 * @param {KeyboardEvent} event @param {Part} part @param {Box} sheet
 * @returns {boolean} whether it was a key of ours
 */
export function arrowed(event, part, sheet) {
  const way = ARROWS[event.key];
  if (!way || event.ctrlKey || event.metaKey) return false;
  const step = event.shiftKey ? COARSE_MM : FINE_MM;
  const [x, y] = [way[0] * step, way[1] * step];
  const from = part.box;
  if (event.altKey) {
    const grown = { ...from, width: from.width + x, height: from.height + y };
    // At the edge of the paper a space stops growing; it does not move.
    grown.width = Math.min(grown.width, sheet.width - from.x);
    grown.height = Math.min(grown.height, sheet.height - from.y);
    part.box = inside(grown, sheet);
    return true;
  }
  const marks = part.zone.marks.map((mark) => mark.box);
  part.box = inside({ ...from, x: from.x + x, y: from.y + y }, sheet);
  if (!part.mark) shift(part, part.box, from, marks);
  return true;
}

/** @param {Part[]} parts @param {Part | null} chosen @param {number} step */
export function neighbour(parts, chosen, step) {
  const at = parts.findIndex((part) => part.key === chosen?.key);
  return parts[(at < 0 ? (step > 0 ? 0 : parts.length - 1) : at + step + parts.length) % parts.length];
}
