/** Lines that a text occurs in, over the logs of all jobs. */

import { readAddress, setQuery } from "../lib/address.js";
import { get, withQuery } from "../lib/api.js";
import { fill, h, settled } from "../lib/dom.js";
import { onKey } from "../lib/keys.js";
import { count } from "../lib/numbers.js";
import { timeAgo } from "../lib/times.js";
import { waitIn } from "../lib/waiting.js";
import { marked } from "./marking.js";
import { jobAddress } from "./words.js";

/** Typing rests so long before it is searched, in milliseconds. */
const REST_MS = 300;
/** So many lines are shown. */
const MOST = 200;

/** Open the search in an element. */
export function openPart(place) {
  const { text: first = "" } = readAddress().query;
  const text = h("input", { type: "search", placeholder: "Text in logs", "aria-label": "Text in logs", value: first });
  const program = h("select", { "aria-label": "Program" }, h("option", { value: "" }, "all programs"));
  const group = h("button", { type: "button", onclick: () => setQuery({ group: null }) });
  const found = h("div", { class: "found-lines" });
  place.append(h("div", { class: "filters" }, text, program, group), h("div", { class: "panel list" }, found));
  const wanted = () => {
    const { text: sought = "", program: name = "", group: of = "" } = readAddress().query;
    return { text: sought, program: name, group: of };
  };

  function update() {
    const now = wanted();
    if (document.activeElement !== text) text.value = now.text;
    program.value = now.program;
    group.hidden = !now.group;
    fill(group, `group ${now.group}`, h("span", { "aria-hidden": "true" }, "×"));
    if (!now.text) return void fill(found, h("p", { class: "nothing hint" }, "Type what a job may have said."));
    const search = (signal) => get(withQuery("/jobs/search", { ...now, limit: MOST }), { signal });
    return void waitIn(found, "Searching the logs", search, ({ items }) => show(items, now.text));
  }

  function show(items, sought) {
    if (!items.length) return void fill(found, h("p", { class: "nothing hint" }, "No job has said that."));
    const note =
      items.length === MOST && h("p", { class: "hint note" }, `The first ${count(MOST)}, of the newest jobs.`);
    const lines = items.map((hit) => lineOf(hit, sought));
    return void fill(found, note, h("ul", { class: "hits", "aria-label": "Lines found" }, lines));
  }

  async function findPrograms() {
    const { items } = await get("/programs");
    program.append(...items.map(({ name }) => h("option", { value: name }, name)));
    program.value = wanted().program;
  }

  const search = () => text.isConnected && setQuery({ text: text.value.trim() }, { replace: true });
  text.addEventListener("input", settled(search, REST_MS));
  program.addEventListener("change", () => setQuery({ program: program.value }));
  const unkey = onKey("/", "search logs", () => text.focus());
  findPrograms().catch(() => {});
  update();
  return { update, close: unkey };
}

function lineOf({ job, name, stream, at, line }, sought) {
  const link = h("a", { href: jobAddress(job, { find: sought }), title: job }, name);
  const words = h("code", { class: stream === "stderr" ? "warn" : "" }, marked(line, sought.toLowerCase()));
  return h("li", {}, h("div", {}, link, h("span", { class: "hint" }, " ", timeAgo(at))), words);
}
