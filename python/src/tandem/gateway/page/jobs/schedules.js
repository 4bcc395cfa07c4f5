/** Schedules: jobs that are run again and again, at fixed times. */

import { get, send } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { pagedTable } from "../lib/table.js";
import { timeAgo } from "../lib/times.js";
import { failure } from "../lib/waiting.js";
import { jobAddress, valueWords } from "./words.js";

/** So many are a page. */
const PAGE = 100;

/** Open the list in an element. */
export function openPart(place) {
  const said = h("div", { class: "said" });
  const columns = [
    { key: "name", title: "Name", width: "12rem", cell: ({ name }) => name },
    {
      key: "cron",
      title: "When",
      width: "14rem",
      cell: ({ cron, zone }) => [h("code", {}, cron), zone && h("span", { class: "hint" }, ` ${zone}`)],
    },
    { key: "program", title: "Program", width: "10rem", cell: ({ job }) => job?.program ?? "a command" },
    { key: "parameters", title: "Parameters", width: "auto", cell: ({ job }) => parameterWords(job?.parameters) },
    {
      key: "next",
      title: "Next",
      width: "12rem",
      cell: ({ nextAt }) => (nextAt ? new Date(nextAt).toLocaleString() : "–"),
    },
    { key: "last", title: "Last", width: "12rem", cell: lastCell },
    { key: "acts", title: "", width: "7rem", cell: acts },
  ];
  const load = async ({ offset, limit, signal }) => {
    const { items } = await get("/schedules", { signal });
    return { rows: items.slice(offset, offset + limit), total: items.length };
  };
  const empty = () => [
    "No schedule yet. Fill in a ",
    h("a", { href: "#jobs/new" }, "new job"),
    " and choose “Schedule…” instead of “Run”.",
  ];
  const table = pagedTable({ columns, load, words: "Schedules", limit: PAGE, rowKey: ({ name }) => name, empty });
  const add = h("a", { class: "button", href: "#jobs/new", data: { needs: "submitter" } }, "New schedule");
  const hint = h("span", { class: "hint" }, "fill in a job, then “Schedule…”");
  const tools = h("div", { class: "tab-tools" }, add, hint);
  place.append(h("div", { class: "panel list" }, tools, said, table.element));

  function acts({ name }) {
    const told = { type: "button", class: "quiet", "aria-label": `Remove ${name}`, data: { needs: "submitter" } };
    return h("div", { class: "row-actions" }, h("button", { ...told, onclick: () => remove(name) }, "Remove"));
  }

  async function remove(name) {
    if (!(await confirm(`Remove the schedule ${name}?`, "It runs no more. What it has run stays.", "Remove"))) return;
    fill(said);
    await send("DELETE", `/schedules/${encodeURIComponent(name)}`).catch((error) => fill(said, failure(error)));
    table.reload();
  }

  table.reload();
  return { close() {} };
}

function lastCell({ lastAt, lastJob, trouble }) {
  if (trouble) return h("span", { class: "bad", title: trouble }, trouble);
  return lastJob ? h("a", { href: jobAddress(lastJob) }, timeAgo(lastAt)) : timeAgo(lastAt);
}

const parameterWords = (parameters) =>
  Object.entries(parameters ?? {})
    .map(([name, value]) => `${name}=${valueWords(value)}`)
    .join(", ");
