/** What a job reads: files from here, an archive, data sets, results of earlier jobs, an address, an experiment. */

import { get } from "../../lib/api.js";
import { field } from "../../lib/dialog.js";
import { fill, h } from "../../lib/dom.js";
import { chooser, takeDrops } from "../../lib/drop.js";
import { namesOf, sizeOf } from "../../lib/files.js";
import { bytes, plural } from "../../lib/numbers.js";
import { nameOf } from "../words.js";

/** So many of the newest jobs with results are offered. */
const JOBS = 50;
const ARCHIVES = /\.(zip|tar|tgz|tar\.(gz|bz2|xz))$/i;

/** The section of inputs: `{element, fields, given(), sweep(on), say, end}`. */
export function inputSection(program, before = {}) {
  const chosen = h("ul", { class: "chosen-inputs", "aria-label": "Chosen inputs", "aria-live": "polite" });
  const told = h("p", { class: "bad told", role: "alert" });
  let [files, unpack] = [[], true];
  const sources = [...(before.sources ?? [])];
  const experiment = program.experiment ? experimentField(before.experiment) : null;
  const archive = h("input", { type: "checkbox", checked: true });
  const unpacking = h("label", { hidden: true }, archive, "Unpack the archive");
  archive.addEventListener("change", () => (unpack = archive.checked));
  const each = h("input", { type: "checkbox" });
  const fanning = h("label", { hidden: true }, each, "Each file or folder is the input of a job of its own");
  let swept = false;

  function take(found) {
    files = [...files.filter(({ path }) => !found.some((one) => one.path === path)), ...found];
    draw();
  }

  function add(source) {
    if (!sources.some((one) => JSON.stringify(one) === JSON.stringify(source))) sources.push(source);
    draw();
  }

  const tops = () => [...new Set(files.map(({ path }) => path.split("/")[0]))];
  const isArchive = () => files.length === 1 && ARCHIVES.test(files[0].path);

  function draw() {
    say(null);
    unpacking.hidden = !isArchive();
    fanning.hidden = !swept || tops().length < 2;
    const size = files.length && `${namesOf(files)} · ${plural(files.length, "file")} · ${bytes(sizeOf(files))}`;
    const drop = () => {
      files = [];
      draw();
    };
    const leave = (source) => () => {
      sources.splice(sources.indexOf(source), 1);
      draw();
    };
    fill(
      chosen,
      files.length > 0 && entry(size, "Leave out the files", drop),
      sources.map((source) => entry(wordsOf(source), `Leave out ${wordsOf(source)}`, leave(source))),
    );
  }

  const say = (words) => fill(told, words);
  const element = h(
    "section",
    { class: "inputs", "aria-label": "Inputs" },
    h("h3", {}, "Inputs"),
    wanted(program),
    h("div", { class: "fields" }, experiment?.element),
    chosen,
    unpacking,
    fanning,
    told,
    h(
      "div",
      { class: "add-inputs" },
      chooser("Choose files", take, { needs: "submitter" }),
      chooser("Choose a folder", take, { folder: true, needs: "submitter" }),
      dataSets(add),
      earlierJobs(add),
      addressInput(add),
      h("span", { class: "hint" }, "or drop them anywhere"),
    ),
  );
  draw();
  const given = () => {
    const whole = isArchive() && unpack;
    const fan = !fanning.hidden && each.checked ? tops().length : 0;
    const archived = whole ? files[0].file : null;
    return { files: whole ? [] : files, archive: archived, fan, sources, experiment: experiment?.input.value || null };
  };
  const sweep = (on) => {
    swept = on;
    draw();
  };
  const end = takeDrops(element, take, "Drop to give them to the job");
  return {
    element,
    fields: experiment ? [experiment] : [],
    given,
    sweep,
    say,
    end,
  };
}

function entry(words, label, leave) {
  const button = h(
    "button",
    { type: "button", class: "quiet", "aria-label": label, title: label, onclick: leave },
    "×",
  );
  return h("li", {}, h("span", {}, words), button);
}

/** A source in words. */
export function wordsOf(source) {
  if (source.data) return `data set ${source.data}`;
  if (source.job) return `results of ${source.name ?? source.job}${source.path ? `: ${source.path}` : ""}`;
  if (source.inputsOf) return `inputs of ${source.name ?? source.inputsOf}`;
  return source.url;
}

function wanted({ inputs: globs = [], experiment }) {
  if (!globs.length)
    return h(
      "p",
      { class: "hint" },
      experiment ? "It reads an experiment." : "It needs no files, and may be given some.",
    );
  return h(
    "p",
    { class: "hint" },
    "It reads ",
    globs.map((glob, at) => [at > 0 && ", ", h("code", {}, glob)]),
    ".",
  );
}

function experimentField(before) {
  const input = h("select", {}, h("option", { value: "" }, "–"));
  const check = () => (input.value ? null : "Choose the experiment that it reads.");
  const made = { name: "experiment", ...field("Experiment", input, { check }) };
  const offer = ({ items }) => {
    input.append(...items.map(({ id, name }) => h("option", { value: id }, name === id ? id : `${name} (${id})`)));
    input.value = before ?? (items.length === 1 ? items[0].id : "");
  };
  get("/experiments?limit=500").then(offer, (error) => made.say(error.message));
  return made;
}

// A list from which each choice is added, so that several can be.
function adder(label, load, toOption, add) {
  const input = h("select", { "aria-label": label }, h("option", { value: "" }, `${label}…`));
  let items = [];
  input.addEventListener("change", () => {
    add(toOption(items[Number(input.value)]).source);
    input.value = "";
  });
  const offer = (found) => {
    items = found;
    input.append(...items.map((item, at) => h("option", { value: String(at) }, toOption(item).words)));
    if (!items.length) input.append(h("option", { disabled: true }, "there are none yet"));
  };
  load().then(
    ({ items: found }) => offer(found),
    () => (input.hidden = true),
  );
  return input;
}

const dataSets = (add) =>
  adder(
    "A data set",
    () => get("/data-sets"),
    ({ name, size }) => ({ words: `${name} · ${bytes(size)}`, source: { data: name } }),
    add,
  );

const earlierJobs = (add) => {
  const load = () => get(`/jobs?state=COMPLETE&limit=${JOBS}`);
  const option = (job) => ({ words: `${nameOf(job)} · ${job.id}`, source: { job: job.id } });
  return adder("Results of a job", load, option, add);
};

function addressInput(add) {
  const input = h("input", {
    type: "text",
    placeholder: "s3:// or https:// address",
    "aria-label": "Address of an input",
  });
  const give = () => {
    if (input.value.trim()) add({ url: input.value.trim() });
    input.value = "";
  };
  input.addEventListener("keydown", (event) => {
    if (event.key !== "Enter") return;
    event.preventDefault();
    give();
  });
  return h("span", { class: "address" }, input, h("button", { type: "button", onclick: give }, "Add"));
}
