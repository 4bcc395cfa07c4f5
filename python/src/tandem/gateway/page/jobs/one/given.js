/** What a job was given: its parameters and its input files. */

import { fill, h } from "../../lib/dom.js";
import { bytes, count } from "../../lib/numbers.js";
import { pagedTable } from "../../lib/table.js";
import { valueWords } from "../words.js";

const COLUMNS = [
  { key: "path", title: "File", cell: ({ path }) => h("span", { title: path }, path) },
  { key: "size", title: "Size", width: "7rem", numeric: true, cell: ({ size }) => bytes(size) },
  {
    key: "sha256",
    title: "SHA-256",
    width: "10rem",
    cell: ({ sha256 }) => h("code", { title: sha256 }, sha256?.slice(0, 12)),
  },
];
/** So many files are a page. */
const PAGE = 100;

/** Show what was given in a panel. */
export function givenTab(panel, { parameters, inputs = [] }) {
  const load = async ({ offset, limit }) => ({ rows: inputs.slice(offset, offset + limit), total: inputs.length });
  const empty = "It was given no files.";
  const table = pagedTable({
    columns: COLUMNS,
    load,
    words: "Input files",
    limit: PAGE,
    rowKey: ({ path }) => path,
    empty,
  });
  fill(
    panel,
    h(
      "div",
      { class: "given" },
      h("h3", {}, "Parameters"),
      parameterList(parameters ?? {}),
      h("h3", {}, `Inputs (${count(inputs.length)})`),
    ),
    h("div", { class: "list" }, table.element),
  );
  table.reload();
  return {};
}

function parameterList(parameters) {
  const pairs = Object.entries(parameters);
  if (!pairs.length) return h("p", { class: "hint" }, "It has none.");
  return h(
    "dl",
    { class: "facts-list" },
    pairs.map(([name, value]) => [h("dt", {}, name), h("dd", {}, h("code", {}, valueWords(value)))]),
  );
}
