/** Experiments: what there is, and how more comes in. */

import { readAddress, setQuery } from "../lib/address.js";
import { get, Unreachable, withQuery } from "../lib/api.js";
import { fill, h, settled } from "../lib/dom.js";
import { chooser, takeDrops } from "../lib/drop.js";
import { onKey } from "../lib/keys.js";
import { onLive, onReturn } from "../lib/live.js";
import { say } from "../lib/notices.js";
import { pagedTable } from "../lib/table.js";
import { failure, waitIn } from "../lib/waiting.js";
import { experimentCard, experimentColumns } from "./card.js";
import { askImport } from "./form.js";
import { begin, beginDemo, findImports, importsNow, onImports } from "./imports.js";
import { underwayCard } from "./underway.js";

/** More experiments than this are a dense list. */
const CARDS = 30;
/** So many are looked through at a glance, without a search. */
const GLANCE = 6;
/** Typing rests so long before a search begins, in milliseconds. */
const REST_MS = 250;
const FORMATS =
  "10x folders and .h5, .h5ad, .rds (Seurat, SingleCellExperiment), .loom, csv and tsv, each also in a zip or tar";

/** Open the view in an element. */
export function openView(place) {
  const takeFiles = async (files) => {
    const wish = await askImport(files);
    if (wish) begin(wish);
  };
  const named = { placeholder: "Search", "aria-label": "Search experiments" };
  const searching = h("input", { type: "search", hidden: true, ...named });
  const underway = h("div", { class: "underways" });
  const shelf = h("div", { class: "shelf" });
  const importCards = new Map();
  const search = () => readAddress().query.search ?? "";
  const experimentCards = new Map();
  let [dense, asks] = [null, 0];

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
  const searched = () => searching.isConnected && setQuery({ search: searching.value.trim() }, { replace: true });
  searching.addEventListener("input", settled(searched, REST_MS));

  const notFound = () => `No experiment is called like “${search()}”.`;
  const load = (signal) => get(withQuery("/experiments", { search: search(), limit: CARDS }), { signal });
  const open = () => waitIn(shelf, "Looking for experiments", load, show);

  // What is shown stays while it is brought up to date; of a lost connection the frame tells.
  async function refresh() {
    if (dense) return dense.reload();
    const [asked, mine] = [search(), ++asks];
    try {
      const found = await load();
      if (asked === search() && mine === asks) show(found); // of answers that overtake each other the last asked counts
    } catch (error) {
      if (!(error instanceof Unreachable) && mine === asks) fill(shelf, failure(error, open));
    }
    return undefined;
  }

  function show({ items, total }) {
    searching.hidden = total <= GLANCE && !search();
    if (total > CARDS) return showDense();
    const shown = items.filter(({ state, importedAt }) => state !== "importing" || importedAt);
    if (shown.length) return showCards(shown.map(cardOf));
    if (search()) return fill(shelf, h("p", { class: "hint nothing" }, notFound()));
    return fill(shelf, !importsNow().length && welcome(takeFiles));
  }

  function showCards(elements) {
    const focused = document.activeElement;
    fill(shelf, elements);
    if (focused.isConnected) focused.focus();
  }

  // A card is made anew only when there is something new on it: somebody may be about to press its buttons.
  function cardOf(one) {
    const told = JSON.stringify(one);
    const before = experimentCards.get(one.id);
    if (before?.told === told) return before.element;
    const element = experimentCard(one, gone);
    experimentCards.set(one.id, { told, element });
    return element;
  }

  function showDense() {
    const page = async ({ offset, limit, signal }) => {
      const { items, total } = await get(withQuery("/experiments", { search: search(), offset, limit }), { signal });
      return { rows: items, total };
    };
    const said = h("div", {});
    const columns = experimentColumns(said, gone);
    dense = pagedTable({ columns, load: page, words: "Experiments", rowKey: ({ id }) => id, empty: notFound });
    fill(shelf, said, h("div", { class: "panel list" }, dense.element));
    dense.reload();
  }

  function gone(id) {
    say(`${id} is deleted.`);
    refresh();
  }

  function showImports() {
    const now = importsNow();
    for (const [made, card] of importCards) {
      if (now.includes(made)) continue;
      card.end();
      card.element.remove();
      importCards.delete(made);
    }
    for (const [at, made] of now.entries()) {
      if (!importCards.has(made)) importCards.set(made, underwayCard(made));
      const { element } = importCards.get(made);
      if (underway.children[at] !== element) underway.insertBefore(element, underway.children[at] ?? null);
    }
  }

  function importChanged(made) {
    const before = importCards.size;
    showImports();
    importCards.get(made)?.tell();
    if (made.phase === "ended" || importCards.size !== before) refresh();
  }

  function stateChanged({ id, state, detail }) {
    const row = dense?.rows().find((one) => one.id === id);
    if (row) dense.update({ ...row, state, detail });
    else refresh();
  }

  const ends = [
    takeDrops(place, takeFiles),
    onImports(importChanged),
    onLive("experiment", stateChanged),
    onReturn(refresh),
    onKey("/", "search experiments", () => searching.focus()),
  ];
  showImports();
  findImports().catch(() => {});
  open();
  return {
    update: () => (dense ? dense.reload({ first: true }) : refresh()),
    close: () => {
      for (const end of ends) end();
      for (const card of importCards.values()) card.end();
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
      h("button", { type: "button", onclick: beginDemo, data: { needs: "admin" } }, "Build the demo"),
    ),
  );
}
