/** Imports under way, whatever is shown meanwhile: uploads from this page, and tasks that any page began. */

import { goTo, addressOf } from "../lib/address.js";
import { get, withQuery } from "../lib/api.js";
import { cancel as cancelTask } from "../lib/ask.js";
import { askLive, onLive, onReturn } from "../lib/live.js";
import { say } from "../lib/notices.js";
import { ended } from "../lib/progress.js";
import { upload } from "../lib/upload.js";

const TASK = "Import";
const DEMO = "demo";
/** A failed import is shown for so long, in milliseconds. */
const SHOWN_MS = 24 * 3600 * 1000;
const DISMISSED = "tandem-dismissed-imports";
/** So many dismissed imports are remembered. */
const KEPT = 100;

const imports = new Set();
const listeners = new Set();

/** All that are under way or have failed, newest first. */
export const importsNow = () => [...imports].reverse();

/** Be told of the import that changed; the returned function ends it. */
export function onImports(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** Begin to import what the form gave. */
export const begin = (wish) => start({ id: wish.id, name: wish.name, wish }, importForm(wish));

/** Build the demo. */
export function beginDemo() {
  const form = new FormData();
  form.append("demo", "true");
  start({ id: DEMO, name: "Demo", wish: null }, form);
}

/** Whether a failed import can be tried again without more ado: its files are at hand, or none are needed. */
export const canRepeat = (made) => Boolean(made.wish) || made.id === DEMO;

/** Begin anew in the place of a failed import, with something changed where a wish is given. */
export function again(made, wish = made.wish) {
  dismiss(made);
  if (wish) begin(wish);
  else beginDemo();
}

/** Stop an import, wherever it is. */
export async function stop(made) {
  if (made.phase === "uploading" && !made.sent) return made.abort();
  change(made, { stopping: true });
  // Of one that is sent the name is not known before the gateway has answered; then it is stopped.
  if (!made.task) return undefined;
  try {
    return await cancelTask(made.task.id);
  } catch (error) {
    return change(made, { stopping: false, error });
  }
}

/** Do not show a failed import any more. */
export function dismiss(made) {
  imports.delete(made);
  if (made.task) localStorage.setItem(DISMISSED, JSON.stringify([made.task.id, ...dismissed()].slice(0, KEPT)));
  tell(made);
}

/** Find the imports that are under way on the gateway, and those that failed of late. */
export async function findImports() {
  const { answer, heard } = await askLive("task", () => get(withQuery("/tasks", { task: TASK, limit: 50 })));
  const newest = new Map();
  for (const one of answer.items) {
    if (!newest.has(one.experiment)) newest.set(one.experiment, latest(one, heard));
  }
  for (const task of [...newest.values()].reverse()) {
    const lately = Date.now() - new Date(task.finishedAt) < SHOWN_MS;
    if (!ended(task) || lately) seen(task);
  }
}

/** Whether files are on their way, which would be lost with the page. */
const isUploading = () => [...imports].some(({ phase }) => phase === "uploading");

async function start(known, form) {
  for (const other of importsNow()) if (other.id === known.id && other.phase === "failed") dismiss(other);
  const made = { ...known, phase: "uploading", loaded: 0, total: 0, sent: false, task: null, error: null };
  imports.add(made);
  const onProgress = (loaded, total) => change(made, { loaded, total });
  const { answer, abort } = upload("/experiments", form, { onProgress, onSent: () => change(made, { sent: true }) });
  made.abort = abort;
  tell(made);
  try {
    const task = await answer;
    for (const other of imports) if (other !== made && other.task?.id === task.id) imports.delete(other);
    change(made, { phase: "making", task, id: task.experiment });
    // What happened to it before its name was known here.
    if (made.stopping) stop(made);
    else look(task);
  } catch (error) {
    if (error.name !== "AbortError") return change(made, { phase: "failed", error });
    imports.delete(made);
    tell(made);
  }
  return undefined;
}

// An import that ended meanwhile is not begun again by an answer that is older.
const latest = (task, heard) => heard.findLast(({ id }) => id === task.id) ?? task;

function look({ id }) {
  const found = askLive("task", () => get(`/tasks/${id}`));
  return found.then(({ answer, heard }) => seen(latest(answer, heard))).catch(() => {});
}

function seen(task) {
  if (task.task !== TASK) return;
  const made = [...imports].find((one) => one.task?.id === task.id);
  if (made) return follow(made, task);
  // One that is being sent from here becomes this task as soon as its answer is there.
  const sent = [...imports].some(({ phase, id }) => phase === "uploading" && id === task.experiment);
  const failed = task.state === "FAILED" && !dismissed().includes(task.id);
  if (sent || !(!ended(task) || failed)) return;
  for (const other of imports) if (other.id === task.experiment) imports.delete(other);
  const adopted = { id: task.experiment, name: "", wish: null, phase: "making", task, error: null };
  imports.add(adopted);
  follow(adopted, task);
}

function follow(made, task) {
  if (!ended(task)) return made.phase === "failed" ? undefined : change(made, { task, phase: "making" });
  if (task.state === "FAILED") return change(made, { task, phase: "failed", error: null });
  imports.delete(made);
  const name = made.name || task.experiment;
  const explore = () => goTo(addressOf("explore", task.experiment));
  if (task.state === "COMPLETE") say(`${name} is imported.`, ["Explore", explore]);
  else say(`The import of ${name} was cancelled.`);
  return change(made, { task, phase: "ended" });
}

function change(made, changes) {
  Object.assign(made, changes);
  tell(made);
}

function tell(made) {
  for (const listener of listeners) listener(made);
}

// What the gateway takes for an import.
function importForm({ id, name, files, samples, options, force }) {
  const form = new FormData();
  form.append("id", id);
  if (name) form.append("name", name);
  form.append("options", JSON.stringify(options));
  if (force) form.append("force", "true");
  if (samples) form.append("samples", samples, samples.name);
  // Fields before files: the gateway may refuse before it has read them all.
  for (const { file, path } of files) form.append("files", file, path);
  return form;
}

const dismissed = () => JSON.parse(localStorage.getItem(DISMISSED) ?? "[]");

onLive("task", seen);
onReturn(() => {
  for (const { task, phase } of imports) if (phase === "making") look(task);
});
window.addEventListener("beforeunload", (event) => isUploading() && event.preventDefault());
