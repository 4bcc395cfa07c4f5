/** The panel of genes: the list of all, and those that are chosen. */

import { h } from "../../lib/dom.js";
import { makeChosen } from "./chosen.js";
import { makeList } from "./list.js";

/** The panel of a model: `{element, begin(), search()}`. */
export function makeGenes(model) {
  const list = makeList(model);
  const chosen = makeChosen(model);
  const element = h(
    "aside",
    { class: "panel genes", "aria-label": "Genes" },
    h("h3", {}, "Genes"),
    list.element,
    chosen.element,
  );
  return { element, begin: list.begin, search: () => (element.classList.add("unfolded"), list.search()) };
}
