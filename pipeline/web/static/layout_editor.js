// The layout editor: a list, a sheet and a panel over one form, which is sent as it is.

import { Zones, inside } from "./layout_editor_zones.js";
import { Sheet } from "./layout_editor_sheet.js";
import { Rules } from "./layout_editor_rules.js";
import { arrowed, neighbour } from "./layout_editor_keys.js";

/** @typedef {import("./layout_editor_zones.js").Part} Part */

const by = (/** @type {string} */ id) => /** @type {HTMLElement} */ (document.getElementById(id));
const form = /** @type {HTMLFormElement} */ (by("editor"));
const svg = /** @type {SVGSVGElement} */ (/** @type {unknown} */ (by("sheet")));
const area = by("window");
const list = /** @type {HTMLSelectElement} */ (by("list"));
const names = /** @type {HTMLSelectElement} */ (by("name"));
const said = by("said");
const readonly = form.dataset.readonly === "true";
for (const each of document.querySelectorAll("div[data-plain]")) each.remove();
const zones = new Zones(form);
/** @type {Part | null} */
let chosen = null;
/** @type {Rules | null} */
let rules = null;
let sending = false;

const sheet = new Sheet(svg, zones, {
  readonly,
  choose: (part) => choose(part, false),
  changed,
  drawn: (box) => { adding(false); added(box); },
  rules: () => (/** @type {HTMLInputElement} */ (by("snap")).checked ? rules : null),
});

function begin() {
  document.body.classList.add("scripted");
  for (const each of document.querySelectorAll("[data-scripted]")) /** @type {HTMLElement} */ (each).hidden = false;
  for (const each of document.querySelectorAll("[data-plain]")) /** @type {HTMLElement} */ (each).hidden = true;
  const picture = new Image();
  picture.addEventListener("load", () => { rules = new Rules(picture, svg.viewBox.baseVal.width); });
  picture.src = form.dataset.picture ?? "";
  list.addEventListener("change", () => choose(zones.part(list.value) ?? null, true));
  list.addEventListener("keydown", (event) => {
    if (event.key === "Enter") { event.preventDefault(); area.focus(); }
  });
  area.addEventListener("keydown", pressed);
  document.addEventListener("keydown", everywhere);
  document.addEventListener("click", clicked);
  form.addEventListener("input", (event) => { if (event.target !== names) redraw(); });
  form.addEventListener("change", (event) => { if (event.target !== names && event.target !== list) changed(); });
  form.addEventListener("submit", (event) => { event.preventDefault(); void save(event.submitter); });
  names.addEventListener("change", renamed);
  window.addEventListener("beforeunload", (event) => { if (zones.changed && !sending) event.preventDefault(); });
  listed();
  const wanted = zones.shown.find((zone) => zone.name && zone.name === location.hash.slice(1))?.space;
  choose(wanted ?? parts()[0] ?? null, Boolean(wanted));
  stand();
}

const parts = () => zones.parts;

/** The list as the form stands. */
function listed() {
  list.replaceChildren(...parts().map((part) => {
    const label = part.mark ? `\u2003${part.holder.dataset.label}` : part.label;
    const option = new Option(part.missing ? `${label} (${form.dataset.missing})` : label, part.key);
    option.selected = part.key === chosen?.key;
    return option;
  }));
}

/** @param {Part | null} part @param {boolean} show  bring it into the window */
function choose(part, show) {
  chosen = part;
  sheet.chosen = part;
  list.value = part?.key ?? "";
  for (const zone of zones.known) {
    const its = zone === part?.zone;
    zone.fields.hidden = !its;
    for (const each of zone.marks) each.holder.classList.toggle("pointed", its && each === part);
  }
  by("none-chosen").hidden = part !== null;
  by("naming").hidden = by("derived").hidden = part?.zone.sort !== "space";
  if (part?.zone.sort === "space") choices(part);
  const put = document.getElementById("put");
  if (put) put.hidden = !part?.missing;
  if (part) history.replaceState(null, "", location.pathname + (part.zone.name ? `#${part.zone.name}` : ""));
  sheet.draw();
  if (show) sheet.show();
  tell();
}

