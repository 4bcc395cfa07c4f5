/** The jobs of a group with their parameters and result values. */

import { goTo } from "../../lib/address.js";
import { fill, h } from "../../lib/dom.js";
import { short } from "../../lib/numbers.js";
import { pagedTable } from "../../lib/table.js";
import { allNumbers, sorted } from "../sorting.js";
import { jobAddress, stateMark, valueWords } from "../words.js";

/** So many rows are a page. */
const PAGE = 100;

/** Show the table in a panel; `tell()` when there is more in `outcomes`. */
export function tableTab(panel, { id, outcomes }) {
  const href = `/groups/${encodeURIComponent(id)}/table?format=csv`;
  const save = h("a", { class: "button quiet", href, download: `${id}.csv` }, "CSV");
  const place = h("div", { class: "list" });
  let [table, drawn] = [null, ""];
  fill(panel, h("div", { class: "tab-tools" }, h("span", { class: "space" }), save), place);

  const values = new Map();
  const load = async ({ offset, limit, orderBy, descending }) => {
    const rows = orderBy ? sorted(outcomes.rows, values.get(orderBy), descending) : outcomes.rows;
    return { rows: rows.slice(offset, offset + limit), total: rows.length };
  };

  function tell() {
    const shape = JSON.stringify([outcomes.parameters, outcomes.results]);
    if (shape === drawn) return table.reload();
    drawn = shape;
    const order = table?.order() ?? null;
    const columns = columnsOf(outcomes);
    values.clear();
    for (const { key, valueOf } of columns) values.set(key, valueOf);
    const onRow = (row) => goTo(jobAddress(row.id));
    const empty = "No job of this group is there yet.";
    table = pagedTable({
      columns,
      load,
      words: "Jobs of the group",
      limit: PAGE,
      rowKey: (row) => row.id,
      onRow,
      order,
      empty,
    });
    fill(place, table.element);
    return table.reload();
  }

  tell();
  return { tell };
}

function columnsOf({ rows, parameters, results }) {
  const valueColumn = (part) => (name) => {
    const valueOf = (row) => row[part]?.[name];
    const numeric = allNumbers(rows.map(valueOf));
    const cell = (row) => valueCell(valueOf(row));
    return { key: `${part}.${name}`, title: name, sortable: true, numeric, valueOf, cell };
  };
  const link = ({ id, name }) => h("a", { href: jobAddress(id), title: id }, name || id);
  return [
    { key: "state", title: "State", sortable: true, valueOf: ({ state }) => state, cell: stateMark },
    { key: "name", title: "Job", sortable: true, valueOf: ({ name, id }) => name ?? id, cell: link },
    ...parameters.map(valueColumn("parameters")),
    ...results.map(valueColumn("results")),
  ];
}

function valueCell(value) {
  if (value == null) return h("span", { class: "hint" }, "–");
  if (typeof value !== "number") return h("span", { title: valueWords(value) }, valueWords(value));
  return h(
    "span",
    { title: String(value) },
    Number.isInteger(value) && Math.abs(value) < 1e6 ? String(value) : short(value),
  );
}
