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
  const { id, species, cells, genes, samples, clusters, sizeBytes } = experiment;
  const numbers = [["cell", cells], ["gene", genes], ["sample", samples], ["cluster", clusters]];
  return h(
    "article",
    { class: "panel card", data: { id }, "aria-label": experiment.name },
    h("header", {}, h("h2", {}, exploreLink(experiment)), stateMark(experiment)),
    h("p", { class: "hint" }, [id, species, bytes(sizeBytes)].filter(Boolean).join(" · ")),
    h("dl", { class: "facts" }, numbers.map(fact)),
    reason(experiment),
    h("p", { class: "hint uses" }, uses(experiment)),
    said,
    h("div", { class: "buttons" }, actions(experiment, said, onGone)),
  );
}

const fact = ([name, value]) =>
  h("div", {}, h("dt", {}, value === 1 ? name : `${name}s`), h("dd", {}, count(value)));

/** Columns of a dense list; what goes wrong is told in `said`. */
export const experimentColumns = (said, onGone) => [
  { key: "name", title: "Name", cell: nameCell },
  { key: "state", title: "State", width: "7rem", cell: (one) => stateMark(one) },
  { key: "cells", title: "Cells", width: "6rem", numeric: true, cell: (one) => count(one.cells) },
  { key: "genes", title: "Genes", width: "6rem", numeric: true, cell: (one) => count(one.genes) },
  { key: "samples", title: "Samples", width: "5.5rem", numeric: true, cell: (one) => count(one.samples) },
  { key: "clusters", title: "Clusters", width: "5.5rem", numeric: true, cell: (one) => count(one.clusters) },
  { key: "species", title: "Species", width: "6rem", cell: (one) => one.species ?? "–" },
  { key: "size", title: "Size", width: "6rem", numeric: true, cell: (one) => bytes(one.sizeBytes) },
  { key: "used", title: "Used", width: "7rem", cell: (one) => timeAgo(one.lastUsed) },
  { key: "imported", title: "Imported", width: "7rem", cell: (one) => timeAgo(one.importedAt) },
  { key: "actions", title: "", width: "9rem", cell: (one) => rowActions(one, said, onGone) },
];

/** The state as a coloured word. */
export function stateMark({ state, detail }) {
  const [word, meaning] = STATES[state] ?? [state, ""];
  return h("span", { class: `state ${state}`, title: detail || meaning }, word);
}

const rowActions = (one, said, onGone) => h("div", { class: "row-actions" }, actions(one, said, onGone, true));
const nameCell = (one) => [exploreLink(one), one.name !== one.id && h("span", { class: "hint" }, ` ${one.id}`)];
const exploreLink = ({ id, name }) => h("a", { href: addressOf("explore", id) }, name);

/** How a state is told that is not as one would wish. */
const TONES = { asleep: "hint", opening: "hint", degraded: "warn", failed: "bad" };

function reason({ state, detail }) {
  return detail && state in TONES && h("p", { class: `reason ${TONES[state]}` }, detail);
}

function uses({ lastUsed, importedAt }) {
  const parts = [lastUsed && ["used ", timeAgo(lastUsed)], importedAt && ["imported ", timeAgo(importedAt)]];
  return parts.filter(Boolean).flatMap((part, at) => (at ? [" · ", part] : [part]));
}

function actions(experiment, said, onGone, dense = false) {
  const { id, name, hasReport } = experiment;
  const ask = async () => {
    const agreed = await confirm(`Delete ${name}?`, wordsOfLoss(experiment), `Delete ${id}`);
    if (agreed) await deleteIt(experiment, remove, said, onGone);
  };
  const named = { type: "button", class: "quiet", "aria-label": `Delete ${name}`, data: { needs: "admin" } };
  const remove = h("button", { ...named, onclick: ask }, "Delete");
  const there = { href: `/experiments/${encodeURIComponent(id)}/report`, target: "_blank", rel: "noopener" };
  const report = hasReport && h("a", { class: "button quiet", ...there }, "Report");
  const explore = h("a", { class: "button", href: addressOf("explore", id) }, "Explore");
  return dense ? [report, remove] : [explore, report, remove];
}

function wordsOfLoss({ id, cells, sizeBytes }) {
  const what = cells == null ? "Its data" : `Its ${plural(cells, "cell")}`;
  const size = bytes(sizeBytes);
  return `${what}, its report and its cell sets go (${id}, ${size}), drawn ones too. This cannot be undone.`;
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
