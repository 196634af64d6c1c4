// A scan to be looked at closely, turned and marked. Places are hundredths of the page as it is shown, turned or not.

import { viewerScript } from "./viewer.js";

const ZOOM_STEP = 1.5;
const LEAST = 0.4; // hundredths: a smaller drag was a click
const NS = "http://www.w3.org/2000/svg";

export class ScanView {
  // `figure` holds the picture that is shown without a script; `drawn` is told what a drag left.
  constructor(figure, { drawn = () => {}, moved = () => {} } = {}) {
    this.figure = figure;
    this.drawn = drawn;
    this.moved = moved;
    this.turn = Number(figure.dataset.turn);
    this.first = this.turn;
    this.boxes = []; // {x, y, width, height, label}
    this.cuts = []; // {axis, at}
    this.drawing = false;
    this.pulled = null;
  }

  async open() {
    await viewerScript(this.figure.dataset.viewer);
    const room = document.createElement("div");
    room.className = "room";
    this.figure.querySelector(".still").replaceWith(room);
    this.osd = new OpenSeadragon.Viewer({
      element: room, showNavigationControl: false, drawer: "canvas", animationTime: 0, springStiffness: 50,
      keyboardNavEnabled: false, gestureSettingsMouse: { clickToZoom: false, dblClickToZoom: true },
      crossOriginPolicy: false, visibilityRatio: 0.3, minZoomImageRatio: 0.8, maxZoomPixelRatio: 3,
      tileSources: [{ type: "image", url: `${this.figure.dataset.scan}?turn=${this.first}&full=1`, buildPyramid: false }],
    });
    this.room = room;
    this.layer = document.createElementNS(NS, "svg");
    this.layer.setAttribute("class", "marks");
    this.layer.setAttribute("aria-hidden", "true");
    room.append(this.layer);
    this.listens();
    for (const told of ["open", "update-viewport", "resize", "rotate", "animation"]) this.osd.addHandler(told, () => this.draw());
    await new Promise((done) => { this.osd.addOnceHandler("open", done); this.osd.addOnceHandler("open-failed", done); });
    this.figure.classList.add("live");
    this.draw();
  }

