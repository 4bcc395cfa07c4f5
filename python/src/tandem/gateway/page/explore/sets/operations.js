/** What people do with cell sets: each tells what it did, and can be undone. */

import { colourOf } from "../../lib/colours.js";
import { plural } from "../../lib/numbers.js";
import { say } from "../../lib/notices.js";
import {
  addClass,
  addOwn,
  addSet,
  changeSet,
  OWN,
  plainClass,
  plainSet,
  removeClass,
  removeSet,
  replaceSets,
} from "./changes.js";

/** Make one of people's own sets of cells. */
export async function makeOwn(model, name, cells) {
  if (!cells.length) return say("No cell is in it, so no set was made.");
  const place = model.classOf(OWN)?.children.length ?? 0;
  const set = plainSet({ key: crypto.randomUUID?.() ?? randomKey(), name, color: colourOf(place), cellIds: cells });
  await model.change(addOwn(model.classes, set));
  const undo = () => tried(model, removeSet(OWN, set.key));
  return say(`${name}: ${plural(cells.length, "cell")} in My sets.`, ["Undo", undo]);
}

/** Give a set another name or colour: `{name}` or `{color}`. */
export async function changeOne(model, { group, set }, changes) {
  const before = Object.fromEntries(Object.keys(changes).map((name) => [name, set[name]]));
  await model.change(changeSet(group.key, set.key, changes));
  const words = changes.name ? `${set.name} is called ${changes.name}.` : `${set.name} has another colour.`;
  say(words, ["Undo", () => tried(model, changeSet(group.key, set.key, before))]);
}

/** Delete sets. */
export async function deleteSets(model, chosen) {
  await model.change(chosen.flatMap(({ group, set }) => removeSet(group.key, set.key)));
  const words =
    chosen.length === 1 ? `${chosen[0].set.name} is deleted.` : `${plural(chosen.length, "set")} are deleted.`;
  const back = () => chosen.flatMap(({ group, set }) => addSet(group.key, plainSet(set)));
  say(words, ["Undo", () => tried(model, back())]);
}

/** Delete a class with all its sets. */
export async function deleteClass(model, group) {
  await model.change(removeClass(group.key));
  say(`${group.name} is deleted.`, ["Undo", () => tried(model, addClass(plainClass(group)))]);
}

/** Say that a class has other sets than before, which can be had again. */
export function tellReplaced(model, words, before) {
  const back = () => tried(model, replaceSets(model.classOf(before.key)?.children ?? [], plainClass(before)));
  say(words, before && ["Undo", back]);
}

const tried = (model, operations) =>
  model.change(operations).catch((error) => say(`It could not be undone: ${error.message}`));

// Without https a browser gives no UUID.
const randomKey = () =>
  [...crypto.getRandomValues(new Uint8Array(16))].map((part) => part.toString(16).padStart(2, "0")).join("");
