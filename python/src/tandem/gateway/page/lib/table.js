/** A table whose rows come a page at a time from the gateway: sorted, filtered and paged there. */

import { fill, h } from "./dom.js";
import { count } from "./numbers.js";
import { waitIn } from "./waiting.js";

/**
 * `columns`: `[{key, title, numeric, sortable, cell(row) -> node or text, title}]`. `load({offset, limit, orderBy,
 * descending, signal, onTask})` promises `{rows, total}`. Returns `{element, reload, order}`.
 */
export function pagedTable({ columns, load, words, limit = 50, order = null, onRow = null, rowKey = null, empty = "Nothing here." }) {
  let offset = 0;
  const place = h("div", { class: "table-place" });
  const foot = h("div", { class: "pager" });
  const element = h("div", { class: "paged" }, place, foot);
  const work = (signal, onTask) =>
    load({ offset, limit, orderBy: order?.key, descending: order?.descending, signal, onTask });

  function reload({ first = false } = {}) {
    if (first) offset = 0;
    return waitIn(place, words, work, show);
  }

  function show({ rows, total }) {
    if (!rows.length && offset && total) {
      offset = Math.max(0, Math.ceil(total / limit) - 1) * limit;
      return reload();
    }
    fill(place, rows.length ? tableOf(rows) : h("p", { class: "hint" }, empty));
    fill(foot, rows.length && total > limit && pager(total, rows.length));
    return undefined;
  }

  function tableOf(rows) {
    const head = h("tr", {}, columns.map(heading));
    const body = rows.map((row) => {
      const cells = columns.map((column) => h("td", { class: column.numeric ? "number" : "" }, column.cell(row)));
      const line = h("tr", { data: rowKey ? { key: rowKey(row) } : {} }, cells);
      if (onRow) line.addEventListener("click", (event) => event.target.closest("button, a, input, select") || onRow(row, line));
      return line;
    });
    return h("table", {}, h("thead", {}, head), h("tbody", {}, body));
  }

  function heading(column) {
    const sorted = order?.key === column.key;
    const state = sorted ? (order.descending ? "descending" : "ascending") : null;
    const properties = { scope: "col", class: column.numeric ? "number" : "", "aria-sort": state };
    if (!column.sortable) return h("th", properties, column.title);
    const sort = () => {
      order = { key: column.key, descending: sorted ? !order.descending : Boolean(column.numeric) };
      reload({ first: true });
    };
    const mark = state === "descending" ? " ↓" : state ? " ↑" : "";
    return h("th", properties, h("button", { type: "button", class: "sort", onclick: sort }, column.title + mark));
  }

  function pager(total, shown) {
    const move = (by) => () => {
      offset = Math.max(0, offset + by * limit);
      reload();
    };
    return [
      h("button", { type: "button", class: "quiet", disabled: offset === 0, onclick: move(-1), "aria-label": "Page before" }, "‹"),
      h("span", {}, `${count(offset + 1)}–${count(offset + shown)} of ${count(total)}`),
      h("button", { type: "button", class: "quiet", disabled: offset + shown >= total, onclick: move(1), "aria-label": "Next page" }, "›"),
    ];
  }

  return { element, reload, order: () => order };
}
