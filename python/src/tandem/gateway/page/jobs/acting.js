/** What can be done to jobs and groups: kill, try again, delete. Killing and deleting ask once, naming what goes. */

import { send } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { plural } from "../lib/numbers.js";
import { ended } from "../lib/progress.js";
import { failure } from "../lib/waiting.js";
import { groupOpen, nameOf } from "./words.js";

/** So many requests are under way at once, where many jobs were chosen. */
const TOGETHER = 8;
const isGroup = (one) => "counts" in one;
const pathOf = (one) => `/${isGroup(one) ? "groups" : "jobs"}/${encodeURIComponent(one.id)}`;
const isOpen = (one) => (isGroup(one) ? groupOpen(one) : !ended(one));
const canRetry = (one) => (isGroup(one) ? Boolean(one.counts.FAILED || one.counts.KILLED) : ended(one));

/** Each act: its word, to which it can be done, its request, and what it asks before. */
export const ACTS = {
  kill: {
    word: "Kill",
    fits: (one) => isOpen(one) && !one.killRequested,
    request: (one) => send("POST", `${pathOf(one)}/kill`),
    ask: (words) => confirm(`Kill ${words}?`, "What was worked out so far and not yet written is lost.", "Kill"),
    danger: true,
  },
  retry: {
    word: "Retry",
    fits: canRetry,
    request: (one) => send("POST", `${pathOf(one)}/retry`),
    ask: async () => true,
  },
  delete: {
    word: "Delete",
    fits: (one) => !isOpen(one),
    request: (one) => send("DELETE", pathOf(one)),
    ask: (words) => confirm(`Delete ${words}?`, "Its results and logs go too. This cannot be undone.", "Delete"),
    danger: true,
  },
};

/** What some jobs and groups are called together. */
export function wordsFor(chosen) {
  if (chosen.length > 1) return plural(chosen.length, chosen.every(isGroup) ? "group" : "job");
  const [one] = chosen;
  return isGroup(one) ? `the group ${nameOf(one)} with ${plural(one.total, "job")}` : nameOf(one);
}

/** Do something to all it fits, after asking: the answers in order, null where nobody agreed, or the first error. */
export async function act(name, chosen) {
  const { fits, request, ask } = ACTS[name];
  const fitting = chosen.filter(fits);
  if (!fitting.length || !(await ask(wordsFor(fitting)))) return null;
  const [answers, waiting, errors] = [[], [...fitting.entries()], []];
  const work = async () => {
    for (let next = waiting.shift(); next; next = waiting.shift()) {
      const [at, one] = next;
      await request(one).then(
        (answer) => (answers[at] = answer),
        (error) => errors.push(error),
      );
    }
  };
  await Promise.all(Array.from({ length: TOGETHER }, work));
  if (errors.length) throw errors[0];
  return answers;
}

/** A button of an act; `done(answers)` hears of its end, what goes wrong stands in `said`. */
export function actButton(name, one, said, done, kind = "") {
  const { word, danger } = ACTS[name];
  const press = async ({ currentTarget: button }) => {
    button.disabled = true;
    fill(said);
    try {
      const answers = await act(name, [one]);
      if (answers) await done(answers);
    } catch (error) {
      fill(said, failure(error));
    }
    button.disabled = false;
  };
  const told = { type: "button", "aria-label": `${word} ${nameOf(one)}`, data: { needs: "submitter" } };
  return h("button", { ...told, class: kind || (danger ? "danger" : ""), onclick: press }, word);
}

/** The acts that can be done now. */
export const fittingActs = (one) => Object.keys(ACTS).filter((name) => ACTS[name].fits(one));
