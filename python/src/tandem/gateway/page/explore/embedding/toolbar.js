/** The tools over the embedding: what colours it, which layout, lasso, names, zoom. */

import { fill, h } from "../../lib/dom.js";
import { colourName, METRICS, splitName } from "./colouring.js";

/** Layouts: name in the address, words. */
export const LAYOUTS = [
  ["umap", "UMAP"],
  ["tsne", "t-SNE"],
  ["pca", "PCA"],
];

/** The words of the layout that is looked at. */
export const layoutWords = (model) => LAYOUTS.find(([name]) => name === (model.view.layout ?? "umap"))?.[1] ?? "Layout";

/** The toolbar: `{element, update, openColour, markLasso}`; `actions` are `lasso` and `zoom` as of zoom.js. */
export function makeToolbar(model, actions) {
  const colour = h("select", { "aria-label": "Colour by", title: "Colour by (c)", class: "colour" });
  colour.onchange = () => model.look({ colour: colour.value, cap: null });
  const layout = h(
    "select",
    { "aria-label": "Layout", title: "Layout" },
    LAYOUTS.map(([name, words]) => option(name, words)),
  );
  layout.onchange = () => model.look({ layout: layout.value === "umap" ? null : layout.value, zoom: null });
  const lasso = tool("Lasso", "Draw around cells to make a set of them (l)", actions.lasso);
  lasso.dataset.needs = "submitter";
  const labels = tool("Names", "Show the names of the sets", () =>
    model.look({ labels: model.view.labels === "off" ? null : "off" }, { replace: true }),
  );
  const zoom = h(
    "span",
    { class: "tools", role: "group", "aria-label": "Zoom" },
    tool("−", "Zoom out (-)", actions.zoom.farther),
    tool("+", "Zoom in (+)", actions.zoom.closer),
    tool("Fit", "See all cells (0)", actions.zoom.whole),
  );
  const only = h("span", { class: "only" });
  const element = h(
    "div",
    { class: "toolbar", role: "toolbar", "aria-label": "Embedding" },
    h("label", {}, h("span", { class: "hint" }, "Colour"), colour),
    layout,
    h("span", { class: "tools" }, lasso, labels),
    zoom,
    only,
  );

  function update() {
    fill(colour, colourGroups(model));
    colour.value = colourName(model);
    layout.value = model.view.layout ?? "umap";
    labels.setAttribute("aria-pressed", String(model.view.labels !== "off"));
    const sets = model.onlySets;
    const all = () => model.look({ only: null });
    const words = sets.length === 1 ? `Only ${sets[0].name}` : `Only ${sets.length} sets`;
    fill(only, sets.length > 0 && [words, h("button", { type: "button", class: "quiet", onclick: all }, "show all")]);
  }
  function openColour() {
    colour.focus();
    colour.showPicker?.();
  }
  return { element, update, openColour, markLasso: (on) => lasso.setAttribute("aria-pressed", String(on)) };
}

function colourGroups(model) {
  const [kind, what] = splitName(colourName(model));
  const genes = [...new Set([...(kind === "gene" ? [what] : []), ...model.genes])];
  const classes = model.classes.filter((group) => group.children.length);
  return [
    group(
      "Cell sets",
      classes.map(({ key, name }) => option(`set:${key}`, name)),
    ),
    group(
      "Genes",
      genes.map((gene) => option(`gene:${gene}`, gene)),
    ),
    group(
      "Quality",
      METRICS.map(([task, words]) => option(`metric:${task}`, words)),
    ),
    group(
      "Computed",
      [...model.overlays].map(([name, { words }]) => option(`overlay:${name}`, words)),
    ),
  ];
}

const option = (value, words) => h("option", { value }, words);
const group = (label, options) => options.length > 0 && h("optgroup", { label }, options);
const tool = (words, title, onclick) => h("button", { type: "button", class: "quiet", title, onclick }, words);
