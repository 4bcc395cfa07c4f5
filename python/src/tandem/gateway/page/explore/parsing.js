/** What the gateway sends, made into typed arrays: a few buffers in place of an object for each cell. */

import { colourOf } from "../lib/colours.js";
import { OWN, OWN_WORDS } from "./sets/changes.js";

const PARSERS = { layout, classes, numbers, expression };

/** The JSON in some bytes, as one of "layout", "classes", "numbers" or "expression". */
export const parse = (kind, bytes) => PARSERS[kind](JSON.parse(new TextDecoder().decode(bytes)));

/** The buffers in what was parsed, which another thread can hand over without a copy. */
export function buffersOf(value) {
  if (ArrayBuffer.isView(value)) return [value.buffer];
  return value && typeof value === "object" ? Object.values(value).flatMap(buffersOf) : [];
}

function layout(points) {
  const x = new Float32Array(points.length).fill(NaN);
  const y = new Float32Array(points.length).fill(NaN);
  for (let cell = 0; cell < points.length; cell++) {
    const point = points[cell];
    if (!point || point.length < 2) continue;
    x[cell] = point[0];
    y[cell] = point[1];
  }
  return { x, y };
}

function classes({ cellSets }) {
  const child = (set, place) => ({
    ...set,
    name: set.name ?? set.key,
    color: set.color || colourOf(place),
    cellIds: Uint32Array.from(set.cellIds ?? []),
  });
  return cellSets.map((group) => ({
    ...group,
    name: group.key === OWN ? OWN_WORDS : (group.name ?? group.key),
    children: (group.children ?? []).map(child),
  }));
}

function numbers(values) {
  return Float32Array.from(values, (value) => (typeof value === "number" ? value : NaN));
}

function expression({ orderedGeneNames, rawExpression, stats }) {
  const { values, index, ptr, size } = rawExpression;
  return orderedGeneNames.map((name, column) => {
    const dense = new Float32Array(size[0]);
    for (let at = ptr[column]; at < ptr[column + 1]; at++) dense[index[at]] = values[at];
    return { name, values: dense, cap: stats.truncatedMax[column] };
  });
}
