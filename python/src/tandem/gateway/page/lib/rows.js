/** Rows that are walked with the keyboard and opened by Enter or a click. */

const STEPS = { ArrowDown: 1, ArrowUp: -1 };

/** Let the rows of a body be walked: `open(line)` opens one, `turn(pages)` turns the page. */
export function walkRows(body, { open, turn }) {
  const rove = () => {
    const lines = [...body.children];
    const kept = lines.find((line) => line.tabIndex === 0) ?? lines[0];
    for (const line of lines) line.tabIndex = line === kept ? 0 : -1;
  };
  const focus = (line) => {
    if (!line) return;
    for (const other of body.children) other.tabIndex = other === line ? 0 : -1;
    line.focus();
  };
  const keys = {
    Home: () => focus(body.firstElementChild),
    End: () => focus(body.lastElementChild),
    PageDown: () => turn(1),
    PageUp: () => turn(-1),
    Enter: open,
    " ": open,
  };
  new MutationObserver(rove).observe(body, { childList: true });
  body.addEventListener("click", (event) => {
    const line = event.target.closest("tr");
    if (!line || event.target.closest("button, a, input, select, summary")) return;
    if (String(getSelection())) return;
    focus(line);
    open(line);
  });
  body.addEventListener("keydown", (event) => {
    const line = event.target;
    if (line.parentElement !== body || event.ctrlKey || event.metaKey || event.altKey) return;
    const step = STEPS[event.key];
    if (step) focus(step > 0 ? line.nextElementSibling : line.previousElementSibling);
    else if (keys[event.key]) keys[event.key](line);
    else return;
    event.preventDefault();
  });
}
