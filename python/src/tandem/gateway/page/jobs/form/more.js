/** What else can be said of a job: its name, tags, turn and limits. */

import { field } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";

const DURATION = /^\d+(\.\d+)?\s*(s|min|h|d)?$/i;
const MEMORY = /^\d+(\.\d+)?\s*(B|[kMGT]i?B)?$/i;
const PRIORITIES = ["high", "normal", "low"];

/** The fields by the names that the gateway knows them by: `{fields, main, more, read(sweep)}`. */
export function moreFields(program, programs, before = {}) {
  const text = (name, label, hint, check = () => null) => {
    const input = h("input", { autocomplete: "off", spellcheck: false, value: before[name] ?? "" });
    return {
      name,
      ...field(label, input, { hint, check: () => (input.value.trim() ? check(input.value.trim()) : null) }),
    };
  };
  const select = (name, label, options, value, hint) => {
    const input = h(
      "select",
      {},
      options.map(([one, words]) => h("option", { value: one }, words)),
    );
    input.value = value;
    return { name, ...field(label, input, { hint }) };
  };
  const is = (pattern, words) => (value) => (pattern.test(value) ? null : words);
  const positive = (value) => (Number(value) > 0 ? null : "It is a number above 0.");
  const whole = (value) => (/^\d+$/.test(value) ? null : "It is a whole number.");
  const wrongTag = (value) =>
    value
      .split(",")
      .map((one) => one.trim())
      .find((one) => one && !/^[^=\s]+=./.test(one));
  const reduces = [["", "none"], ...programs.filter((one) => one.version).map(({ name }) => [name, name])];

  const main = [
    text("name", "Name", "As it is listed; made from the program where it is empty."),
    text(
      "tags",
      "Tags",
      "As batch=3, donor=A: to find it by.",
      (value) => wrongTag(value) && `${wrongTag(value)} is not of the form name=value.`,
    ),
  ];
  const more = [
    select(
      "priority",
      "Priority",
      PRIORITIES.map((one) => [one, one]),
      before.priority ?? "normal",
    ),
    text("queue", "Queue", `${program.queue ?? "default"} where it is empty.`),
    text("after", "After", "Ids of jobs that must be done before, separated by commas."),
    text("retries", "Retries", `${program.retries ?? 0} where it is empty.`, whole),
    text("timeLimit", "Time limit", "As 90 s, 10 min, 2 h.", is(DURATION, "It is a time, as 90 s, 10 min, 2 h.")),
    text("memory", "Memory", "As 500 MB, 2 GiB.", is(MEMORY, "It is a size, as 500 MB, 2 GiB.")),
    text("disk", "Disk", "For all it writes, as 500 MB, 2 GiB.", is(MEMORY, "It is a size, as 500 MB, 2 GiB.")),
    text("gpus", "GPUs", `${program.gpus ?? 0} where it is empty.`, whole),
    text("cpus", "CPUs", "A fraction is possible.", positive),
  ];
  const sweep = [
    select("reduce", "Reduce program", reduces, "", "Begins when all have ended, and reads their results."),
    text("cpuHours", "At most, CPU-hours", "No more jobs begin when these are used up.", positive),
  ];
  const fields = [...main, ...more, ...sweep];

  /** What was said, as the gateway takes it; `swept` with what only a sweep has. */
  function read(swept) {
    const said = Object.fromEntries(fields.map(({ name, input }) => [name, input.value.trim() || undefined]));
    const { reduce, cpuHours, ...common } = said;
    for (const name of ["retries", "cpus", "gpus"]) common[name] = said[name] && Number(said[name]);
    for (const name of ["timeLimit", "memory", "disk"]) common[name] = said[name]?.replaceAll(/\s+/g, "");
    Object.assign(common, { tags: tagsIn(said.tags), after: listed(said.after) });
    if (!swept) return common;
    return { ...common, reduce: reduce && { program: reduce }, limit: cpuHours && { cpuHours: Number(cpuHours) } };
  }

  return { fields, main, more, sweep, read };
}

const listed = (text = "") =>
  text
    .split(",")
    .map((one) => one.trim())
    .filter(Boolean);

const tagsIn = (text) =>
  Object.fromEntries(listed(text).map((one) => [one.slice(0, one.indexOf("=")), one.slice(one.indexOf("=") + 1)]));
