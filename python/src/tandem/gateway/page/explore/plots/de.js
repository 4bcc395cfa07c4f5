/** DE: the genes that two sets of cells express differently, as a table that is sorted and paged on the server. */

import { fill, h } from "../../lib/dom.js";
import { count, short } from "../../lib/numbers.js";
import { exportButtons } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { pagedTable } from "../../lib/table.js";
import {
  comparisonBody,
  comparisonControls,
  comparisonHint,
  comparisonName,
  comparisonOf,
  comparisonWords,
  hasChances,
} from "./comparison.js";
import { number, search } from "./controls.js";
import { colourBy, colouredGene } from "./groups.js";
import { openPanel, tookOf } from "./panel.js";

const PAGE = 50;
const TOP = 10;
const FIRST_ORDER = "-logFC";
const NUMBERS = {
  logFC: "log fold change",
  AveExpr: "mean",
  p_val_adj: "adjusted p",
  pct_1: "% in A",
  pct_2: "% in B",
  auc: "AUC",
};
const COLUMNS = { within: ["logFC", "p_val_adj", "pct_1", "pct_2", "auc"], between: ["logFC", "p_val_adj", "AveExpr"] };

const numberIn = (view, name) => (view[name] && Number.isFinite(Number(view[name])) ? Number(view[name]) : null);
const settings = (model) => ({
  ...comparisonOf(model),
  find: model.view["de.find"] ?? "",
  above: numberIn(model.view, "de.above"),
  below: numberIn(model.view, "de.below"),
  p: numberIn(model.view, "de.p"),
});

const controls = (model) => (now) => [
  comparisonControls(model, now),
  h(
    "span",
    { class: "joined" },
    search(model, "gene", "de.find", now.find),
    number(model, "log fold change >", "de.above", now.above),
    number(model, "<", "de.below", now.below),
    number(model, "adjusted p <", "de.p", now.p, { least: 0 }),
  ),
];

function filtersOf({ find, above, below, p }) {
  const numeric = (columnName, comparison, value) =>
    value !== null && { columnName, type: "numeric", comparison, value };
  return [
    find && { columnName: "gene_names", type: "text", expression: find },
    numeric("logFC", "greaterThan", above),
    numeric("logFC", "lessThan", below),
    numeric("p_val_adj", "lessThan", p),
  ].filter(Boolean);
}

/** Columns as the rows of a table. */
function rowsOf(data) {
  const names = Object.keys(data ?? {});
  return [...(data?.gene_names ?? [])].map((_, row) =>
    Object.fromEntries(names.map((name) => [name, data[name][row]])),
  );
}

function show(model, now, { body, tools, say }) {
  const request = comparisonBody(model, now);
  const filters = filtersOf(now);
  const words = comparisonWords(model, now);
  const chances = hasChances(model, now);
  const shown = COLUMNS[now.type].filter((key) => chances || key !== "p_val_adj");
  const sort = model.view["de.sort"] ?? FIRST_ORDER;
  const key = sort.replace(/^-/, "");
  const usable = key === "gene_names" || shown.includes(key);
  let top = [];

  const load = async ({ offset, limit, orderBy, descending, signal, onTask }) => {
    const pagination = { orderBy, orderDirection: descending ? "DESC" : "ASC", offset, limit, filters };
    const answer = await model.ask(request, { pagination, signal, onTask });
    const rows = rowsOf(answer.result.data);
    if (!offset) top = rows.slice(0, TOP).map(({ gene_names: gene }) => gene);
    const passing = filters.length ? " pass the filters" : "";
    say(
      `${words}: ${count(answer.result.total)} ${answer.result.total === 1 ? "gene" : "genes"}${passing}`,
      tookOf(answer),
    );
    const order = `${descending ? "-" : ""}${orderBy}`;
    if (order !== (model.view["de.sort"] ?? FIRST_ORDER)) model.look({ "de.sort": order }, { replace: true });
    return { rows, total: answer.result.total };
  };

  const table = pagedTable({
    columns: columnsOf(model, shown),
    load,
    words: "Comparing",
    limit: PAGE,
    order: usable ? { key, descending: sort.startsWith("-") } : { key: "logFC", descending: true },
    onRow: ({ gene_names: gene }) => colourBy(model, gene),
    rowKey: ({ gene_names: gene }) => gene,
    empty: filters.length ? "No gene passes these filters." : "No gene could be compared.",
  });

  const whole = async () => (await model.ask(request)).result.data;
  const name = fileName(model.id, "DE", comparisonName(model, now));
  const exports = exportButtons(name, null, whole);
  exports.querySelector("button").title = "Save the whole table, all genes and all digits";
  exports.prepend(
    h("button", { type: "button", class: "quiet", onclick: () => model.look({ plot: "volcano" }) }, "volcano"),
    h(
      "button",
      { type: "button", class: "quiet", onclick: () => model.chooseGenes([...model.genes, ...top]) },
      `choose top ${TOP}`,
    ),
  );
  fill(tools, exports);
  fill(
    body,
    h(
      "div",
      { class: "comparison" },
      !chances && h("p", { class: "hint" }, "Two samples alone give no p-values."),
      table.element,
    ),
  );
  const marks = new MutationObserver(() => markRows(model, body));
  marks.observe(table.element, { childList: true, subtree: true });
  table.reload();
  return { close: () => marks.disconnect() };
}

function columnsOf(model, shown) {
  const choose =
    (gene) =>
    ({ target }) =>
      model.chooseGenes(target.checked ? [...model.genes, gene] : model.genes.filter((other) => other !== gene));
  const tick = ({ gene_names: gene }) =>
    h("input", {
      type: "checkbox",
      "aria-label": `Choose ${gene}`,
      checked: model.genes.includes(gene),
      onchange: choose(gene),
    });
  const numeric = (key) => ({
    key,
    title: NUMBERS[key],
    numeric: true,
    sortable: true,
    cell: (row) => short(row[key]),
  });
  return [
    { key: "chosen", title: "", cell: tick },
    {
      key: "gene_names",
      title: "gene",
      sortable: true,
      cell: ({ gene_names: gene }) => h("span", { class: "gene" }, gene),
    },
    ...shown.map(numeric),
  ];
}

// Rows say which gene the embedding is coloured by, and which ones are chosen.
function markRows(model, body) {
  const coloured = colouredGene(model);
  for (const line of body.querySelectorAll("tr[data-key]")) {
    line.classList.toggle("coloured", line.dataset.key === coloured);
    const tick = line.querySelector("input");
    const chosen = model.genes.includes(line.dataset.key);
    if (tick.checked !== chosen) tick.checked = chosen;
  }
}

export const plot = {
  id: "de",
  title: "DE",
  key: "d",
  open(place, model) {
    return openPanel(place, model, {
      id: "de",
      settings: () => settings(model),
      controls: controls(model),
      hint: (now) => comparisonHint(model, now),
      words: () => "Comparing",
      work: async () => null,
      show: (_, now, parts) => show(model, now, parts),
      refresh: () => markRows(model, place),
    });
  },
};
