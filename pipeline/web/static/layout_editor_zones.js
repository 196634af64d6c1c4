// The spaces of a draft as the form holds them: its inputs are the truth, drawing and keys only change them.

/** @typedef {{x: number, y: number, width: number, height: number}} Box  Millimetres from the paper's top left corner. */

const SIDES = /** @type {const} */ (["x", "y", "width", "height"]);
export const LEAST_MM = 0.5;

/** @param {number} value */
export const rounded = (value) => Math.round(value * 100) / 100;

/** A box whose numbers stand in four inputs: a space, or one of its check boxes. */
export class Part {
  /**
   * @param {HTMLElement} holder  of the inputs
   * @param {Zone} zone  whose part it is
   * @param {string} mark  name of the check box; empty for the space itself
   */
  constructor(holder, zone, mark = "") {
    this.holder = holder;
    this.zone = zone;
    this.mark = mark;
  }

  /** @returns {string} of the form, the same as long as the page is open */
  get key() { return this.mark ? `${this.zone.key}/${this.mark}` : this.zone.key; }

  /** @returns {string} for people */
  get label() { return this.mark ? `${this.zone.label} · ${this.holder.dataset.label}` : this.zone.label; }

  /** A check box or a mark that the form does not have: its measures are empty. */
  get missing() { return SIDES.every((side) => this.input(side).value === ""); }

  /** @returns {Box} */
  get box() {
    const [x, y, width, height] = SIDES.map((side) => Number(this.input(side).value) || 0);
    return { x, y, width, height };
  }

  /** @param {Box} box */
  set box(box) {
    for (const side of SIDES) this.input(side).value = String(rounded(box[side]));
  }

  /** @param {string} side @returns {HTMLInputElement} */
  input(side) { return /** @type {HTMLInputElement} */ (this.holder.querySelector(`[data-side="${side}"]`)); }
}

/** A space and its check boxes, in one fieldset. */
export class Zone {
  /** @param {HTMLFieldSetElement} fields */
  constructor(fields) {
    this.fields = fields;
    this.key = fields.dataset.zone ?? "";
    this.sort = fields.dataset.sort ?? "space";
    this.space = new Part(/** @type {HTMLElement} */ (fields.querySelector(".box")), this);
    this.marks = [...fields.querySelectorAll("[data-mark]")].map(
      (each) => new Part(/** @type {HTMLElement} */ (each), this, /** @type {HTMLElement} */ (each).dataset.mark),
    );
  }

  get parts() { return [this.space, ...this.marks]; }

  get name() { return this.field("name").value; }
  set name(value) { this.field("name").value = value; }

  /** @returns {string} for people */
  get label() {
    if (this.sort !== "space") return this.fields.dataset.label ?? "";
    const known = document.querySelector(`#name option[value="${CSS.escape(this.name)}"]`);
    return (this.name && known?.textContent?.trim()) || this.name || "?";
  }

  get dropped() { return this.field("drop").checked; }
  set dropped(value) { this.field("drop").checked = value; }

  /** @param {string} name @returns {HTMLInputElement} */
  field(name) { return /** @type {HTMLInputElement} */ (this.fields.querySelector(`[data-field="${name}"]`)); }

  /** Everything that a person may change of it. @returns {HTMLInputElement[]} also selects and text areas */
  get inputs() {
    const all = /** @type {NodeListOf<HTMLInputElement>} */ (this.fields.querySelectorAll("input, select, textarea"));
    return [...all].filter((each) => each.dataset.field !== "was");
  }

  /** @returns {(string | boolean)[]} */
  get values() { return this.inputs.map((each) => (each.type === "checkbox" ? each.checked : each.value)); }
  set values(values) {
    this.inputs.forEach((each, at) => {
      if (each.type === "checkbox") each.checked = Boolean(values[at]);
      else each.value = String(values[at]);
    });
  }

  /** What is in the form is kept now: what is changed next is compared with it. */
  settle() { this.field("was").value = this.dropped ? "" : this.name; }
}

