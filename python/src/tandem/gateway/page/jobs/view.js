/** Jobs: not yet, and what they will be. */

import { h } from "../lib/dom.js";

/** Open the view in an element. */
export function openView(place) {
  const words =
    "Batch jobs, such as a whole pipeline or the same analysis over many parameters, will stand here with their logs " +
    "and results; single analyses are under ";
  place.append(
    h("div", { class: "view-head" }, h("h1", {}, "Jobs")),
    h("p", { class: "nothing hint" }, words, h("a", { href: "#tasks" }, "Tasks"), "."),
  );
  return { close() {} };
}
