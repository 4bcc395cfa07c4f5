/** What a row of the table of tasks shows. */

import { h } from "../lib/dom.js";
import { duration } from "../lib/numbers.js";
import { elapsed, ended, share } from "../lib/progress.js";
import { timeAgo } from "../lib/times.js";
import { nameOf, STATES } from "./words.js";

export const COLUMNS = [
  { key: "state", title: "State", width: "7rem", cell: (task) => stateMark(task) },
  { key: "task", title: "Task", width: "16rem", cell: ({ task }) => h("span", { title: task }, nameOf(task)) },
  { key: "experiment", title: "Experiment", width: "10rem", cell: experimentCell },
  { key: "progress", title: "Progress", width: "14rem", cell: progress },
  { key: "elapsed", title: "Elapsed", width: "11rem", cell: (task) => timeCell(task) },
  { key: "attempt", title: "Attempt", width: "5rem", numeric: true, cell: (task) => String(task.attempt) },
  { key: "queued", title: "Queued", width: "6.5rem", cell: (task) => timeAgo(task.queuedAt) },
  { key: "reason", title: "What went wrong", width: "auto", cell: reason },
];

/** The state as a coloured word. */
export function stateMark(task) {
  const [word, kind] = STATES[task.state];
  const stopping = task.killRequested && !ended(task);
  return h("span", { class: `state ${stopping ? "killed" : kind}` }, stopping ? "cancelling" : word);
}

/** "12 s of about 30 s" while it runs, afterwards what it took; whole seconds while they pass. */
export function timeWords(task) {
  const seconds = elapsed(task);
  if (seconds === null) return "–";
  if (ended(task)) return duration(seconds);
  const expected = task.expectedSeconds ? ` of about ${duration(roughly(task.expectedSeconds))}` : "";
  return duration(Math.floor(seconds)) + expected;
}

/** How far a running task is: a bar, and the words of the step. */
export function progress(task) {
  if (task.state !== "RUNNING") return "";
  const done = share(task);
  const bar = h("progress", { max: 1, "aria-label": `Progress of ${nameOf(task.task)}` });
  if (done !== null) bar.value = done;
  const words = task.progress?.message ?? "";
  return h("div", { class: "progress" }, bar, h("span", { class: "hint", title: words }, words));
}

function experimentCell({ experiment }) {
  return h("span", { title: experiment }, experiment);
}

const timeCell = (task) => h("span", { class: ended(task) ? "" : "passing" }, timeWords(task));
const roughly = (seconds) => (seconds < 10 ? Number(seconds.toPrecision(1)) : Math.round(seconds));

function reason(task) {
  if (!task.reason || task.state === "COMPLETE") return "";
  return h("span", { class: task.state === "FAILED" ? "bad" : "hint", title: task.reason }, task.reason);
}
