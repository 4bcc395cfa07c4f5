/** One file: text to read, a picture to see, or what it is and a way to save it. */

import { getRaw } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { bytes } from "../lib/numbers.js";
import { readHead } from "../lib/text.js";
import { failure, waitIn } from "../lib/waiting.js";
import { fileAt, saveLink } from "./links.js";

const TEXTS = /\.(json|jsonl|log|csv|tsv|txt|toml|md|r|py|yaml|yml)$/i;
const PICTURES = /\.(png|jpe?g|gif|webp)$/i;
const LOGS = /\.log$/i;
const REPORT = /(?:^|\/)experiments\/([^/]+)\/report\.html$/;
/** So much of a text is shown from its beginning, in bytes. */
const HEAD_BYTES = 200_000;
/** A log is shown from so many lines before its end. */
const TAIL_LINES = 500;
/** How often a log that is followed is read again, in milliseconds. */
const FOLLOW_MS = 2000;

/** Show a file in an element; `{close}`. */
export function openFile(place, path) {
  if (LOGS.test(path)) return openLog(place, path);
  if (TEXTS.test(path)) return openText(place, path);
  if (PICTURES.test(path)) return showIn(place, path, h("img", { class: "picture", src: fileAt(path), alt: path }));
  const report = REPORT.exec(path);
  const there = report && { href: `/experiments/${report[1]}/report`, target: "_blank", rel: "noopener" };
  const words = there ? h("a", there, "Open the report") : "This kind of file is not shown here: save it to see it.";
  return showIn(place, path, h("p", { class: "nothing hint" }, words));
}

function showIn(place, path, content, ...tools) {
  const name = h("h2", {}, path.split("/").pop());
  const bar = h("div", { class: "file-head" }, name, h("span", { class: "space" }), tools);
  bar.append(saveLink(path, "Save the file"));
  fill(place, h("article", { class: "panel file-view" }, bar, content));
  return { close() {} };
}

function openText(place, path) {
  const body = h("div", { class: "text" });
  showIn(place, path, body);
  const read = async (signal) => readHead(await getRaw(fileAt(path), { signal }), HEAD_BYTES);
  waitIn(body, "Reading the file", read, ({ text, whole }) => {
    const note = !whole && h("p", { class: "hint note" }, `The first ${bytes(HEAD_BYTES)} are shown.`);
    fill(body, note, text ? textBlock(text) : h("p", { class: "nothing hint" }, "The file is empty."));
  });
  return { close: () => body.waiting?.abort() };
}

function openLog(place, path) {
  const body = h("div", { class: "text" });
  const said = h("div", {});
  const lines = textBlock("");
  const box = h("input", { type: "checkbox" });
  const follow = h("label", {}, box, "Follow");
  let timer = 0;
  showIn(place, path, [said, body], h("span", { class: "hint" }, `The last ${TAIL_LINES} lines`), follow);

  const read = async (signal) => (await getRaw(fileAt(path, TAIL_LINES), { signal })).text();
  const show = (text) => {
    fill(said);
    if (!body.contains(lines)) fill(body, lines);
    const atEnd = lines.scrollHeight - lines.scrollTop - lines.clientHeight < 40;
    if (lines.textContent !== text) lines.textContent = text || "Nothing was logged yet.";
    if (atEnd) lines.scrollTop = lines.scrollHeight;
  };
  const look = async () => {
    if (!box.checked) return;
    // A lost connection is told of, and looked for again; what is shown stays.
    await read().then(show, (error) => fill(said, failure(error)));
    timer = setTimeout(look, FOLLOW_MS);
  };
  box.addEventListener("change", () => {
    clearTimeout(timer);
    lines.scrollTop = lines.scrollHeight;
    look();
  });
  waitIn(body, "Reading the log", read, show);
  return {
    close: () => {
      box.checked = false;
      clearTimeout(timer);
      body.waiting?.abort();
    },
  };
}

const textBlock = (text) => h("pre", { class: "raw", tabIndex: 0, "aria-label": "Text of the file" }, text);
