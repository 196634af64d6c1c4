// A page set aside: keys, the form that is compared, turning at once, cuts and boxes drawn on the scan.

const STEP = 0.5;
const COARSE = 5;
const by = (id) => document.getElementById(id);
const form = by("place");
const figure = document.querySelector(".scanview");
const line = by("line");
const SIDES = ["x", "y", "width", "height"];
let tools = null;
let view = null;
let pending = null; // the button that waits for its reason
let opened = false; // the scan is there: what turns, cuts and moves it may be pressed

// Before the scan is there: nobody waits for a picture to say what a page is, nor is sent back for a reason not asked for.
document.addEventListener("keydown", pressed);
form?.addEventListener("submit", submitted);
window.addEventListener("pageshow", () => { if (form) delete form.dataset.sent; });

if (figure) {
  tools = await import(figure.dataset.module);
  view = new tools.ScanView(figure, { drawn: (box) => added(box), moved: (cut) => { form.elements.cut.value = String(cut.at); } });
  if (form?.elements.split) by("split").closest(".split").dataset.split = form.elements.split.value;
  await view.open();
  opened = true;
  begin();
}
document.querySelector("[data-onward]")?.focus();

function begin() {
  for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => view.key(button.dataset.zoom));
  for (const link of document.querySelectorAll("[data-turn-by]")) {
    link.addEventListener("click", (event) => {
      event.preventDefault();
      turn(Number(link.dataset.turnBy));
    });
  }
  view.room.tabIndex = 0;
  view.room.setAttribute("role", "application");
  view.room.setAttribute("aria-label", figure.dataset.keys);
  if (!form?.elements.base) return;
  document.querySelector(".find").hidden = false;
  by("find").addEventListener("input", filtered);
  by("find").addEventListener("keydown", inFind);
  form.addEventListener("change", changed);
  form.addEventListener("input", (event) => { if (/^(cut|part\d)/.test(event.target.name)) shown(); });
  if (by("clear")) {
    by("clear").hidden = false;
    by("clear").addEventListener("click", () => { cleared(); shown(); });
  }
  compared();
  shown();
}

// Forms

function filtered() {
  const words = plain(by("find").value).split(/\s+/).filter(Boolean);
  let any = false;
  for (const choice of document.querySelectorAll(".forms [data-words]")) {
    choice.hidden = !words.every((word) => plain(choice.dataset.words).includes(word));
    any ||= !choice.hidden;
  }
  for (const group of document.querySelectorAll(".forms .group")) {
    let next = group.nextElementSibling;
    while (next?.hidden && next.matches(".choice")) next = next.nextElementSibling;
    group.hidden = !next?.matches(".choice");
  }
  document.querySelector(".forms .none").hidden = any;
}

function plain(text) {
  return text.normalize("NFD").replace(/\p{M}/gu, "").toLowerCase();
}

function free() {
  return [...document.querySelectorAll(".forms .choice:not([hidden]) input")];
}

function inFind(event) {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step) return;
  event.preventDefault();
  const among = free();
  const at = among.findIndex((one) => one.checked);
  const next = among[Math.min(among.length - 1, Math.max(0, at + step))];
  if (!next) return;
  next.checked = true;
  next.closest(".choice").scrollIntoView({ block: "nearest" });
  compared();
}

function changed(event) {
  if (event.target.name === "layout") compared();
  if (event.target.name === "split") split(event.target.value);
}

function compared() {
  const named = form.elements.layout ? new FormData(form).get("layout") : "";
  const blank = document.querySelector(".blankform");
  const image = blank.querySelector("img");
  const path = named ? `/review/forms/${encodeURIComponent(named)}` : "";
  blank.hidden = !named;
  const seen = document.querySelector(".seen");
  if (seen.classList.contains("comparing") !== Boolean(named)) {
    seen.classList.toggle("comparing", Boolean(named));
    view.whole();
  }
  if (named && image.getAttribute("src") !== path) {
    image.src = path;
    image.alt = image.dataset.alt;
  }
}

// Turning

function turn(by_) {
  if (form?.elements.base) {
    const split = form.elements.split?.value;
    if (split === "across" || split === "down") {
      const cut = tools.turnedCut(cutNow(), by_);
      form.elements.split.value = cut.axis;
      form.elements.cut.value = String(cut.at);
    }
    for (const [number, box] of boxesNow()) put(number, tools.turnedBox(box, by_));
  }
  view.turnTo(view.turn + by_);
  if (form?.elements.base) {
    form.elements.base.value = String(view.turn);
    form.elements.turned.value = "1";
    by("turned").textContent = by("turned").dataset.some;
    if (form.elements.split) by("split").closest(".split").dataset.split = form.elements.split.value;
  }
  shown();
}

// Cuts and boxes

function split(how) {
  by("split").closest(".split").dataset.split = how;
  if (how === "boxes") by("split").closest(".split").querySelector("details").open = true;
  if (how) view.room.focus({ preventScroll: true });
  shown();
}

function numberIn(name) {
  return Number.parseFloat((form.elements[name]?.value ?? "").replace(",", "."));
}

