/** The parameters and result values of a group's jobs, read again when more of them have ended. */

import { get } from "../../lib/api.js";

/** The table is asked for again after so long at the earliest, in milliseconds; a large one more seldom. */
const LEAST_MS = 2000;
/** And after so many times as long as it took. */
const REST = 8;

/** What is known of a group's jobs: `{rows, parameters, results, stale(counts), load(signal)}`. */
export function outcomesOf(id) {
  const path = `/groups/${encodeURIComponent(id)}/table?format=json`;
  const known = { rows: [], parameters: [], results: [] };
  let [seen, next] = ["", 0];

  async function load(signal, counts = null) {
    const begun = performance.now();
    const { items } = await get(path, { signal });
    const ready = performance.now();
    seen = JSON.stringify(counts);
    next = ready + Math.max(LEAST_MS, REST * (ready - begun));
    Object.assign(known, { rows: items, parameters: namesIn(items, "parameters"), results: namesIn(items, "results") });
    return known;
  }

  const stale = (counts) => JSON.stringify(counts) !== seen && performance.now() > next;
  return { known, load, stale };
}

/** All names that occur, in the order in which they first do. */
const namesIn = (items, part) => [...new Set(items.flatMap((one) => Object.keys(one[part] ?? {})))];
