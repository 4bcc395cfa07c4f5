/** Batch DE: every set of a class compared with the others, and the genes that mark each. */

import { fill, h } from "../../lib/dom.js";
import { count, short } from "../../lib/numbers.js";
import { exportButtons } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { askOnce } from "./cached.js";
import { sidesOf } from "./comparison.js";
import { number, select } from "./controls.js";
import { classChosen, classOptions, colourBy, colouredGene, lightUp, OTHERS, samplesOf, setOptions } from "./groups.js";
import { openPanel, tookOf } from "./panel.js";
import { pace } from "./pace.js";

const TOP = 8;
const SIGNIFICANT = 0.05;

const settings = (model) => ({
  by: classChosen(model, "batch.by"),
  against: model.view["batch.against"] in OTHERS ? model.view["batch.against"] : "rest",
  basis: model.setOf(model.view["batch.basis"] ?? "") ? model.view["batch.basis"] : "all",
  type: model.view["batch.type"] === "between" && samplesOf(model).length > 1 ? "between" : "within",
  top: Math.max(1, Number(model.view["batch.top"]) || TOP),
});

const controls =
  (model) =>
  ({ by, against, basis, type, top }) => [
    select(model, "Each of", "batch.by", by, classOptions(model)),
    select(model, "against", "batch.against", against, Object.entries(OTHERS)),
    select(model, "among", "batch.basis", basis, [["all", "all cells"], ...setOptions(model)]),
    samplesOf(model).length > 1 &&
      select(model, "compare", "batch.type", type, [
        ["within", "cells"],
        ["between", "samples"],
      ]),
    number(model, "genes shown", "batch.top", top, { least: 1, most: 50, step: 1 }),
  ];

const work = (model, { by, against, basis, type }, signal, onTask) => {
  const cellSet = model.classOf(by).children.map(({ key }) => `${by}/${key}`);
  const body = {
    name: "BatchDifferentialExpression",
    experimentId: model.id,
    cellSet,
    compareWith: against,
    basis: [basis],
    comparisonType: type,
  };
  return askOnce(model, body, { signal, onTask });
};

/** The best genes that are higher in a set: `{significant, best: [{gene, change, p}]}`; a number or null, a list. */
function bestOf({ gene_names: genes, logFC, p_val_adj: chances }, most) {
  const rows = genes.map((gene, row) => ({ gene, change: logFC[row], p: chances?.[row] ?? null }));
  const differing = rows.filter(({ change, p }) => change !== null && (!chances || (p !== null && p < SIGNIFICANT)));
  const best = differing
    .filter(({ change }) => change > 0)
    .sort((a, b) => b.change - a.change)
    .slice(0, most);
  return { significant: chances ? differing.length : null, best };
}

async function show(model, answer, now, { body, tools, say, current }) {
  const sets = model.classOf(now.by).children;
  const breathe = pace();
  const rows = [];
  for (const [place, set] of sets.entries()) {
    rows.push(rowOf(model, set, answer.result[place], now));
    await breathe();
  }
  if (!current()) return null;
  const names = ["set", "cells", "differ", "highest in it"];
  const head = h(
    "tr",
    {},
    names.map((name, place) => h("th", { scope: "col", class: place === 1 || place === 2 ? "number" : "" }, name)),
  );
  const table = h("table", {}, h("thead", {}, head), h("tbody", {}, rows));
  fill(body, h("div", { class: "batch" }, table));
  const className = model.classOf(now.by).name;
  const name = fileName(model.id, "batch-DE", className, "against", now.against);
  fill(
    tools,
    exportButtons(name, null, () => wholeOf(sets, answer.result)),
  );
  mark(model, body);
  const others = now.against === "rest" ? "the rest" : OTHERS[now.against];
  say(`Each of ${count(sets.length)} sets of ${className} against ${others}`, tookOf(answer));
  return null;
}

function rowOf(model, set, { data }, { by, against, basis, top }) {
  const [side, other] = sidesOf(model, { a: `${by}/${set.key}`, b: against, basis });
  const light = { onmouseenter: () => lightUp(model, set), onmouseleave: () => lightUp(model, null) };
  const label = h(
    "span",
    { class: "set" },
    h("span", { class: "dot", style: { background: set.color } }),
    set.name,
  );
  const cells = h("td", { class: "number" }, count(side.cells.length));
  if (typeof data === "string") {
    const reason = !side.cells.length
      ? "It has no cell that takes part."
      : !other.cells.length
        ? "There is nothing to compare it with."
        : "It could not be compared: there are too few cells, or samples, on a side.";
    return h(
      "tr",
      light,
      h("td", {}, label),
      cells,
      h("td", { class: "number" }, "–"),
      h("td", { class: "hint" }, reason),
    );
  }
  const { significant, best } = bestOf(data, top);
  const chip = ({ gene, change, p }) =>
    h(
      "button",
      {
        type: "button",
        data: { gene },
        title: `log fold change ${short(change)}, adjusted p ${short(p)}`,
        onclick: () => colourBy(model, gene),
      },
      gene,
      h("small", {}, short(change)),
    );
  const chips = best.length
    ? h("div", { class: "genes" }, best.map(chip))
    : h("span", { class: "hint" }, "No gene is higher in it.");
  return h(
    "tr",
    light,
    h("td", {}, label),
    cells,
    h("td", { class: "number" }, count(significant)),
    h("td", {}, chips),
  );
}

/** Every row of every comparison, its set in front. */
function wholeOf(sets, results) {
  const made = results
    .map(({ data }, place) => ({ data, set: sets[place].name }))
    .filter(({ data }) => typeof data !== "string");
  const names = [...new Set(made.flatMap(({ data }) => Object.keys(data)))];
  const column = (name) => made.flatMap(({ data }) => data[name] ?? data.gene_names.map(() => null));
  return {
    set: made.flatMap(({ data, set }) => data.gene_names.map(() => set)),
    ...Object.fromEntries(names.map((name) => [name, column(name)])),
  };
}

function mark(model, place) {
  const coloured = colouredGene(model);
  for (const chip of place.querySelectorAll("[data-gene]"))
    chip.setAttribute("aria-pressed", String(chip.dataset.gene === coloured));
}

export const plot = {
  id: "batch",
  title: "Batch DE",
  open: (place, model) =>
    openPanel(place, model, {
      id: "batch-de",
      settings: () => settings(model),
      controls: controls(model),
      hint: () => !classOptions(model).length && "There are no cell sets to compare.",
      words: () => "Comparing every set",
      work: (now, signal, onTask) => work(model, now, signal, onTask),
      show: (result, now, parts) => show(model, result, now, parts),
      refresh: () => mark(model, place),
    }),
};
