/** One experiment as a card, or as the cells of a dense list. */

import { addressOf } from "../lib/address.js";
import { send } from "../lib/api.js";
import { confirm } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { bytes, count, plural } from "../lib/numbers.js";
import { timeAgo } from "../lib/times.js";

/** States in words, with what each means. */
const STATES = {
  asleep: ["asleep", "Wakes as soon as it is opened"],
  opening: ["opening", "Its data is being loaded"],
  ready: ["ready", "Answers at once"],
  degraded: ["degraded", "Answers what it can"],
  failed: ["failed", "Its worker does not run"],
  importing: ["importing", "It is being made"],
};

/** A card; `onGone(id)` is called once it was deleted. */
export function experimentCard(experiment, onGone) {
  const said = h("div", { class: "said" });
  const facts = [["cell", experiment.cells], ["gene", experiment.genes], ["sample", experiment.samples], ["cluster", experiment.clusters]];
  return h(
    "article",
    { class: "panel card", data: { id: experiment.id }, "aria-label": experiment.name },
    h("header", {}, h("h2", {}, exploreLink(experiment)), stateMark(experiment)),
    h("p", { class: "hint" }, [experiment.id, experiment.species, bytes(experiment.sizeBytes)].filter(Boolean).join(" · ")),
    h("dl", { class: "facts" }, facts.map(([name, value]) => h("div", {}, h("dt", {}, value === 1 ? name : `${name}s`), h("dd", {}, count(value))))),
    reason(experiment),
    h("p", { class: "hint uses" }, uses(experiment)),
    said,
    h("div", { class: "buttons" }, actions(experiment, said, onGone)),
  );
}

/** Columns of a dense list; what goes wrong is told in `said`. */
export const experimentColumns = (said, onGone) => [
  { key: "name", title: "Name", cell: (one) => [exploreLink(one), one.name !== one.id && h("span", { class: "hint" }, ` ${one.id}`)] },
  { key: "state", title: "State", width: "7rem", cell: (one) => stateMark(one) },
  { key: "cells", title: "Cells", width: "6rem", numeric: true, cell: (one) => count(one.cells) },
  { key: "genes", title: "Genes", width: "6rem", numeric: true, cell: (one) => count(one.genes) },
  { key: "samples", title: "Samples", width: "5.5rem", numeric: true, cell: (one) => count(one.samples) },
  { key: "clusters", title: "Clusters", width: "5.5rem", numeric: true, cell: (one) => count(one.clusters) },
  { key: "species", title: "Species", width: "6rem", cell: (one) => one.species ?? "–" },
  { key: "size", title: "Size", width: "6rem", numeric: true, cell: (one) => bytes(one.sizeBytes) },
  { key: "used", title: "Used", width: "7rem", cell: (one) => timeAgo(one.lastUsed) },
  { key: "imported", title: "Imported", width: "7rem", cell: (one) => timeAgo(one.importedAt) },
  { key: "actions", title: "", width: "9rem", cell: (one) => h("div", { class: "row-actions" }, actions(one, said, onGone, true)) },
];

/** The state as a coloured word. */
export function stateMark({ state, detail }) {
  const [word, meaning] = STATES[state] ?? [state, ""];
  return h("span", { class: `state ${state}`, title: detail || meaning }, word);
}

const exploreLink = ({ id, name }) => h("a", { href: addressOf("explore", id) }, name);

function reason({ state, detail }) {
  const told = detail && (state === "failed" || state === "degraded");
  return told && h("p", { class: `reason ${state === "failed" ? "bad" : "warn"}` }, detail);
}

function uses({ lastUsed, importedAt }) {
  const parts = [lastUsed && ["used ", timeAgo(lastUsed)], importedAt && ["imported ", timeAgo(importedAt)]];
  return parts.filter(Boolean).flatMap((part, at) => (at ? [" · ", part] : [part]));
}

function actions(experiment, said, onGone, dense = false) {
  const { id, name, hasReport } = experiment;
  const remove = h("button", { type: "button", class: "quiet", "aria-label": `Delete ${name}`, onclick: () => ask() }, "Delete");
  const ask = async () => {
    if (await confirm(`Delete ${name}?`, wordsOfLoss(experiment), `Delete ${id}`)) await deleteIt(experiment, remove, said, onGone);
  };
  const report = hasReport && h("a", { class: "button quiet", href: `/experiments/${encodeURIComponent(id)}/report`, target: "_blank", rel: "noopener" }, "Report");
  const explore = h("a", { class: "button", href: addressOf("explore", id) }, "Explore");
  return dense ? [report, remove] : [explore, report, remove];
}

function wordsOfLoss({ id, cells, sizeBytes }) {
  const what = cells == null ? "Its data" : `Its ${plural(cells, "cell")}`;
  return `${what}, cell sets and report go (${id}, ${bytes(sizeBytes)}), also those that somebody drew. This cannot be undone.`;
}

async function deleteIt({ id, name }, button, said, onGone) {
  button.disabled = true;
  try {
    await send("DELETE", `/experiments/${encodeURIComponent(id)}`);
    onGone(id);
  } catch (error) {
    button.disabled = false;
    fill(said, h("div", { class: "failure", role: "alert" }, h("p", {}, `${name} was not deleted. ${error.message}`)));
  }
}
