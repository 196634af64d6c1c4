// The sheet: the blank form with its spaces drawn over it; chosen, moved and resized by pointer.

import { inside } from "./layout_editor_zones.js";

/** @typedef {import("./layout_editor_zones.js").Box} Box */
/** @typedef {import("./layout_editor_zones.js").Part} Part */
/** @typedef {{part: Part | null, from: Box, start: {x: number, y: number}, handle: string, moved: boolean, marks: Box[]}} Drag */

const SVG = "http://www.w3.org/2000/svg";
const HANDLES = ["nw", "n", "ne", "e", "se", "s", "sw", "w"];
const ZOOMS = [1, 1.25, 1.5, 2, 3, 4];
/** How far a rule draws an edge to it: by millimetres close up, by pixels from afar. */
const REACH_MM = 0.9;
const REACH_PX = 6;

/** @param {string} name @param {Record<string, string | number>} attributes */
function made(name, attributes) {
  const element = document.createElementNS(SVG, name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
  return element;
}

/** @param {Element} rect @param {Box} box */
function place(rect, box) {
  for (const side of /** @type {const} */ (["x", "y", "width", "height"])) rect.setAttribute(side, String(box[side]));
}

export class Sheet {
  /**
   * @param {SVGSVGElement} svg
   * @param {import("./layout_editor_zones.js").Zones} zones
   * @param {{readonly: boolean, choose: (part: Part | null) => void, changed: () => void, drawn: (box: Box) => void, rules: () => import("./layout_editor_rules.js").Rules | null}} then
   */
  constructor(svg, zones, then) {
    this.svg = svg;
    this.zones = zones;
    this.then = then;
    this.size = { x: 0, y: 0, width: svg.viewBox.baseVal.width, height: svg.viewBox.baseVal.height };
    this.layer = /** @type {SVGGElement} */ (svg.querySelector("#drawn"));
    this.zoom = 0;
    this.adding = false;
    /** @type {Part | null} */
    this.chosen = null;
    /** @type {Drag | null} */
    this.drag = null;
    svg.addEventListener("pointerdown", (event) => this.#down(event));
    svg.addEventListener("pointermove", (event) => this.#move(event));
    svg.addEventListener("pointerup", () => this.#up());
    svg.addEventListener("pointercancel", () => this.#up());
    this.scale();
  }

  /** Everything anew; a hundred boxes take a few milliseconds. */
  draw() {
    this.layer.replaceChildren();
    const states = this.zones.states;
    for (const zone of this.zones.shown) {
      const state = zone.name ? states.get(zone.name) ?? "sure" : "nameless";
      for (const part of zone.parts) if (!part.missing) this.layer.append(this.#drawn(part, state));
    }
    if (this.chosen && !this.chosen.zone.dropped && !this.chosen.missing) {
      const box = this.chosen.box;
      this.layer.append(this.#outline(box, this.chosen));
      if (!this.then.readonly) for (const handle of HANDLES) this.layer.append(this.#handle(handle, box));
    }
  }

  /** @param {Part} part @param {string} state */
  #drawn(part, state) {
    const group = made("g", { "data-part": part.key, class: ["space", part.mark && "mark", part.zone.sort, state].join(" ") });
    const rect = made("rect", {});
    place(rect, part.box);
    const title = made("title", {});
    title.textContent = part.label;
    group.append(rect, title);
    return group;
  }

  /** @param {Box} box @param {Part} part */
  #outline(box, part) {
    const group = made("g", { class: "chosen" });
    const rect = made("rect", { "data-part": part.key });
    place(rect, box);
    const words = made("text", { x: box.x, y: box.y > 4 ? box.y - 1 : box.y + box.height + 3.2, "font-size": 2.8 });
    words.textContent = part.label;
    group.append(rect, words);
    return group;
  }

  /** @param {string} handle @param {Box} box */
  #handle(handle, box) {
    const x = handle.includes("w") ? 0 : handle.includes("e") ? 1 : 0.5;
    const y = handle.includes("n") ? 0 : handle.includes("s") ? 1 : 0.5;
    const size = Math.min(1.6, Math.max(0.5, 9 / this.pxPerMm));
    return made("rect", {
      "data-handle": handle, class: `handle ${handle}`, width: size, height: size,
      x: box.x + box.width * x - size / 2, y: box.y + box.height * y - size / 2,
    });
  }

  get #reachMm() { return Math.max(REACH_MM, REACH_PX / this.pxPerMm); }

  get pxPerMm() { return this.svg.getBoundingClientRect().width / this.size.width || 1; }

  /** As wide as the window times the zoom. @param {number} step */
  scale(step = 0) {
    this.zoom = Math.min(Math.max(this.zoom + step, 0), ZOOMS.length - 1);
    this.svg.setAttribute("width", `${100 * ZOOMS[this.zoom]}%`);
    this.svg.removeAttribute("height");
    this.draw();
    if (step) this.show();
    return ZOOMS[this.zoom];
  }

  /** The chosen space is brought into the window, if it is not there. */
  show() {
    const window = /** @type {HTMLElement} */ (this.svg.parentElement);
    if (!this.chosen || this.chosen.missing) return;
    const { x, y, width, height } = this.chosen.box;
    const scale = this.pxPerMm;
    const outside = (/** @type {number} */ from, /** @type {number} */ to, /** @type {number} */ start, /** @type {number} */ length) =>
      from < start || to > start + length ? Math.max(0, (from + to - length) / 2) : start;
    window.scrollLeft = outside(x * scale, (x + width) * scale, window.scrollLeft, window.clientWidth);
    window.scrollTop = outside(y * scale, (y + height) * scale, window.scrollTop, window.clientHeight);
  }

  /** @param {PointerEvent} event */
  #at(event) {
    const seen = this.svg.getBoundingClientRect();
    const scale = this.pxPerMm;
    return { x: (event.clientX - seen.left) / scale, y: (event.clientY - seen.top) / scale };
  }

  /** @param {PointerEvent} event */
  #down(event) {
    if (event.button !== 0) return;
    const target = /** @type {SVGElement} */ (event.target);
    const start = this.#at(event);
    if (this.adding) {
      this.drag = { part: null, from: { ...start, width: 0, height: 0 }, start, handle: "se", moved: false, marks: [] };
    } else {
      const handle = target.dataset.handle ?? "";
      const key = target.dataset.part ?? target.closest("[data-part]")?.getAttribute("data-part") ?? "";
      const part = handle ? this.chosen : this.zones.part(key) ?? null;
      this.then.choose(part);
      if (!part || this.then.readonly) return;
      this.drag = { part, from: part.box, start, handle, moved: false, marks: part.zone.marks.map((mark) => mark.box) };
    }
    this.svg.setPointerCapture(event.pointerId);
  }

  /** @param {PointerEvent} event */
  #move(event) {
    const drag = this.drag;
    if (!drag) return;
    const now = this.#at(event);
    const [x, y] = [now.x - drag.start.x, now.y - drag.start.y];
    // A hand that trembles while it clicks moves nothing.
    if (!drag.moved && Math.hypot(x, y) * this.pxPerMm < 4) return;
    drag.moved = true;
    const free = event.ctrlKey || event.metaKey;
    if (!drag.part) return this.#rubber(stretched(drag.from, x, y, "se"));
    const rules = free ? null : this.then.rules();
    if (drag.handle) {
      const to = stretched(drag.from, x, y, drag.handle);
      const edges = {
        left: drag.handle.includes("w"), right: drag.handle.includes("e"),
        top: drag.handle.includes("n"), bottom: drag.handle.includes("s"),
      };
      drag.part.box = inside(rules ? rules.snapped(to, this.#reachMm, edges) : to, this.size);
    } else {
      const to = { ...drag.from, x: drag.from.x + x, y: drag.from.y + y };
      const box = inside(rules ? rules.moved(to, this.#reachMm) : to, this.size);
      drag.part.box = box;
      if (!drag.part.mark) shift(drag.part, box, drag.from, drag.marks);
    }
    this.draw();
  }

  #up() {
    const drag = this.drag;
    this.drag = null;
    if (!drag) return;
    if (!drag.part) {
      const box = this.rubber;
      this.rubber = undefined;
      if (drag.moved && box) this.then.drawn(inside(box, this.size));
      return;
    }
    if (drag.moved) this.then.changed();
  }

  /** @param {Box} box */
  #rubber(box) {
    this.draw();
    this.rubber = box;
    const rect = made("rect", { class: "rubber" });
    place(rect, box);
    this.layer.append(rect);
  }
}

/** Check boxes go with their space. @param {Part} part @param {Box} to @param {Box} from @param {Box[]} marks */
export function shift(part, to, from, marks) {
  part.zone.marks.forEach((mark, at) => {
    mark.box = { ...marks[at], x: marks[at].x + to.x - from.x, y: marks[at].y + to.y - from.y };
  });
}

/**
 * A box with an edge or corner moved; it may be drawn the other way round.
 * @param {Box} from @param {number} x @param {number} y @param {string} handle @returns {Box}
 */
export function stretched(from, x, y, handle) {
  const left = from.x + (handle.includes("w") ? x : 0);
  const right = from.x + from.width + (handle.includes("e") ? x : 0);
  const top = from.y + (handle.includes("n") ? y : 0);
  const bottom = from.y + from.height + (handle.includes("s") ? y : 0);
  return {
    x: Math.min(left, right), y: Math.min(top, bottom), width: Math.abs(right - left), height: Math.abs(bottom - top),
  };
}
