/** Drawing around cells: by pointer, or corner by corner with the keys. */

/** Points of the line lie at least so far apart, in pixels. */
const STEP = 3;
const KEY_STEP = 10;
const KEY_LEAP = 40;
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
const SVG = "http://www.w3.org/2000/svg";

/** A lasso over a stage; `caught(line)` gets `[x, y, …]` in pixels, `changed(active)` hears of its mode. */
export function makeLasso(stage, overlay, caught, changed) {
  const path = overlay.appendChild(document.createElementNS(SVG, "path"));
  const cross = overlay.appendChild(document.createElementNS(SVG, "path"));
  path.setAttribute("class", "lasso");
  cross.setAttribute("class", "cross");
  let active = false;
  let drawing = false;
  let line = [];
  let at = [0, 0];

  function start() {
    active = true;
    line = [];
    at = [stage.clientWidth / 2, stage.clientHeight / 2];
    stage.classList.add("lassoing");
    stage.focus({ preventScroll: true });
    changed(true);
  }

  function stop() {
    active = drawing = false;
    line = [];
    draw();
    cross.setAttribute("d", "");
    stage.classList.remove("lassoing");
    changed(false);
  }

  function close() {
    const done = line;
    stop();
    if (done.length >= 6) caught(done);
  }

  function draw() {
    const corners = [];
    for (let place = 0; place < line.length; place += 2) corners.push(`${line[place]},${line[place + 1]}`);
    path.setAttribute("d", corners.length ? `M${corners.join("L")}Z` : "");
  }

  function add(x, y) {
    if (line.length && Math.hypot(line.at(-2) - x, line.at(-1) - y) < STEP) return;
    line.push(Math.round(x), Math.round(y));
    draw();
  }

  const spot = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };
  stage.addEventListener("pointerdown", (event) => {
    if (!active || event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    drawing = true;
    line = [];
    add(...spot(event));
  });
  stage.addEventListener("pointermove", (event) => drawing && add(...spot(event)));
  stage.addEventListener("pointerup", () => drawing && close());
  stage.addEventListener("keydown", (event) => {
    if (!active) return;
    const arrow = ARROWS[event.key];
    const known = arrow || event.key === " " || event.key === "Enter";
    if (!known) return;
    event.preventDefault();
    if (event.key === "Enter") return close();
    if (event.key === " ") return add(...at);
    const step = event.shiftKey ? KEY_LEAP : KEY_STEP;
    at = [at[0] + arrow[0] * step, at[1] + arrow[1] * step];
    cross.setAttribute("d", `M${at[0] - 8},${at[1]}h16M${at[0]},${at[1] - 8}v16`);
  });
  return { start, stop, toggle: () => (active ? stop() : start()), active: () => active };
}
