/** Moving the view: wheel, drag, two fingers, double click, and keys. */

/** One press of a key zooms by this factor, or moves by so many pixels. */
const KEY_ZOOM = 1.3;
const KEY_STEP = 40;
/** How much one pixel of the wheel zooms; a line counts as so many pixels. */
const WHEEL = 0.0018;
const LINE_PIXELS = 18;
const ARROWS = { ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

/** Let a stage move its camera; `moved` is called after each move, `busy()` says when the pointer has other work. */
export function letZoom(stage, camera, moved, busy) {
  const fingers = new Map();
  const spot = (event) => {
    const box = stage.getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  };

  stage.addEventListener(
    "wheel",
    (event) => {
      event.preventDefault();
      const pixels = event.deltaY * (event.deltaMode ? LINE_PIXELS : 1);
      camera.zoomBy(Math.exp(-Math.max(-200, Math.min(200, pixels)) * WHEEL), ...spot(event));
      moved();
    },
    { passive: false },
  );
  stage.addEventListener("pointerdown", (event) => {
    if (busy() || event.button !== 0) return;
    stage.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, spot(event));
  });
  stage.addEventListener("pointermove", (event) => {
    const before = fingers.get(event.pointerId);
    if (!before) return;
    const now = spot(event);
    const other = [...fingers].find(([id]) => id !== event.pointerId)?.[1];
    if (other) camera.zoomBy(distance(now, other) / (distance(before, other) || 1), ...middle(now, other));
    const part = other ? 0.5 : 1;
    camera.pan((now[0] - before[0]) * part, (now[1] - before[1]) * part);
    fingers.set(event.pointerId, now);
    stage.classList.add("dragged");
    moved();
  });
  const lift = (event) => {
    fingers.delete(event.pointerId);
    stage.classList.remove("dragged");
  };
  stage.addEventListener("pointerup", lift);
  stage.addEventListener("pointercancel", lift);
  stage.addEventListener("dblclick", () => {
    if (busy()) return;
    camera.reset();
    moved();
  });
  stage.addEventListener("keydown", (event) => {
    const arrow = ARROWS[event.key];
    if (!arrow || busy() || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    camera.pan(arrow[0] * KEY_STEP, arrow[1] * KEY_STEP);
    moved();
  });
  return {
    closer: () => (camera.zoomBy(KEY_ZOOM), moved()),
    farther: () => (camera.zoomBy(1 / KEY_ZOOM), moved()),
    whole: () => (camera.reset(), moved()),
    dragging: () => fingers.size > 0,
  };
}

const distance = ([x1, y1], [x2, y2]) => Math.hypot(x1 - x2, y1 - y2);
const middle = ([x1, y1], [x2, y2]) => [(x1 + x2) / 2, (y1 + y2) / 2];