  // Where the page lies in the viewer, in its pixels: it stands on one of its four sides, so this is a plain box.
  page() {
    const item = this.osd?.world.getItemAt(0);
    if (!item) return null;
    const size = item.getContentSize();
    const one = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(0, 0));
    const other = item.imageToViewerElementCoordinates(new OpenSeadragon.Point(size.x, size.y));
    return {
      x: Math.min(one.x, other.x), y: Math.min(one.y, other.y),
      width: Math.abs(one.x - other.x), height: Math.abs(one.y - other.y),
    };
  }

  turnTo(turn) {
    this.turn = ((turn % 4) + 4) % 4;
    this.osd.viewport.setRotation(((this.turn - this.first) * 90 + 360) % 360, true);
    this.osd.viewport.goHome(true);
    this.draw();
  }

  zoom(factor) {
    this.osd.viewport.zoomBy(factor, undefined, true);
    this.osd.viewport.applyConstraints(true);
  }

  // All of it, in a room whose size has just changed.
  whole() {
    // The viewer notices its new size with the next picture and keeps what was in its middle.
    this.osd.forceResize();
    requestAnimationFrame(() => requestAnimationFrame(() => this.osd.viewport.goHome(true)));
  }

  key(key) {
    if (key === "+" || key === "=") this.zoom(ZOOM_STEP);
    else if (key === "-") this.zoom(1 / ZOOM_STEP);
    else if (key === "0") this.osd.viewport.goHome(true);
    else return false;
    return true;
  }

  pan(dx, dy) {
    this.osd.viewport.panBy(this.osd.viewport.deltaPointsFromPixels(new OpenSeadragon.Point(dx, dy)), true);
    this.osd.viewport.applyConstraints(true);
  }

  set mode(drawing) {
    this.drawing = drawing;
    this.room.classList.toggle("drawing", drawing);
  }

  draw() {
    const page = this.page();
    if (!page) return;
    const at = (box) => ({
      x: page.x + (box.x * page.width) / 100, y: page.y + (box.y * page.height) / 100,
      width: (box.width * page.width) / 100, height: (box.height * page.height) / 100,
    });
    const shapes = this.boxes.map((box, index) => {
      const group = document.createElementNS(NS, "g");
      group.append(shaped("rect", { ...at(box), class: index === this.boxes.length - 1 ? "mark last" : "mark" }));
      if (this.boxes.length > 1 || box.label) {
        const where = at(box);
        group.append(shaped("circle", { cx: where.x + 14, cy: where.y + 14, r: 12, class: "tag" }));
        const text = shaped("text", { x: where.x + 14, y: where.y + 19, class: "tag" });
        text.textContent = box.label ?? index + 1;
        group.append(text);
      }
      return group;
    });
    for (const cut of this.cuts) {
      const along = cut.axis === "across" ? { x: cut.at, y: 0, width: 0, height: 100 } : { x: 0, y: cut.at, width: 100, height: 0 };
      const where = at(along);
      shapes.push(shaped("line", { x1: where.x, y1: where.y, x2: where.x + where.width, y2: where.y + where.height, class: "cut" }));
    }
    if (this.pulled) shapes.push(shaped("rect", { ...at(this.pulled), class: "mark pulled" }));
    this.layer.replaceChildren(...shapes);
  }

  listens() {
    let from = null;
    const point = (event) => {
      const page = this.page();
      const room = this.room.getBoundingClientRect();
      return {
        x: clamped(((event.clientX - room.x - page.x) * 100) / page.width),
        y: clamped(((event.clientY - room.y - page.y) * 100) / page.height),
      };
    };
    this.layer.addEventListener("pointerdown", (event) => {
      if (!this.drawing || event.button !== 0 || !this.page()) return;
      event.preventDefault();
      event.stopPropagation();
      this.layer.setPointerCapture(event.pointerId);
      from = point(event);
      if (this.cuts.length) this.cut(from);
    });
    this.layer.addEventListener("pointermove", (event) => {
      if (!from) return;
      if (this.cuts.length) return this.cut(point(event));
      this.pulled = between(from, point(event));
      this.draw();
    });
    const ends = (event) => {
      if (!from) return;
      const box = this.cuts.length ? null : between(from, point(event));
      from = this.pulled = null;
      if (box && box.width >= LEAST && box.height >= LEAST) this.drawn(box);
      this.draw();
    };
    this.layer.addEventListener("pointerup", ends);
    this.layer.addEventListener("pointercancel", () => { from = this.pulled = null; this.draw(); });
    this.layer.addEventListener("wheel", (event) => {
      event.preventDefault();
      const room = this.room.getBoundingClientRect();
      const at = this.osd.viewport.pointFromPixel(new OpenSeadragon.Point(event.clientX - room.x, event.clientY - room.y));
      this.osd.viewport.zoomBy(event.deltaY < 0 ? 1.2 : 1 / 1.2, at, true);
      this.osd.viewport.applyConstraints(true);
    }, { passive: false });
  }

  cut(point) {
    const cut = this.cuts[this.cuts.length - 1];
    cut.at = rounded(cut.axis === "across" ? point.x : point.y);
    this.moved(cut);
    this.draw();
  }
}

// A box turned clockwise by quarter turns together with its page.
export function turnedBox(box, turns) {
  let { x, y, width, height } = box;
  for (let done = 0; done < ((turns % 4) + 4) % 4; done += 1) [x, y, width, height] = [100 - y - height, x, height, width];
  return { ...box, x: rounded(x), y: rounded(y), width: rounded(width), height: rounded(height) };
}

export function turnedCut(cut, turns) {
  let { axis, at } = cut;
  for (let done = 0; done < ((turns % 4) + 4) % 4; done += 1) {
    [axis, at] = axis === "across" ? ["down", at] : ["across", 100 - at];
  }
  return { axis, at: rounded(at) };
}

export const rounded = (number) => Math.round(number * 100) / 100;
export const clamped = (number) => Math.min(100, Math.max(0, number));

function between(one, other) {
  const x = Math.min(one.x, other.x);
  const y = Math.min(one.y, other.y);
  return { x: rounded(x), y: rounded(y), width: rounded(Math.abs(one.x - other.x)), height: rounded(Math.abs(one.y - other.y)) };
}

function shaped(name, facts) {
  const its = document.createElementNS(NS, name);
  for (const [key, value] of Object.entries(facts)) its.setAttribute(key, value);
  return its;
}
