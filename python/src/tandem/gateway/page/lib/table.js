/** A table whose rows come a page at a time from the gateway: sorted, filtered and paged there. */

import { fill, h } from "./dom.js";
import { count } from "./numbers.js";
import { walkRows } from "./rows.js";
import { waitIn } from "./waiting.js";

/**
 * `columns`: `[{key, title, numeric, sortable, width, cell(row) -> node or text}]`. `load({offset, limit, orderBy,
 * descending, signal, onTask})` promises `{rows, total}`; `onShow()` follows when they are shown. Rows that have a
 * `rowKey(row)` can be brought up to date where they stand. Returns `{element, reload, order, rows, update, putOnTop,
 * drop, mark}`.
 */
export function pagedTable(options) {
  const { columns, load, words, limit = 50, empty = "Nothing here." } = options;
  const { onRow = null, onShow = null, rowKey = null } = options;
  let { order = null } = options;
  let [offset, total, rows, busy, asShown] = [0, 0, [], 0, 0];
  let marked = null;

  const status = h("div", { class: "table-status" });
  const heads = new Map(columns.map((column) => [column, heading(column, sortBy)]));
  const body = h("tbody");
  const fixed = columns.some(({ width }) => width);
  const widths = columns.map(({ key, width }) => h("col", { data: { column: key }, style: width ? { width } : {} }));
  const head = h("thead", {}, h("tr", {}, [...heads.values()].map(({ element }) => element)));
  const table = h("table", { class: fixed ? "fixed" : "", "aria-label": words, hidden: true });
  table.append(h("colgroup", {}, widths), head, body);
  const nothing = h("p", { class: "hint nothing", hidden: true });
  const place = h("div", { class: "table-place" }, table, nothing);
  const pages = pager(move);
  const element = h("div", { class: "paged" }, status, place, pages.element);
  if (onRow) walkRows(body, { open: (line) => onRow(rows[lines().indexOf(line)], line), turn: move });

  const lines = () => [...body.children];
  const lineOf = (key) => lines().find((line) => line.dataset.key === key);
  const placeOf = (key) => rows.findIndex((row) => String(rowKey(row)) === key);

  async function reload({ first = false } = {}) {
    if (first) offset = 0;
    const mine = ++busy;
    element.setAttribute("aria-busy", "true");
    const asked = { offset, limit, orderBy: order?.key, descending: order?.descending };
    await waitIn(status, words, (signal, onTask) => load({ ...asked, signal, onTask }), show);
    if (mine === busy) element.removeAttribute("aria-busy");
  }

  function show(answer) {
    if (!answer.rows.length && offset && answer.total) {
      offset = Math.max(0, Math.ceil(answer.total / limit) - 1) * limit;
      return reload();
    }
    ({ rows, total } = answer);
    const focused = body.contains(document.activeElement) ? document.activeElement.closest("tr").dataset.key : null;
    fill(status);
    fill(body, rows.map(lineFor));
    place.scrollTop = asShown === offset ? place.scrollTop : 0;
    asShown = offset;
    if (focused) lineOf(focused)?.focus();
    tell();
    keepWidths();
    onShow?.();
    return undefined;
  }

  function lineFor(row) {
    const cells = columns.map((column) => h("td", described(column), column.cell(row)));
    const key = rowKey ? String(rowKey(row)) : null;
    const current = key !== null && key === marked ? "true" : null;
    return h("tr", { data: key === null ? {} : { key }, "aria-current": current }, cells);
  }

  function tell() {
    for (const [column, { tell: tellOrder }] of heads) tellOrder(order?.key === column.key ? order : null);
    table.hidden = !rows.length;
    nothing.hidden = Boolean(rows.length);
    if (!rows.length) fill(nothing, typeof empty === "function" ? empty() : empty);
    pages.tell({ offset, shown: rows.length, total, limit });
  }

  // Widths stay as the first rows made them, so that nothing jumps from page to page.
  function keepWidths() {
    if (fixed || widths[0].style.width) return;
    const measured = [...heads.values()].map(({ element: cell }) => cell.offsetWidth);
    if (rows.length && measured[0]) widths.forEach((width, at) => (width.style.width = `${measured[at]}px`));
  }

  function sortBy(column) {
    const sorted = order?.key === column.key;
    order = { key: column.key, descending: sorted ? !order.descending : Boolean(column.numeric) };
    reload({ first: true });
  }

  function move(pagesOn) {
    const next = offset + pagesOn * limit;
    if (next < 0 || next >= total) return;
    offset = next;
    reload();
  }

  /** Bring a row up to date where it stands; says whether it is shown. */
  function update(row) {
    const key = String(rowKey(row));
    const line = lineOf(key);
    if (!line) return false;
    rows[placeOf(key)] = row;
    for (const [at, cell] of [...lineFor(row).children].entries()) {
      if (!line.children[at].isEqualNode(cell)) line.children[at].replaceWith(cell);
    }
    return true;
  }

  /** Put a new row on top of the first page; the others tell of it when they are loaded again. */
  function putOnTop(row) {
    if (offset) return;
    total += 1;
    body.prepend(lineFor(row));
    rows = [row, ...rows].slice(0, limit);
    lines().slice(limit).forEach((line) => line.remove());
    tell();
  }

  /** Take a row out. */
  function drop(key) {
    if (!lineOf(key)) return;
    lineOf(key).remove();
    rows = rows.filter((row) => String(rowKey(row)) !== key);
    total -= 1;
    tell();
  }

  /** Mark one row as the current one; null marks none. */
  function mark(key) {
    marked = key;
    for (const line of lines()) {
      if (key !== null && line.dataset.key === key) line.setAttribute("aria-current", "true");
      else line.removeAttribute("aria-current");
    }
  }

  return { element, reload, order: () => order, rows: () => rows, update, putOnTop, drop, mark };
}

const described = ({ key, numeric }) => ({ class: numeric ? "number" : "", data: { column: key } });

function heading(column, sortBy) {
  const element = h("th", { scope: "col", ...described(column) });
  if (!column.sortable) {
    fill(element, column.title);
    return { element, tell() {} };
  }
  const arrow = h("span", { class: "arrow", "aria-hidden": "true" });
  fill(element, h("button", { type: "button", class: "sort", onclick: () => sortBy(column) }, column.title, arrow));
  const tell = (order) => {
    arrow.textContent = order ? (order.descending ? "↓" : "↑") : "";
    if (order) element.setAttribute("aria-sort", order.descending ? "descending" : "ascending");
    else element.removeAttribute("aria-sort");
  };
  return { element, tell };
}

function pager(move) {
  const button = (sign, words, by) =>
    h("button", { type: "button", class: "quiet", "aria-label": words, title: words, onclick: () => move(by) }, sign);
  const [before, next] = [button("‹", "Page before", -1), button("›", "Next page", 1)];
  const where = h("span", { "aria-live": "polite" });
  const element = h("div", { class: "pager", hidden: true }, before, where, next);
  const tell = ({ offset, shown, total, limit }) => {
    element.hidden = !total;
    before.hidden = next.hidden = total <= limit;
    before.disabled = offset === 0;
    next.disabled = offset + shown >= total;
    const part = `${count(offset + 1)}–${count(offset + shown)} of ${count(total)}`;
    fill(where, total <= limit ? `${count(total)} in all` : part);
  };
  return { element, tell };
}
