/** The order in which cells are drawn: random, so that no group hides another, and the same every time. */

import { seeded } from "../../lib/random.js";

const SEED = 42;

/** The cells that have a place, and are not hidden by the mask, in drawing order. */
export function drawingOrder({ x }, mask) {
  const cells = new Uint32Array(x.length);
  let number = 0;
  for (let cell = 0; cell < x.length; cell++) if (x[cell] === x[cell]) cells[number++] = cell;
  shuffle(cells, number);
  if (!mask) return cells.slice(0, number);
  return cells.subarray(0, number).filter((cell) => mask[cell]);
}

function shuffle(cells, number) {
  const random = seeded(SEED);
  for (let last = number - 1; last > 0; last--) {
    const other = Math.floor(random() * (last + 1));
    const kept = cells[last];
    cells[last] = cells[other];
    cells[other] = kept;
  }
}
