/** The card of an import that is under way or has failed. */

import { confirm } from "../lib/dialog.js";
import { chooser } from "../lib/drop.js";
import { fill, h } from "../lib/dom.js";
import { bytes, duration } from "../lib/numbers.js";
import { elapsed, share } from "../lib/progress.js";
import { failure } from "../lib/waiting.js";
import { askImport } from "./form.js";
import { again, canRepeat, dismiss, stop } from "./imports.js";

/** How often the time that has passed is told, in milliseconds. */
const TICK_MS = 1000;

/** A card that follows an import: `{element, tell, end}`. */
export function underwayCard(made) {
  const heading = h("h2", {});
  const mark = h("span", { class: "state" });
  const bar = h("progress", { max: 1 });
  const words = h("p", { class: "hint words" });
  const place = h("div", { class: "said" });
  const buttons = h("div", { class: "buttons" });
  const element = h("article", { class: "panel card underway" });
  element.append(h("header", {}, heading, mark), bar, words, place, buttons);
  let shown = null;

  function tell() {
    fill(heading, made.name || made.id);
    element.classList.toggle("failing", made.phase === "failed");
    element.setAttribute("aria-label", `Import of ${made.id}`);
    mark.className = `state ${made.phase === "failed" ? "failed" : "importing"}`;
    fill(mark, made.phase === "failed" ? "failed" : "importing");
    drawProgress();
    const now = `${made.phase} ${made.stopping} ${made.error?.message} ${made.task?.id}`;
    if (now === shown) return;
    shown = now;
    fill(place, (made.phase === "failed" || made.error) && failure(problemOf(made)));
    fill(buttons, made.phase === "failed" ? failedButtons(made) : cancelButton(made));
  }

  function drawProgress() {
    bar.hidden = words.hidden = made.phase === "failed";
    const done = shareOf(made);
    if (done === null) bar.removeAttribute("value");
    else bar.value = done;
    const told = wordsOf(made);
    bar.setAttribute("aria-label", told);
    words.textContent = told;
  }

  tell();
  const timer = setInterval(drawProgress, TICK_MS);
  return { element, tell, end: () => clearInterval(timer) };
}

function shareOf({ phase, loaded, total, task }) {
  if (phase === "uploading") return total && loaded < total ? loaded / total : null;
  return task?.state === "RUNNING" ? share(task) : null;
}

function wordsOf({ phase, loaded, total, sent, task, stopping, wish }) {
  if (stopping) return "Cancelling";
  if (phase === "uploading") {
    if (!wish) return "Asks for the demo";
    if (!total) return "Uploading";
    return !sent ? `Uploading · ${bytes(loaded)} of ${bytes(total)}` : "Uploaded · the gateway looks at it";
  }
  if (!task || task.state === "QUEUED") return "Waits for its turn";
  const { message, step, total: steps } = task.progress ?? {};
  const seconds = elapsed(task);
  const expected = task.expectedSeconds ? ` of about ${duration(Math.round(task.expectedSeconds))}` : "";
  const where = step && steps && `${step} of ${steps}`;
  const long = seconds > 2 && duration(Math.floor(seconds)) + expected;
  return [message ?? "Begins", where, long].filter(Boolean).join(" · ");
}

function problemOf({ error, task }) {
  const message = task?.reason ?? "The import failed without saying why; its log is under Data.";
  return error ?? { message, code: task.errorCode, requestId: task.id };
}

function cancelButton(made) {
  const name = made.name || made.id;
  const ask = async () => {
    const what = made.phase === "uploading" ? "uploaded" : "made so far";
    const words = `What was ${what} is thrown away.`;
    const agreed = await confirm(`Cancel the import of ${name}?`, words, "Cancel the import");
    if (agreed) stop(made);
  };
  return h("button", { type: "button", disabled: Boolean(made.stopping), onclick: ask }, "Cancel");
}

function failedButtons(made) {
  const change = async () => {
    const wish = await askImport(made.wish.files, made.wish);
    if (wish) again(made, wish);
  };
  const choose = async (files) => {
    const wish = await askImport(files, { id: made.id });
    if (wish) again(made, wish);
  };
  const quiet = (words, onclick) => h("button", { type: "button", class: "quiet", onclick }, words);
  return [
    canRepeat(made)
      ? h("button", { type: "button", onclick: () => again(made) }, "Try again")
      : chooser("Choose the files again", choose),
    made.wish && quiet("Change and try again", change),
    quiet("Dismiss", () => dismiss(made)),
  ];
}
