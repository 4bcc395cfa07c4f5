/** Tasks: what waits, runs and is done, as it happens. */

import { readAddress, setQuery } from "../lib/address.js";
import { get, withQuery } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import { onKey } from "../lib/keys.js";
import { askLive, onLive, onReturn } from "../lib/live.js";
import { pagedTable } from "../lib/table.js";
import { COLUMNS, timeWords } from "./columns.js";
import { taskDetail } from "./detail.js";
import { filterBar, filtersNow, matches, passes } from "./filters.js";

/** Texts are looked for among so many of the newest: the gateway looks for names and states only. */
const SEARCHED = 500;
/** How often the time that passes is told, in milliseconds. */
const TICK_MS = 1000;

/** Open the view in an element. */
export function openView(place) {
  const filters = filterBar();
  let heard = [];
  const load = async (wanted) => {
    let answer = null;
    ({ answer, heard } = await askLive("task", () => find(wanted)));
    return answer;
  };
  const onShow = () => heard.forEach(taskChanged);
  const rows = { load, onShow, rowKey: ({ id }) => id, onRow: open };
  const table = pagedTable({ columns: COLUMNS, words: "Tasks", empty, ...rows });
  const side = h("aside", { class: "panel side", "aria-label": "Chosen task", hidden: true });
  const note = h("p", { class: "hint among", hidden: true }, `Looked for among the newest ${SEARCHED}.`);
  const list = h("div", { class: "panel list" }, note, table.element);
  const head = h("div", { class: "view-head" }, h("h1", {}, "Tasks"), filters.element);
  let [detail, asked] = [null, ""];
  fill(place, head, h("div", { class: "split" }, list, side));

  const lineOf = (id) => table.element.querySelector(`[data-key="${CSS.escape(id)}"]`);

  function update() {
    filters.tell();
    const now = filtersNow();
    note.hidden = !now.text;
    if (JSON.stringify(now) !== asked) {
      const first = asked === "";
      asked = JSON.stringify(now);
      filters.count();
      table.reload({ first: !first });
    }
    showDetail(readAddress().query.open ?? null);
  }

  function showDetail(id) {
    if (detail?.id === id) return;
    detail?.close();
    detail = id ? taskDetail(side, id, close) : null;
    side.hidden = !id;
    place.classList.toggle("opened", Boolean(id));
    table.mark(id);
  }

  function close() {
    const { id } = detail;
    setQuery({ open: null });
    lineOf(id)?.focus();
  }

  function taskChanged(task) {
    detail?.taskChanged(task);
    filters.recount();
    const now = filtersNow();
    if (!passes(task, now)) {
      const focused = document.activeElement?.dataset.key === task.id;
      if (focused || detail?.id === task.id) table.update(task);
      else table.drop(task.id);
    } else if (!table.update(task) && isNew(task, table.rows())) table.putOnTop(task);
  }

  function tick() {
    for (const task of table.rows()) {
      const time = task.state === "RUNNING" && lineOf(task.id)?.querySelector(".passing");
      if (time) time.textContent = timeWords(task);
    }
    detail?.tick();
  }

  function returned() {
    filters.count();
    table.reload();
    detail?.reload();
  }

  const onEscape = (event) => event.key === "Escape" && detail && !document.querySelector("dialog[open]") && close();
  document.addEventListener("keydown", onEscape);
  const ends = [onLive("task", taskChanged), onReturn(returned), onKey("/", "search tasks", filters.search)];
  const timer = setInterval(tick, TICK_MS);
  update();
  return {
    update,
    close: () => {
      for (const end of ends) end();
      clearInterval(timer);
      document.removeEventListener("keydown", onEscape);
      detail?.close();
    },
  };
}

const open = ({ id }) => setQuery({ open: readAddress().query.open === id ? null : id });

// What was queued before the rows on the page belongs to a later page.
const isNew = (task, rows) => !rows.length || task.queuedAt >= rows[0].queuedAt;

async function find({ offset, limit, signal }) {
  const { experiment, task, states, text } = filtersNow();
  const query = { experiment, task, state: states };
  if (text) {
    const { items } = await get(withQuery("/tasks", { ...query, limit: SEARCHED }), { signal });
    const found = items.filter((one) => matches(one, text));
    return { rows: found.slice(offset, offset + limit), total: found.length };
  }
  const { items, total } = await get(withQuery("/tasks", { ...query, offset, limit }), { signal });
  return { rows: items, total };
}

function empty() {
  const { experiment, task, states, text } = filtersNow();
  if (experiment || task || states.length || text) return "No task is like that.";
  const explore = h("a", { href: "#explore" }, "Explore");
  return ["No task yet: every plot and table under ", explore, " asks for one, and it shows up here as it happens."];
}
