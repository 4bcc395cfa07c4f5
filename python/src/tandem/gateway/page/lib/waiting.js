/** The place of a result: quiet while it comes quickly, a bar with words and a cancel when not, the reason on failure. */

import { Unreachable } from "./api.js";
import { copyText } from "./copy.js";
import { h } from "./dom.js";
import { onLive } from "./live.js";
import { duration } from "./numbers.js";
import { share } from "./progress.js";

/** Nothing is shown before, in milliseconds. */
const QUIET_MS = 300;

/**
 * Run work that fills a place: `work(signal, onTask)` promises a result, `show(result)` puts it there. Failing, the
 * reason stands in the place, with another try. A later call for the same place stops the earlier one.
 */
export async function waitIn(place, words, work, show) {
  place.waiting?.abort(new DOMException("replaced", "AbortError"));
  const controller = (place.waiting = new AbortController());
  const mine = () => place.waiting === controller;
  const bar = progressBar(words, () => controller.abort(new DOMException("cancelled", "AbortError")));
  const timer = setTimeout(() => mine() && place.replaceChildren(bar.element), QUIET_MS);
  try {
    const result = await work(controller.signal, bar.tell);
    clearTimeout(timer);
    bar.element.remove();
    if (mine()) await show(result);
  } catch (error) {
    if (!mine()) return;
    const again = () => waitIn(place, words, work, show);
    if (error instanceof Unreachable) whenBack(() => mine() && again());
    place.replaceChildren(failure(error.name === "AbortError" ? new Error(`${words} was cancelled.`) : error, again));
  } finally {
    clearTimeout(timer);
    bar.end();
  }
}

/** Do something once the gateway answers again. */
function whenBack(action) {
  const unlisten = onLive("state", (state) => {
    if (state === "lost") return;
    unlisten();
    action();
  });
}

/** A bar that tells how far a task is; `tell(task)` brings it up to date. */
export function progressBar(words, onCancel) {
  const label = h("span", {}, words);
  const meter = h("progress", { max: 1, "aria-label": words });
  const element = h("div", { class: "waiting", role: "status" }, label, meter);
  if (onCancel) element.append(h("button", { type: "button", class: "quiet", onclick: onCancel }, "Cancel"));
  const started = Date.now();
  let task = null;
  const draw = () => {
    const seconds = (Date.now() - started) / 1000;
    const { message } = task?.progress ?? {};
    const done = task && share(task, seconds);
    if (done) meter.value = Math.min(done, 0.98);
    else meter.removeAttribute("value");
    const state = task?.state === "QUEUED" && seconds > 1 ? "waits for its turn" : message;
    label.textContent = [words, state, seconds > 2 && duration(seconds)].filter(Boolean).join(" · ");
  };
  const timer = setInterval(draw, 500);
  const tell = (now) => {
    task = now;
    draw();
  };
  return { element, tell, end: () => clearInterval(timer) };
}

/** What went wrong, where the result would stand: words, details to copy, and another try. */
export function failure(error, again = null) {
  const details = [error.message, error.code, error.requestId && `request ${error.requestId}`].filter(Boolean).join("\n");
  const copy = () => copyText(details, "The details are copied.");
  return h(
    "div",
    { class: "failure", role: "alert" },
    h("p", {}, error.message),
    h("button", { type: "button", class: "quiet", onclick: copy }, "Copy details"),
    again && h("button", { type: "button", class: "quiet", onclick: again }, "Try again"),
  );
}
