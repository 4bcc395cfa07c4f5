/** The line at the foot: what runs for this experiment, and what came last. */

import { get, withQuery } from "../lib/api.js";
import { cancel } from "../lib/ask.js";
import { fill, h } from "../lib/dom.js";
import { askLive, onLive } from "../lib/live.js";
import { duration } from "../lib/numbers.js";
import { say } from "../lib/notices.js";
import { ended, OPEN } from "../lib/progress.js";
import { requestWords, taskWords } from "./words.js";

/** A task that is done within this time is not worth a flicker, in milliseconds. */
const QUIET_MS = 300;
/** So many running tasks are shown; more are counted. */
const SHOWN = 3;

/** Fill the foot for a model: `{begin, close}`; `begin` asks what runs already. */
export function showStatus(foot, model) {
  const running = new Map();
  const tasks = h("div", { class: "running" });
  const last = h("div", { class: "last", role: "status" });
  fill(foot, h("div", { class: "status" }, tasks, last));

  const told = (task) => {
    if (task.experiment !== model.id) return;
    if (!ended(task)) running.set(task.id, { since: performance.now(), ...running.get(task.id), task });
    else running.delete(task.id);
    draw();
  };
  const draw = () => {
    const old = [...running.values()].filter(({ since }) => performance.now() - since > QUIET_MS);
    fill(
      tasks,
      old.slice(0, SHOWN).map(({ task }) => runningTask(task)),
      more(old.length),
    );
  };
  const answered = ({ detail: { body, seconds, wasThere } }) => {
    if (body.name === "ListGenes") return;
    fill(last, `${requestWords(body, model)} `, h("b", {}, wasThere ? "from before" : duration(seconds)));
  };
  const timer = setInterval(() => running.size && draw(), 500);
  const unlisten = onLive("task", told);
  model.addEventListener("answered", answered);
  const begin = () =>
    askLive("task", () => get(withQuery("/tasks", { experiment: model.id, state: OPEN })))
      .then(({ answer, heard }) => [...answer.items, ...heard].forEach(told))
      .catch(() => {}); // the stream of events tells of them as well
  const close = () => {
    clearInterval(timer);
    unlisten();
    model.removeEventListener("answered", answered);
    fill(foot);
  };
  return { begin, close };
}

function runningTask(task) {
  const { message, step, total } = task.progress ?? {};
  const words = taskWords(task.task);
  const state = task.state === "QUEUED" ? "waits" : message;
  const meter = h("progress", { max: 1, "aria-label": words });
  if (step && total) meter.value = step / total;
  const stop = () => cancel(task.id).catch((error) => say(`${words} could not be cancelled: ${error.message}`));
  const share = step && total ? `${Math.round((100 * step) / total)} %` : "";
  return h(
    "span",
    { class: "task", title: state ?? "" },
    words,
    meter,
    h("span", { class: "hint" }, share || state || ""),
    h("button", { type: "button", class: "quiet", onclick: stop, "aria-label": `Cancel ${words}` }, "cancel"),
  );
}

const more = (number) => number > SHOWN && h("span", { class: "hint" }, `and ${number - SHOWN} more`);
