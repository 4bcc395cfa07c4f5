/** A group of jobs, such as a sweep: how far it is, what came of it, when each job ran. */

import { addressOf, goTo, readAddress, setQuery } from "../../lib/address.js";
import { get, Unreachable } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { count, plural, short } from "../../lib/numbers.js";
import { timeAgo } from "../../lib/times.js";
import { failure, waitIn } from "../../lib/waiting.js";
import { actButton, fittingActs } from "../acting.js";
import { countsBar, countWords } from "../counts.js";
import { poll } from "../polling.js";
import { tabBar } from "../tabs.js";
import { groupOpen, jobAddress, nameOf, stateMark } from "../words.js";
import { outcomesOf } from "./outcomes.js";
import { scatterTab } from "./scatter.js";
import { tableTab } from "./table.js";
import { timelineTab } from "./timeline.js";

const TABS = [
  ["table", "Table", tableTab],
  ["scatter", "Scatter", scatterTab],
  ["timeline", "Timeline", timelineTab],
];

/** Open a group in an element. */
export function openPart(place, id) {
  const head = h("div", { class: "job-head" });
  const said = h("div", { class: "said" });
  const trouble = h("div", {});
  const tabs = tabBar("Parts of the group", TABS, (name) => setQuery({ tab: name === "table" ? null : name }));
  const body = h(
    "section",
    { class: "panel job", "aria-label": "Group", hidden: true },
    head,
    said,
    trouble,
    tabs.element,
  );
  const waiting = h("div", {});
  const outcomes = outcomesOf(id);
  let [group, told, shown] = [null, "", null];
  place.append(waiting, body);

  const load = (signal) => get(`/groups/${encodeURIComponent(id)}`, { signal });
  const open = () =>
    waitIn(waiting, "Looking for the group", load, async (found) => {
      show(found);
      tabs.panel.replaceChildren();
      await waitIn(tabs.panel, "Collecting what came of it", (signal) => outcomes.load(signal, found.counts), update);
    });

  function show(found) {
    group = found;
    body.hidden = false;
    document.title = `${nameOf(group)} – Tandem`;
    const now = JSON.stringify(group);
    if (now !== told) fill(head, headOf(group, said, acted));
    told = now;
  }

  function update() {
    const { tab = "table" } = readAddress().query;
    const [name, , make] = TABS.find(([one]) => one === tab) ?? TABS[0];
    if (!group) return;
    if (shown?.name === name) return void shown.update?.();
    shown?.close?.();
    tabs.choose(name);
    shown = { name, ...make(tabs.panel, { id, outcomes: outcomes.known }) };
  }

  async function acted(answers, name) {
    if (name === "delete") return goTo("#jobs");
    return polling.now();
  }

  async function refresh() {
    if (!group) return false;
    // What is shown stays while more is read; what goes wrong stands over it, but for a lost connection.
    try {
      show(await load());
      if (outcomes.behind(group.counts) && outcomes.isTime()) {
        await outcomes.load(undefined, group.counts);
        await shown?.tell?.();
      }
      fill(trouble);
    } catch (error) {
      if (!(error instanceof Unreachable)) fill(trouble, failure(error));
      if (error.status === 404) polling.end(); // it is gone, and will not come back
      throw error;
    }
    return groupOpen(group) || outcomes.behind(group.counts);
  }

  const polling = poll(refresh);
  open();
  return {
    update,
    close: () => {
      polling.end();
      shown?.close?.();
    },
  };
}

function headOf(group, said, acted) {
  const buttons = fittingActs(group).map((name) => actButton(name, group, said, (answers) => acted(answers, name)));
  const jobs = h("a", { class: "button", href: addressOf("jobs", "", { group: group.id }) }, "List its jobs");
  const logs = h("a", { class: "button", href: addressOf("jobs", "logs", { group: group.id }) }, "Search its logs");
  const reduce = reduceJob(group.reduceJob);
  const facts = [
    group.program,
    plural(group.total, "job"),
    ["begun ", timeAgo(group.createdAt)],
    costWords(group),
    group.owner && `by ${group.owner}`,
  ].filter(Boolean);
  return [
    h("header", {}, h("h2", {}, nameOf(group)), stateMark(group)),
    h("div", { class: "buttons" }, buttons, jobs, logs, reduce),
    h(
      "p",
      { class: "hint" },
      facts.flatMap((part, at) => (at ? [" · ", part] : [part])),
    ),
    h("div", { class: "counts-line" }, countsBar(group.counts), h("span", {}, progressWords(group))),
  ];
}

function progressWords({ counts, total }) {
  const open = (counts.QUEUED ?? 0) + (counts.RUNNING ?? 0);
  return `${count(total - open)} of ${count(total)} ended: ${countWords(counts)}`;
}

function reduceJob(reduce) {
  if (!reduce) return null;
  const id = reduce.id ?? reduce;
  return h("a", { class: "button", href: jobAddress(id, { tab: "results" }) }, "Result of the reduce program");
}

function costWords({ cost, limit }) {
  if (!cost?.cpuHours && !limit?.cpuHours) return null;
  const most = limit?.cpuHours ? ` of at most ${short(limit.cpuHours)}` : "";
  return `${short(cost?.cpuHours ?? 0)}${most} CPU-hours`;
}