function cutNow() {
  const at = numberIn("cut");
  return { axis: form.elements.split.value, at: Number.isFinite(at) ? tools.clamped(at) : 50 };
}

function boxesNow() {
  const found = [];
  for (let number = 1; number <= Number(form.dataset.most); number += 1) {
    const box = Object.fromEntries(SIDES.map((side) => [side, numberIn(`part${number}${side}`)]));
    if (SIDES.every((side) => Number.isFinite(box[side])) && box.width > 0 && box.height > 0) found.push([number, box]);
  }
  return found;
}

function put(number, box) {
  for (const side of SIDES) form.elements[`part${number}${side}`].value = box ? String(box[side]) : "";
}

function cleared() {
  for (let number = 1; number <= Number(form.dataset.most); number += 1) put(number, null);
}

function added(box) {
  const taken = new Set(boxesNow().map(([number]) => number));
  for (let number = 1; number <= Number(form.dataset.most); number += 1) {
    if (!taken.has(number)) {
      put(number, box);
      break;
    }
  }
  shown();
}

function shown() {
  if (!form?.elements.split) return view.draw();
  const how = form.elements.split.value;
  view.cuts = how === "across" || how === "down" ? [cutNow()] : [];
  view.boxes = how === "boxes" ? boxesNow().map(([number, box]) => ({ ...box, label: String(number) })) : [];
  for (const part of document.querySelectorAll("[data-part]")) part.hidden = Number(part.dataset.part) > Math.max(2, boxesNow().length + 1);
  view.mode = Boolean(how);
  view.draw();
}

// Keys

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.isComposing) return;
  const here = document.activeElement;
  if (here?.matches("#reason, #find") && event.key === "Enter") return entered(event, here);
  if (here?.matches("input:not([type=radio]), select, textarea, summary") && event.key === "Escape") {
    view?.room.focus({ preventScroll: true });
    return;
  }
  if (here?.matches("input:not([type=radio]), select, textarea") || event.altKey) return;
  if (opened && view.key(event.key)) return event.preventDefault();
  if (event.key.startsWith("Arrow")) return arrows(event, here);
  if (event.key === "Enter" && !here?.closest("a, button, summary")) return entered(event, here);
  const acts = { f: () => by("find")?.focus(), t: () => turn(1), T: () => turn(-1), d: divided };
  const act = acts[event.key];
  if (act && !opened) return;
  if (act && form?.elements.base) {
    event.preventDefault();
    return act();
  }
  const button = /^[a-z]$/.test(event.key) ? document.querySelector(`[data-key="${event.key}"]`) : null;
  if (button) {
    event.preventDefault();
    button.click();
  }
}

function entered(event, here) {
  if (here?.id === "reason" && pending) {
    event.preventDefault();
    return pending.click();
  }
  const place = document.querySelector("[data-place]");
  if (!place) return;
  event.preventDefault();
  place.click();
}

function divided() {
  const choice = by("split");
  if (!choice) return;
  const next = { "": "across", across: "down", down: "boxes", boxes: "" }[choice.value];
  choice.value = next;
  split(next);
}

function arrows(event, here) {
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (here?.type === "radio" || !way) return;
  const how = opened ? form?.elements.split?.value : "";
  if (how === "across" || how === "down") {
    const step = way[how === "across" ? 0 : 1];
    if (!step) return;
    event.preventDefault();
    form.elements.cut.value = String(tools.rounded(tools.clamped(cutNow().at + step * (event.shiftKey ? COARSE : STEP))));
    return shown();
  }
  if (how === "boxes") return moves(event, way);
  const undo = event.key === "ArrowLeft" && here !== view?.room ? document.querySelector('[data-key="ArrowLeft"]') : null;
  if (undo) {
    event.preventDefault();
    undo.click();
  } else if (here === view?.room) {
    event.preventDefault();
    view.pan(way[0] * 60, way[1] * 60);
  }
}

// The last box: moved, or with Shift made larger and smaller; the first press makes one.
function moves(event, way) {
  event.preventDefault();
  const [number, box] = boxesNow().at(-1) ?? [1, { x: 5, y: 5, width: 40, height: 40 }];
  const [dx, dy] = way.map((one) => one * STEP);
  const next = event.shiftKey
    ? { ...box, width: Math.min(100 - box.x, Math.max(1, box.width + dx)), height: Math.min(100 - box.y, Math.max(1, box.height + dy)) }
    : { ...box, x: Math.min(100 - box.width, Math.max(0, box.x + dx)), y: Math.min(100 - box.height, Math.max(0, box.y + dy)) };
  put(number, Object.fromEntries(SIDES.map((side) => [side, tools.rounded(next[side])])));
  shown();
}

// A reason is asked for before it is sent

function submitted(event) {
  const button = event.submitter;
  if (button?.hasAttribute("data-reason") && !by("reason").value.trim()) {
    event.preventDefault();
    pending = button;
    by("reason").focus();
    line.textContent = line.dataset.reason;
    return;
  }
  // Sent twice it would count once; but it is not sent twice.
  form.dataset.sent ? event.preventDefault() : (form.dataset.sent = "1");
}
