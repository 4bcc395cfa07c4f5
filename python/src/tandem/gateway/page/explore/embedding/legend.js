/** What the colours mean. */

import { fill, h } from "../../lib/dom.js";
import { count } from "../../lib/numbers.js";
import { colourBar } from "./colourbar.js";

/** Draw the legend of a colouring in a place; `onCap` hears of a cap that was moved. */
export function drawLegend(place, { colouring, cap, model, theme, onCap }) {
  if (colouring.kind === "none") return fill(place);
  const head = h("h3", { class: "name", title: colouring.words }, colouring.words);
  if (colouring.kind === "numbers") {
    const unit = colouring.unit && h("p", { class: "hint unit" }, colouring.unit);
    return fill(place, head, unit, colourBar(colouring, cap, theme, onCap));
  }
  const entry = (set) => {
    const light = () => model.hover(set.cellIds, set.name);
    const dark = () => model.hover(null);
    return h(
      "li",
      { onpointerenter: light, onpointerleave: dark },
      h("span", { class: "dot", style: { background: set.color } }),
      h("span", { class: "set-name", title: set.name }, set.name),
      h("span", { class: "count" }, count(model.countOf(set))),
    );
  };
  return fill(place, head, h("ul", {}, colouring.group.children.map(entry)));
}

/** The plot in words, for those who do not see it. */
export function inWords(colouring, model, layout, cap) {
  const cells = count(model.facts?.cells ?? model.cellCount);
  const start = `${layout} of ${cells} cells, coloured by ${colouring.words}.`;
  if (colouring.kind === "sets") {
    const sets = colouring.group.children.map((set) => `${set.name} ${count(model.countOf(set))}`);
    return `${start} ${sets.join(", ")}.`;
  }
  if (colouring.kind === "numbers") return `${start} From ${colouring.low} to ${cap} and above.`;
  return start;
}
