/** The parameters and result values of a group's jobs, read again when more of them have ended. */

import { get } from "../../lib/api.js";

/** The table is asked for again after so long at the earliest, in milliseconds; a large one more seldom. */
const LEAST_MS = 900;
/** And after so many times as long as it took. */
const REST = 8;
/** What stands first in each row. */
const FACTS = ["id", "name", "state"];

/** What is known of a group's jobs: `known` is `{rows, parameters, results}`. */
export function outcomesOf(id) {
  const path = `/groups/${encodeURIComponent(id)}/table?format=json`;
  const known = { rows: [], parameters: [], results: [] };
  let [seen, next] = ["", 0];

  async function load(signal, counts = null) {
    const begun = performance.now();
    const { columns, rows } = await get(path, { signal });
    const ready = performance.now();
    seen = JSON.stringify(counts);
    next = ready + Math.max(LEAST_MS, REST * (ready - begun));
    return Object.assign(known, outcomesIn(columns, rows));
  }

  const behind = (counts) => JSON.stringify(counts) !== seen;
  const isTime = () => performance.now() > next;
  return { known, load, behind, isTime };
}

/** A table, taken apart: of each job its id, name and state, then parameters; a result is named by its file and key. */
function outcomesIn(columns, rows) {
  const names = columns.slice(FACTS.length);
  const [parameters, results] = [
    names.filter((name) => !name.includes(".")),
    names.filter((name) => name.includes(".")),
  ];
  const rowOf = (values) => {
    const row = { parameters: {}, results: {} };
    FACTS.forEach((name, at) => (row[name] = values[at]));
    names.forEach((name, at) => (row[name.includes(".") ? "results" : "parameters"][name] = values[at + FACTS.length]));
    return row;
  };
  return { rows: rows.map(rowOf), parameters, results };
}
