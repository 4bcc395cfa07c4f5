/** Programs: what can be run, what each wants and gives, and what is wrong with one that is unsound. */

import { addressOf } from "../lib/address.js";
import { get } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { bytes, duration } from "../lib/numbers.js";
import { waitIn } from "../lib/waiting.js";
import { nothing, problemWords } from "./form/choosing.js";
import { valueWords } from "./words.js";

/** So many are shown at once. */
const MOST = 200;

/** Open the list in an element. */
export function openPart(place) {
  const body = h("div", { class: "cards programs" });
  place.append(body);
  const load = (signal) => get("/programs", { signal });
  waitIn(body, "Looking for programs", load, ({ items }) => {
    if (!items.length) return fill(body, h("p", { class: "nothing hint" }, nothing()));
    return fill(body, items.slice(0, MOST).map(programCard));
  });
  return { close() {} };
}

function programCard(program) {
  const { name, label, version, description, problems = [] } = program;
  const href = addressOf("jobs", "new", { program: name });
  const begin = h(
    "a",
    { class: "button primary", href, "aria-label": `New job of ${name}`, data: { needs: "submitter" } },
    "New job",
  );
  const jobs = h("a", { class: "button", href: addressOf("jobs", "", { program: name }) }, "Its jobs");
  const list = h(
    "ul",
    { class: "problems bad" },
    problems.map((one) => h("li", {}, problemWords(one))),
  );
  return h(
    "article",
    { class: "panel card", "aria-label": name },
    h("header", {}, h("h2", {}, name), h("span", { class: "hint", title: version }, label ?? version)),
    h("p", {}, description),
    problems.length > 0 && [h("p", { class: "bad" }, "It cannot be run until this is put right:"), list],
    parameterList(program.parameters ?? {}),
    h("p", { class: "hint" }, needsWords(program)),
    h("div", { class: "buttons" }, !problems.length && begin, jobs),
  );
}

function parameterList({ properties = {} }) {
  const entries = Object.entries(properties);
  if (!entries.length) return null;
  const line = ([name, schema]) => [h("dt", {}, name), h("dd", {}, parameterWords(schema))];
  return h(
    "details",
    {},
    h("summary", {}, `Parameters (${entries.length})`),
    h("dl", { class: "facts-list" }, entries.map(line)),
  );
}

function parameterWords({ type, enum: values, default: first, minimum, maximum, description }) {
  const bounds = minimum != null || maximum != null ? `${minimum ?? "…"} to ${maximum ?? "…"}` : null;
  const kind = values ? values.map(valueWords).join(", ") : [type].flat().join(" or ");
  const begins = first === undefined ? null : `default ${valueWords(first)}`;
  return [description, [kind, bounds, begins].filter(Boolean).join("; ")].filter(Boolean).join(" · ");
}

function needsWords({ inputs = [], results = [], cpus, memoryBytes, timeS, gpus, experiment, image, maxParallel }) {
  return [
    experiment && "reads an experiment",
    inputs.length > 0 && `reads ${inputs.join(", ")}`,
    results.length > 0 && `gives ${results.join(", ")}`,
    cpus && `${cpus} ${cpus === 1 ? "CPU" : "CPUs"}`,
    gpus > 0 && `${gpus} ${gpus === 1 ? "GPU" : "GPUs"}`,
    memoryBytes && bytes(memoryBytes),
    timeS && `at most ${duration(timeS).replace(/ 0 (s|min)$/, "")}`,
    maxParallel && `${maxParallel} at once`,
    image && `in ${image}`,
  ]
    .filter(Boolean)
    .join(" · ");
}
