// The review screen: keys, the check of what is typed, one request a decision, the next pictures loaded ahead.

const desk = document.getElementById("desk");
const line = document.getElementById("line");
const csrf = desk.dataset.csrf;
const CHECK_AFTER_MS = 120;
const AGAIN_AFTER_MS = 600;

let touched = false; // the value is no more what was shown
let commands = false; // after Escape: all keys are commands
let sending = false;
let checking = null;
let timer = 0;
let pending = ""; // what is to be sent once its reason is given
const ahead = []; // keeps pictures in the browser's memory

const by = (id) => document.getElementById(id);
const value = () => by("value");
const task = () => by("task");
const say = (text) => { line.textContent = text ?? ""; };

begin();
document.addEventListener("keydown", pressed);
desk.addEventListener("input", typed);
desk.addEventListener("submit", submitted);
desk.addEventListener("click", clicked);

function begin() {
  touched = commands = false;
  pending = "";
  clearTimeout(timer);
  task()?.classList.remove("commands");
  const focus = desk.querySelector("[autofocus]");
  focus?.focus({ preventScroll: true });
  if (focus?.select) focus.select();
  by("crop")?.addEventListener("error", () => say(line.dataset.noImage));
  ahead.length = 0;
  for (const id of [task()?.dataset.ahead1, task()?.dataset.ahead2]) {
    if (!id) continue;
    const picture = new Image();
    picture.src = `/review/crop/${id}`;
    ahead.push(picture);
  }
}

// Keys

function pressed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  if (by("whole").open) return inWhole(event);
  const here = document.activeElement;
  if (here === by("reason")) return inReason(event);
  const free = here === value() || here === document.body || here?.id === "content" || here?.matches?.("[data-onward]");
  if (!free && !(event.altKey && desk.contains(here))) return;
  if (event.key === "Escape" && task()?.dataset.digits) return escaped(event);
  if (event.key === "Enter" && !event.altKey) return entered(event);
  const command = commandOf(event);
  if (command) {
    event.preventDefault();
    command.click();
  }
}

function commandOf(event) {
  const number = /^(?:Digit|Numpad)([1-9])$/.exec(event.code)?.[1];
  const letter = event.altKey && /^Key[A-Z]$/.test(event.code) ? event.code[3].toLowerCase() : event.key.toLowerCase();
  if (event.key === "ArrowLeft") return !event.altKey && !touched ? desk.querySelector('[data-key="ArrowLeft"]') : null;
  const its = task()?.dataset ?? {};
  const bare = !touched && (commands || (number ? its.digits === "true" : its.letters !== "false"));
  if (!bare && !event.altKey) return null;
  if (number) return desk.querySelector(`[data-number="${number}"]`);
  return /^[a-z]$/.test(letter) ? desk.querySelector(`[data-key="${letter}"]`) : null;
}

function escaped(event) {
  event.preventDefault();
  const input = value();
  if (touched) {
    input.value = by("decision").elements.shown.value;
    touched = false;
    check("");
  } else {
    commands = !commands;
    task().classList.toggle("commands", commands);
  }
  input.select();
}

function entered(event) {
  const onward = desk.querySelector("[data-onward]");
  if (onward && document.activeElement !== onward) { event.preventDefault(); onward.click(); }
  if (!by("decision") || event.target.closest?.("button, a")) return;
  event.preventDefault();
  if (!touched && !task().dataset.default) return say(line.dataset.nothing);
  send("enter");
}

function inReason(event) {
  if (event.key === "Enter") {
    event.preventDefault();
    send(pending || "enter");
  } else if (event.key === "Escape") {
    event.preventDefault();
    by("because").hidden = true;
    pending = "";
    value().focus();
  }
}

function typed(event) {
  if (event.target !== value()) return;
  touched = value().value !== by("decision").elements.shown.value;
  say("");
  clearTimeout(timer);
  timer = setTimeout(() => check(touched ? "enter" : ""), CHECK_AFTER_MS);
}

// What is typed, looked at by the server before it is sent

async function check(act) {
  checking?.abort();
  by("said").replaceChildren();
  if (!act) return;
  checking = new AbortController();
  try {
    const body = formBody(act);
    const answer = await fetch("/review/preview", { method: "POST", body, headers: { "x-fragment": "1" }, signal: checking.signal });
    if (answer.ok) show(await answer.text());
  } catch { /* The next key, or the decision itself, asks again. */ }
}

function show(text) {
  const part = parsed(text).querySelector(".check");
  if (!part || !by("said")) return;
  const rules = part.querySelector("[data-rules]");
  if (rules && by("rules")) by("rules").replaceChildren(...rules.children);
  rules?.remove();
  by("said").replaceChildren(...part.children);
  if (part.hasAttribute("data-reason")) by("because").hidden = false;
}

// Decisions

function submitted(event) {
  event.preventDefault();
  const act = event.submitter?.value ?? "enter";
  if (event.target.id === "undo") return post("/review/undo", new URLSearchParams(new FormData(event.target)));
  if (event.submitter?.hasAttribute("data-reason") && !by("reason").value.trim()) return ask(act);
  send(act);
}

function ask(act) {
  pending = act;
  by("because").hidden = false;
  by("reason").focus();
  say(line.dataset.reason);
}

function send(act) {
  post("/review/decide", formBody(act), act);
}

