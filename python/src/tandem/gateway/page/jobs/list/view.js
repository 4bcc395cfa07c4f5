/** The list of jobs: what waits, runs and is done, as it happens. */

import { goTo, readAddress, setQuery } from "../../lib/address.js";
import { get, Unreachable, withQuery } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { onKey } from "../../lib/keys.js";
import { count, plural } from "../../lib/numbers.js";
import { say } from "../../lib/notices.js";
import { failure, waitIn } from "../../lib/waiting.js";
import { act, ACTS, wordsFor } from "../acting.js";
import { poll } from "../polling.js";
import { STATES, tookWords } from "../words.js";
import { anyOpen, rowsFor } from "./asking.js";
import { statesChart } from "./chart.js";
import { addressOfRow, columnsOf, isGroup, keyOf, timeOf } from "./columns.js";
import { filterBar, filtersNow, isFiltered, queryOf } from "./filters.js";
import { liveRows, olderPager } from "./rows.js";

/** How often the time that passes is told, in milliseconds. */
const TICK_MS = 1000;
/** How often jobs are counted at most while they are looked at, in milliseconds. */
const COUNT_MS = 2500;

/** Open the list in an element. */
export function openPart(place) {
  const filters = filterBar();
  const chart = h("div", { class: "chart" });
  const status = h("div", { class: "table-status" });
  const said = h("div", { class: "said" });
  const nothing = h("p", { class: "hint nothing", hidden: true });
  const bar = h("div", { class: "chosen-bar", role: "group", "aria-label": "Chosen jobs", hidden: true });
  const look = () => polling.now();
  const list = liveRows({
    columns: columnsOf(said, look),
    words: "Jobs",
    keyOf,
    open: (row) => goTo(addressOfRow(row)),
    turn: (pages) => (pages > 0 ? toOlder() : toNewest()),
    changed: tellChosen,
  });
  const pager = olderPager({ newest: () => toNewest(), older: () => toOlder() });
  const panel = h(
    "div",
    { class: "panel list" },
    bar,
    said,
    h("div", { class: "paged" }, status, list.element, nothing, pager.element),
  );
  let [asked, cursor, told, counted] = ["", null, "", 0];
  list.element.hidden = true;
  place.append(h("div", { class: "list-head" }, filters.element, chart), panel);

  const page = () => readAddress().query;
  const query = () => JSON.stringify([filtersNow(), page().cursor ?? null]);
  const load = () => rowsFor(filtersNow(), page());

  function show(found) {
    const { rows } = found;
    ({ cursor } = found);
    fill(status);
    list.show(rows);
    list.element.hidden = !rows.length;
    nothing.hidden = Boolean(rows.length);
    if (!rows.length) fill(nothing, empty());
    const groups = found.groups ? ` and ${plural(found.groups, "group")}` : "";
    const words = rows.length > 0 && `${count(rows.length)} shown of ${plural(found.total, "job")}${groups}`;
    pager.tell({ words, isFirst: !page().cursor, hasOlder: Boolean(cursor) });
  }

  // What is shown stays while it is brought up to date; of a lost connection the frame tells.
  async function refresh() {
    const mine = query();
    try {
      const found = await load();
      if (mine === query()) show(found);
    } catch (error) {
      if (!(error instanceof Unreachable)) fill(status, failure(error, look));
    }
    if (Date.now() - counted > COUNT_MS) await recount();
    return anyOpen(list.rows());
  }

  async function recount() {
    counted = Date.now();
    const others = { ...filtersNow(), states: [] };
    const { counts, hours } = await get("/jobs/summary");
    filters.say(isFiltered(others) ? await countsOf(others) : counts);
    const now = JSON.stringify(hours);
    if (now === told) return;
    told = now;
    fill(chart, statesChart(hours));
  }

  function update() {
    filters.tell();
    if (query() === asked) return;
    asked = query();
    list.clear();
    fill(said);
    list.element.scrollTop = 0;
    waitIn(status, "Looking for jobs", load, show);
    recount().catch(() => {});
  }

  function tellChosen() {
    const chosen = list.chosen();
    bar.hidden = !chosen.length;
    const buttons = Object.keys(ACTS).map((name) => {
      const fitting = chosen.filter(ACTS[name].fits);
      const words = `${ACTS[name].word} ${count(fitting.length)}`;
      const pressed = ({ currentTarget }) => actOn(name, fitting, currentTarget);
      const told = { type: "button", data: { needs: "submitter" }, class: ACTS[name].danger ? "danger" : "" };
      return fitting.length > 0 && h("button", { ...told, onclick: pressed }, words);
    });
    const leave = h("button", { type: "button", class: "quiet", onclick: list.clear }, "Choose none");
    fill(bar, h("span", {}, `${count(chosen.length)} chosen`), buttons, leave);
  }

  async function actOn(name, fitting, button) {
    button.disabled = true;
    fill(said);
    try {
      const done = await act(name, fitting);
      if (!done) return;
      list.clear();
      say(`${ACTS[name].word}: ${wordsFor(fitting)}.`);
    } catch (error) {
      fill(said, failure(error));
    } finally {
      button.disabled = false;
      look();
    }
  }

  function toOlder() {
    if (cursor) setQuery({ cursor, before: timeOf(list.rows().at(-1)) });
  }
  const toNewest = () => setQuery({ cursor: null, before: null });

  function tick() {
    for (const job of list.rows()) {
      const time = !isGroup(job) && job.state === "RUNNING" && list.lineOf(job)?.querySelector(".passing");
      if (time) time.textContent = tookWords(job);
    }
  }

  const polling = poll(refresh);
  const timer = setInterval(tick, TICK_MS);
  const unkey = onKey("/", "search jobs", filters.search);
  update();
  return {
    update,
    close: () => {
      polling.end();
      clearInterval(timer);
      unkey();
    },
  };
}

/** How many jobs pass the filters, in each state. */
async function countsOf(filters) {
  const number = (state) =>
    get(withQuery("/jobs", { ...queryOf(filters), state, limit: 1 })).then(({ total }) => total);
  const states = Object.keys(STATES);
  const numbers = await Promise.all(states.map(number));
  return Object.fromEntries(states.map((state, at) => [state, numbers[at]]));
}

function empty() {
  if (isFiltered(filtersNow())) return "No job is like that.";
  const begin = h("a", { href: "#jobs/new" }, "Begin one");
  const programs = h("a", { href: "#jobs/programs" }, "programs");
  return ["No job yet. ", begin, ", or look at the ", programs, " that can be run."];
}
