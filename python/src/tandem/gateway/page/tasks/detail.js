/** One task with all that is known of it: its tries, its reason, what was asked and what was found. */

import { addressOf, setQuery } from "../lib/address.js";
import { get, send } from "../lib/api.js";
import { cancel } from "../lib/ask.js";
import { copyText } from "../lib/copy.js";
import { confirm } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { askLive } from "../lib/live.js";
import { say } from "../lib/notices.js";
import { duration } from "../lib/numbers.js";
import { ended } from "../lib/progress.js";
import { fileName, save } from "../lib/save.js";
import { timeAgo } from "../lib/times.js";
import { failure, waitIn } from "../lib/waiting.js";
import { progress, stateMark, timeWords } from "./columns.js";
import { resultOf } from "./result.js";
import { changesCellSets, isImport, nameOf } from "./words.js";

/** Show a task in an element; `{id, taskChanged, tick, reload, close}`. */
export function taskDetail(place, id, onClose) {
  const body = h("div", { class: "detail" });
  const heading = h("h2", { id: "task-name", tabIndex: -1 }, "Task");
  const named = { "aria-label": "Close", title: "Close (Esc)" };
  const leave = h("button", { type: "button", class: "quiet", onclick: onClose, ...named }, "×");
  fill(place, h("header", { class: "side-head" }, heading, leave), body);
  let task = null;

  const ask = (signal) => askLive("task", () => get(`/tasks/${encodeURIComponent(id)}`, { signal }));
  const load = () => waitIn(body, "Looking for the task", ask, show);

  function show({ answer, heard }) {
    task = answer;
    fill(heading, nameOf(task.task));
    const said = h("div", { class: "said" });
    const buttons = h("div", { class: "buttons" }, actions(task, said));
    fill(body, facts(task), reason(task), buttons, said, tries(task), request(task), result(task));
    heard.forEach(taskChanged);
  }

  /** Hear of a change of any task. */
  function taskChanged(changed) {
    if (!task || changed.id !== id) return;
    if (["state", "attempt", "killRequested"].some((name) => changed[name] !== task[name])) load();
    else {
      Object.assign(task, changed);
      body.querySelector(".facts-list")?.replaceWith(facts(task));
    }
  }

  /** A second has passed. */
  function tick() {
    const time = task && !ended(task) && body.querySelector(".passing");
    if (time) time.textContent = timeWords(task);
  }

  load();
  return { id, taskChanged, tick, reload: load, close: () => fill(place) };
}

function facts(task) {
  const isThere = !isImport(task) || task.state === "COMPLETE";
  const pairs = [
    ["State", h("span", { class: "with-bar" }, stateMark(task), progress(task))],
    ["Experiment", isThere ? linkTo(task.experiment) : task.experiment],
    ["Queued", timeAgo(task.queuedAt)],
    ["Took", h("span", { class: ended(task) ? "" : "passing" }, timeWords(task))],
    ["Request id", h("code", {}, task.id)],
    task.etag && ["Result", h("code", {}, task.etag)],
  ].filter(Boolean);
  return h("dl", { class: "facts-list" }, pairs.map(([term, value]) => [h("dt", {}, term), h("dd", {}, value)]));
}

function reason(task) {
  if (task.state !== "FAILED" && task.state !== "EXPIRED") return null;
  const expired = task.state === "EXPIRED";
  const words = expired ? "It has expired before it was done." : "It has failed without a reason.";
  return failure({ message: task.reason ?? words, code: task.errorCode, requestId: task.id });
}

const linkTo = (experiment) => h("a", { href: addressOf("explore", experiment) }, experiment);

function actions(task, said) {
  const told = { type: "button", data: { needs: "submitter" } };
  const button = (words, kind, act) => {
    const made = h("button", { ...told, class: kind, onclick: () => attempt(made, said, act) }, words);
    return made;
  };
  const stop = () => stopTask(task);
  if (ended(task) && isImport(task)) return h("a", { href: "#experiments" }, "Import again under Experiments");
  if (ended(task)) return button("Run again", "", () => runAgain(task));
  return task.killRequested ? h("p", { class: "hint" }, "It is being cancelled.") : button("Cancel", "danger", stop);
}

// What goes wrong stands under the button.
async function attempt(button, said, act) {
  button.disabled = true;
  fill(said);
  try {
    await act();
  } catch (error) {
    fill(said, failure(error));
  }
  button.disabled = false;
}

async function stopTask({ id, task, experiment, state }) {
  const what = `${nameOf(task)} of ${experiment}`;
  const lost = "What it has worked out so far is lost. Whoever waits for its result gets none.";
  const words = state === "RUNNING" ? lost : "It has not begun. Whoever waits for its result gets none.";
  if (await confirm(`Cancel ${what}?`, words, "Cancel the task")) await cancel(id);
}

async function runAgain({ id, task }) {
  const answer = await send("POST", `/tasks/${id}/again`);
  const begun = answer.headers.get("Location")?.split("/").pop() ?? (await answer.json()).id;
  say(`${nameOf(task)} runs again.`);
  setQuery({ open: begun });
}

function tries({ attempts, queuedAt }) {
  const one = ({ attempt, startedAt, endedAt, reason: why, host }) => {
    const took = endedAt ? duration((new Date(endedAt) - new Date(startedAt)) / 1000) : "runs";
    const rest = [took, host].filter(Boolean).join(" · ");
    const line = h("div", {}, h("strong", {}, `Attempt ${attempt}`), " · ", timeAgo(startedAt), ` · ${rest}`);
    return h("li", {}, line, why && h("div", { class: "hint" }, why));
  };
  const first = h("li", {}, h("div", {}, h("strong", {}, "Queued"), " · ", timeAgo(queuedAt)));
  return section("Timeline", h("ol", { class: "timeline" }, first, attempts.map(one)));
}

function request({ id, request: asked }) {
  if (!asked) return section("Request", h("p", { class: "hint" }, "What was asked was not noted for this task."));
  const text = JSON.stringify(asked, null, 2);
  const quiet = (words, onclick) => h("button", { type: "button", class: "quiet", onclick }, words);
  const tools = [
    quiet("Copy", () => copyText(text, "The request is copied.")),
    quiet("Save", () => save(`${fileName("request", id)}.json`, text, "application/json")),
  ];
  return section("Request", h("pre", { class: "raw", tabIndex: 0, "aria-label": "Request" }, text), tools);
}

function result(task) {
  if (task.state !== "COMPLETE" || isImport(task)) return null;
  if (changesCellSets(task)) {
    const link = h("a", { href: addressOf("explore", task.experiment) }, `cell sets of ${task.experiment}`);
    return section("Result", h("p", { class: "hint" }, "What it found is in the ", link, "."));
  }
  const place = h("div", { class: "result" });
  const tools = h("span", { class: "tools" });
  waitIn(place, "Fetching the result", (signal) => resultOf(task, signal), ({ shown, offer }) => {
    fill(place, shown);
    fill(tools, offer);
  });
  return section("Result", place, tools);
}

const section = (title, content, tools = null) =>
  h("section", {}, h("div", { class: "section-head" }, h("h3", {}, title), h("span", {}, tools)), content);
