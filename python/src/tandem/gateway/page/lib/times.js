/** Times as how long ago they were, kept true while they are shown; the absolute time on hover. */

import { h } from "./dom.js";
import { ago, moment } from "./numbers.js";

/** How often shown times are brought up to date, in milliseconds. */
const REFRESH_MS = 30_000;

/** How long ago a time was, as an element; a dash where there is none. */
export function timeAgo(time) {
  if (!time) return h("span", { class: "hint" }, "–");
  return h("time", { class: "ago", dateTime: time, title: moment(time) }, ago(time));
}

setInterval(() => {
  for (const shown of document.querySelectorAll("time.ago")) shown.textContent = ago(shown.dateTime);
}, REFRESH_MS);
