/** The form between files and their import: under which id, and what is to be done. */

import { get, withQuery } from "../lib/api.js";
import { askForm, field } from "../lib/dialog.js";
import { h, settled } from "../lib/dom.js";
import { namesOf, sizeOf } from "../lib/files.js";
import { bytes, plural } from "../lib/numbers.js";
import { faultInId, suggestedId } from "./ids.js";
import { MAIN, MORE, optionFields, optionsOf } from "./options.js";

/** Typing rests so long before the gateway is asked whether an id is taken, in milliseconds. */
const REST_MS = 300;

/** What is to be imported and how, `{id, name, files, samples, options, force}`; null when it was dismissed. */
export async function askImport(files, before = {}) {
  const id = idField(before.id ?? suggestedId(files));
  const name = field("Name", h("input", { maxLength: 200, autocomplete: "off", value: before.name ?? "" }), {
    hint: "As it is shown; the id where it is empty.",
  });
  const samples = field("Table of samples", h("input", { type: "file", accept: ".csv,.tsv,.txt" }), {
    hint: "CSV: the sample in its first column, each other column a metadata track.",
  });
  const main = optionFields(MAIN, before.options);
  const more = optionFields(MORE, before.options);
  const elements = (fields) => fields.map(({ element }) => element);
  const content = [
    h("p", { class: "hint files" }, `${namesOf(files)} · ${plural(files.length, "file")} · ${bytes(sizeOf(files))}`),
    h("div", { class: "fields" }, id.element, name.element, id.replace, samples.element),
    h("h3", {}, "What is done"),
    h("div", { class: "fields" }, elements(main)),
    folded("More", more.some(({ input }) => input.value !== ""), elements(more)),
  ];
  const fields = [id, name, samples, ...main, ...more];
  if (!(await askForm("Import", fields, "Import", { content, wide: true }))) return null;
  return {
    id: id.input.value.trim(),
    name: name.input.value.trim(),
    files,
    samples: samples.input.files[0] ?? before.samples ?? null,
    options: optionsOf([...main, ...more]),
    force: id.replaces(),
  };
}

const folded = (words, open, elements) =>
  h("details", { open }, h("summary", {}, words), h("div", { class: "fields" }, elements));

// An id that is taken already may be taken on purpose.
function idField(suggested) {
  const input = h("input", { maxLength: 100, autocomplete: "off", spellcheck: false, value: suggested });
  const agree = h("input", { type: "checkbox" });
  const replace = h("div", { class: "replace", hidden: true });
  let taken = null;
  const check = () => {
    const value = input.value.trim();
    if (faultInId(value)) return faultInId(value);
    if (taken !== value || agree.checked) return null;
    return `There is an experiment ${value} already. Choose another id, or replace it.`;
  };
  const made = field("Id", input, { hint: "In addresses, and the folder's name.", check });
  const look = async () => {
    const value = input.value.trim();
    const found = !faultInId(value) && (await exists(value).catch(() => false));
    if (input.value.trim() !== value) return;
    taken = found ? value : null;
    replace.hidden = !found;
    if (!found) agree.checked = false;
    made.agrees();
  };
  replace.append(h("label", {}, agree, "Replace the experiment that is there"));
  agree.addEventListener("change", made.agrees);
  input.addEventListener("input", settled(look, REST_MS));
  look();
  return { ...made, replace, replaces: () => agree.checked };
}

// By the list, for a question about one that is not there would be an error.
async function exists(id) {
  const { items } = await get(withQuery("/experiments", { search: id, limit: 500 }));
  return items.some((one) => one.id === id && (one.state !== "importing" || one.importedAt));
}
