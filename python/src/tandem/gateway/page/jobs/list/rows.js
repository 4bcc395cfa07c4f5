/** Rows that change while they are looked at: each is made anew only where it changed; several can be chosen. */

import { fill, h } from "../../lib/dom.js";
import { walkRows } from "../../lib/rows.js";

/** `{element, show(rows), rows, chosen, clear}`; `open(row)` by Enter or a click, `changed()` when more are chosen. */
export function liveRows({ columns, words, keyOf, open, turn, changed }) {
  const all = h("input", { type: "checkbox", "aria-label": "Choose all shown" });
  const heads = columns.map(({ key, title, numeric }) =>
    h("th", { scope: "col", class: numeric ? "number" : "", data: { column: key } }, title),
  );
  const widths = columns.map(({ key, width }) => h("col", { data: { column: key }, style: { width } }));
  const body = h("tbody");
  const table = h("table", { class: "fixed", "aria-label": words });
  table.append(
    h("colgroup", {}, h("col", { style: { width: "2.2rem" } }), widths),
    h("thead", {}, h("tr", {}, h("th", { class: "choose" }, all), heads)),
    body,
  );
  const element = h("div", { class: "table-place" }, table);
  const lines = new Map();
  const chosen = new Map();
  let rows = [];

  walkRows(body, { open: (line) => open(lines.get(line.dataset.key).row), turn });
  all.addEventListener("change", () => {
    chosen.clear();
    if (all.checked) for (const row of rows) chosen.set(keyOf(row), row);
    tellChosen();
  });
  body.addEventListener("change", ({ target }) => {
    const { key } = target.closest("tr").dataset;
    if (target.checked) chosen.set(key, lines.get(key).row);
    else chosen.delete(key);
    tellChosen();
  });
  body.addEventListener("keydown", (event) => {
    if (event.key.toLowerCase() !== "x" || event.target.parentElement !== body) return;
    event.target.querySelector("input").click();
  });

  function tellChosen() {
    for (const { line, box } of lines.values()) {
      box.checked = chosen.has(line.dataset.key);
      line.classList.toggle("chosen", box.checked);
    }
    all.checked = rows.length > 0 && chosen.size === rows.length;
    all.indeterminate = chosen.size > 0 && !all.checked;
    changed();
  }

  function lineFor(row) {
    const key = keyOf(row);
    const box = h("input", { type: "checkbox", tabIndex: -1, "aria-label": `Choose ${row.name || row.id}` });
    const cells = columns.map((one) =>
      h("td", { class: one.numeric ? "number" : "", data: { column: one.key } }, one.cell(row)),
    );
    return {
      line: h("tr", { data: { key } }, h("td", { class: "choose" }, box), cells),
      box,
      row,
      told: JSON.stringify(row),
    };
  }

  // What is in use stays: somebody may be about to press its buttons.
  function bringUpToDate(made, row) {
    const told = JSON.stringify(row);
    made.row = row;
    if (made.told === told) return made;
    made.told = told;
    for (const [at, { cell }] of columns.entries()) {
      const before = made.line.children[at + 1];
      const now = before.cloneNode(false);
      now.append(...[cell(row)].flat(Infinity).filter((part) => part != null && part !== false));
      if (!before.isEqualNode(now)) before.replaceChildren(...now.childNodes);
    }
    return made;
  }

  /** Show these rows, in their order. */
  function show(found) {
    rows = found;
    const keys = new Set(rows.map(keyOf));
    for (const [key, { line }] of lines) {
      if (keys.has(key)) continue;
      line.remove();
      lines.delete(key);
      chosen.delete(key);
    }
    for (const [at, row] of rows.entries()) {
      const key = keyOf(row);
      const made = lines.has(key) ? bringUpToDate(lines.get(key), row) : lineFor(row);
      lines.set(key, made);
      if (chosen.has(key)) chosen.set(key, row);
      if (body.children[at] !== made.line) body.insertBefore(made.line, body.children[at] ?? null);
    }
    tellChosen();
  }

  const clear = () => {
    chosen.clear();
    tellChosen();
  };
  const lineOf = (row) => lines.get(keyOf(row))?.line;
  return { element, show, clear, lineOf, rows: () => rows, chosen: () => [...chosen.values()] };
}

/** The row of words under a table, with a way to older and newer rows. */
export function olderPager({ newest, older }) {
  const button = (words, action) => h("button", { type: "button", class: "quiet", onclick: action }, words);
  const [first, next] = [button("‹ Newest", newest), button("Older ›", older)];
  const where = h("span", { "aria-live": "polite" });
  const element = h("div", { class: "pager", hidden: true }, first, where, next);
  const tell = ({ words, isFirst, hasOlder }) => {
    element.hidden = !words;
    fill(where, words);
    first.hidden = isFirst;
    next.hidden = !hasOlder;
  };
  return { element, tell };
}
