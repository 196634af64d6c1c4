// The review screen: keys, the check of what is typed, one request a decision. The next field is in the page before it is
// asked for, its pictures decoded, and shown as the key is pressed; if the server then refuses the decision, the screen
// goes back to the field with what was typed. Tells other scripts by events of the desk: `shown`, `decided`.

const desk = document.getElementById("desk");
const line = document.getElementById("line");
const csrf = desk.dataset.csrf;
const CHECK_AFTER_MS = 120;
const AGAIN_AFTER_MS = 600;
const JUST_SHOWN_MS = 200; // a key pressed twice by mistake does not decide a field that nobody can have seen

let touched = false; // the value is no more what was shown
let leaving = false; // to sign in, or to a page that is set aside: nothing more is taken here
let fresh = 0; // until when a field is just shown
let commands = false; // after Escape: all keys are commands
let sending = false;
let left = null; // the field that was left before the server took its decision
let then = null; // what was asked for meanwhile
let checking = null;
let timer = 0;
let pending = ""; // what is to be sent once its reason is given
let next = null; // the field that will follow, not in the page yet
let pictures = []; // keeps those of the next fields in the browser's memory

const by = (id) => document.getElementById(id);
const value = () => by("value");
const task = () => by("task");
const shown = () => by("decision")?.elements.shown.value;
const say = (text) => { line.textContent = text ?? ""; };

begin();
document.addEventListener("keydown", pressed);
desk.addEventListener("input", typed);
desk.addEventListener("submit", submitted);
// A picture's error does not bubble.
desk.addEventListener("error", (event) => { if (event.target.id === "crop") say(line.dataset.noImage); }, true);
addEventListener("beforeunload", (event) => { if (sending && !leaving) event.preventDefault(); });
// Brought back by the browser as it was left: it takes nothing, and may no more be true.
addEventListener("pageshow", (event) => { if (event.persisted) location.reload(); });

function begin() {
  commands = false;
  fresh = performance.now() + JUST_SHOWN_MS;
  pending = "";
  clearTimeout(timer);
  task()?.classList.remove("commands");
  touched = value() !== null && by("decision") !== null && value().value !== shown();
  const focus = desk.querySelector("[autofocus]");
  focus?.focus({ preventScroll: true });
  if (!touched) focus?.select?.();
  const crop = by("crop");
  if (crop?.complete && crop.naturalWidth === 0) say(line.dataset.noImage);
  desk.dispatchEvent(new Event("shown"));
  if (!sending) lookAhead();
}

// The next field

async function lookAhead() {
  const its = task();
  next = null;
  if (!its?.dataset.ahead1) return keepPictures(its);
  const { queue, batch } = by("decision").elements;
  const where = new URLSearchParams({ queue: queue.value, batch: batch.value });
  try {
    // Not on to the page for signing in: that is for the window, not for what it does by itself.
    const answer = await fetch(`/review/ahead/${its.dataset.task}?${where}`, { headers: { "x-fragment": "1" }, redirect: "error" });
    const found = answer.status === 200 ? parsed(await answer.text()).getElementById("task") : null;
    if (its === task() && found) next = document.importNode(found, true);
  } catch { /* Then it is waited for. */ }
  // What the decision itself is waiting for goes first.
  if (its === task()) keepPictures(next ?? its);
  next?.querySelector("#crop")?.decode().catch(() => {});
}

function keepPictures(its) {
  const around = next?.querySelector(".around image")?.getAttribute("href");
  const crop = its?.dataset.ahead1 && `/review/crop/${its.dataset.ahead1}`;
  pictures = [around, crop].filter(Boolean).map((src) => Object.assign(new Image(), { src }));
}

// Keys

function pressed(event) {
  if (event.isComposing || event.ctrlKey || event.metaKey || by("whole").open) return;
  const here = document.activeElement;
  if (here === by("reason")) return inReason(event);
  const free = here === value() || here === document.body || here?.id === "content" || here?.matches?.("[data-onward]");
  if (!free && !(event.altKey && desk.contains(here))) return;
  if (event.key === "Escape" && task()?.dataset.digits) return escaped(event);
  if (event.key === "Enter" && !event.altKey) return entered(event);
  const command = commandOf(event);
  if (command) {
    event.preventDefault();
    if (!event.repeat && (!tooSoon() || command.dataset.key === "ArrowLeft")) command.click();
  }
}

function tooSoon() {
  return !touched && performance.now() < fresh;
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
    input.value = shown();
    input.dispatchEvent(new Event("input", { bubbles: true }));
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
  // A key held down decides one field, not all that follow.
  if (event.repeat || tooSoon()) return;
  if (!touched && !task().dataset.default) return say(line.dataset.nothing);
  send("enter");
}

