/** One experiment under exploration: its data, read once, and what is looked at, which the address holds. */

import { readAddress, setQuery } from "../lib/address.js";
import { get, getRaw, patchCellSets, send } from "../lib/api.js";
import { ask } from "../lib/ask.js";
import { onLive } from "../lib/live.js";

/** How many genes' values are kept at hand. */
const GENES_KEPT = 60;
/** The first class of cell sets that there is of these is the one that is coloured by. */
const FAVOURITE_CLASSES = ["louvain", "sample"];

/**
 * Tells by events: "cellSets" when they changed, "points" when the layout is there, "view" when the address changed,
 * "hover" with `detail` `{cells, words}` or null.
 */
export class Exploration extends EventTarget {
  #values = new Map();
  #metrics = new Map();
  #ends = [];

  constructor(id) {
    super();
    this.id = id;
    this.facts = null;
    /** `[{key, name, type, children: [{key, name, color, cellIds: Uint32Array}]}]` */
    this.classes = [];
    /** `{x, y}`: a Float32Array each, by cell id; NaN where a cell was filtered out. */
    this.points = null;
    this.layoutEtag = null;
    this.view = readAddress().query;
    this.#ends.push(onLive("cellSets", ({ experiment }) => experiment === id && this.readCellSets()));
  }

  /** Read the facts and the cell sets; the layout comes by `readPoints`. */
  async open() {
    const path = `/experiments/${encodeURIComponent(this.id)}`;
    send("POST", `${path}/open`).catch(() => {}); // it may be open, or nobody can open it here
    [this.facts] = await Promise.all([get(path), this.readCellSets()]);
  }

  close() {
    for (const end of this.#ends) end();
  }

  /** Ask this experiment for an analysis; see lib/ask.js. */
  ask(body, options) {
    return ask(this.id, body, options);
  }

  /** Change what is looked at: names in the address, null takes one out. */
  look(changes, { replace = false } = {}) {
    setQuery(changes, { replace });
  }

  /** The address changed. */
  arrived(query) {
    this.view = query;
    this.#tell("view");
  }

  /** Let cells light up, with words for what they are; null for none. */
  hover(cells, words = "") {
    this.#tell("hover", cells && { cells, words });
  }

  async readCellSets() {
    const answer = await getRaw(`/v2/experiments/${encodeURIComponent(this.id)}/cellSets`);
    const { cellSets } = await answer.json();
    const child = (set) => ({ ...set, name: set.name ?? set.key, cellIds: Uint32Array.from(set.cellIds ?? []) });
    this.classes = cellSets.map((group) => ({
      ...group,
      name: group.name ?? group.key,
      children: (group.children ?? []).map(child),
    }));
    this.#tell("cellSets");
  }

  /** Change the cell sets by operations of the JSON merger, and read them again. */
  async change(operations) {
    await patchCellSets(this.id, operations);
    await this.readCellSets();
  }

  /** Read the layout that the address names ("umap", "tsne", "pca"; the stored one where there is one). */
  async readPoints(signal, onTask) {
    const type = this.view.layout ?? "umap";
    const wanted = (useSaved) =>
      this.ask({ name: "GetEmbedding", type, useSaved, config: {} }, { signal, onTask });
    const { result, etag } = await wanted(true).catch((error) => {
      if (error.name === "AbortError" || !error.task) throw error;
      return wanted(false); // nothing of that name is stored, so it is computed
    });
    this.points = split(result);
    this.layoutEtag = etag;
    this.#tell("points");
  }

  /** How many cell ids there are, those of filtered cells included. */
  get cellCount() {
    return this.points?.x.length ?? 0;
  }

  /** A class by its key. */
  classOf(key) {
    return this.classes.find((group) => group.key === key);
  }

  /** The class that is coloured and grouped by when nobody says. */
  get favouriteClass() {
    const filled = this.classes.filter((group) => group.children.length);
    return FAVOURITE_CLASSES.map((key) => filled.find((group) => group.key === key)).find(Boolean) ?? filled[0];
  }

  /** A set by `class/set`, or by its own key. */
  setOf(key) {
    const slash = key.indexOf("/");
    const inClass = slash > 0 && this.classOf(key.slice(0, slash))?.children.find((set) => set.key === key.slice(slash + 1));
    return inClass || this.classes.flatMap((group) => group.children).find((set) => set.key === key);
  }

  /** For each cell id the place of its set in a class; -1 for none. A cell in several counts in the last. */
  labels(classKey) {
    const labels = new Int32Array(this.cellCount).fill(-1);
    this.classOf(classKey)?.children.forEach((set, place) => {
      for (const cell of set.cellIds) if (cell < labels.length) labels[cell] = place;
    });
    return labels;
  }

  /** The genes that are chosen, in order. */
  get genes() {
    return (this.view.genes ?? "").split(",").filter(Boolean);
  }

  /** Choose genes. */
  chooseGenes(genes) {
    this.look({ genes: [...new Set(genes)].join(",") || null });
  }

  /** Log-normalised expression: a Map of each gene that was found to `{values: Float32Array by cell id, cap}`. */
  async expression(genes, { signal, onTask } = {}) {
    const missing = genes.filter((gene) => !this.#values.has(gene));
    if (missing.length) {
      const { result } = await this.ask({ name: "GeneExpression", genes: missing }, { signal, onTask });
      this.#keep(result, missing);
    }
    return new Map(genes.map((gene) => [gene, this.#values.get(gene)]).filter(([, found]) => found));
  }

  /** A number for each cell id, by the name of its task (GetNUmis, GetNGenes, GetMitochondrialContent, GetDoubletScore). */
  async metric(task, { signal, onTask } = {}) {
    if (!this.#metrics.has(task)) {
      const { result } = await this.ask({ name: task }, { signal, onTask });
      this.#metrics.set(task, Float32Array.from(result, (value) => value ?? NaN));
    }
    return this.#metrics.get(task);
  }

  #keep({ orderedGeneNames, rawExpression, stats }, asked) {
    const { values, index, ptr, size } = rawExpression;
    const wanted = new Map(asked.map((gene) => [gene.toUpperCase(), gene]));
    orderedGeneNames.forEach((name, column) => {
      const dense = new Float32Array(size[0]);
      for (let at = ptr[column]; at < ptr[column + 1]; at++) dense[index[at]] = values[at];
      const kept = { values: dense, cap: stats.truncatedMax[column] };
      this.#values.set(name, kept);
      this.#values.set(wanted.get(name.toUpperCase()) ?? name, kept);
    });
    while (this.#values.size > GENES_KEPT + asked.length) this.#values.delete(this.#values.keys().next().value);
  }

  #tell(type, detail) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function split(points) {
  const x = new Float32Array(points.length).fill(NaN);
  const y = new Float32Array(points.length).fill(NaN);
  points.forEach((point, cell) => {
    if (point) [x[cell], y[cell]] = point;
  });
  return { x, y };
}
