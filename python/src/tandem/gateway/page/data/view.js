/** Data: what lies in the data folder, and what is in it. */

import { addressOf } from "../lib/address.js";
import { get, withQuery } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { bytes } from "../lib/numbers.js";
import { pagedTable } from "../lib/table.js";
import { timeAgo } from "../lib/times.js";
import { openFile } from "./file.js";
import { addressOfEntry, saveLink } from "./links.js";

/** So many entries are a page. */
const PAGE = 500;
const COLUMNS = [
  { key: "name", title: "Name", sortable: true, cell: nameCell },
  { key: "size", title: "Size", width: "8rem", numeric: true, sortable: true, cell: sizeCell },
  { key: "modified", title: "Changed", width: "9rem", sortable: true, cell: (one) => timeAgo(one.modified) },
  { key: "save", title: "", width: "6rem", cell: saveCell },
];
/** What the first folders are, for those who come for the first time. */
const ABOUT = {
  experiments: "each with its object, cell sets, store and report",
  results: "of analyses, by their names",
  captures: "of requests that went wrong, to look into",
  logs: "of the gateway, the workers, R and Redis",
};

/** Open the view in an element. */
export function openView(place, address) {
  let shown = null;
  const trail = h("nav", { class: "trail", "aria-label": "Path" });
  const body = h("div", { class: "data-body" });
  fill(place, h("div", { class: "view-head" }, h("h1", {}, "Data"), trail), body);

  function update({ query: { path = "", file = "" } }) {
    shown?.close?.();
    fill(trail, crumbs(file || path));
    shown = file ? openFile(body, file) : openFolder(body, path);
  }

  update(address);
  return { update, close: () => shown?.close?.() };
}

function openFolder(body, path) {
  const load = async ({ offset, limit, orderBy, descending, signal }) => {
    const { items, total } = await get(withQuery("/data", { path, offset, limit }), { signal });
    return { rows: sorted(items, orderBy, descending), total };
  };
  const empty = "This folder is empty.";
  const order = { key: "name", descending: false };
  const rows = { rowKey: (entry) => entry.path, onRow: follow, order, empty };
  const table = pagedTable({ columns: COLUMNS, load, words: "Files", limit: PAGE, ...rows });
  fill(body, h("div", { class: "panel list" }, table.element));
  table.reload();
}

// Folders stand before files, whatever the order.
function sorted(items, key, descending) {
  const byName = (a, b) => a.name.localeCompare(b.name, "en", { numeric: true });
  const order = key === "name" ? byName : (a, b) => compare(a[key], b[key]);
  const kind = (one) => (one.kind === "folder" ? 0 : 1);
  return [...items].sort((a, b) => kind(a) - kind(b) || (descending ? order(b, a) : order(a, b)));
}

const compare = (a, b) => (a ?? "") < (b ?? "") ? -1 : (a ?? "") > (b ?? "") ? 1 : 0;

const follow = (entry, line) => line.querySelector("a")?.click();

function nameCell(entry) {
  const { name, kind, path } = entry;
  const about = path === name && ABOUT[name];
  return [
    h("span", { class: `kind ${kind}`, "aria-hidden": "true" }),
    h("a", { href: addressOfEntry(entry) }, kind === "folder" ? `${name}/` : name),
    about && h("span", { class: "hint" }, ` ${about}`),
  ];
}

function sizeCell({ kind, size }) {
  return kind === "folder" ? "" : bytes(size);
}

function saveCell({ kind, path, name }) {
  return kind === "file" && saveLink(path, `Save ${name}`);
}

function crumbs(path) {
  const parts = path.split("/").filter(Boolean);
  const link = (name, at) => {
    const here = at === parts.length;
    const href = addressOf("data", "", { path: parts.slice(0, at).join("/") });
    const stroke = at > 0 && h("span", { "aria-hidden": "true" }, "/");
    return [stroke, here ? h("span", { "aria-current": "page" }, name) : h("a", { href }, name)];
  };
  return ["all", ...parts].map(link);
}