/** Names that this space may have: those that no other space has come first. @param {Part} part */
function choices(part) {
  const taken = new Set(zones.shown.filter((zone) => zone !== part.zone).map((zone) => zone.name));
  for (const option of names.options) option.disabled = option.value !== part.zone.name && taken.has(option.value);
  if (part.zone.name && !names.querySelector(`option[value="${CSS.escape(part.zone.name)}"]`)) {
    names.append(new Option(part.zone.name, part.zone.name));
  }
  names.value = part.zone.name;
  names.disabled = readonly;
  const option = names.selectedOptions[0];
  for (const each of by("derived").querySelectorAll("dd")) {
    const fact = /** @type {HTMLElement} */ (each).dataset.fact ?? "";
    each.textContent = option?.dataset[fact] || "–";
  }
  by("derived").hidden = !part.zone.name;
  const legend = part.zone.fields.querySelector("legend");
  if (legend && part.zone.sort === "space" && part.zone.name) legend.textContent = part.zone.label;
}

function renamed() {
  if (!chosen) return;
  chosen.zone.name = names.value;
  choices(chosen);
  changed();
}

function changed() {
  zones.note();
  listed();
  redraw();
}

function redraw() {
  sheet.draw();
  stand();
  tell();
}

/** @param {import("./layout_editor_zones.js").Box} box */
function added(box) {
  const zone = zones.add(inside(box, sheet.size));
  choose(zone.space, true);
  changed();
  names.focus();
}

/** @param {boolean} on */
function adding(on) {
  sheet.adding = on;
  by("add").setAttribute("aria-pressed", String(on));
  area.classList.toggle("adding", on);
}

/** A check box or mark that is missing is put where its space begins, to be moved from there. */
function put() {
  if (!chosen?.missing || readonly) return;
  const { x, y, height } = chosen.mark ? chosen.zone.space.box : { x: 5, y: 5, height: 15 };
  const side = chosen.mark ? Math.min(3.5, height) : 15;
  chosen.box = { x, y, width: side, height: side };
  changed();
  choose(chosen, true);
  area.focus();
}

function removed() {
  if (!chosen || readonly) return;
  const all = parts();
  const next = neighbour(all.filter((part) => part.zone !== chosen?.zone), null, 1) ?? null;
  chosen.zone.dropped = true;
  choose(next, true);
  changed();
}

function fitted() {
  if (!chosen || chosen.missing || !rules || readonly) return;
  chosen.box = rules.snapped(chosen.box, 1.5);
  changed();
}

// Keys

/** @param {KeyboardEvent} event */
function pressed(event) {
  const step = { PageDown: 1, PageUp: -1, "]": 1, "[": -1 }[event.key];
  if (step) {
    event.preventDefault();
    choose(neighbour(parts(), chosen, step), true);
  } else if (chosen && !chosen.missing && !readonly && arrowed(event, chosen, sheet.size)) {
    event.preventDefault();
    zones.note();
    redraw();
    sheet.show();
  } else if (event.key === "Delete" && chosen && !chosen.mark) {
    event.preventDefault();
    removed();
  } else if (event.key === "Escape") {
    adding(false);
  } else if (!event.ctrlKey && !event.altKey && !event.metaKey) {
    const act = { "+": "zoom-in", "=": "zoom-in", "-": "zoom-out", g: "fit", n: "add" }[event.key];
    if (!act) return;
    event.preventDefault();
    by(act).click();
  }
}

/** @param {KeyboardEvent} event */
function everywhere(event) {
  if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
  const key = event.key.toLowerCase();
  if (key === "s") { event.preventDefault(); if (!readonly) void save(); }
  // In an input the browser's own undo is meant, until the value was left.
  const typing = document.activeElement instanceof HTMLInputElement && document.activeElement.type === "number";
  if (key === "z" && !typing) { event.preventDefault(); by(event.shiftKey ? "redo" : "undo").click(); }
  if (key === "y" && !typing) { event.preventDefault(); by("redo").click(); }
}

