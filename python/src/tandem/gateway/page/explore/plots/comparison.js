/** The two sides of a comparison, as DE and the volcano share them: names `de.…` in the address. */

import { plural } from "../../lib/numbers.js";
import { button, select } from "./controls.js";
import { classOptions, keptCells, OTHERS, samplesOf, setOptions } from "./groups.js";

/** Samples with fewer cells on a side take no part in a comparison of samples. */
const LEAST_CELLS = 10;

/** What is compared: `{a, b, basis, type}`. */
export function comparisonOf(model) {
  const { view } = model;
  const known = (key) => (key && model.setOf(key) ? key : null);
  const usual = model.favouriteClass;
  return {
    a: known(view["de.a"]) ?? (usual ? `${usual.key}/${usual.children[0].key}` : null),
    b: view["de.b"] in OTHERS ? view["de.b"] : (known(view["de.b"]) ?? "rest"),
    basis: known(view["de.basis"]) ?? "all",
    type: view["de.type"] === "between" && samplesOf(model).length > 1 ? "between" : "within",
  };
}

/** The choices of both sides, of the cells that take part, and of what is compared. */
export function comparisonControls(model, { a, b, basis, type }) {
  const sets = setOptions(model);
  const others = Object.entries(OTHERS);
  const several = samplesOf(model).length > 1;
  const swap = () => model.look({ "de.a": b, "de.b": a });
  const between = several ? "samples" : "samples (there is only one)";
  return [
    select(model, "A", "de.a", a, sets),
    select(model, "against B", "de.b", b, [...others, ...sets]),
    button("⇄", swap, "Swap A and B", b in OTHERS),
    select(model, "among", "de.basis", basis, [["all", "all cells"], ...sets]),
    select(model, "compare", "de.type", type, [
      ["within", "cells"],
      ["between", between, !several],
    ]),
  ];
}

/** Why there is nothing to compare, or nothing. */
export function comparisonHint(model, comparison) {
  const { a, b } = comparison;
  if (!classOptions(model).length)
    return "There are no cell sets to compare. Cluster the cells, or draw a lasso on the plot.";
  if (a === b) return "A and B are the same set. Choose another one for B.";
  const empty = sidesOf(model, comparison).findIndex(({ cells }) => !cells.length);
  return empty < 0 ? null : emptyWords(model, comparison, empty);
}

function emptyWords(model, { a, b, basis }, side) {
  const among = basis === "all" ? "" : ` among ${model.setOf(basis).name}`;
  if (side === 0) return `No cell of A, ${model.setOf(a).name}, is left${among} that is not in B.`;
  if (b === "rest") return `There is no other set beside ${model.setOf(a).name} in its class${among}. Choose another B.`;
  return `No cell is left for B${among}. Choose another one.`;
}

/** The request. */
export const comparisonBody = (model, { a, b, basis, type }) => ({
  name: "DifferentialExpression",
  experimentId: model.id,
  cellSet: a,
  compareWith: b,
  basis,
  comparisonType: type,
});

/** The cells of both sides, as the analysis takes them: `[{name, cells}, {name, cells}]`. */
export function sidesOf(model, { a, b, basis }) {
  const kept = keptCells(model);
  const among = basis === "all" ? kept : within(kept, [model.setOf(basis)]);
  const first = within(among, [model.setOf(a)]);
  const second = b === "background" ? among : within(among, setsAgainst(model, a, b));
  const own = (id) => first[id] && (b === "background" || !second[id]);
  const other = (id) => second[id] && !first[id];
  const secondName = b === "rest" ? "rest" : (OTHERS[b] ?? model.setOf(b).name);
  return [
    { name: model.setOf(a).name, cells: cellsThat(kept.length, own) },
    { name: secondName, cells: cellsThat(kept.length, other) },
  ];
}

/** Cluster 0 (190 cells) against rest (369 cells) */
export function comparisonWords(model, comparison) {
  const [first, second] = sidesOf(model, comparison).map(
    ({ name, cells }) => `${name} (${plural(cells.length, "cell")})`,
  );
  const among = comparison.basis === "all" ? "" : ` among ${model.setOf(comparison.basis).name}`;
  const samples = comparison.type === "between" ? `, ${samplesIn(model, comparison).join(" against ")} samples` : "";
  return `${first} against ${second}${among}${samples}`;
}

/** For the names of files. */
export const comparisonName = (model, comparison) => {
  const [first, second] = sidesOf(model, comparison).map(({ name }) => name);
  const among = comparison.basis === "all" ? "" : `-among-${model.setOf(comparison.basis).name}`;
  return `${first}-against-${second}${among}${comparison.type === "between" ? "-between-samples" : ""}`;
};

/** Whether a comparison gives p-values: two samples alone do not. */
export function hasChances(model, comparison) {
  if (comparison.type === "within") return true;
  const [first, second] = samplesIn(model, comparison);
  return first + second > 2;
}

/** How many samples have cells enough on each side. */
function samplesIn(model, comparison) {
  const samples = samplesOf(model).map(({ cellIds }) => new Set(cellIds));
  const enough = ({ cells }) =>
    samples.filter((sample) => cells.reduce((sum, id) => sum + sample.has(id), 0) >= LEAST_CELLS).length;
  return sidesOf(model, comparison).map(enough);
}

function setsAgainst(model, a, b) {
  if (b !== "rest") return [model.setOf(b)];
  const { group, set } = model.find(a);
  return group.children.filter((other) => other !== set);
}

function within(mask, sets) {
  const inside = new Uint8Array(mask.length);
  for (const { cellIds } of sets) for (const id of cellIds) if (mask[id]) inside[id] = 1;
  return inside;
}

function cellsThat(length, fits) {
  const cells = new Uint32Array(length);
  let count = 0;
  for (let id = 0; id < length; id++) if (fits(id)) cells[count++] = id;
  return cells.slice(0, count);
}
