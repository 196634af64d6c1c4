// What is typed in a field of review and not sent yet outlives the end of a session: in this tab alone, for the same person,
// until it is decided or they sign out. The server never has it.

const PREFIX = "constat.draft:";
const leave = document.querySelector("form[action='/sign-out']");
const mine = `${PREFIX}${leave?.dataset.account}:`;
const desk = document.getElementById("desk");

// Without that form nobody is signed in: it may be the same person who comes back.
if (leave) {
  forget((key) => !key.startsWith(mine));
  leave.addEventListener("submit", () => forget(() => true));
}
desk?.addEventListener("input", keep);
desk?.addEventListener("shown", restore);
desk?.addEventListener("decided", (event) => drop(keyOf(event.detail)));

function keyOf({ task, version }) {
  return `${mine}${task}@${version}`;
}

function parts() {
  const task = document.getElementById("task");
  return { task, value: document.getElementById("value"), reason: document.getElementById("reason") };
}

function keep() {
  const { task, value, reason } = parts();
  if (!task?.dataset.version || !value || !leave) return;
  const shown = value.form.elements.shown.value;
  if (value.value === shown && !reason.value) return drop(keyOf(task.dataset));
  try {
    sessionStorage.setItem(keyOf(task.dataset), JSON.stringify({ value: value.value, reason: reason.value }));
  } catch { /* A browser that keeps nothing: then nothing comes back. */ }
}

function restore() {
  const { task, value, reason } = parts();
  if (!task?.dataset.version || !value || !leave) return;
  const kept = JSON.parse(read(keyOf(task.dataset)) ?? "null");
  if (!kept || (kept.value === value.value && kept.reason === reason.value)) return;
  value.value = kept.value;
  reason.value = kept.reason;
  if (kept.reason) document.getElementById("because").hidden = false;
  value.dispatchEvent(new Event("input", { bubbles: true }));
  value.setSelectionRange(kept.value.length, kept.value.length);
  const line = document.getElementById("line");
  line.textContent = line.dataset.back;
}

function read(key) {
  try {
    return sessionStorage.getItem(key);
  } catch {
    return null;
  }
}

function drop(key) {
  try {
    sessionStorage.removeItem(key);
  } catch { /* There is none. */ }
}

function forget(which) {
  try {
    const keys = Object.keys(sessionStorage).filter((key) => key.startsWith(PREFIX) && which(key));
    for (const key of keys) sessionStorage.removeItem(key);
  } catch { /* There is none. */ }
}
