/** Changes of cell sets, as operations of the JSON merger. */

/** The class of sets that people make. */
export const OWN = "scratchpad";
/** What the page calls it, whatever other clients do. */
export const OWN_WORDS = "My sets";

const keyed = (key) => `$[?(@.key == ${JSON.stringify(key)})]`;
const inClass = (key, value) => [{ $match: { query: keyed(key), value } }];
const inSet = (classKey, key, value) => inClass(classKey, { children: [{ $match: { query: keyed(key), value } }] });

/** Add a set at the end of a class. */
export const addSet = (classKey, set) => inClass(classKey, { children: [{ $insert: { index: "-", value: set } }] });

/** Add a set to people's own, of which there may be no class yet. */
export function addOwn(classes, set) {
  if (classes.some(({ key }) => key === OWN)) return addSet(OWN, set);
  return addClass({ key: OWN, name: "Custom cell sets", rootNode: true, type: "cellSets", children: [set] });
}

/** Change something of a set: `{name}` or `{color}`. */
export const changeSet = (classKey, key, changes) => inSet(classKey, key, changes);

/** Take a set out. */
export const removeSet = (classKey, key) => inSet(classKey, key, { $remove: true });

/** Give a class the name and the sets of another, as plainClass gives it, in the place of those that it has. */
export function replaceSets(now, { key, name, children }) {
  const away = now.map((set) => ({ $match: { query: keyed(set.key), value: { $remove: true } } }));
  const back = children.map((set) => ({ $insert: { index: "-", value: set } }));
  return inClass(key, { name, children: [...away, ...back] });
}

/** Add a class at the end. */
export const addClass = (group) => [{ $append: group }];

/** Take a class out. */
export const removeClass = (key) => inClass(key, { $remove: true });

/** A set as it is sent, its cells as a plain list. */
export const plainSet = ({ key, name, color, type = "cellSets", cellIds }) => ({
  key,
  name,
  rootNode: false,
  type,
  color,
  cellIds: Array.from(cellIds),
});

/** A class as it is sent. */
export const plainClass = ({ key, name, type, children }) => ({
  key,
  name,
  rootNode: true,
  type,
  children: children.map(plainSet),
});

/** Cells in any of some sets. */
export function union(sets) {
  const cells = new Set();
  for (const { cellIds } of sets) for (const cell of cellIds) cells.add(cell);
  return Uint32Array.from(cells).sort();
}

/** Cells in all of some sets. */
export const intersection = ([first, ...others]) =>
  others.reduce((cells, { cellIds }) => {
    const other = new Set(cellIds);
    return cells.filter((cell) => other.has(cell));
  }, first.cellIds);

/** Cells in the first set that are in none of the others. */
export function difference([first, ...others]) {
  const away = new Set(union(others));
  return first.cellIds.filter((cell) => !away.has(cell));
}
