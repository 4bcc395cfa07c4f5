/** The names of sets where their cells are. */

import { brief } from "../../lib/text.js";

const SVG = "http://www.w3.org/2000/svg";
/** So many cells of a set are enough to find its middle. */
const SAMPLE = 1001;
/** More names than this would hide the plot. */
const MOST = 60;
/** How high and about how wide a letter is, in pixels. */
const HIGH = 15;
const WIDE = 6.6;

/** Where each set of a class has its middle: `[{name, x, y, cells}]`, the largest first. */
export function middlesOf(group, { x, y }) {
  const middles = group.children.map((set) => {
    const cells = sample(set.cellIds, x);
    return { name: brief(set.name), x: median(cells, x), y: median(cells, y), cells: set.cellIds.length };
  });
  return middles
    .filter((middle) => middle.x === middle.x)
    .sort((a, b) => b.cells - a.cells)
    .slice(0, MOST);
}

/** Names over the stage; `show(middles)`, then `place(camera)` after each frame. */
export function makeLabels(overlay) {
  const layer = overlay.appendChild(document.createElementNS(SVG, "g"));
  layer.setAttribute("class", "labels");
  let shown = [];
  const taken = [];

  function show(middles) {
    shown = middles.map((middle) => {
      const text = document.createElementNS(SVG, "text");
      text.textContent = middle.name;
      return { ...middle, text, half: (middle.name.length * WIDE) / 2 };
    });
    layer.replaceChildren(...shown.map(({ text }) => text));
  }

  function place(camera) {
    taken.length = 0;
    for (const label of shown) {
      label.left = camera.toPixelX(label.x);
      label.top = camera.toPixelY(label.y);
      const free = taken.every((other) => apart(label, other));
      label.text.setAttribute("visibility", free ? "visible" : "hidden");
      if (!free) continue;
      taken.push(label);
      label.text.setAttribute("x", label.left);
      label.text.setAttribute("y", label.top);
    }
  }

  return { show, place, visible: () => [...taken] };
}

const apart = (one, other) =>
  Math.abs(one.top - other.top) > HIGH || Math.abs(one.left - other.left) > one.half + other.half;

function sample(cells, x) {
  const stride = Math.max(1, Math.floor(cells.length / SAMPLE));
  const found = [];
  for (let at = 0; at < cells.length; at += stride) if (x[cells[at]] === x[cells[at]]) found.push(cells[at]);
  return found;
}

function median(cells, values) {
  const sorted = Float32Array.from(cells, (cell) => values[cell]).sort();
  return sorted.length ? sorted[sorted.length >> 1] : NaN;
}
