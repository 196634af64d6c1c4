// The whole page of a task, with its layers, as a dialog over the review screen.

import { viewerScript } from "./viewer.js";

const desk = document.getElementById("desk");
const line = document.getElementById("line");
const by = (id) => document.getElementById(id);
let viewer = null;

desk.addEventListener("click", (event) => {
  const link = event.target.closest("[data-whole]");
  if (!link) return;
  event.preventDefault();
  openWhole(link.getAttribute("href"));
});
document.addEventListener("keydown", (event) => {
  if (by("whole").open && !event.ctrlKey && !event.metaKey && !event.altKey) inWhole(event);
});

async function openWhole(path) {
  const answer = await fetch(path, { headers: { "x-fragment": "1" } });
  if (!answer.ok) {
    line.textContent = line.dataset.fault;
    return;
  }
  const page = new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("page");
  await viewerScript(desk.dataset.viewer);
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
  const url = (name === "scan" && page.dataset.scan) || `${page.dataset.images}${name}-full`;
  return { tileSource: { type: "image", url, buildPyramid: false }, width: 1 };
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
  by("value")?.focus();
});
