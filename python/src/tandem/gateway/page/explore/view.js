/** The explore view: cell sets, embedding over plots, genes, and what runs. */

import { addressOf } from "../lib/address.js";
import { fill, h } from "../lib/dom.js";
import { onKey } from "../lib/keys.js";
import { failure, waitIn } from "../lib/waiting.js";
import { Embedding } from "./embedding/view.js";
import { makeGenes } from "./genes/panel.js";
import { Exploration } from "./model.js";
import { makeNaming } from "./sets/naming.js";
import { makeSets } from "./sets/panel.js";
import { makeDivider } from "./divider.js";
import { showStatus } from "./status.js";
import { makeTabs } from "./tabs.js";
import { showTitle } from "./title.js";

/** Parts of the address that only the embedding follows. */
const ITS_OWN = new Set(["zoom", "labels", "cap", "layout"]);

/** Open the view in an element. */
export function openView(place, { id }) {
  if (!id) {
    const link = h("a", { href: addressOf("experiments") }, "Choose an experiment");
    fill(place, h("div", { class: "teach" }, h("p", {}, link, " to explore it.")));
    return { close() {} };
  }
  return new View(place, new Exploration(id));
}

class View {
  #ends = [];

  constructor(place, model) {
    this.model = model;
    this.layoutMessage = h("div", {});
    const asked = this.#ask(); // before all else: drawing, too, takes time to begin
    this.naming = makeNaming(model);
    this.embedding = new Embedding(model, this.layoutMessage, (cells, line) => this.#caught(cells, line));
    this.sets = makeSets(model);
    this.genes = makeGenes(model);
    this.tabs = makeTabs(model);
    this.#layOut(place);
    this.#keys();
    for (const type of ["facts", "cellSets", "points"]) model.addEventListener(type, () => this.#told(type));
    this.status = showStatus(document.getElementById("foot"), model);
    this.#begin(asked);
  }

  update({ query }) {
    const before = this.model.view;
    if (query.layout !== before.layout) {
      this.model.arrived(query);
      return this.#readPoints();
    }
    this.model.arrived(query);
    const names = new Set([...Object.keys(before), ...Object.keys(query)]);
    if ([...names].some((name) => !ITS_OWN.has(name) && before[name] !== query[name])) this.tabs.follow();
    return undefined;
  }

  close() {
    for (const end of this.#ends) end();
    this.status.close();
    this.tabs.close();
    this.embedding.close();
    this.model.close();
  }

  #layOut(place) {
    const { sets, genes, embedding, tabs } = this;
    const fold = (panel, words) => {
      const change = () => button.setAttribute("aria-expanded", String(panel.classList.toggle("unfolded")));
      const button = h("button", { type: "button", class: "fold", "aria-expanded": "false", onclick: change }, words);
      return button;
    };
    const bar = embedding.toolbar.element;
    bar.prepend(fold(sets.element, "Cell sets"), fold(genes.element, "Genes"));
    embedding.stage.addEventListener("pointerdown", () => this.#foldAll());
    const middle = h("div", { class: "middle" }, embedding.element, makeDivider(), tabs.element);
    fill(place, h("div", { class: "explore-panels" }, sets.element, middle, genes.element));
  }

  #keys() {
    const { embedding } = this;
    const keys = [
      ["/", "search genes", () => this.genes.search()],
      ["c", "colour by", () => embedding.toolbar.openColour()],
      ["l", "lasso: draw around cells", () => embedding.lasso.toggle()],
      ["+", "zoom in", () => embedding.zoom.closer()],
      ["-", "zoom out", () => embedding.zoom.farther()],
      ["0", "see all cells", () => embedding.zoom.whole()],
      ["Escape", "out of the lasso, a selection, a plot", () => this.#out()],
    ];
    for (const [key, words, action] of keys) this.#ends.push(onKey(key, words, action));
  }

  #out() {
    const { lasso } = this.embedding;
    const steps = [
      () => lasso.active() && (lasso.stop(), true),
      () => this.naming.cancel(),
      () => this.#foldAll(),
      () => this.sets.clear(),
      () => this.model.view.plot && (this.model.look({ plot: null }), true),
    ];
    steps.find((step) => step());
  }

  #foldAll() {
    const open = [...document.querySelectorAll(".explore-panels > .unfolded")];
    open.forEach((panel) => panel.classList.remove("unfolded"));
    document.querySelectorAll(".fold").forEach((button) => button.setAttribute("aria-expanded", "false"));
    return open.length > 0;
  }

  /** First what the first picture needs, all at once; the rest when it is there. */
  async #begin({ opened, drawn }) {
    showTitle(this.model);
    const picture = new Promise((resolve) =>
      this.embedding.element.addEventListener("firstpicture", resolve, { once: true }),
    );
    try {
      await opened;
    } catch (error) {
      if (this.model.closed) return;
      this.layoutMessage.hidden = true; // one reason is enough
      const again = () => {
        this.layoutMessage.hidden = false;
        fill(this.embedding.message);
        this.#begin(this.#ask());
      };
      fill(this.embedding.message, failure(error, again));
      return;
    }
    await Promise.race([picture, drawn.then(() => (this.model.points ? picture : null))]);
    if (this.model.closed) return;
    this.genes.begin();
    this.status.begin();
    await this.#loadPlots();
  }

  async #loadPlots() {
    try {
      const { PLOTS } = await import("./plots/registry.js");
      if (!this.model.closed) this.tabs.show(PLOTS);
    } catch (error) {
      fill(
        this.tabs.element,
        failure(error, () => location.reload()),
      );
    }
  }

  #readPoints() {
    const work = (signal, onTask) => this.model.readPoints(signal, onTask);
    return waitIn(this.layoutMessage, "Layout of the cells", work, () => fill(this.layoutMessage));
  }

  #ask() {
    return { opened: this.model.open(), drawn: this.#readPoints() };
  }

  #caught(cells, line) {
    this.naming.ask(this.embedding.stage, cells, line);
  }

  #told(type) {
    if (type === "facts") showTitle(this.model);
    else this.tabs.follow();
  }
}
