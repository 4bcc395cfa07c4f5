/** The form of a program: parameters, inputs and the rest, sent as one job or as a sweep. */

import { goTo } from "../../lib/address.js";
import { fill, h } from "../../lib/dom.js";
import { say } from "../../lib/notices.js";
import { count, plural } from "../../lib/numbers.js";
import { failure, progressBar } from "../../lib/waiting.js";
import { groupAddress, jobAddress } from "../words.js";
import { problemWords } from "./choosing.js";
import { COMMAND, commandField } from "./command.js";
import { inputSection } from "./inputs.js";
import { moreFields } from "./more.js";
import { parameterFields } from "./parameters.js";
import { placeOf } from "./placing.js";
import { askSchedule } from "./scheduling.js";
import { bodyOf, jobsOf, submit } from "./sending.js";

/** More jobs than this are asked about once more. */
const MANY = 1000;

/** The form, with what an earlier job had: `{element, end}`. */
export function jobForm(program, programs, before) {
  const parameters = parameterFields(program.parameters ?? {}, before.parameters);
  const command = program === COMMAND ? commandField(before.command) : null;
  const inputs = inputSection(program, before);
  const more = moreFields(program, programs, before);
  const [sweeps, force] = [h("input", { type: "checkbox", role: "switch" }), h("input", { type: "checkbox" })];
  const many = h("p", { class: "many", "aria-live": "polite" });
  const said = h("div", { class: "said" });
  const run = h("button", { class: "primary", data: { needs: "submitter" } }, "Run");
  const schedule = h("button", { type: "button", onclick: plan, data: { needs: "submitter" } }, "Schedule…");
  const elements = (fields) => fields.map(({ element }) => element);
  const sweepFields = h("div", { class: "fields", hidden: true }, elements(more.sweep));
  const problems = (program.problems ?? []).map(problemWords);

  const form = h(
    "form",
    { class: "panel job-form", noValidate: true, "aria-label": `New job of ${program.name}`, onsubmit: give },
    h("header", {}, h("h2", {}, program.name), h("a", { class: "hint", href: "#jobs/new" }, "Another program")),
    h("p", { class: "about" }, program.description),
    problems.length > 0 && failure({ message: `It cannot be run: ${problems.join(" ")}` }),
    h(
      "section",
      { "aria-label": "Parameters" },
      h("div", { class: "section-head" }, h("h3", {}, "Parameters"), !command && h("label", {}, sweeps, "Sweep")),
      many,
      command?.element,
      parameters.length > 0 && h("div", { class: "fields" }, elements(parameters)),
      !command && !parameters.length && h("p", { class: "hint" }, "It has none."),
      sweepFields,
    ),
    inputs.element,
    h("section", { "aria-label": "Name and tags" }, h("div", { class: "fields" }, elements(more.main))),
    h("details", {}, h("summary", {}, "More"), h("div", { class: "fields" }, elements(more.more))),
    said,
    h(
      "div",
      { class: "buttons" },
      run,
      schedule,
      h("label", { title: "Run it even if the same was run before" }, force, "Run anew, even if its result is there"),
    ),
  );
  run.disabled = problems.length > 0;

  const swept = () => sweeps.checked;
  const valued = () => parameters.map(({ name, values }) => ({ name, values: values() }));
  const given = [command, ...parameters, ...inputs.fields, ...more.fields].filter(Boolean);
  const fields = () => given.filter(({ element }) => !element.closest("[hidden]"));

  function tellMany() {
    many.hidden = !swept();
    schedule.hidden = swept();
    if (!swept()) return void fill(run, "Run");
    const { fan } = inputs.given();
    const number = jobsOf(valuedSafely(), fan);
    const each = fan ? "values and inputs" : "values";
    fill(many, `Makes ${plural(number, "job")}: one for each combination of ${each}.`);
    return void fill(run, `Run ${plural(number, "job")}`);
  }

  // While something is typed it may not be readable yet.
  function valuedSafely() {
    try {
      return valued();
    } catch {
      return [];
    }
  }

  function agree() {
    const wrong = fields().filter((one) => !one.agrees());
    if (wrong.length) goToField(wrong[0]);
    return !wrong.length;
  }

  const wish = () => {
    const what = command ? { command: command.words() } : { program: program.name };
    const common = { what, parameters: valued(), inputs: inputs.given() };
    return bodyOf({ ...common, more: more.read(swept()), force: force.checked, swept: swept() });
  };

  async function give(event) {
    event.preventDefault();
    fill(said);
    if (!agree()) return;
    const number = jobsOf(valued(), inputs.given().fan);
    if (swept() && number > MANY && run.dataset.sure !== String(number)) {
      run.dataset.sure = String(number);
      return void fill(
        said,
        h("p", { class: "warn" }, `These are ${count(number)} jobs. Press once more to run them.`),
      );
    }
    const controller = new AbortController();
    const bar = progressBar("Sending", () => controller.abort());
    const timer = setTimeout(() => fill(said, bar.element), 300);
    run.disabled = true;
    try {
      const tell = (progress) => bar.tell({ state: "RUNNING", progress });
      const answer = await submit(wish(), inputs.given(), swept(), controller.signal, tell);
      const made = swept() ? groupAddress(answer.id) : jobAddress(answer.id);
      // Who has left the form meanwhile stays where they are.
      if (form.isConnected) goTo(made);
      else say(`${program.name} was handed in.`, ["Show it", () => goTo(made)]);
    } catch (error) {
      clearTimeout(timer);
      if (error.name === "AbortError") fill(said);
      else showProblem(error);
    } finally {
      clearTimeout(timer);
      bar.end();
      run.disabled = false;
    }
  }

  // A problem stands at the field that it names.
  function showProblem(error) {
    const name = placeOf(error);
    const field = given.find((one) => one.name === name);
    fill(said);
    if (field) {
      field.say(error.message);
      goToField(field);
    } else if (/^(inputs?|files|archive)\b/.test(name ?? "")) {
      inputs.say(error.message);
      inputs.element.scrollIntoView({ block: "nearest" });
    } else fill(said, failure(error));
  }

  async function plan() {
    fill(said);
    if (!agree()) return;
    const { files, archive } = inputs.given();
    if (files.length || archive) {
      return void inputs.say(
        "A schedule reads data sets and addresses, not files from here. Add the files as a data set first.",
      );
    }
    const made = await askSchedule(program.name, wish());
    if (made) goTo("#jobs/schedules");
  }

  sweeps.addEventListener("change", () => {
    for (const one of parameters) one.sweep(swept());
    inputs.sweep(swept());
    sweepFields.hidden = !swept();
    tellMany();
  });
  form.addEventListener("input", tellMany);
  form.addEventListener("change", tellMany);
  tellMany();
  return { element: form, end: inputs.end };
}

function goToField({ element, input }) {
  element.closest("details")?.setAttribute("open", "");
  input.focus();
}
