/** One file of the results: a picture, a table, a text, or what it is. */

import { getRaw } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { bytes, count } from "../../lib/numbers.js";
import { pretty } from "../../lib/pretty.js";
import { pagedTable } from "../../lib/table.js";
import { readHead } from "../../lib/text.js";
import { waitIn } from "../../lib/waiting.js";
import { allNumbers, sorted } from "../sorting.js";
import { rowsOf } from "./csv.js";

const PICTURES = /\.(png|jpe?g|gif|webp|svg)$/i;
const TABLES = /\.(csv|tsv)$/i;
const TEXTS = /\.(txt|log|json|jsonl|ya?ml|toml|md|py|r|html?|xml|ini|cfg|sh)$/i;
/** A result that has no ending is taken for a text up to this size, in bytes. */
const SMALL_BYTES = 100_000;
/** So much of a text or table is read from its beginning, in bytes. */
const HEAD_BYTES = 300_000;
/** So many rows of a table are shown. */
const ROWS = 200;

/** Whether a file can be shown. */
export function isShown({ path, size }) {
  const named = !/\.[^/.]+$/.test(path) && size < SMALL_BYTES;
  return PICTURES.test(path) || TABLES.test(path) || TEXTS.test(path) || named;
}

/** Show a file in an element; the file is at `href`. */
export function preview(place, file, href) {
  const { path } = file;
  if (PICTURES.test(path)) return void fill(place, picture(path, href));
  if (!isShown(file)) {
    const words = "This kind of file is not shown here. Download it to see it.";
    return void fill(place, h("p", { class: "nothing hint" }, words));
  }
  const read = async (signal) => readHead(await getRaw(href, { signal }), HEAD_BYTES);
  return void waitIn(place, "Reading the file", read, (head) => {
    if (!head.text) return void fill(place, h("p", { class: "nothing hint" }, "The file is empty."));
    if (TABLES.test(path)) return showTable(place, path, head);
    return showText(place, path, head);
  });
}

function picture(path, href) {
  const image = h("img", { class: "picture", src: href, alt: path });
  image.addEventListener("error", () => {
    image.replaceWith(
      h("p", { class: "nothing hint" }, "This is not a picture that the browser can show. Download it."),
    );
  });
  return image;
}

function showText(place, path, { text, whole }) {
  const told = /\.json$/i.test(path) ? pretty(text) : text;
  const note = !whole && h("p", { class: "hint note" }, `The first ${bytes(HEAD_BYTES)} are shown.`);
  fill(place, note, h("pre", { class: "raw", tabIndex: 0, "aria-label": `Text of ${path}` }, told));
}

function showTable(place, path, { text, whole }) {
  const separator = /\.tsv$/i.test(path) ? "\t" : ",";
  const [names = [], ...rows] = rowsOf(text, separator, ROWS + 2);
  const cut = !whole || rows.length > ROWS;
  const shown = rows.slice(0, ROWS);
  const columns = names.map((name, at) => ({
    key: String(at),
    title: name || " ",
    sortable: true,
    numeric: allNumbers(shown.map((row) => row[at])),
    cell: (row) => h("span", { title: row[at] ?? "" }, row[at] ?? ""),
  }));
  const load = async ({ orderBy, descending }) => {
    const order = orderBy == null ? shown : sorted(shown, (row) => row[orderBy], descending);
    return { rows: order, total: order.length };
  };
  const table = pagedTable({
    columns,
    load,
    words: `Rows of ${path}`,
    limit: ROWS,
    empty: "It has a head and no rows.",
  });
  const words = cut ? `The first ${count(shown.length)} rows are shown.` : null;
  fill(place, words && h("p", { class: "hint note" }, words), h("div", { class: "csv" }, table.element));
  return table.reload();
}
