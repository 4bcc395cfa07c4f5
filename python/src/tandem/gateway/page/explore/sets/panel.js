/** The panel of cell sets: the tree, what can be done with those that are chosen, and how new ones come about. */

import { asList } from "../../lib/address.js";
import { PALETTE } from "../../lib/colours.js";
import { askText, show } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { say } from "../../lib/notices.js";
import { plural } from "../../lib/numbers.js";
import { failure } from "../../lib/waiting.js";
import { difference, intersection, OWN, union } from "./changes.js";
import { downloads } from "./downloads.js";
import { making } from "./making.js";
import { changeOne, deleteClass, deleteSets, makeOwn } from "./operations.js";
import { makeTree } from "./tree.js";

/** What a set's markers are found against: all other cells. */
const OTHERS_KEY = "background";

/** The panel of a model: `{element, clear()}`; `clear` says whether anything was chosen. */
export function makeSets(model) {
  const chosen = new Set();
  const place = h("div", { class: "tree" });
  const bar = h("div", { class: "chosen-sets", role: "toolbar", "aria-label": "Chosen sets" });
  const message = h("div", {});
  const work = h("div", { class: "work" });
  const element = h(
    "aside",
    { class: "panel sets", "aria-label": "Cell sets" },
    h("h3", {}, "Cell sets"),
    place,
    bar,
    message,
    work,
    h(
      "div",
      { class: "foot-buttons" },
      making(model, work),
      downloads(model, work, () => [...chosen]),
    ),
  );
  const tree = makeTree(place, model, chosen, { choose, remove: (group) => tried(() => deleteClass(model, group)) });

  function choose(key) {
    if (!chosen.delete(key)) chosen.add(key);
    draw();
  }

  function clear() {
    const any = chosen.size > 0;
    chosen.clear();
    if (any) draw();
    return any;
  }

  function draw() {
    for (const key of [...chosen]) if (!model.setOf(key)) chosen.delete(key);
    tree.draw();
    drawBar();
  }

  /** The chosen sets with their classes, in the order they were chosen. */
  const picked = () => [...chosen].map((key) => model.find(key));

  async function tried(action) {
    fill(message);
    try {
      await action();
    } catch (error) {
      fill(message, failure(error));
    }
  }

  function drawBar() {
    const sets = picked();
    if (!sets.length) return fill(bar);
    const one = sets.length === 1;
    const made = sets.every(({ group }) => group.type === "cellSets");
    const own = sets.every(({ group }) => group.key === OWN);
    const names = sets.map(({ set }) => set.name);
    const act = (words, title, enabled, action, data = {}) => {
      const told = { type: "button", class: "quiet", title, disabled: !enabled, data };
      return h("button", { ...told, onclick: () => tried(action) }, words);
    };
    const edit = (...told) => act(...told, { needs: "submitter" });
    return fill(
      bar,
      h(
        "p",
        {},
        h("span", { class: "set-name", title: names.join(", ") }, one ? names[0] : plural(sets.length, "set")),
        h("span", { class: "hint" }, plural(union(sets.map(({ set }) => set)).length, "cell")),
      ),
      act("Markers", "Genes that set it apart from all other cells", one, () => compare(OTHERS_KEY)),
      act("Compare", `Genes that differ between ${names.slice(0, 2).join(" and ")}`, sets.length === 2, () =>
        compare([...chosen][1]),
      ),
      act("Show only", "Hide all other cells", true, () => model.look({ only: asList([...chosen]) })),
      edit("Rename", "Give it another name", one && made, () => rename(sets[0])),
      edit("Colour", "Give it another colour", one, () => recolour(sets[0])),
      edit("Merge", "A new set of all their cells", !one, () => make(`${names.join(" + ")}`, union)),
      edit("Intersect", "A new set of the cells in all of them", !one, () =>
        make(`${names.join(" ∩ ")}`, intersection),
      ),
      edit("Subtract", `A new set of ${names[0]} without the others`, !one, () =>
        make(`${names[0]} without ${names.slice(1).join(", ")}`, difference),
      ),
      edit("Delete", own ? "Delete from My sets" : "Only sets of your own can be deleted one by one", own, () =>
        remove(sets),
      ),
      act("Clear", "Choose none (Esc)", true, clear),
    );
  }

  /** Open DE of the first chosen set, among all cells. */
  const compare = (other) =>
    model.look({ plot: "de", "de.a": [...chosen][0], "de.b": other, "de.basis": null, "de.type": null });

  async function rename(one) {
    const name = await askText("Rename", "Name", one.set.name, "Rename");
    if (name && name !== one.set.name) await changeOne(model, one, { name });
  }

  async function recolour(one) {
    const color = await askColour(one.set);
    if (color && color !== one.set.color) await changeOne(model, one, { color });
  }

  async function make(name, combine) {
    const cells = combine(picked().map(({ set }) => set));
    if (!cells.length) return say("No cell is in it, so no set was made.");
    const given = await askText(
      "New set",
      `Name of the set of ${plural(cells.length, "cell")}`,
      name.slice(0, 200),
      "Make it",
    );
    return given && makeOwn(model, given, cells);
  }

  async function remove(sets) {
    await deleteSets(model, sets);
    model.hover(null);
    clear();
  }

  model.addEventListener("cellSets", draw);
  model.addEventListener("points", draw);
  model.addEventListener("view", () => tree.draw());
  draw();
  return { element, clear };
}

/** A colour of the palette, or any other; null when somebody thought better of it. */
async function askColour(set) {
  const any = h("input", { type: "color", value: set.color });
  const swatch = (color) =>
    h("button", { value: color, class: "swatch", "aria-label": color, title: color, style: { background: color } });
  const content = [h("div", { class: "swatches" }, PALETTE.map(swatch)), h("label", {}, "Any other", any)];
  const take = h("button", { value: "any", class: "primary" }, "Use this one");
  const answer = await show(`Colour of ${set.name}`, content, [take, h("button", { value: "" }, "Cancel")]);
  return answer === "any" ? any.value : answer;
}