function inReason(event) {
  if (event.key === "Enter") {
    event.preventDefault();
    if (!event.repeat) send(pending || "enter");
  } else if (event.key === "Escape") {
    event.preventDefault();
    by("because").hidden = true;
    pending = "";
    value().focus();
  }
}

function typed(event) {
  if (event.target !== value()) return;
  touched = value().value !== shown();
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
  if (event.target.id === "undo") return post("/review/undo", () => new URLSearchParams(new FormData(by("undo"))));
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
  post("/review/decide", () => formBody(act), act);
}

function formBody(act) {
  const body = new URLSearchParams(new FormData(by("decision")));
  body.set("do", act);
  return body;
}

// The task and its version are the key of a decision: sent twice, it is recorded once.
async function post(path, bodyOf, act = "") {
  if (sending) {
    // On a field that is shown ahead: once the one before it is recorded.
    if (left) then ??= () => post(path, bodyOf, act);
    return;
  }
  sending = true;
  desk.dataset.sending = "true";
  checking?.abort();
  clearTimeout(timer);
  const body = bodyOf();
  if (act) goAhead();
  try {
    await took(await twice(path, body), act);
  } catch {
    goBack();
    say(line.dataset.lost);
  } finally {
    if (!leaving) settled();
  }
}

function settled() {
  sending = false;
  desk.dataset.sending = "false";
  const wanted = then;
  left = then = null;
  if (wanted && by("decision")) wanted();
  else if (!next) lookAhead();
}

function goAhead() {
  // What is known to want a word more is not left before it is said.
  const open = desk.querySelector("#said .wrong") || (!by("because").hidden && !by("reason").value.trim());
  if (!next || open) return;
  left = task();
  display(next);
  next = null;
}

function goBack() {
  if (!left) return;
  next = task();
  then = null;
  display(left);
  left = null;
}

function display(its) {
  desk.replaceChildren(its);
  say("");
  begin();
}

async function twice(path, body) {
  // Goes through to its end although the page is left.
  const ask = () => fetch(path, { method: "POST", body, headers: { "x-fragment": "1", "x-csrf-token": csrf }, keepalive: true });
  try {
    return await ask();
  } catch {
    say(line.dataset.again);
    await new Promise((done) => setTimeout(done, AGAIN_AFTER_MS));
    return ask();
  }
}

async function took(answer, act) {
  const its = left ?? task();
  if (answer.status === 401) return signIn(its);
  // A page that is set aside has a screen of its own.
  const onward = answer.headers.get("x-onward");
  if (onward) {
    leaving = true;
    return location.assign(onward);
  }
  const text = await answer.text();
  const part = parsed(text);
  const found = part.getElementById("task");
  if (found) {
    if (act) desk.dispatchEvent(new CustomEvent("decided", { detail: its.dataset }));
    return arrive(document.importNode(found, true));
  }
  goBack();
  if (answer.status !== 422 || !part.querySelector(".check")) return say(line.dataset.fault);
  show(text);
  say("");
  if (answer.headers.get("x-needs-reason") === "true") ask(act);
}

// The field that the server hands out: mostly the one that is shown already, of which only what was said about it changes.
function arrive(found) {
  const its = task();
  const same = left && found.dataset.task === its.dataset.task && found.dataset.version === its.dataset.version;
  if (!same) {
    then = next = null;
    return display(found);
  }
  Object.assign(its.dataset, found.dataset);
  for (const name of ["trail", "default", "shown", "batch"]) {
    const [old, fresh] = [its, found].map((one) => one.querySelector(`#decision [name="${name}"]`));
    if (name === "shown" && !touched) value().value = fresh.value;
    old.value = fresh.value;
  }
  for (const part of ["header.head", ".options", ".doubt", ".decision > .keys"]) {
    const [old, fresh] = [its, found].map((one) => one.querySelector(part));
    if (old && fresh && !old.contains(document.activeElement)) old.replaceWith(fresh);
  }
  by("undo")?.remove();
  const undo = found.querySelector("#undo");
  if (undo) its.append(undo);
  if (touched) typed({ target: value() });
}

// What was typed stays in this tab until one has signed in again.
function signIn(its) {
  const batch = its.querySelector("[name=batch]")?.value ?? "";
  leaving = true;
  location.assign(`/review/task/${its.dataset.task ?? ""}${batch ? `?${new URLSearchParams({ batch })}` : ""}`);
}

function parsed(text) {
  return new DOMParser().parseFromString(text, "text/html");
}
