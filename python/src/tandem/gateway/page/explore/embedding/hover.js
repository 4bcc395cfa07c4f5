/** The box beside the pointer: which cell, in which set, with which value. */

import { fill, h } from "../../lib/dom.js";
import { short } from "../../lib/numbers.js";

/** A cell counts as pointed at within so many pixels. */
const REACH = 6;
const OFF = 14;

/** Follow the pointer over a stage; `find(x, y, reach)` gives a cell, `about(cell)` its lines. */
export function makeHover(stage, { find, about, busy }) {
  const box = h("div", { class: "hover-box", hidden: true });
  stage.append(box);
  let due = 0;
  let spot = [0, 0];

  const hide = () => {
    cancelAnimationFrame(due);
    due = 0;
    box.hidden = true;
  };
  const look = () => {
    due = 0;
    const cell = busy() ? -1 : find(...spot, REACH);
    box.hidden = cell < 0;
    if (cell < 0) return;
    fill(
      box,
      about(cell).map(([words, value, colour]) => lineOf(words, value, colour)),
    );
    const left = spot[0] + OFF + box.offsetWidth > stage.clientWidth ? spot[0] - OFF - box.offsetWidth : spot[0] + OFF;
    const top = Math.min(spot[1] + OFF, stage.clientHeight - box.offsetHeight - 4);
    box.style.transform = `translate(${Math.max(2, left)}px, ${Math.max(2, top)}px)`;
  };
  stage.addEventListener("pointermove", (event) => {
    const edges = stage.getBoundingClientRect();
    spot = [event.clientX - edges.left, event.clientY - edges.top];
    due ||= requestAnimationFrame(look);
  });
  stage.addEventListener("pointerleave", hide);
  return { hide };
}

function lineOf(words, value, colour) {
  const mark = colour && h("span", { class: "dot", style: { background: colour } });
  return h("div", {}, h("span", { class: "hint" }, words), mark, typeof value === "number" ? short(value) : value);
}
