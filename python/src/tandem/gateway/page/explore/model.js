/** One experiment under exploration: its data, read once, and what is looked at, which the address holds. */

import { asList, namesIn, readAddress, setQuery } from "../lib/address.js";
import { get, getRaw, patchCellSets, send } from "../lib/api.js";
import { ask } from "../lib/ask.js";
import { askLive, onLive, onReturn } from "../lib/live.js";
import { readAs } from "./reading.js";

/** How many genes' values are kept at hand. */
const GENES_KEPT = 60;
/** What a request for a stored layout ends with where there is none. */
const NOT_STORED = "R_WORKER_EMBEDDING_NOT_FOUND";
/** The first class of cell sets that there is of these is the one that is coloured by. */
const FAVOURITE_CLASSES = ["louvain", "sample"];

/**
 * Tells by events: "facts" and "cellSets" when they changed, "points" when the layout is there, "view" when the address
 * changed, "overlay" when values of cells were given to show, "hover" with `detail` `{cells, words}` or null, and
 * "answered" with `{body, seconds, wasThere}`.
 */
export class Exploration extends EventTarget {
  #values = new Map();
  #metrics = new Map();
  #counts = new WeakMap();
  #ends = [];
  #reading = null;

  constructor(id) {
    super();
    this.id = id;
    this.closed = false;
    this.facts = null;
    /** `[{key, name, type, children: [{key, name, color, cellIds: Uint32Array}]}]` */
    this.classes = [];
    this.cellSetsRead = false;
    /** `{x, y}`: a Float32Array each, by cell id; NaN where a cell was filtered out. */
    this.points = null;
    this.layoutEtag = null;
    /** What plots computed for each cell, by name: `{values: Float32Array, words}`. */
    this.overlays = new Map();
    this.view = readAddress().query;
    const again = ({ experiment }) => experiment === id && this.readCellSets().catch(() => {});
    const missed = () => {
      if (this.cellSetsRead) again({ experiment: id });
      if (this.facts) this.#readFacts().catch(() => {});
    };
    const state = (told) => told.id === id && this.#state(told);
    this.#ends.push(onLive("cellSets", again), onReturn(missed), onLive("experiment", state));
  }

