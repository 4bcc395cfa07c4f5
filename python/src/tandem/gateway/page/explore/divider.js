/** The line between the embedding and the plots, to be moved: by mouse, finger or arrow keys. */

import { h } from "../lib/dom.js";

const KEPT = "tandem-plots-share";
/** The plots' share of the height, in per cent: at first, and its limits. */
const FIRST = 46;
const LEAST = 25;
const MOST = 80;
/** How far an arrow key moves it, in per cent. */
const STEP = 4;
const MOVES = { ArrowUp: STEP, ArrowDown: -STEP };

/** The line; what it divides is its parent. */
export function makeDivider() {
  const label = "Height of the plots";
  const line = h("div", { class: "divider", role: "separator", tabIndex: 0, "aria-label": label, title: label });
  const set = (wanted) => {
    const share = Math.round(Math.min(MOST, Math.max(LEAST, wanted)));
    line.setAttribute("aria-valuenow", share);
    line.parentElement?.style.setProperty("--plots", `${share}%`);
    localStorage.setItem(KEPT, share);
  };
  const now = () => Number(line.getAttribute("aria-valuenow"));
  line.setAttribute("aria-orientation", "horizontal");
  line.setAttribute("aria-valuemin", LEAST);
  line.setAttribute("aria-valuemax", MOST);
  line.addEventListener("keydown", (event) => {
    if (!MOVES[event.key]) return;
    event.preventDefault();
    set(now() + MOVES[event.key]);
  });
  line.addEventListener("dblclick", () => set(now() === FIRST ? MOST : FIRST));
  line.addEventListener("pointerdown", (event) => line.setPointerCapture(event.pointerId));
  line.addEventListener("pointermove", (event) => {
    if (!line.hasPointerCapture(event.pointerId)) return;
    const { bottom, height } = line.parentElement.getBoundingClientRect();
    set((100 * (bottom - event.clientY)) / height);
  });
  queueMicrotask(() => set(Number(localStorage.getItem(KEPT)) || FIRST));
  return line;
}
