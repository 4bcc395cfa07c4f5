/** The tree of cell sets: classes that fold, sets that can be chosen. */

import { fill, h } from "../../lib/dom.js";
import { count } from "../../lib/numbers.js";
import { colourName } from "../embedding/colouring.js";
import { OWN, OWN_WORDS } from "./changes.js";

/** Classes that come with the experiment: people do not delete them. */
const KEPT = new Set(["louvain", OWN, "sample"]);
const FOLDED = "tandem-folded";

/** A tree in a place; `chosen` is a Set of `class/set`, `actions` are `choose(key)` and `remove(group)`. */
export function makeTree(place, model, chosen, actions) {
  const folded = new Set(JSON.parse(localStorage.getItem(FOLDED) ?? "[]"));
  place.addEventListener("keydown", move);

  function fold(key) {
    if (!folded.delete(key)) folded.add(key);
    localStorage.setItem(FOLDED, JSON.stringify([...folded]));
    draw();
  }

  function draw() {
    const active = place.contains(document.activeElement) ? sameAs(document.activeElement) : null;
    const top = place.scrollTop;
    fill(place, ordered(model.classes).map(classOf));
    place.scrollTop = top;
    if (active) place.querySelector(active)?.focus();
  }

  function classOf(group) {
    const open = !folded.has(group.key);
    const { name } = group;
    const head = h(
      "button",
      {
        type: "button",
        class: "class",
        "aria-expanded": String(open),
        data: { class: group.key },
        onclick: () => fold(group.key),
      },
      h("span", { class: "twist", "aria-hidden": "true" }, open ? "▾" : "▸"),
      h("span", { class: "set-name", title: name }, name),
      h("span", { class: "count" }, group.children.length || ""),
    );
    const line = h("div", { class: "class-line" }, head, colourBy(group, name), removal(group, name));
    return h("section", { class: "cell-class", "aria-label": name }, line, open && body(group));
  }

  function body(group) {
    if (group.children.length)
      return h(
        "ul",
        {},
        group.children.map((set) => h("li", {}, setOf(group, set))),
      );
    return h("p", { class: "hint teach" }, group.key === OWN ? "Draw a lasso on the plot." : "No sets.");
  }

  function setOf(group, set) {
    const key = `${group.key}/${set.key}`;
    const light = () => model.hover(set.cellIds, set.name);
    const dark = () => model.hover(null);
    return h(
      "button",
      {
        type: "button",
        class: "set",
        "aria-pressed": String(chosen.has(key)),
        data: { key },
        onclick: () => actions.choose(key),
        onpointerenter: light,
        onpointerleave: dark,
        onfocus: light,
        onblur: dark,
      },
      h("span", { class: "dot", style: { background: set.color } }),
      h("span", { class: "set-name", title: set.name }, set.name),
      h("span", { class: "count" }, count(model.countOf(set))),
    );
  }

  function colourBy(group, name) {
    if (!group.children.length) return null;
    const now = colourName(model) === `set:${group.key}`;
    const act = () => model.look({ colour: `set:${group.key}`, cap: null });
    const label = `Colour by ${name}`;
    return h(
      "button",
      {
        type: "button",
        class: "quiet small",
        data: { colours: group.key },
        "aria-pressed": String(now),
        "aria-label": label,
        title: label,
        onclick: act,
      },
      "◐",
    );
  }

  function removal(group, name) {
    if (KEPT.has(group.key) || group.type !== "cellSets") return null;
    const label = `Delete ${name}`;
    return h(
      "button",
      { type: "button", class: "quiet small", "aria-label": label, title: label, onclick: () => actions.remove(group) },
      "×",
    );
  }

  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const rows = [...place.querySelectorAll("button.class, button.set")];
    const to = rows[rows.indexOf(document.activeElement) + step];
    if (!to) return;
    event.preventDefault();
    to.focus();
  }
  return { draw };
}

/** What finds an element again after everything was made anew. */
const sameAs = ({ dataset }) =>
  Object.entries(dataset)
    .map(([name, value]) => `[data-${name}="${CSS.escape(value)}"]`)
    .join("");

/** As the experiment has them, with people's own last; those are there even before the first one is made. */
function ordered(classes) {
  const own = classes.find(({ key }) => key === OWN) ?? { key: OWN, name: OWN_WORDS, children: [] };
  return [...classes.filter((group) => group !== own), own];
}
