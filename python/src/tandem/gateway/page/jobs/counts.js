/** How many jobs are in which state, as one bar. */

import { h } from "../lib/dom.js";
import { count } from "../lib/numbers.js";
import { STATES } from "./words.js";

/** States as they stand in a bar: what is done first, what waits last. */
const ORDER = ["COMPLETE", "FAILED", "KILLED", "EXPIRED", "RUNNING", "QUEUED"];

/** A bar with a part for each state, told in words to those who do not see it. */
export function countsBar(counts) {
  const shown = ORDER.filter((state) => counts[state]);
  const words = countWords(counts);
  const part = (state) => h("span", { class: STATES[state][1], style: { "flex-grow": counts[state] } });
  return h("span", { class: "counts", role: "img", title: words, "aria-label": words }, shown.map(part));
}

/** "3 done, 1 running" */
export function countWords(counts) {
  const shown = ORDER.filter((state) => counts[state]);
  return shown.map((state) => `${count(counts[state])} ${STATES[state][0]}`).join(", ") || "none";
}
