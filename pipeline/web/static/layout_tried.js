// A reading pointed at is outlined on the sample.

for (const sample of document.querySelectorAll(".sample")) {
  for (const [enter, leave] of [["mouseover", "mouseout"], ["focusin", "focusout"]]) {
    sample.addEventListener(enter, (event) => point(sample, event.target, true));
    sample.addEventListener(leave, (event) => point(sample, event.target, false));
  }
}

/** @param {Element} sample @param {EventTarget | null} target @param {boolean} on */
function point(sample, target, on) {
  const line = /** @type {Element | null} */ (target)?.closest?.("tr[data-field]");
  const field = line?.getAttribute("data-field");
  if (field) sample.querySelector(`rect[data-field="${CSS.escape(field)}"]`)?.classList.toggle("pointed", on);
}
