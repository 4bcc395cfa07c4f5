/** The beginning of a task's result, and all of it to save. */

import { getRaw } from "../lib/api.js";
import { h } from "../lib/dom.js";
import { bytes } from "../lib/numbers.js";
import { pretty } from "../lib/pretty.js";
import { fileName } from "../lib/save.js";
import { readHead } from "../lib/text.js";

/** So much of a result is shown, in bytes. */
const SHOWN_BYTES = 20_000;
/** The status of a result that is not kept any more. */
const GONE = 410;
const ENDINGS = { "application/json": ".json", "text/csv": ".csv", "text/plain": ".txt" };

/** What to show of a result, and a link to all of it: `{shown, offer}`. */
export async function resultOf(task, signal) {
  let answer;
  try {
    answer = await getRaw(`/tasks/${task.id}/result`, { signal });
  } catch (error) {
    if (error.status !== GONE) throw error;
    return { shown: h("p", { class: "hint" }, error.message), offer: null };
  }
  const type = (answer.headers.get("Content-Type") ?? "").split(";")[0];
  const stored = Number(answer.headers.get("Content-Length"));
  const size = stored ? `${bytes(stored)} as stored` : "";
  const name = `${fileName(task.experiment, task.task, task.etag.slice(0, 8))}${ENDINGS[type] ?? ""}`;
  const offer = h("a", { class: "button quiet", href: `/tasks/${task.id}/result`, download: name }, "Save all");
  if (!(type in ENDINGS)) {
    await answer.body?.cancel();
    return { shown: h("p", { class: "hint" }, `A file (${type || "of unknown type"})${size && `, ${size}`}.`), offer };
  }
  const { text, whole } = await readHead(answer, SHOWN_BYTES);
  const words = [size, whole ? null : `its first ${bytes(SHOWN_BYTES)} are shown`].filter(Boolean).join(" · ");
  const told = type === "application/json" ? pretty(text) : text;
  const block = h("pre", { class: "raw", tabIndex: 0, "aria-label": "Result" }, told);
  return { shown: [h("p", { class: "hint" }, words), block], offer };
}
