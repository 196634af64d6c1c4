// A place on a page, of a plea or of what is to be covered: dragged, or moved by keys, or typed as numbers.

const STEP = 0.5;
const form = document.querySelector("form[data-place]");
const figure = document.querySelector(".scanview");
const { ScanView, turnedBox, rounded } = await import(figure.dataset.module);
const sides = ["x", "y", "width", "height"];
const input = (side) => form?.elements[side];
const view = new ScanView(figure, { drawn: placed });

await view.open();
if (form) begin();
else show(fixed());

function begin() {
  view.mode = true;
  show(current());
  form.addEventListener("input", (event) => { if (sides.includes(event.target.name)) show(current()); });
  view.room.tabIndex = 0;
  view.room.setAttribute("role", "application");
  view.room.setAttribute("aria-label", figure.dataset.keys);
}

view.room.addEventListener("keydown", pressed);
document.addEventListener("keydown", anywhere);
for (const button of document.querySelectorAll("[data-turn-by]")) {
  button.addEventListener("click", (event) => {
    event.preventDefault();
    turn(Number(button.dataset.turnBy));
  });
}
for (const button of document.querySelectorAll("[data-zoom]")) button.addEventListener("click", () => view.key(button.dataset.zoom));

function fixed() {
  const its = figure.dataset;
  return its.x ? { x: Number(its.x), y: Number(its.y), width: Number(its.width), height: Number(its.height) } : null;
}

function current() {
  const found = Object.fromEntries(sides.map((side) => [side, Number.parseFloat(input(side).value.replace(",", "."))]));
  return sides.every((side) => Number.isFinite(found[side])) && found.width > 0 && found.height > 0 ? found : null;
}

function show(box) {
  view.boxes = box ? [box] : [];
  view.draw();
}

function placed(box) {
  if (!form) return;
  for (const side of sides) input(side).value = String(box[side]);
  show(box);
}

function turn(by) {
  const box = form ? current() : view.boxes[0];
  view.turnTo(view.turn + by);
  if (form) form.elements.base.value = String(view.turn);
  if (box && form) placed(turnedBox(box, by));
  else if (box) show(turnedBox(box, by));
}

function pressed(event) {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  if (view.key(event.key)) return event.preventDefault();
  const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
  if (!way) return;
  event.preventDefault();
  if (!form) return view.pan(way[0] * 60, way[1] * 60);
  const box = current() ?? { x: 10, y: 45, width: 80, height: 6 };
  const [dx, dy] = way.map((by) => by * STEP);
  if (event.shiftKey) placed(sized(box, dx, dy));
  else placed({ ...box, x: within(box.x + dx, box.width), y: within(box.y + dy, box.height) });
}

// Outside of what is typed in: turning, and looking closer.
function anywhere(event) {
  const typing = document.activeElement?.matches("input:not([type=radio]), select, textarea");
  if (typing || event.defaultPrevented || event.ctrlKey || event.metaKey || event.altKey) return;
  const by = { t: 1, T: -1 }[event.key];
  if (by) turn(by);
  else if (!view.key(event.key)) return;
  event.preventDefault();
}

function sized(box, dx, dy) {
  return {
    ...box,
    width: rounded(Math.min(100 - box.x, Math.max(1, box.width + dx))),
    height: rounded(Math.min(100 - box.y, Math.max(1, box.height + dy))),
  };
}

function within(at, length) {
  return rounded(Math.min(100 - length, Math.max(0, at)));
}
