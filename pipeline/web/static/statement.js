// Layers of page screens, shown and hidden; the place of a particular, outlined while one points at its line.

for (const screen of document.querySelectorAll(".pagescreen")) {
  const places = screen.querySelector(".places");

  screen.addEventListener("change", (event) => {
    const layer = event.target.dataset?.layer;
    if (layer === "places") places?.classList.toggle("all", event.target.checked);
    else if (layer) show(screen.querySelector(`[data-shows="${layer}"]`), event.target.checked);
  });

  for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    screen.addEventListener(enter, (event) => point(places, event.target, true));
    screen.addEventListener(leave, (event) => point(places, event.target, false));
  }
}

function show(image, on) {
  if (!image) return;
  if (on && image.dataset.src) {
    image.src = image.dataset.src;
    delete image.dataset.src;
  }
  // The lowest layer gives the paper its height: it goes out of sight, not out of the way.
  if (image.classList.contains("base")) image.classList.toggle("off", !on);
  else image.hidden = !on;
}

function point(places, target, on) {
  const line = target.closest?.("tr[data-field]");
  if (!line || !places) return;
  const place = places.querySelector(`[data-field="${CSS.escape(line.dataset.field)}"]`);
  place?.classList.toggle("pointed", on);
}