  /** Read the facts and the cell sets; the layout comes by `readPoints`. */
  async open() {
    await Promise.all([this.#begin(), this.readCellSets()]);
  }

  /** Let the experiment's worker begin, where it rests. */
  wake() {
    return send("POST", `/experiments/${encodeURIComponent(this.id)}/open`);
  }

  close() {
    this.closed = true;
    for (const end of this.#ends) end();
  }

  /** Ask this experiment for an analysis; see lib/ask.js. */
  async ask(body, options) {
    const started = performance.now();
    const answer = await ask(this.id, body, options);
    this.#tell("answered", { body, seconds: (performance.now() - started) / 1000, wasThere: answer.wasThere });
    return answer;
  }

  /** Change what is looked at: names in the address, null takes one out. */
  look(changes, { replace = false } = {}) {
    if (!this.closed) setQuery(changes, { replace }); // the address is another view's by then
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

  /** Read the cell sets; of two readings at once the later one counts, and both wait for it. */
  async readCellSets() {
    const path = `/v2/experiments/${encodeURIComponent(this.id)}/cellSets`;
    let reading = (this.#reading = getRaw(path).then((answer) => readAs("classes", answer)));
    let classes = await reading;
    while (reading !== this.#reading) classes = await (reading = this.#reading);
    if (classes === this.classes) return;
    this.classes = classes;
    this.cellSetsRead = true;
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
      this.ask({ name: "GetEmbedding", type, useSaved, config: {} }, { signal, onTask, raw: true });
    const { result, etag } = await wanted(true).catch((error) => {
      if (error.code !== NOT_STORED) throw error;
      return wanted(false); // so it is computed
    });
    const points = await readAs("layout", result);
    signal?.throwIfAborted();
    this.points = points;
    this.layoutEtag = etag;
    this.#counts = new WeakMap();
    this.#tell("points");
  }

  /** How many cell ids there are, those of filtered cells included. */
  get cellCount() {
    return this.points?.x.length ?? 0;
  }

  /** How many cells of a set there are; samples name filtered cells too, which have no place. */
  countOf(set) {
    if (!this.points) return set.cellIds.length;
    if (!this.#counts.has(set)) this.#counts.set(set, placed(set.cellIds, this.points.x));
    return this.#counts.get(set);
  }

  /** The sets that alone are shown, by the address; none means all. */
  get onlySets() {
    return namesIn(this.view.only)
      .map((key) => this.setOf(key))
      .filter(Boolean);
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
    return this.find(key)?.set;
  }

  /** The same with its class, `{group, set}`; keys may hold strokes themselves. */
  find(key) {
    const named = (name) => (group) => {
      const set = group.children.find((one) => one.key === name(group));
      return set ? [{ group, set }] : [];
    };
    const rest = (group) => (key.startsWith(`${group.key}/`) ? key.slice(group.key.length + 1) : null);
    return this.classes.flatMap(named(rest))[0] ?? this.classes.flatMap(named(() => key))[0];
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
    return namesIn(this.view.genes);
  }

  /** Choose genes. */
  chooseGenes(genes) {
    this.look({ genes: asList([...new Set(genes)]) });
  }

  /** Log-normalised expression: a Map of each gene found to `{name, values: Float32Array by cell id, cap}`. */
  async expression(genes, { signal, onTask } = {}) {
    // What is at hand now may be given up for what others ask for meanwhile.
    const known = new Map(genes.map((gene) => [gene, this.#values.get(gene)]).filter(([, found]) => found));
    const missing = genes.filter((gene) => !known.has(gene));
    if (missing.length) {
      const { result } = await this.ask({ name: "GeneExpression", genes: missing }, { signal, onTask, raw: true });
      for (const [gene, found] of this.#keep(await readAs("expression", result), missing)) known.set(gene, found);
    }
    return new Map(genes.map((gene) => [gene, known.get(gene)]).filter(([, found]) => found));
  }

  /** A number for each cell id, by its task: GetNUmis, GetNGenes, GetMitochondrialContent or GetDoubletScore. */
  async metric(task, { signal, onTask } = {}) {
    if (!this.#metrics.has(task)) {
      const { result } = await this.ask({ name: task }, { signal, onTask, raw: true });
      this.#metrics.set(task, await readAs("numbers", result));
    }
    return this.#metrics.get(task);
  }

  /** Give each cell a value to colour by; the address names it `colour=overlay:<name>`. */
  setOverlay(name, values, words = name) {
    this.overlays.set(name, { values, words });
    this.#tell("overlay");
  }

  async #begin() {
    await this.#readFacts();
    if (this.facts.state === "asleep") await this.wake().catch(() => {}); // its first task wakes it too
  }

  async #readFacts() {
    const ask = () => get(`/experiments/${encodeURIComponent(this.id)}`);
    const { answer, heard } = await askLive("experiment", ask);
    const { state, detail } = heard.findLast(({ id }) => id === this.id) ?? answer;
    this.facts = { ...answer, state, detail };
    this.#tell("facts");
  }

  #state({ state, detail }) {
    if (!this.facts) return;
    Object.assign(this.facts, { state, detail });
    this.#tell("facts");
  }

  /** Keep values at hand, under the names by which they were asked for too; the same as a Map. */
  #keep(found, asked) {
    const wanted = new Map(asked.map((gene) => [gene.toUpperCase(), gene]));
    const namesOf = ({ name }) => [name, wanted.get(name.toUpperCase()) ?? name];
    const named = new Map(found.flatMap((kept) => namesOf(kept).map((name) => [name, kept])));
    for (const [name, kept] of named) this.#values.set(name, kept);
    while (this.#values.size > GENES_KEPT + asked.length) this.#values.delete(this.#values.keys().next().value);
    return named;
  }

  // What comes after the end concerns nobody: the frame shows another view by then.
  #tell(type, detail) {
    if (!this.closed) this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}

function placed(cells, x) {
  let number = 0;
  for (const cell of cells) if (x[cell] === x[cell]) number += 1; // NaN alone differs from itself
  return number;
}
