/** The log of a job, as it is written: by stream, with times, followed, searched, and as a file. */

import { readAddress } from "../../lib/address.js";
import { get, Unreachable, withQuery } from "../../lib/api.js";
import { fill, h, settled } from "../../lib/dom.js";
import { count, plural } from "../../lib/numbers.js";
import { ended } from "../../lib/progress.js";
import { failure } from "../../lib/waiting.js";
import { poll } from "../polling.js";
import { lineView } from "./lines.js";

/** So many lines are asked for at once. */
const STEP = 5000;
/** The newest lines that are kept at hand; all are in the file. */
const KEPT = 200_000;
/** Where so many lines are missing between two, it is said; progress bars make smaller gaps. */
const GAP = 500;
/** Typing rests so long before it is searched, in milliseconds. */
const REST_MS = 150;

/** Show the log in a panel. */
export function logTab(panel, job) {
  const path = `/jobs/${encodeURIComponent(job.id)}/log`;
  const stream = h(
    "select",
    { "aria-label": "Stream" },
    ["both", "stdout", "stderr"].map((one) => h("option", {}, one)),
  );
  const [stamps, follow] = [box(false), box(true)];
  const sought = h("input", { type: "search", placeholder: "Find in the log", "aria-label": "Find in the log" });
  const found = h("span", { class: "hint found", "aria-live": "polite" });
  const note = h("p", { class: "hint note", role: "status" });
  const said = h("div", {});
  const options = () => ({ stamps: stamps.checked, text: sought.value.toLowerCase(), current: hits[at] });
  const view = lineView({ options, atEnd: (is) => (follow.checked = is && !sought.value) });
  const save = h("a", { class: "button quiet", href: `${path}.txt`, download: `${job.id}.log.txt` }, "Download");
  let [all, shown, hits, at, cursor, whole, dropped] = [[], [], [], -1, null, false, 0];

  fill(
    panel,
    h(
      "div",
      { class: "tab-tools log-tools" },
      stream,
      h("label", {}, stamps, "Times"),
      h("label", {}, follow, "Follow"),
      sought,
      step("‹", "Find before", -1),
      step("›", "Find next", 1),
      found,
      h("span", { class: "space" }),
      save,
    ),
    said,
    note,
    view.element,
  );

  function step(sign, words, by) {
    return h(
      "button",
      { type: "button", class: "quiet", "aria-label": words, title: words, onclick: () => go(by) },
      sign,
    );
  }

  async function read() {
    try {
      for (let full = true; full;) {
        const answer = await get(withQuery(path, { stream: "both", after: cursor, limit: STEP }));
        take(answer.items);
        full = answer.items.length >= STEP;
        cursor = answer.cursor;
        whole = answer.ended && !full;
      }
      fill(said);
    } catch (error) {
      if (!(error instanceof Unreachable))
        fill(
          said,
          failure(error, () => polling.now()),
        );
    }
    tell();
    return !whole;
  }

  function take(items) {
    if (!items.length) return;
    for (const line of items) {
      replacePassing(all, line);
      const left = line.seq - (all.at(-1)?.seq ?? 0) - 1;
      if (left > GAP)
        all.push({
          ...line,
          seq: line.seq - 1,
          stream: "note",
          text: `… up to ${count(left)} lines are in the file only …`,
        });
      all.push(line);
    }
    if (all.length > KEPT) dropped += all.splice(0, all.length - KEPT).length;
    draw();
  }

  function draw() {
    shown = stream.value === "both" ? all : all.filter((line) => line.stream === stream.value);
    search();
    view.show(shown);
    if (follow.checked) view.toEnd();
    else if (at < 0) go(1);
  }

  function search() {
    const text = sought.value.toLowerCase();
    hits = text ? shown.flatMap((line, place) => (line.text.toLowerCase().includes(text) ? [place] : [])) : [];
    if (at >= hits.length) at = hits.length - 1;
    fill(
      found,
      text && (hits.length ? `${count(Math.max(at, 0) + 1)} of ${plural(hits.length, "line")}` : "not found"),
    );
  }

  function go(by) {
    if (!hits.length) return;
    at = (at + by + hits.length) % hits.length;
    follow.checked = false;
    search();
    view.to(hits[at]);
  }

  function tell() {
    const left = dropped > 0 && `The last ${count(KEPT)} lines; the file has ${count(dropped)} more before them.`;
    const none = whole
      ? "It wrote nothing."
      : job.state === "QUEUED"
        ? "It has not begun."
        : "It has written nothing yet.";
    fill(note, all.length ? left : none);
    note.hidden = !note.textContent;
  }

  stream.addEventListener("change", draw);
  stamps.addEventListener("change", view.redraw);
  follow.addEventListener("change", () => follow.checked && view.toEnd());
  sought.addEventListener(
    "input",
    settled(() => {
      at = -1;
      search();
      if (hits.length) go(1);
      else view.redraw();
    }, REST_MS),
  );
  sought.addEventListener("keydown", (event) => event.key === "Enter" && go(event.shiftKey ? -1 : 1));
  const polling = poll(read);
  sought.value = readAddress().query.find ?? "";
  follow.checked = !sought.value;
  polling.now();
  return {
    tell: (now) => {
      job = now;
      if (ended(now)) polling.now();
    },
    close: polling.end,
  };
}

// A line that was not at its end, as of a progress bar, gives way to the next one of its stream.
function replacePassing(lines, { stream }) {
  for (let at = lines.length - 1; at >= Math.max(0, lines.length - 50); at--) {
    if (lines[at].stream !== stream) continue;
    if (lines[at].passing) lines.splice(at, 1);
    return;
  }
}

const box = (checked) => h("input", { type: "checkbox", checked });
