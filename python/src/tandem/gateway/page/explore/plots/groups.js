/** The sets of cells that plots are grouped by. */

import { namesIn } from "../../lib/address.js";
import { OWN } from "../sets/changes.js";

/** What a comparison may be made against that is no set. */
export const OTHERS = { rest: "rest of its class", background: "all other cells" };
const masks = new WeakMap();

/** Whether each cell id is of a kept cell: one with a place in the layout, or in a cluster until that is there. */
export function keptCells(model) {
  const from = model.points ?? model.classes;
  if (!masks.has(from)) masks.set(from, model.points ? placed(model.points.x) : clustered(model.classes));
  return masks.get(from);
}

/** How many cells were kept. */
export const keptCount = (model) => keptCells(model).reduce((sum, kept) => sum + kept, 0);

const placed = (x) => Uint8Array.from(x, (value) => (Number.isNaN(value) ? 0 : 1));

// People's own sets may hold cells that were filtered out since, as samples do.
function clustered(classes) {
  const clusters = classes.filter(({ key, type, children }) => type === "cellSets" && key !== OWN && children.length);
  const sets = (clusters.length ? clusters : classes).flatMap(({ children }) => children);
  const longest = sets.reduce((most, { cellIds }) => cellIds.reduce((top, id) => (id > top ? id : top), most), -1);
  const mask = new Uint8Array(longest + 1);
  for (const { cellIds } of sets) for (const id of cellIds) mask[id] = 1;
  return mask;
}

/** Classes that have sets, as `[key, words]`. */
export const classOptions = (model) =>
  model.classes.filter(({ children }) => children.length).map(({ key, name }) => [key, name]);

/** Why nothing can be grouped; null where something can. */
export const groupingHint = (model) =>
  classOptions(model).length
    ? null
    : "There are no cell sets to group by. Cluster the cells, or draw a lasso on the plot.";

/** All sets under their classes, as options of a choice; the values are `class/set`. */
export const setOptions = (model) =>
  model.classes
    .filter(({ children }) => children.length)
    .map(({ key, name, children }) => ({
      label: name,
      options: children.map((set) => [`${key}/${set.key}`, set.name]),
    }));

/** The key of the class that a plot is grouped by: the address's, where there is such a class. */
export function classChosen(model, name, otherwise = model.favouriteClass?.key) {
  const key = model.view[name];
  return model.classOf(key)?.children.length ? key : otherwise;
}

/** The groups of a class: `[{key, name, colour, cells}]` of kept cells; only the chosen ones where some are. */
export function groupsOf(model, classKey, chosen = "") {
  const mask = keptCells(model);
  const keys = new Set(namesIn(chosen));
  return (model.classOf(classKey)?.children ?? [])
    .filter(({ key }) => !keys.size || keys.has(key))
    .map(({ key, name, color, cellIds }) => ({
      key,
      name,
      colour: color,
      cells: cellIds.filter((id) => mask[id]),
    }));
}

/** The class whose sets are samples. */
export const samplesOf = (model) => model.classOf("sample")?.children.filter(({ cellIds }) => cellIds.length) ?? [];

/** Light up the cells of a group, or none. */
export const lightUp = (model, group) =>
  group ? model.hover(group.cells ?? group.cellIds, group.name) : model.hover(null);

/** Colour the embedding by a gene. */
export const colourBy = (model, gene) => model.look({ colour: `gene:${gene}` });

/** The gene that the embedding is coloured by, or null. */
export const colouredGene = (model) => (model.view.colour?.startsWith("gene:") ? model.view.colour.slice(5) : null);
