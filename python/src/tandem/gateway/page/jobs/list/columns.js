/** What a row of the list shows: a job, or a whole group. */

import { h } from "../../lib/dom.js";
import { bytes, count, duration } from "../../lib/numbers.js";
import { ended } from "../../lib/progress.js";
import { timeAgo } from "../../lib/times.js";
import { actButton, fittingActs } from "../acting.js";
import { countsBar, countWords } from "../counts.js";
import { groupAddress, jobAddress, nameOf, progressOf, reasonOf, stateMark, tookWords, valueWords } from "../words.js";

/** Whether a row is a group. */
export const isGroup = (row) => "counts" in row;
/** By what a row is known. */
export const keyOf = (row) => `${isGroup(row) ? "group/" : ""}${row.id}`;
/** When a row came to be. */
export const timeOf = (row) => (isGroup(row) ? row.createdAt : row.queuedAt);
/** Where a row leads. */
export const addressOfRow = (row) => (isGroup(row) ? groupAddress(row.id) : jobAddress(row.id));

/** The columns; acts tell in `said` what went wrong, and `done()` when they ended. */
export const columnsOf = (said, done) => [
  { key: "state", title: "State", width: "7rem", cell: (row) => stateCell(row) },
  { key: "name", title: "Name", width: "auto", cell: (row) => nameCell(row) },
  { key: "program", title: "Program", width: "7.5rem", cell: ({ program }) => h("span", { title: program }, program) },
  { key: "tags", title: "Tags", width: "9rem", cell: (row) => tagCells(row.tags) },
  { key: "progress", title: "Progress", width: "10.5rem", cell: progressCell },
  { key: "queued", title: "Queued", width: "6rem", cell: (row) => timeAgo(timeOf(row)) },
  { key: "started", title: "Started", width: "6rem", cell: (row) => (isGroup(row) ? "" : timeAgo(row.startedAt)) },
  { key: "took", title: "Took", width: "6rem", cell: (row) => (isGroup(row) ? "" : tookCell(row)) },
  { key: "cpu", title: "CPU", width: "4.5rem", numeric: true, cell: cpuCell },
  { key: "memory", title: "Memory", width: "5.6rem", numeric: true, cell: (row) => bytes(row.peakBytes) },
  { key: "acts", title: "", width: "8.5rem", cell: (row) => actCells(row, said, done) },
];

function stateCell(row) {
  const words = isGroup(row) ? countWords(row.counts) : reasonOf(row);
  const mark = stateMark(row);
  if (words) mark.title = words;
  return mark;
}

function nameCell(row) {
  const link = h("a", { href: addressOfRow(row), title: row.id }, nameOf(row));
  if (isGroup(row)) return [link, h("span", { class: "hint" }, ` ${count(row.total)} jobs`)];
  const group = row.group && h("a", { class: "hint of-group", href: groupAddress(row.group) }, "in a group");
  return [link, row.cachedFrom && h("span", { class: "hint" }, " from before"), group && [" ", group]];
}

/** Tags as small marks. */
export function tagCells(tags) {
  const pairs = Object.entries(tags ?? {});
  const words = pairs.map(([name, value]) => `${name}=${valueWords(value)}`);
  return h(
    "span",
    { class: "tags", title: words.join("\n") },
    words.map((text) => h("span", { class: "tag" }, text)),
  );
}

function progressCell(row) {
  if (!isGroup(row)) return progressOf(row) || failedWords(row);
  const done = row.total - (row.counts.QUEUED ?? 0) - (row.counts.RUNNING ?? 0);
  const words = `${count(done)} of ${count(row.total)}`;
  return h("div", { class: "progress" }, countsBar(row.counts), h("span", { class: "hint" }, words));
}

function failedWords(job) {
  if (!job.reason || job.state === "COMPLETE") return "";
  return h("span", { class: job.state === "FAILED" ? "bad" : "hint", title: job.reason }, job.reason);
}

const tookCell = (job) => h("span", { class: ended(job) ? "" : "passing" }, tookWords(job));

function cpuCell(row) {
  const hours = row.cost?.cpuHours;
  if (isGroup(row)) return hours ? duration(hours * 3600) : "–";
  return row.cpuSeconds == null ? "–" : duration(row.cpuSeconds);
}

function actCells(row, said, done) {
  const buttons = fittingActs(row).map((name) => actButton(name, row, said, done, "quiet"));
  return h("div", { class: "row-actions" }, buttons);
}
