/** One job: its state and reason, what can be done, its facts; log, results, inputs and provenance in tabs. */

import { goTo, readAddress, setQuery } from "../../lib/address.js";
import { get, Unreachable } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { ended } from "../../lib/progress.js";
import { failure, waitIn } from "../../lib/waiting.js";
import { actButton, fittingActs } from "../acting.js";
import { poll } from "../polling.js";
import { tabBar } from "../tabs.js";
import { groupAddress, jobAddress, nameOf, progressOf, reasonOf, stateMark, tookWords } from "../words.js";
import { facts, tries } from "./facts.js";
import { givenTab } from "./given.js";
import { logTab } from "./log.js";
import { provenanceTab } from "./provenance.js";
import { resultsTab } from "./results.js";

/** How often the time that passes is told, in milliseconds. */
const TICK_MS = 1000;
const TABS = [
  ["log", "Log", logTab],
  ["results", "Results", resultsTab],
  ["inputs", "Inputs and parameters", givenTab],
  ["provenance", "Provenance", provenanceTab],
];

/** Open a job in an element. */
export function openPart(place, id) {
  const path = `/jobs/${encodeURIComponent(id)}`;
  const head = h("div", { class: "job-head" });
  const said = h("div", { class: "said" });
  const trouble = h("div", {});
  const sheet = h("div", { class: "job-facts" });
  const tabs = tabBar("Parts of the job", TABS, (name) => setQuery({ tab: name === "log" ? null : name, file: null }));
  const body = h("section", { class: "panel job", "aria-label": "Job" }, head, said, trouble, sheet, tabs.element);
  const waiting = h("div", {});
  let [job, told, shown] = [null, "", null];
  place.append(waiting, body);
  body.hidden = true;

  const load = (signal) => get(path, { signal });
  const open = () => waitIn(waiting, "Looking for the job", load, show);

  function show(found) {
    const before = job;
    job = found;
    body.hidden = false;
    document.title = `${nameOf(job)} – Tandem`;
    const now = JSON.stringify(job);
    if (now !== told) {
      if (!before || parts(before) !== parts(job)) fill(head, headOf(job, said, acted));
      else head.querySelector(".told")?.replaceChildren(...[progressOf(job)].filter(Boolean));
      fill(sheet, facts(job), tries(job));
    }
    told = now;
    if (before) shown?.tell?.(job);
    update();
  }

  function update() {
    const { tab = "log" } = readAddress().query;
    const [name, , make] = TABS.find(([one]) => one === tab) ?? TABS[0];
    if (!job) return;
    if (shown?.name === name) return void shown.update?.();
    shown?.close?.();
    tabs.choose(name);
    shown = { name, ...make(tabs.panel, job) };
  }

  async function acted([answer], name) {
    if (name === "delete") return goTo("#jobs");
    const made = await answer.json();
    if (made.id !== id) return goTo(jobAddress(made.id));
    return polling.now();
  }

  async function refresh() {
    if (!job || ended(job)) return false;
    try {
      show(await load());
      fill(trouble);
    } catch (error) {
      if (!(error instanceof Unreachable)) fill(trouble, failure(error));
      if (error.status === 404) polling.end(); // it is gone, and will not come back
      throw error;
    }
    return !ended(job);
  }

  function tick() {
    if (!job || ended(job)) return;
    for (const time of body.querySelectorAll(".passing")) time.textContent = tookWords(job);
  }

  const polling = poll(refresh);
  const timer = setInterval(tick, TICK_MS);
  open();
  return {
    update,
    close: () => {
      polling.end();
      clearInterval(timer);
      shown?.close?.();
    },
  };
}

// What of a job changes its head, apart from how far it is.
const parts = ({ state, reason, phase, killRequested, waitingFor, attempt }) =>
  JSON.stringify([state, reason, phase, killRequested, waitingFor, attempt]);

function headOf(job, said, acted) {
  const buttons = fittingActs(job).map((name) => actButton(name, job, said, (answers) => acted(answers, name)));
  const change = {
    class: "button",
    href: `#jobs/new?from=${encodeURIComponent(job.id)}`,
    data: { needs: "submitter" },
  };
  const group = job.group && h("a", { href: groupAddress(job.group) }, "its group");
  const reason = reasonOf(job);
  return [
    h("header", {}, h("h2", {}, nameOf(job)), stateMark(job), group && h("span", { class: "hint" }, "in ", group)),
    h("div", { class: "buttons" }, buttons, h("a", change, "Run again with changes")),
    reason && h("p", { class: job.state === "FAILED" ? "reason bad" : "reason" }, reason),
    h("div", { class: "told" }, progressOf(job)),
  ];
}
