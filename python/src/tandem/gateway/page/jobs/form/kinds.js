/** Kinds of parameters by their JSON Schema: which input each has, what it reads, and what is wrong with a value. */

import { h } from "../../lib/dom.js";
import { valueWords } from "../words.js";

/** The kind of a schema's value: "choice", "flag", "number", "text" or "json". */
export function kindOf(schema) {
  if (schema.enum) return "choice";
  const types = [schema.type].flat().filter((one) => one !== "null");
  if (types[0] === "boolean") return "flag";
  if (types[0] === "integer" || types[0] === "number") return "number";
  return types[0] === "string" ? "text" : "json";
}

/** What is wrong with a value, in words, as far as the page can tell; null if nothing is. */
export function faultOf(value, schema) {
  if (kindOf(schema) === "number") return numberFault(value, schema);
  if (kindOf(schema) !== "text") return null;
  if (schema.minLength && value.length < schema.minLength) return `It has ${schema.minLength} letters or more.`;
  if (schema.maxLength && value.length > schema.maxLength) return `It has ${schema.maxLength} letters at most.`;
  return schema.pattern && !new RegExp(schema.pattern, "u").test(value) ? `It has the form ${schema.pattern}` : null;
}

function numberFault(value, schema) {
  const { minimum, maximum, exclusiveMinimum: above, exclusiveMaximum: below, multipleOf } = schema;
  if (Number.isNaN(value)) return "This is not a number.";
  if (isWhole(schema) && !Number.isInteger(value)) return "It is a whole number.";
  if (minimum != null && value < minimum) return `It is ${minimum} or more.`;
  if (maximum != null && value > maximum) return `It is ${maximum} or less.`;
  if (above != null && value <= above) return `It is more than ${above}.`;
  if (below != null && value >= below) return `It is less than ${below}.`;
  const parts = value / multipleOf;
  return multipleOf && Math.abs(parts - Math.round(parts)) > 1e-9 ? `It is a multiple of ${multipleOf}.` : null;
}

/** The input of one value: `{input, element, read, write}`; `read()` is undefined where nothing was given. */
export function inputFor(schema) {
  return { choice, flag, number, text, json }[kindOf(schema)](schema);
}

const isWhole = ({ type }) => [type].flat().includes("integer");

function choice({ enum: values }) {
  const blank = h("option", { value: "" }, "–");
  const options = values.map((value, at) => h("option", { value: String(at) }, valueWords(value)));
  const input = h("select", {}, blank, options);
  const write = (value) => {
    const at = values.findIndex((one) => JSON.stringify(one) === JSON.stringify(value));
    input.value = at < 0 ? "" : String(at);
    blank.hidden = at >= 0;
  };
  return { input, read: () => (input.value === "" ? undefined : values[Number(input.value)]), write };
}

function flag() {
  const input = h("input", { type: "checkbox" });
  return { input, read: () => input.checked, write: (value) => (input.checked = Boolean(value)) };
}

function number(schema) {
  const { minimum: min, maximum: max } = schema;
  const step = isWhole(schema) ? 1 : "any";
  const input = h("input", { type: "number", inputMode: "decimal", min, max, step });
  const both = min != null && max != null;
  const slider =
    both && h("input", { type: "range", min, max, step: isWhole(schema) ? 1 : (max - min) / 100, tabIndex: -1 });
  if (slider) {
    slider.setAttribute("aria-hidden", "true"); // the number beside it is the same
    slider.addEventListener("input", () => {
      input.value = slider.value;
      input.dispatchEvent(new Event("change", { bubbles: true }));
    });
    input.addEventListener("input", () => (slider.value = input.value));
  }
  const write = (value) => {
    input.value = value ?? "";
    if (slider) slider.value = value ?? min;
  };
  const read = () => {
    if (input.validity.badInput) return NaN;
    return input.value === "" ? undefined : Number(input.value);
  };
  return { input, beside: slider || null, read, write };
}

function text() {
  const input = h("input", { autocomplete: "off", spellcheck: false });
  return {
    input,
    read: () => (input.value === "" ? undefined : input.value),
    write: (value) => (input.value = value ?? ""),
  };
}

function json() {
  const input = h("textarea", { rows: 3, spellcheck: false, placeholder: "JSON" });
  const read = () => (input.value.trim() === "" ? undefined : JSON.parse(input.value));
  return { input, read, write: (value) => (input.value = value === undefined ? "" : JSON.stringify(value)) };
}
