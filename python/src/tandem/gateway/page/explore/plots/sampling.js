/** A sample of cells that is the same each time. */

import { seeded } from "../../lib/random.js";

/** Every group has at least so many cells in a sample, where it has them. */
const LEAST = 10;
const SEED = 1;

/** At most `most` cells in all, from each group (`{cells}`) by its size: a list of cells by group. */
export function sampleOf(groups, most) {
  const total = groups.reduce((sum, { cells }) => sum + cells.length, 0);
  if (total <= most) return groups.map(({ cells }) => [...cells]);
  const least = Math.min(LEAST, Math.floor(most / groups.length));
  const spare = most - least * groups.length;
  const random = seeded(SEED);
  return groups.map(({ cells }) => drawn(cells, least + Math.floor((spare * cells.length) / total), random));
}

// The first steps of a shuffle.
function drawn(cells, wanted, random) {
  const pool = [...cells];
  const count = Math.min(wanted, pool.length);
  for (let place = 0; place < count; place++) {
    const other = place + Math.floor(random() * (pool.length - place));
    [pool[place], pool[other]] = [pool[other], pool[place]];
  }
  return pool.slice(0, count).sort((a, b) => a - b);
}
