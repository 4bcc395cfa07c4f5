/** The line at the foot: what runs for this experiment, and what came last. */

import { get, withQuery } from "../lib/api.js";
import { cancel } from "../lib/ask.js";
import { fill, h } from "../lib/dom.js";
import { askLive, onLive, onReturn } from "../lib/live.js";
import { duration } from "../lib/numbers.js";
import { say } from "../lib/notices.js";
import { ended, OPEN } from "../lib/progress.js";
import { requestWords, taskWords } from "./words.js";

/** A task that is done within this time is not worth a flicker, in milliseconds. */
const QUIET_MS = 300;
/** So many running tasks are shown; more are counted, up to so many. */
const SHOWN = 3;
const MOST = 500;

/** Fill the foot for a model: `{begin, close}`; `begin` asks what runs already. */
export function showStatus(foot, model) {
  const running = new Map();
  const tasks = h("div", { class: "running" });
  const last = h("div", { class: "last", role: "status" });
  fill(foot, h("div", { class: "status" }, tasks, last));

  const told = (task) => {
    if (task.experiment !== model.id) return;
    if (ended(task)) running.delete(task.id);
    else if (running.has(task.id)) running.get(task.id).shown.tell(task);
    else running.set(task.id, { since: performance.now(), shown: runningTask(task) });
    draw();
  };
  // What is shown stays where it is: somebody may be about to press its button.
  const draw = () => {
    const old = [...running.values()].filter(({ since }) => performance.now() - since > QUIET_MS);
    const now = [...old.slice(0, SHOWN).map(({ shown }) => shown.element), more(old.length)].filter(Boolean);
    for (const element of [...tasks.children]) if (!now.includes(element)) element.remove();
    tasks.append(...now.filter((element) => !element.isConnected));
  };
  const answered = ({ detail: { body, seconds, wasThere } }) => {
    if (body.name === "ListGenes") return;
    fill(last, `${requestWords(body, model)} `, h("b", {}, wasThere ? "from before" : duration(seconds)));
  };
  const timer = setInterval(() => running.size && draw(), 500);
  const unlisten = onLive("task", told);
  model.addEventListener("answered", answered);
  const begin = () =>
    askLive("task", () => get(withQuery("/tasks", { experiment: model.id, state: OPEN, limit: MOST })))
      .then(({ answer, heard }) => {
        // Those that ended while nobody heard of it are open no more.
        for (const id of running.keys()) if (!answer.items.some((task) => task.id === id)) running.delete(id);
        [...answer.items, ...heard].forEach(told);
        draw();
      })
      .catch(() => {}); // the stream of events tells of them as well
  const unreturn = onReturn(begin);
  const close = () => {
    clearInterval(timer);
    unlisten();
    unreturn();
    model.removeEventListener("answered", answered);
    fill(foot);
  };
  return { begin, close };
}

/** A task as it stands in the line: `{element, tell}`. */
function runningTask(first) {
  const words = taskWords(first.task);
  const meter = h("progress", { max: 1, "aria-label": words });
  const hint = h("span", { class: "hint" });
  const stop = () => cancel(first.id).catch((error) => say(`${words} could not be cancelled: ${error.message}`));
  const told = { type: "button", class: "quiet", "aria-label": `Cancel ${words}` };
  const button = h("button", { ...told, onclick: stop }, "cancel");
  const element = h("span", { class: "task" }, words, meter, hint, button);
  const tell = (task) => {
    const { message, step, total } = task.progress ?? {};
    const state = (task.state === "QUEUED" ? "waits" : message) ?? "";
    const share = step && total ? step / total : null;
    if (share === null) meter.removeAttribute("value");
    else meter.value = share;
    element.title = state;
    hint.textContent = share === null ? state : `${Math.round(100 * share)} %`;
  };
  tell(first);
  return { element, tell };
}

const more = (number) => number > SHOWN && h("span", { class: "hint" }, `and ${number - SHOWN} more`);
