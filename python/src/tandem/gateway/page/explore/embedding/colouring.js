/** What the cells are coloured by, and the colours that this makes. */

import { NOWHERE, ramp, rgb, STEPS } from "../../lib/colours.js";

/** Numbers of the experiment's quality control: task, words, unit. */
export const METRICS = [
  ["GetNUmis", "Molecules", "log10"],
  ["GetNGenes", "Genes seen", "log10"],
  ["GetMitochondrialContent", "Mitochondrial content", "%"],
  ["GetDoubletScore", "Doublet score", ""],
];
/** Of a number without a cap of its own, this share of cells lies below the first cap. */
const CAP_SHARE = 0.99;

/** What cells are coloured by that are coloured by nothing. */
export const UNCOLOURED = { kind: "none", words: "nothing" };

/** The name of what is coloured by now, as the address has it; where it names nothing known, the favourite class. */
export function colourName(model) {
  const name = model.view.colour ?? "";
  const [kind, what] = splitName(name);
  const known = {
    set: () => model.classOf(what)?.children.length,
    gene: () => what,
    metric: () => METRICS.some(([task]) => task === what),
    overlay: () => model.overlays.has(what),
  };
  if (known[kind]?.()) return name;
  return model.favouriteClass ? `set:${model.favouriteClass.key}` : "";
}

/** `["gene", "LYZ"]` of "gene:LYZ". */
export function splitName(name) {
  const colon = name.indexOf(":");
  return [name.slice(0, colon), name.slice(colon + 1)];
}

/**
 * What the cells are coloured by: `{kind: "sets", words, group, labels}`, `{kind: "numbers", words, values, low, most,
 * cap, zero}`, or `{kind: "none"}`. Genes and metrics are asked for.
 */
export async function colouringOf(model, options) {
  const [kind, what] = splitName(colourName(model));
  if (kind === "set") return ofSets(model, what);
  if (kind === "gene") {
    const found = (await model.expression([what], options)).get(what);
    if (!found) throw new Error(`There is no gene ${what} in this experiment.`);
    return ofNumbers(found.name, "log-normalised expression", found.values, { zero: true, cap: found.cap });
  }
  if (kind === "metric") {
    const [task, words, unit] = METRICS.find(([name]) => name === what);
    return ofNumbers(words, unit, await model.metric(task, options));
  }
  if (kind === "overlay") {
    const { values, words } = model.overlays.get(what);
    return ofNumbers(words, "", values);
  }
  return UNCOLOURED;
}

/** Whether an experiment has to be asked for what is coloured by. */
export const isAsked = (name) => /^(gene|metric):/.test(name);

/** The colours of all cells, packed as `rgb` of packed(); `cap` is where the scale ends. */
export function paint(colouring, cellCount, theme, cap) {
  const colours = new Uint32Array(cellCount).fill(packed(rgb(NOWHERE[theme])));
  if (colouring.kind === "numbers") paintNumbers(colours, colouring, theme, cap);
  if (colouring.kind === "sets") paintSets(colours, colouring);
  return colours;
}

/** A colour in one number, red in the lowest byte, as graphics cards of today read four bytes. */
export const packed = ([r, g, b]) => r | (g << 8) | (b << 16);

/** The `[red, green, blue]` of a packed colour. */
export const unpacked = (colour) => [colour & 255, (colour >> 8) & 255, (colour >> 16) & 255];

function ofSets(model, key) {
  const group = model.classOf(key);
  return { kind: "sets", words: group.name, group, labels: model.labels(key) };
}

function ofNumbers(words, unit, values, { zero = false, cap = null } = {}) {
  let [low, most] = [Infinity, -Infinity];
  for (let cell = 0; cell < values.length; cell++) {
    if (values[cell] < low) low = values[cell];
    if (values[cell] > most && values[cell] !== Infinity) most = values[cell];
  }
  if (low > most) [low, most] = [0, 0];
  if (zero) low = Math.min(0, low);
  return {
    kind: "numbers",
    words,
    unit,
    values,
    low,
    most,
    zero,
    cap: cap ?? (zero ? most : quantile(values, CAP_SHARE)),
  };
}

/** Of a thousand of the values. */
function quantile(values, share) {
  const stride = Math.max(1, Math.floor(values.length / 1000));
  const some = [];
  for (let cell = 0; cell < values.length; cell += stride) if (Number.isFinite(values[cell])) some.push(values[cell]);
  some.sort((a, b) => a - b);
  return some[Math.min(some.length - 1, Math.floor(some.length * share))] ?? 0;
}

function paintSets(colours, { group, labels }) {
  const sets = Uint32Array.from(group.children, ({ color }) => packed(rgb(color)));
  for (let cell = 0; cell < colours.length; cell++) if (labels[cell] >= 0) colours[cell] = sets[labels[cell]];
}

function paintNumbers(colours, { values, low, zero }, theme, cap) {
  const steps = Uint32Array.from(ramp(theme), packed);
  const scale = (STEPS - 2) / (cap - low || 1);
  const cells = Math.min(colours.length, values.length);
  for (let cell = 0; cell < cells; cell++) {
    const value = values[cell];
    if (zero && value === 0) colours[cell] = steps[0];
    else if (value === value)
      colours[cell] = steps[1 + Math.round(Math.min(STEPS - 2, Math.max(0, (value - low) * scale)))];
  }
}