function formBody(act) {
  const body = new URLSearchParams(new FormData(by("decision")));
  body.set("do", act);
  return body;
}

// The task and its version are the key of a decision: sent twice, it is recorded once.
async function post(path, body, act = "") {
  if (sending) return;
  sending = true;
  checking?.abort();
  clearTimeout(timer);
  try {
    await took(await twice(path, body), act);
  } catch {
    say(line.dataset.lost);
  } finally {
    sending = false;
  }
}

async function twice(path, body) {
  const ask = () => fetch(path, { method: "POST", body, headers: { "x-fragment": "1", "x-csrf-token": csrf } });
  try {
    return await ask();
  } catch {
    say(line.dataset.again);
    await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
    return ask();
  }
}

async function took(answer, act) {
  if (answer.status === 401) return location.reload();
  const text = await answer.text();
  const part = parsed(text);
  const next = part.getElementById("task");
  if (next) {
    desk.replaceChildren(next);
    say("");
    return begin();
  }
  if (answer.status !== 422 || !part.querySelector(".check")) return say(line.dataset.fault);
  show(text);
  say("");
  if (answer.headers.get("x-needs-reason") === "true") ask(act);
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}

function clicked(event) {
  const whole = event.target.closest("[data-whole]");
  if (whole) {
    event.preventDefault();
    openWhole(whole.getAttribute("href"));
  }
}

// The whole page

let viewer = null;

async function openWhole(path) {
  const answer = await fetch(path, { headers: { "x-fragment": "1" } });
  if (!answer.ok) return say(line.dataset.fault);
  const page = parsed(await answer.text()).getElementById("page");
  await script(desk.dataset.viewer);
  by("whole").showModal();
  by("viewer").dataset.text = "false";
  by("viewer").focus();
  const layered = page.dataset.layered === "true";
  viewer = new OpenSeadragon.Viewer({
    element: by("viewer"), showNavigationControl: false, drawer: "canvas", animationTime: 0, springStiffness: 50,
    gestureSettingsMouse: { clickToZoom: false }, crossOriginPolicy: false, tileSources: [layerOf(page, "scan")],
  });
  for (const button of document.querySelectorAll("#layers [data-layer]")) {
    button.hidden = !layered && button.dataset.layer !== "text" && button.dataset.layer !== "scan";
    button.setAttribute("aria-pressed", String(button.dataset.layer === "scan"));
  }
  viewer.page = page;
  viewer.shown = new Map();
  viewer.addHandler("open", () => {
    viewer.shown.set("scan", viewer.world.getItemAt(0));
    placed(page);
  });
}

function layerOf(page, name) {
  return { tileSource: { type: "image", url: `${page.dataset.images}${name}-full`, buildPyramid: false }, width: 1 };
}

// A layer is loaded when it is first asked for: each is a whole page with all its pixels.
function toggle(name, on) {
  const held = viewer?.shown.get(name);
  if (held) held.setOpacity(on ? 1 : 0);
  else if (viewer && on) {
    const index = name === "form" ? 1 : undefined;
    viewer.addTiledImage({ ...layerOf(viewer.page, name), index, success: ({ item }) => viewer?.shown.set(name, item) });
  }
}

function placed(page) {
  const scale = 1 / Number(page.dataset.width);
  for (const one of page.querySelectorAll("[data-x]")) {
    const [x, y, width, height] = ["x", "y", "width", "height"].map((name) => Number(one.dataset[name]) * scale);
    const box = document.createElement("div");
    box.className = "here" in one.dataset ? "here" : "word";
    box.textContent = "here" in one.dataset ? "" : one.textContent;
    viewer.addOverlay({ element: box, location: new OpenSeadragon.Rect(x, y, width, height) });
    if ("here" in one.dataset) viewer.viewport.fitBounds(new OpenSeadragon.Rect(x - 0.2, y - 0.1, width + 0.4, height + 0.2), true);
  }
}

function inWhole(event) {
  const layer = { f: "form", d: "particulars", t: "text", o: "scan" }[event.key.toLowerCase()];
  if (layer) by("layers").querySelector(`[data-layer="${layer}"]`).click();
  if (event.key.toLowerCase() === "p") by("whole").close();
}

by("layers").addEventListener("click", (event) => {
  const button = event.target.closest("[data-layer]");
  if (!button) return;
  const on = button.getAttribute("aria-pressed") !== "true";
  button.setAttribute("aria-pressed", String(on));
  if (button.dataset.layer === "text") by("viewer").dataset.text = String(on);
  else toggle(button.dataset.layer, on);
});
document.querySelector("#whole [data-close]").addEventListener("click", () => by("whole").close());
by("whole").addEventListener("close", () => {
  viewer?.destroy();
  viewer = null;
  value()?.focus();
});

function script(path) {
  if (window.OpenSeadragon) return Promise.resolve();
  // The viewer puts a style for touch screens into the page unless one is there; the rules of the page refuse styles,
  // so an element that is none answers for it.
  const none = document.createElementNS("urn:constat:none", "style");
  none.setAttribute("data-openseadragon-mobile-css", "true");
  document.head.append(none);
  return new Promise((done, failed) => {
    const its = Object.assign(document.createElement("script"), { src: path, onload: done, onerror: failed });
    document.head.append(its);
  });
}
