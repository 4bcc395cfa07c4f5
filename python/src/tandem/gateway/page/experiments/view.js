/** Experiments: what there is, and how more comes in. */

import { readAddress, setQuery } from "../lib/address.js";
import { get, withQuery } from "../lib/api.js";
import { fill, h, settled } from "../lib/dom.js";
import { onLive } from "../lib/live.js";
import { say } from "../lib/notices.js";
import { pagedTable } from "../lib/table.js";
import { waitIn } from "../lib/waiting.js";
import { experimentCard, experimentColumns, stateMark } from "./card.js";
import { chooser, takeDrops } from "./drop.js";
import { askImport } from "./form.js";
import { begin, beginDemo, findImports, importsNow, onImports } from "./imports.js";
import { underwayCard } from "./underway.js";

/** More experiments than this are a dense list. */
const CARDS = 30;
/** So many are looked through at a glance, without a search. */
const GLANCE = 6;
/** Typing rests so long before a search begins, in milliseconds. */
const REST_MS = 250;
const FORMATS = "10x folders and .h5, .h5ad, .rds (Seurat, SingleCellExperiment), .loom, csv and tsv, each also in a zip or tar";

/** Open the view in an element. */
export function openView(place) {
  const takeFiles = async (files) => {
    const wish = await askImport(files);
    if (wish) begin(wish);
  };
  const searching = h("input", { type: "search", placeholder: "Search", "aria-label": "Search experiments", hidden: true });
  const underway = h("div", { class: "underways" });
  const shelf = h("div", { class: "shelf" });
  const cards = new Map();
  const search = () => readAddress().query.search ?? "";
  let [dense, known] = [null, new Map()];

  const head = h(
    "div",
    { class: "view-head" },
    h("h1", {}, "Experiments"),
    searching,
    h("span", { class: "space" }),
    chooser("Import files", takeFiles, { primary: true }),
    chooser("Import a folder", takeFiles, { folder: true }),
  );
  fill(place, head, h("div", { class: "cards" }, underway, shelf));
  searching.value = search();
  searching.addEventListener("input", settled(() => setQuery({ search: searching.value.trim() }, { replace: true }), REST_MS));

  const load = (signal) => get(withQuery("/experiments", { search: search(), limit: CARDS }), { signal });
  const reload = () => (dense ? dense.reload() : waitIn(shelf, "Looking for experiments", load, show));

  function show({ items, total }) {
    searching.hidden = total <= GLANCE && !search();
    if (total > CARDS) return showDense();
    known = new Map(items.map((one) => [one.id, one]));
    const shown = items.filter(({ state, importedAt }) => state !== "importing" || importedAt);
    if (shown.length) return fill(shelf, shown.map((one) => experimentCard(one, gone)));
    if (search()) return fill(shelf, h("p", { class: "hint nothing" }, `No experiment is called like “${search()}”.`));
    return fill(shelf, !importsNow().length && welcome(takeFiles));
  }

  function showDense() {
    const page = ({ offset, limit, signal }) =>
      get(withQuery("/experiments", { search: search(), offset, limit }), { signal }).then(({ items, total }) => ({ rows: items, total }));
    const said = h("div", {});
    const empty = () => `No experiment is called like “${search()}”.`;
    dense = pagedTable({ columns: experimentColumns(said, gone), load: page, words: "Experiments", rowKey: ({ id }) => id, empty });
    fill(shelf, said, h("div", { class: "panel list" }, dense.element));
    dense.reload();
  }

  function gone(id) {
    say(`${id} is deleted.`);
    reload();
  }

  function showImports() {
    const now = importsNow();
    for (const [made, card] of cards) {
      if (now.includes(made)) continue;
      card.end();
      card.element.remove();
      cards.delete(made);
    }
    for (const [at, made] of now.entries()) {
      if (!cards.has(made)) cards.set(made, underwayCard(made));
      const { element } = cards.get(made);
      if (underway.children[at] !== element) underway.insertBefore(element, underway.children[at] ?? null);
    }
  }

  function importChanged(made) {
    const before = cards.size;
    showImports();
    cards.get(made)?.tell();
    if (made.phase === "ended" || cards.size !== before) reload();
  }

  function stateChanged({ id, state, detail }) {
    if (dense) {
      const row = dense.rows().find((one) => one.id === id);
      if (row) dense.update({ ...row, state, detail });
      return;
    }
    const card = shelf.querySelector(`[data-id="${CSS.escape(id)}"]`);
    if (!card || !known.has(id)) return reload();
    if (state === "failed" || state === "degraded") return reload();
    card.querySelector(".state").replaceWith(stateMark({ state, detail }));
    card.querySelector(".reason")?.remove();
  }

  const ends = [
    takeDrops(place, takeFiles),
    onImports(importChanged),
    onLive("experiment", stateChanged),
    onLive("state", (state) => state === "live" && reload()),
  ];
  showImports();
  findImports().catch(() => {});
  reload();
  return {
    update: () => (dense ? dense.reload({ first: true }) : reload()),
    close: () => {
      for (const end of ends) end();
      for (const card of cards.values()) card.end();
    },
  };
}

function welcome(takeFiles) {
  return h(
    "section",
    { class: "welcome" },
    h("h2", {}, "Drop data here to begin"),
    h("p", {}, `Taken are ${FORMATS}. What a file is, is seen by what is in it.`),
    h("p", { class: "hint" }, "A folder of samples becomes one experiment. Nothing leaves this machine."),
    h(
      "div",
      { class: "buttons" },
      chooser("Choose files", takeFiles, { primary: true }),
      chooser("Choose a folder", takeFiles, { folder: true }),
      h("button", { type: "button", onclick: beginDemo }, "Build the demo"),
    ),
  );
}
