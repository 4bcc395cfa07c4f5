/** The parameters of a program as fields: one value each, or several where a sweep is asked for. */

import { field } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { valueWords } from "../words.js";
import { faultOf, inputFor, kindOf } from "./kinds.js";
import { numbersIn, textsIn } from "./values.js";

const HINTS = { number: "several: 0..4, or 1, 2, 3, or 0..1 by 0.25", text: "several, separated by commas" };

/** A field for each property of the schema, with values given before or its defaults. */
export function parameterFields(schema, before = {}) {
  const required = new Set(schema.required ?? []);
  return Object.entries(schema.properties ?? {}).map(([name, one]) => {
    const value = name in before ? before[name] : one.default;
    return parameterField(name, one, value, required.has(name) && one.default === undefined);
  });
}

/** One parameter: `{name, element, input, agrees, say, sweep(on), values()}`; values are none, one or several. */
function parameterField(name, schema, first, required) {
  const [one, many] = [oneField(name, schema, first, required), manyField(name, schema, required)];
  const element = h("div", { class: "parameter" }, one.element);
  let swept = false;
  const now = () => (swept ? many : one);

  function sweep(on) {
    if (!many || on === swept) return;
    if (on && one.agrees()) many.write(one.values());
    if (!on && many.agrees() && many.values().length) one.write(many.values()[0]);
    swept = on;
    fill(element, now().element);
  }

  return {
    name,
    element,
    sweep,
    get input() {
      return now().input;
    },
    agrees: () => now().agrees(),
    say: (words) => now().say(words),
    values: () => now().values(),
  };
}

function oneField(name, schema, first, required) {
  const { input, beside = null, read, write } = inputFor(schema);
  const check = () => {
    let value;
    try {
      value = read();
    } catch (error) {
      return `This is not JSON: ${error.message}`;
    }
    if (value === undefined) return required ? "It has no default: say what it is." : null;
    return faultOf(value, schema);
  };
  const made = field(labelOf(name, schema), input, { hint: hintOf(schema), check });
  if (beside) input.after(beside);
  made.element.classList.add(kindOf(schema));
  write(first);
  const values = () => {
    const value = read();
    return value === undefined ? [] : [value];
  };
  return { ...made, write, values };
}

function manyField(name, schema, required) {
  const kind = kindOf(schema);
  if (kind === "json") return null;
  if (kind === "choice" || kind === "flag") return choicesField(name, schema);
  const input = h("input", { autocomplete: "off", spellcheck: false, inputMode: "text" });
  const read = () => (kind === "number" ? numbersIn : textsIn)(input.value, (value) => faultOf(value, schema));
  const check = () => {
    const { values, fault } = read();
    return fault ?? (required && !values.length ? "Say at least one value." : null);
  };
  const hint = [hintOf(schema), HINTS[kind]].filter(Boolean).join(" · ");
  const made = field(labelOf(name, schema), input, { hint, check });
  return { ...made, write: (values) => (input.value = values.join(", ")), values: () => read().values };
}

function choicesField(name, schema) {
  const choices = schema.enum ?? [false, true];
  const boxes = choices.map(() => h("input", { type: "checkbox" }));
  const labels = boxes.map((box, at) => h("label", {}, box, valueWords(choices[at])));
  const input = h(
    "div",
    { class: "choices", role: "group", "aria-label": labelOf(name, schema), tabIndex: -1 },
    labels,
  );
  const values = () => choices.filter((_, at) => boxes[at].checked);
  const check = () => (values().length ? null : "Choose at least one.");
  const made = field(labelOf(name, schema), input, { hint: hintOf(schema), check });
  const write = (given) => {
    const chosen = new Set(given.map((value) => JSON.stringify(value)));
    boxes.forEach((box, at) => (box.checked = chosen.has(JSON.stringify(choices[at]))));
  };
  return { ...made, write, values };
}

const labelOf = (name, { title }) => title ?? name;

function hintOf({ description, minimum, maximum }) {
  const least = minimum == null ? null : `at least ${minimum}`;
  const most = maximum == null ? null : `at most ${maximum}`;
  const bounds = least && most ? `${minimum} to ${maximum}` : (least ?? most);
  return [description?.replace(/\.$/, ""), bounds].filter(Boolean).join("; ") || null;
}