/** @param {MouseEvent} event */
function clicked(event) {
  const target = /** @type {HTMLElement} */ (event.target).closest("button, a");
  const goal = target?.getAttribute("data-goes");
  if (goal !== null && goal !== undefined) {
    const zone = zones.shown.find((each) => each.name === goal);
    if (zone) { event.preventDefault(); choose(zone.space, true); area.focus(); }
    return;
  }
  const box = target?.getAttribute("data-box");
  if (box && !readonly) {
    event.preventDefault();
    const [x, y, width, height] = box.split(" ").map(Number);
    return added({ x, y, width, height });
  }
  if (target?.id === "undo" || target?.id === "redo") stepped(target.id === "undo" ? zones.undo() : zones.redo());
  if (target?.id === "zoom-in") sheet.scale(1);
  if (target?.id === "zoom-out") sheet.scale(-1);
  if (target?.id === "fit") fitted();
  if (target?.id === "remove") removed();
  if (target?.id === "put") put();
  if (target?.id === "add" && !readonly) placed(event);
}

/** By key a new space is put into the window's middle, with a pointer it is drawn. @param {MouseEvent} event */
function placed(event) {
  area.focus();
  if (event.detail > 0) return adding(!sheet.adding);
  const scale = sheet.pxPerMm;
  const [x, y] = [(area.scrollLeft + area.clientWidth / 2) / scale - 20, (area.scrollTop + area.clientHeight / 2) / scale - 4];
  added({ x: Math.max(x, 0), y: Math.max(y, 0), width: Math.min(40, sheet.size.width), height: 8 });
}

/** @param {boolean} done */
function stepped(done) {
  if (!done) return;
  if (chosen?.zone.dropped) choose(parts()[0] ?? null, true);
  listed();
  if (chosen?.zone.sort === "space") choices(chosen);
  redraw();
}

// Saving

function stand() {
  by("unsaved").hidden = !zones.changed;
  /** @type {HTMLButtonElement} */ (by("undo")).disabled = zones.before.length === 0;
  /** @type {HTMLButtonElement} */ (by("redo")).disabled = zones.after.length === 0;
}

/** Where the chosen space lies, for people who do not see it. */
function tell() {
  if (!chosen || chosen.missing) { said.textContent = chosen?.label ?? ""; return; }
  const { x, y, width, height } = chosen.box;
  const show = (/** @type {number} */ value) => value.toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 });
  said.textContent = `${chosen.label}: ${show(x)} ; ${show(y)} – ${show(width)} × ${show(height)} mm`;
}

/** @param {HTMLElement | null} submitter  a button whose name and value go with the form */
async function save(submitter = null) {
  if (sending || readonly) return;
  sending = true;
  const stood = zones.text();
  try {
    const answer = await fetch(form.action, {
      method: "POST",
      body: new URLSearchParams(/** @type {any} */ (new FormData(form, submitter))),
      headers: { "x-fragment": "true" },
    });
    if (answer.headers.get("x-fragment") === "true") answered(answer, await answer.text(), stood);
    else by("answer").textContent = form.dataset.refused ?? "";
  } catch {
    by("answer").textContent = form.dataset.offline ?? "";
  } finally {
    sending = false;
    redraw();
  }
}

/** @param {Response} answer @param {string} text @param {string} stood */
function answered(answer, text, stood) {
  by("answer").innerHTML = text;
  const version = answer.headers.get("x-version");
  if (!version) return void /** @type {HTMLElement | null} */ (by("answer").querySelector("[tabindex]"))?.focus();
  for (const name of ["version", "base"]) /** @type {HTMLInputElement} */ (form.elements.namedItem(name)).value = version;
  zones.settle(stood);
  by("version-shown").textContent = version;
  for (const id of ["open", "left"]) {
    const now = /** @type {HTMLTemplateElement | null} */ (by("answer").querySelector(`template[data-${id}]`));
    if (now) by(id).replaceChildren(now.content);
  }
  if (answer.headers.get("x-reload") === "true") {
    zones.kept = zones.text();
    location.reload();
  }
}

begin();
