// A statement by its manifest: its pages, their layers one on the other, what was read at its place, search within.

import { viewerScript } from "./viewer.js";

const by = (id) => document.getElementById(id);
const frame = by("manifest");
let manifest = null;
let viewer = null;
let shown = null;

const told = (map) => (map?.[frame.dataset.language] ?? map?.none ?? Object.values(map ?? {})[0] ?? []).join(" ");

function made(tag, properties, ...children) {
  const its = Object.assign(document.createElement(tag), properties);
  its.append(...children);
  return its;
}

async function asked(address) {
  const answer = await fetch(address, { headers: { accept: "application/json" } });
  if (!answer.ok) throw new Error(answer.status);
  return answer.json();
}

async function begin() {
  manifest = await asked(frame.dataset.manifest);
  await viewerScript(frame.dataset.viewer);
  viewer = new OpenSeadragon.Viewer({
    element: by("canvas"), showNavigationControl: false, drawer: "canvas", animationTime: 0, springStiffness: 50,
    gestureSettingsMouse: { clickToZoom: false }, crossOriginPolicy: false, maxZoomPixelRatio: 4,
  });
  for (const canvas of manifest.items) by("canvases").append(made("li", {}, entry(canvas)));
  if (manifest.items.length) open(manifest.items[0]);
}

function entry(canvas) {
  const small = canvas.thumbnail?.[0];
  const picture = small ? [made("img", { src: small.id, alt: "", width: small.width, height: small.height, loading: "lazy" })] : [];
  const button = made("button", { type: "button" }, ...picture, made("span", { textContent: told(canvas.label) }));
  button.dataset.canvas = canvas.id;
  button.addEventListener("click", () => open(canvas));
  return button;
}

function open(canvas, annotation) {
  const goes = () => annotation && point(annotation);
  if (shown === canvas) return goes();
  shown = canvas;
  for (const button of by("canvases").querySelectorAll("button")) {
    if (button.dataset.canvas === canvas.id) button.setAttribute("aria-current", "page");
    else button.removeAttribute("aria-current");
  }
  by("said").textContent = told(canvas.summary);
  viewer.clearOverlays();
  viewer.world.removeAll();
  paint(canvas, goes);
  if (!by("query").value) list(readings(canvas), "readings");
}

// All paintings have the size of the canvas: each is as wide as the viewer's unit.
function paint(canvas, goes) {
  const paintings = canvas.items.flatMap((page) => page.items);
  by("layers").replaceChildren();
  paintings.forEach((painting, index) => {
    viewer.addTiledImage({
      tileSource: `${painting.body.service[0].id}/info.json`, width: 1, index,
      success: ({ item }) => {
        item.painting = painting.id;
        if (index === 0) viewer.viewport.goHome(true);
        if (index === paintings.length - 1) goes();
      },
      error: () => { by("said").textContent = frame.dataset.fault; },
    });
    if (paintings.length > 1) by("layers").append(layer(painting));
  });
}

function layer(painting) {
  const box = made("input", { type: "checkbox", checked: true });
  box.addEventListener("change", () => {
    for (let index = 0; index < viewer.world.getItemCount(); index += 1) {
      const item = viewer.world.getItemAt(index);
      if (item.painting === painting.id) item.setOpacity(box.checked ? 1 : 0);
    }
  });
  return made("label", {}, box, ` ${told(painting.body.label)}`);
}

const readings = (canvas) => (canvas.annotations ?? []).flatMap((page) => page.items);

function list(annotations, kind, quotes = new Map()) {
  by("count").textContent = annotations.length || kind === "readings" ? `${by("count").dataset[kind]} (${annotations.length})` : frame.dataset.none;
  by("readings").replaceChildren(...annotations.map((its) => made("li", {}, reading(its, quotes.get(its.id)))));
}

function reading(annotation, quote) {
  const [value, , standing] = annotation.body;
  const canvas = manifest.items.find((its) => its.id === annotation.target.split("#")[0]);
  const text = made("span", { className: "value", dir: "auto" });
  if (quote) text.append(quote.prefix, made("mark", { textContent: quote.exact }), quote.suffix);
  else text.textContent = value.value;
  const button = made(
    "button", { type: "button" },
    made("span", { className: "name", textContent: told(annotation.label) }), text,
    made("span", { className: "standing", textContent: canvas && canvas !== shown ? `${standing.value} · ${told(canvas.label)}` : standing.value }),
  );
  button.addEventListener("click", () => {
    for (const other of by("readings").querySelectorAll("[aria-current]")) other.removeAttribute("aria-current");
    button.setAttribute("aria-current", "true");
    if (canvas) open(canvas, annotation);
  });
  return button;
}

function point(annotation) {
  viewer.clearOverlays();
  const place = annotation.target.split("#xywh=")[1];
  if (!place) return;
  const [x, y, width, height] = place.split(",").map((side) => Number(side) / shown.width);
  viewer.addOverlay({ element: made("div", { className: "here" }), location: new OpenSeadragon.Rect(x, y, width, height) });
  const around = Math.max(0.15, width * 0.5);
  viewer.viewport.fitBounds(new OpenSeadragon.Rect(x - around, y - around / 2, width + 2 * around, height + around), true);
}

async function search(query) {
  if (!query.trim()) return list(readings(shown), "readings");
  const service = manifest.service.find((its) => its.type === "SearchService2");
  const address = new URL(service.id);
  address.searchParams.set("q", query);
  const page = await asked(address.pathname + address.search);
  const quotes = new Map();
  for (const note of (page.annotations ?? []).flatMap((its) => its.items)) {
    if (!quotes.has(note.target.source)) quotes.set(note.target.source, note.target.selector[0]);
  }
  list(page.items, "hits", quotes);
}

by("search").addEventListener("submit", (event) => {
  event.preventDefault();
  search(by("query").value).catch(fault);
});
by("query").addEventListener("search", () => { if (!by("query").value && shown) list(readings(shown), "readings"); });
by("address")?.select();

function fault() {
  by("said").textContent = frame.dataset.fault;
}

begin().catch(fault);
