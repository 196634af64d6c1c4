// Deep zoom, loaded when it is first wanted.

export function viewerScript(path) {
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
