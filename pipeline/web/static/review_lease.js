// Keeps the task for whoever looks at it as long as somebody is there: quietly, until no key and no mouse was used for a
// while; then it is said, and the next key keeps it again.

const desk = document.getElementById("desk");
const line = document.getElementById("line");
const IDLE_MS = Number(desk.dataset.idleS) * 1000;

let active = Date.now();
let kept = Date.now();
let timer = 0;
let told = "";

desk.addEventListener("shown", begin);
for (const its of ["keydown", "pointerdown", "pointermove", "wheel"]) addEventListener(its, seen, { passive: true });
document.addEventListener("visibilitychange", looked);
begin();

function lease() {
  return Number(document.getElementById("task")?.dataset.lease ?? 0) * 1000;
}

function begin() {
  kept = Date.now();
  told = "";
  clearInterval(timer);
  if (lease()) timer = setInterval(looked, lease() / 3);
}

// Somebody is at the keys.
function seen() {
  const away = Date.now() - active > IDLE_MS;
  active = Date.now();
  if (!away && !told) return;
  unsay();
  keep();
}

function looked() {
  if (document.hidden || !lease()) return;
  if (Date.now() - active > IDLE_MS) say(line.dataset.idle);
  else if (Date.now() - kept >= lease() / 3 - 50) keep();
}

async function keep() {
  const task = document.getElementById("task");
  const { task: id, version } = task?.dataset ?? {};
  if (!id || desk.dataset.sending === "true") return;
  kept = Date.now();
  try {
    const body = new URLSearchParams({ task: id, version, queue: task.querySelector("[name=queue]").value });
    const headers = { "x-fragment": "1", "x-csrf-token": desk.dataset.csrf };
    const answer = await fetch("/review/keep", { method: "POST", body, headers });
    if (task !== document.getElementById("task")) return;
    if (answer.status === 409) say(await answer.text());
  } catch { /* Without a connection the decision will say so. */ }
}

function say(text) {
  told = text;
  line.textContent = text;
}

function unsay() {
  if (told && line.textContent === told) line.textContent = "";
  told = "";
}
