// Keys of a statement's page: each leads to its act, and never sends anything by itself. A form is sent once.

const typing = (element) => element.matches("input:not([type=checkbox]):not([type=radio]), select, textarea");

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey || event.repeat) return;
  if (event.key === "Escape" && typing(document.activeElement)) {
    document.activeElement.blur();
    return;
  }
  if (typing(document.activeElement)) return;
  const key = [...document.querySelectorAll(".case form button kbd")].find((one) => one.textContent.trim() === event.key.toLowerCase());
  if (!key) return;
  event.preventDefault();
  const form = key.closest("form");
  const missing = [...form.elements].find((one) => one.required && !one.value);
  const target = missing ?? key.closest("button");
  target.scrollIntoView({ block: "center" });
  target.focus();
});

for (const form of document.querySelectorAll(".case form")) {
  const buttons = [...form.querySelectorAll("button[name=do]")];
  form.addEventListener("submit", (event) => {
    if (form.dataset.sent) {
      event.preventDefault();
      return;
    }
    form.dataset.sent = "yes";
    for (const button of buttons) button.setAttribute("aria-disabled", "true");
  });
}
if (document.querySelector(".good")) document.querySelector("a.main[data-onward]")?.focus();
window.addEventListener("pageshow", () => {
  for (const form of document.querySelectorAll(".case form")) {
    delete form.dataset.sent;
    for (const button of form.querySelectorAll("[aria-disabled]")) button.removeAttribute("aria-disabled");
  }
});
