/** The experiments view. */

import { h } from "../lib/dom.js";

/** Open the view in an element. */
export function openView(place) {
  place.append(h("p", { class: "hint" }, "Not here yet."));
  return { close() {} };
}
