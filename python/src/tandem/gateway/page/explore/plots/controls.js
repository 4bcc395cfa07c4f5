/** Controls of plots: each shows, and changes, a name in the address. */

import { asList, namesIn } from "../../lib/address.js";
import { h } from "../../lib/dom.js";

/** How long a text to look for may be. */
const LONGEST = 100;

/** A choice; options are `[value, words, disabled]` or `{label, options}`; `also(value)` gives further changes. */
export function select(model, label, name, value, options, also = () => ({})) {
  const option = ([key, words, disabled = false]) =>
    h("option", { value: key, selected: key === value, disabled }, words);
  const entries = options.map((one) =>
    Array.isArray(one) ? option(one) : h("optgroup", { label: one.label }, one.options.map(option)),
  );
  const onchange = ({ target }) => model.look({ [name]: target.value, ...also(target.value) });
  return h("label", {}, label, h("select", { name, onchange }, entries));
}

/** A number; an emptied one is as when nobody says. */
export function number(model, label, name, value, { least = null, most = null, step = "any" } = {}) {
  const onchange = ({ target }) => target.validity.valid && model.look({ [name]: target.value || null });
  return h(
    "label",
    {},
    label,
    h("input", { type: "number", name, value: value ?? "", min: least, max: most, step, onchange }),
  );
}

/** A text that is looked for. */
export function search(model, label, name, value) {
  const onchange = ({ target }) => model.look({ [name]: target.value.trim() || null });
  return h(
    "label",
    {},
    label,
    h("input", {
      type: "search",
      maxLength: LONGEST,
      name,
      value: value ?? "",
      onchange,
      autocomplete: "off",
      spellcheck: false,
    }),
  );
}

/** A button that does something. */
export const button = (words, onclick, title = null, disabled = false) =>
  h("button", { type: "button", onclick, title, disabled }, words);

/** Which sets of a class take part; none chosen means all. */
export function setsMenu(model, name, classKey) {
  const sets = model.classOf(classKey)?.children ?? [];
  const chosen = new Set(namesIn(model.view[name]).filter((key) => sets.some((set) => set.key === key)));
  const change =
    (key) =>
    ({ target }) => {
      const now = new Set(chosen.size ? chosen : sets.map((set) => set.key));
      if (target.checked) now.add(key);
      else now.delete(key);
      const some = now.size < sets.length ? sets.map((set) => set.key).filter((one) => now.has(one)) : [];
      model.look({ [name]: asList(some) });
    };
  const line = (set) => {
    const checked = !chosen.size || chosen.has(set.key);
    const dot = h("span", { class: "dot", style: { background: set.color } });
    return h(
      "label",
      {},
      h("input", { type: "checkbox", name: `${name}:${set.key}`, checked, onchange: change(set.key) }),
      dot,
      set.name,
    );
  };
  const words = chosen.size ? `${chosen.size} of ${sets.length} sets` : "all sets";
  return h("details", { class: "menu", data: { name } }, h("summary", {}, words), h("div", {}, sets.map(line)));
}
