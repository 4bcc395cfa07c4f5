/** The rows of the list: jobs a page at a time, and groups as one row each. */

import { get, withQuery } from "../../lib/api.js";
import { isFiltered, queryOf } from "./filters.js";
import { isGroup, timeOf } from "./columns.js";

/** So many jobs are a page. */
const PAGE = 100;
/** So many of the newest groups are known to the list. */
const GROUPS = 100;
/** What asks for jobs that are in no group. */
const ALONE = "none";

/**
 * A page of rows, newest first: `{rows, total, cursor, open}`. Without filters the jobs of a group are one row; with
 * some, each job is its own. `cursor` and `before` (when the page before ended) tell which page.
 */
export async function rowsFor(filters, { cursor = null, before = null } = {}) {
  const filtered = isFiltered(filters);
  const query = { ...queryOf(filters), group: filtered ? filters.group : ALONE, limit: PAGE, cursor };
  const [jobs, groups] = await Promise.all([
    get(withQuery("/jobs", query)),
    filtered ? { items: [] } : get(withQuery("/groups", { limit: GROUPS })),
  ]);
  const rows = [...jobs.items, ...within(groups.items, jobs, before)].sort((a, b) => (timeOf(a) < timeOf(b) ? 1 : -1));
  return { rows, total: jobs.total, groups: groups.items.length, cursor: jobs.cursor };
}

/** Whether anything among the rows is under way. */
export const anyOpen = (rows) =>
  rows.some((row) => (isGroup(row) ? row.counts.QUEUED || row.counts.RUNNING : /QUEUED|RUNNING/.test(row.state)));

// Of the groups those that belong between the first and the last job of the page.
function within(groups, { items, cursor }, before) {
  const end = cursor ? items.at(-1).queuedAt : "";
  return groups.filter(({ createdAt }) => createdAt >= end && (!before || createdAt < before));
}
