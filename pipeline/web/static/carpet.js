// A carpet: arrow keys move, space throws out (the browser's own for a check box), Enter accepts the rest.

const form = document.getElementById("carpet");
const boxes = [...form.querySelectorAll("input[name=out]")];

form.addEventListener("keydown", (event) => {
  const here = boxes.indexOf(document.activeElement);
  if (here < 0 || event.altKey || event.ctrlKey || event.metaKey) return;
  const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -columns(), ArrowDown: columns() };
  if (event.key in steps) {
    event.preventDefault();
    boxes[Math.min(Math.max(here + steps[event.key], 0), boxes.length - 1)].focus();
  } else if (event.key === "Enter") {
    event.preventDefault();
    form.requestSubmit();
  }
});

let sent = false;
form.addEventListener("submit", (event) => {
  if (sent) event.preventDefault();
  sent = true;
});

function columns() {
  const tops = boxes.map((box) => box.closest("li").offsetTop);
  return tops.filter((top) => top === tops[0]).length;
}
