/** Jobs in words: their states, how long they took, what they used. */

import { addressOf } from "../lib/address.js";
import { h } from "../lib/dom.js";
import { count, duration } from "../lib/numbers.js";
import { elapsed, ended } from "../lib/progress.js";

/** Each state: its word, and the class that colours it. */
export const STATES = {
  QUEUED: ["waiting", "queued"],
  RUNNING: ["running", "running"],
  COMPLETE: ["done", "complete"],
  FAILED: ["failed", "failed"],
  KILLED: ["killed", "killed"],
  EXPIRED: ["expired", "expired"],
};
/** Phases of a running job. */
const PHASES = { prepare: "fetches its inputs", run: "runs", collect: "keeps its results" };

/** What a job is called. */
export const nameOf = ({ name, program, id }) => name || program || id;

/** The state as a mark and a word. */
export function stateMark({ state, killRequested = false }) {
  const [word, kind] = STATES[state] ?? [state, ""];
  const stopping = killRequested && !ended({ state });
  return h("span", { class: `state ${stopping ? "killed" : kind}` }, stopping ? "being killed" : word);
}

/** What is to be known of a job's state, in a sentence; null where the word says it all. */
export function reasonOf(job) {
  if (job.reason && job.state !== "COMPLETE") return job.reason;
  if (job.state === "RUNNING") return PHASES[job.phase] ? `It ${PHASES[job.phase]}.` : null;
  if (job.state !== "QUEUED") return job.cachedFrom ? "The same was asked before, so its result was taken." : null;
  const others = job.waitingFor?.length ?? 0;
  if (others) return `It waits for ${others === 1 ? "another job" : `${count(others)} other jobs`}.`;
  return job.attempt > 1 ? "It will be tried again." : "It waits for a free place on a runner.";
}

/** How long it ran or has been running; whole seconds while they pass. */
export function tookWords(job) {
  const seconds = elapsed(job);
  if (seconds === null) return "–";
  return duration(ended(job) ? seconds : Math.floor(seconds));
}

/** How far a running job says that it is. */
export function progressOf(job) {
  const { message, step, total } = job.progress ?? {};
  if (job.state !== "RUNNING" || !job.progress) return "";
  const bar = total && h("progress", { max: total, value: step ?? 0, "aria-label": `Progress of ${nameOf(job)}` });
  const words = message || (total ? `${step ?? 0} of ${total}` : "");
  return h("div", { class: "progress" }, bar, h("span", { class: "hint", title: words }, words));
}

/** Where a job, or a group, is shown. */
export const jobAddress = (id, query = {}) => addressOf("jobs", id, query);
export const groupAddress = (id, query = {}) => addressOf("jobs", `group/${id}`, query);

/** Whether a group has come to its end. */
export const groupOpen = ({ counts = {} }) => Boolean((counts.QUEUED ?? 0) + (counts.RUNNING ?? 0));

/** A value of a parameter as people read it. */
export const valueWords = (value) => (typeof value === "string" ? value : JSON.stringify(value));
