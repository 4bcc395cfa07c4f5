/** A new job: choose a program, fill in what it wants, run it once or over many values. */

import { addressOf, readAddress } from "../../lib/address.js";
import { get } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { waitIn } from "../../lib/waiting.js";
import { nameOf } from "../words.js";
import { programCards } from "./choosing.js";
import { COMMAND } from "./command.js";
import { jobForm } from "./form.js";

/** Open the form, or the choice of a program, in an element. */
export function openPart(place) {
  const body = h("div", { class: "new-job" });
  let [asked, form] = ["", null];
  place.append(body);

  async function load(signal) {
    const { program, from } = readAddress().query;
    const [programs, job] = await Promise.all([
      get("/programs", { signal }),
      from ? get(`/jobs/${encodeURIComponent(from)}`, { signal }) : null,
    ]);
    const offered = programs.commandsAllowed ? [...programs.items, COMMAND] : programs.items;
    return { programs: offered, name: job?.program ?? program, job };
  }

  function show({ programs, name, job }) {
    const program = programs.find((one) => one.name === name);
    if (program) {
      form = jobForm(program, programs, beforeOf(job, program));
      return void fill(body, form.element);
    }
    const lost =
      name && h("p", { class: "failure", role: "alert" }, `There is no program ${name} any more. Choose another.`);
    return void fill(
      body,
      lost,
      programCards(programs, (one) =>
        addressOf("jobs", "new", { ...readAddress().query, from: null, program: one.name }),
      ),
    );
  }

  function update() {
    const { program, from } = readAddress().query;
    const now = JSON.stringify([program, from]);
    if (now === asked) return;
    asked = now;
    form?.end();
    form = null;
    waitIn(body, "Looking for programs", load, show);
  }

  update();
  return { update, close: () => form?.end() };
}

// What an earlier job was, as the form begins with it; without one, what the address says.
function beforeOf(job, program) {
  const { data, experiment } = readAddress().query;
  if (!job) return { sources: data ? [{ data }] : [], experiment };
  const tags = Object.entries(job.tags ?? {}).filter(
    ([name]) => name !== "retryOf" && !(name in (job.parameters ?? {})),
  );
  return {
    command: job.command,
    parameters: job.parameters,
    name: job.name,
    tags: tags.map(([name, value]) => `${name}=${value}`).join(", "),
    queue: job.queue,
    priority: job.priority,
    sources: job.inputs.length && !program.experiment ? [{ inputsOf: job.id, name: nameOf(job) }] : [],
    experiment: job.experiment,
  };
}
