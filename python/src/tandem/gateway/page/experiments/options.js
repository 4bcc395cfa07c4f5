/** What an import can be asked to do. What is left as it is is not sent, so that the import's own defaults hold. */

import { h } from "../lib/dom.js";
import { field } from "../lib/dialog.js";

const choice = (name, label, pairs, hint) => ({ name, label, pairs, hint });
const number = (name, label, placeholder, bounds, hint) => ({ name, label, placeholder, ...bounds, hint });
const amount = (min, max) => ({ min, max, step: "any" });
const whole = (min, max) => ({ min, max, step: 1 });

const SPECIES = [["", "as the genes tell"], ["human", "human"], ["mouse", "mouse"]];
const NORMALISATIONS = [["", "log, to 10,000 counts a cell"], ["sct", "SCTransform"]];
const INTEGRATIONS = [["", "none"], ["harmony", "Harmony"], ["rpca", "RPCA"]];
const CLUSTERINGS = [["", "Leiden"], ["louvain", "Louvain"], ["none", "none"]];
const EMPTIES = [["", "looked for where there are many barcodes"], ["remove", "leave out"], ["keep", "keep"]];

/** Those that matter most, and the rest; a placeholder shows what holds while nothing is typed. */
export const MAIN = [
  choice("species", "Species", SPECIES),
  choice("normalisation", "Normalisation", NORMALISATIONS),
  choice("integration", "Integration over samples", INTEGRATIONS),
  choice("clustering", "Clusters", CLUSTERINGS, "Those that the data has already are kept."),
  number("resolution", "Resolution of clusters", "0.8", amount(0.01, 10), "More gives smaller clusters."),
  number("min_genes", "Genes in a cell, at least", "200", whole(0)),
  number("max_mito", "Mitochondrial counts, at most %", "20", amount(0, 100)),
  choice("doublets", "Doublets", [["", "score them"], ["false", "do not look for them"]]),
];
export const MORE = [
  choice("empty_droplets", "Empty droplets", EMPTIES),
  number("max_doublet_score", "Doublet score, at most", "no bound", amount(0, 1)),
  number("max_genes", "Genes in a cell, at most", "no bound", whole(1)),
  number("min_counts", "Counts in a cell, at least", "no bound", whole(0)),
  number("max_counts", "Counts in a cell, at most", "no bound", whole(1)),
  number("variable_genes", "Variable genes", "2000", whole(2)),
  number("components", "Principal components", "30", whole(2, 100)),
  choice("layout", "Layout", [["", "UMAP"], ["none", "none"]]),
];

/** The fields of such options, with what was chosen before. */
export const optionFields = (specs, before = {}) => specs.map((spec) => optionField(spec, before[spec.name]));

/** What was chosen in fields, as the API takes it. */
export const optionsOf = (fields) =>
  Object.fromEntries(fields.filter(({ input }) => input.value !== "").map(({ name, input }) => [name, valueOf(input)]));

function optionField(spec, before) {
  const input = spec.pairs ? select(spec.pairs, before) : numberInput(spec, before);
  const check = () => (spec.pairs ? null : faultIn(input, spec));
  return { name: spec.name, ...field(spec.label, input, { hint: spec.hint, check }) };
}

function select(pairs, before = "") {
  const input = h("select", {}, pairs.map(([value, words]) => h("option", { value }, words)));
  input.value = String(before);
  return input;
}

const numberInput = ({ placeholder, min, max, step }, before = "") =>
  h("input", { type: "number", inputMode: "decimal", placeholder, min, max, step, value: String(before) });

function faultIn(input, { min, max, step }) {
  const { badInput, rangeOverflow, rangeUnderflow, stepMismatch } = input.validity;
  if (badInput) return "This is not a number.";
  if (rangeUnderflow) return `It is ${min} or more.`;
  if (rangeOverflow) return `It is ${max} or less.`;
  return step === 1 && stepMismatch ? "It is a whole number." : null;
}

function valueOf(input) {
  if (input.type === "number") return Number(input.value);
  return input.value === "false" ? false : input.value;
}