/** All spaces of the form, and what they were. */
export class Zones {
  /** @param {HTMLFormElement} form */
  constructor(form) {
    this.form = form;
    this.holder = /** @type {HTMLElement} */ (form.querySelector("#spaces"));
    this.known = [...this.holder.querySelectorAll("[data-zone]")].map(
      (each) => new Zone(/** @type {HTMLFieldSetElement} */ (each)),
    );
    /** @type {string[]} */
    this.before = [];
    /** @type {string[]} */
    this.after = [];
    this.last = this.state();
    this.kept = this.text();
  }

  get shown() { return this.known.filter((zone) => !zone.dropped); }
  get parts() { return this.shown.flatMap((zone) => zone.parts); }
  get changed() { return this.text() !== this.kept; }

  /** What the lists of open things say of spaces, by name. @returns {Map<string, string>} `wrong` or `confirm` */
  get states() {
    /** @type {Map<string, string>} */
    const found = new Map();
    for (const [place, state] of [[".decide", "confirm"], [".wrong", "wrong"]]) {
      for (const each of document.querySelectorAll(`#open ${place} [data-goes]`)) found.set(each.getAttribute("data-goes") ?? "", state);
    }
    return found;
  }

  /** @param {string} key @returns {Part | undefined} */
  part(key) { return this.known.flatMap((zone) => zone.parts).find((part) => part.key === key); }

  /** A new space without a name. @param {Box} box */
  add(box) {
    const template = /** @type {HTMLTemplateElement} */ (document.getElementById("new-space"));
    const copy = /** @type {DocumentFragment} */ (template.content.cloneNode(true));
    const number = 1000 + this.known.length;
    const fields = /** @type {HTMLFieldSetElement} */ (copy.querySelector("fieldset"));
    fields.dataset.zone = `z${number}`;
    for (const input of fields.querySelectorAll("input")) input.name = input.name.replace("new.", `z${number}.`);
    for (const each of fields.querySelectorAll("[data-plain]")) /** @type {HTMLElement} */ (each).hidden = true;
    this.holder.append(copy);
    const zone = new Zone(fields);
    zone.space.box = box;
    this.known.push(zone);
    return zone;
  }

  /** @returns {string} */
  state() { return JSON.stringify(this.known.map((zone) => [zone.key, zone.values])); }

  /** The form as it would be sent, but for what tells one sending from another. @returns {string} */
  text() {
    const sent = [...new FormData(this.form)].filter(([name]) => !/^(csrf|base|version)$|\.was$/.test(name));
    return JSON.stringify(sent);
  }

  /** To be called after each change of a person: one step to be undone. */
  note() {
    const now = this.state();
    if (now === this.last) return;
    this.before.push(this.last);
    this.after = [];
    this.last = now;
  }

  undo() { return this.#step(this.before, this.after); }
  redo() { return this.#step(this.after, this.before); }

  /** The form was saved as it stood then. @param {string} text */
  settle(text) {
    for (const zone of this.known) zone.settle();
    this.kept = text;
  }

  /** @param {string[]} from @param {string[]} to */
  #step(from, to) {
    const wanted = from.pop();
    if (wanted === undefined) return false;
    to.push(this.last);
    this.last = wanted;
    const stated = new Map(/** @type {[string, (string | boolean)[]][]} */ (JSON.parse(wanted)));
    for (const zone of this.known) {
      const its = stated.get(zone.key);
      // A space that was not there yet is out of the way, and comes back by the way forward.
      if (its === undefined) zone.dropped = true;
      else zone.values = its;
    }
    return true;
  }
}

/** @param {Box} box @param {Box} sheet */
export function inside(box, sheet) {
  const width = Math.min(Math.max(box.width, LEAST_MM), sheet.width);
  const height = Math.min(Math.max(box.height, LEAST_MM), sheet.height);
  return {
    x: Math.min(Math.max(box.x, 0), sheet.width - width),
    y: Math.min(Math.max(box.y, 0), sheet.height - height),
    width,
    height,
  };
}
