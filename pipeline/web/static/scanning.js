// The page of a batch that is being fed: what changes is fetched and put in its place, so that nothing flickers and the focus
// stays where it is. n feeds, s stops, r feeds the chosen sheets again, e ends; arrow keys move, space chooses a sheet.

const RUNNING_MS = 1000;
const RESTING_MS = 4000;
const desk = document.getElementById("desk");
const forms = { feed: document.getElementById("feed"), stop: document.getElementById("stop"), end: document.getElementById("end") };
const again = document.getElementById("again");

async function renew() {
  try {
    if (!document.hidden) {
      const answer = await fetch(`/scan/${desk.dataset.batch}/live${desk.dataset.every ? "?all=1" : ""}`, { credentials: "same-origin" });
      if (answer.redirected || answer.status === 401) return location.reload();
      if (answer.ok) take(new DOMParser().parseFromString(await answer.text(), "text/html").getElementById("live"));
    }
  } catch { /* The server is away for a moment: what is shown stays, and it is asked again. */ }
  setTimeout(renew, document.getElementById("live").dataset.running === "yes" ? RUNNING_MS : RESTING_MS);
}

function take(fresh) {
  const live = document.getElementById("live");
  if (!fresh) return;
  if (fresh.dataset.ended === "yes") return location.assign(`/batches/${desk.dataset.batch}`);
  for (const id of ["standing", "counts", "alarms"]) {
    const [now, next] = [document.getElementById(id), fresh.querySelector(`#${id}`)];
    if (now.innerHTML !== next.innerHTML) now.innerHTML = next.innerHTML;
  }
  takeSheets(fresh);
  for (const id of ["empty", "hidden-sheets"]) {
    const [now, next] = [document.getElementById(id), fresh.querySelector(`#${id}`)];
    if (now && !next) now.remove();
    else if (!now && next) live.append(next);
    else if (now && now.innerHTML !== next.innerHTML) now.innerHTML = next.innerHTML;
  }
  live.dataset.running = fresh.dataset.running;
  const running = fresh.dataset.running === "yes";
  if (forms.feed) forms.feed.hidden = running;
  forms.end.hidden = running;
  forms.stop.hidden = !running;
}

function takeSheets(fresh) {
  const list = document.getElementById("sheets");
  const known = new Map([...list.children].map((its) => [its.id, its]));
  let before = null;
  for (const next of [...fresh.querySelectorAll("#sheets > li")]) {
    const now = known.get(next.id);
    known.delete(next.id);
    if (now && now.dataset.version === next.dataset.version) {
      before = now;
      continue;
    }
    if (now) {
      next.querySelector(".chosen").checked = now.querySelector(".chosen").checked;
      const focused = now.contains(document.activeElement);
      now.replaceWith(next);
      if (focused) next.querySelector(".chosen").focus();
    } else if (before) before.after(next);
    else list.prepend(next);
    before = next;
  }
  for (const gone of known.values()) if (!gone.querySelector(".chosen").checked) gone.remove();
}

const chosen = () => [...document.querySelectorAll("#sheets .chosen:checked")].map((its) => Number(its.value)).sort((a, b) => a - b);

function name(sheets) {
  if (!again) return;
  again.value = sheets.join(", ");
  document.getElementById("again-box").open = sheets.length > 0;
}

document.addEventListener("change", (event) => {
  if (event.target.classList.contains("chosen")) name(chosen());
});

document.addEventListener("click", (event) => {
  const sheets = event.target.dataset?.choose;
  if (!sheets) return;
  const wanted = new Set(sheets.split(","));
  for (const its of document.querySelectorAll("#sheets .chosen")) its.checked = wanted.has(its.value);
  name([...wanted].map(Number));
  document.getElementById("reason")?.focus();
});

// Without sheets that are fed again a reason says nothing, and the button of feeding again must not feed on.
forms.feed?.addEventListener("submit", (event) => {
  // Enter in a field of that box would take the first button.
  const on = event.submitter?.id === "go" && !document.getElementById("again-box").contains(document.activeElement);
  if (on) again.value = "";
  else if (!again.value.trim() || !document.getElementById("reason").value.trim()) {
    event.preventDefault();
    document.getElementById("again-box").open = true;
    (again.value.trim() ? document.getElementById("reason") : again).focus();
  }
});

document.addEventListener("keydown", (event) => {
  if (event.altKey || event.ctrlKey || event.metaKey) return;
  const box = event.target.closest?.("#sheets .chosen");
  if (box && event.key.startsWith("Arrow")) return move(box, event);
  if (event.target.closest?.("input:not(.chosen), select, textarea")) return;
  const acts = {
    n: () => press(forms.feed, document.getElementById("go")),
    s: () => press(forms.stop),
    e: () => press(forms.end),
    r: () => again && press(forms.feed, document.querySelector("#again-box button")),
  };
  if (acts[event.key]) {
    event.preventDefault();
    acts[event.key]();
  }
});

function press(form, button) {
  if (form && !form.hidden) form.requestSubmit(button ?? form.querySelector("button"));
}

function move(box, event) {
  const boxes = [...document.querySelectorAll("#sheets .chosen")];
  const tops = boxes.map((its) => its.closest("li").offsetTop);
  const across = tops.filter((top) => top === tops[0]).length;
  const step = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -across, ArrowDown: across }[event.key];
  event.preventDefault();
  boxes[Math.min(Math.max(boxes.indexOf(box) + step, 0), boxes.length - 1)].focus();
}

setTimeout(renew, RUNNING_MS);
