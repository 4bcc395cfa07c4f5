/** Trajectory: a tree of nodes through the layout, roots to choose on it, and how far along it each cell is. */

import { h } from "../../lib/dom.js";
import { plural, short } from "../../lib/numbers.js";
import { drawPlot } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { askOnce } from "./cached.js";
import { button, select } from "./controls.js";
import { classOptions, keptCells, setOptions } from "./groups.js";
import { openPanel, tookOf } from "./panel.js";
import { sampleOf } from "./sampling.js";
import { treeLayout, treeTraces } from "./tree.js";

/** The name under which the embedding can be coloured by it. */
const OVERLAY = "pseudotime";
/** Layouts that trees are laid through, and how they are computed where they are not there any more. */
const LAYOUTS = {
  umap: { minimumDistance: 0.3, distanceMetric: "cosine" },
  tsne: { perplexity: 30, learningRate: 200 },
};
/** Genes that are drawn along pseudotime. */
const MOST_GENES = 6;
/** So many cells of a set are enough to find the node that is theirs. */
const ENOUGH_CELLS = 2000;

function settings(model) {
  const of = model.view["trajectory.of"];
  const known = of && (model.classOf(of)?.children.length || model.setOf(of));
  const roots = (model.view["trajectory.roots"] ?? "")
    .split(",")
    .filter((text) => /^\d+$/.test(text))
    .map(Number);
  return {
    layout: model.view.layout ?? "umap",
    etag: model.layoutEtag,
    of: known ? of : (model.favouriteClass?.key ?? null),
    roots,
    genes: roots.length ? model.genes.slice(0, MOST_GENES) : [],
  };
}

const controls =
  (model, found) =>
  ({ of, roots }) => {
    const choose = ({ target }) => {
      const root = found.nodes && target.value ? nodeOf(model, found.nodes, target.value) : -1;
      if (root >= 0) setRoots(model, [root]);
    };
    const option = ([key, words]) => h("option", { value: key }, words);
    const sets = setOptions(model).map(({ label, options }) => h("optgroup", { label }, options.map(option)));
    const all = { label: "All of", options: classOptions(model) };
    return [
      select(model, "Through", "trajectory.of", of, [all, ...setOptions(model)], () => ({ "trajectory.roots": null })),
      h(
        "label",
        {},
        "begin in",
        h("select", { name: "trajectory.begin", onchange: choose }, option(["", "a set…"]), sets),
      ),
      button("Clear roots", () => setRoots(model, []), null, !roots.length),
    ];
  };

function hint(model, { layout, of }) {
  if (!of) return "There are no cell sets to lay a tree through. Cluster the cells first.";
  if (!(layout in LAYOUTS)) return "Trees are laid through UMAP and t-SNE. Show one of them in the embedding.";
  return model.points ? null : "The layout is not there yet.";
}

async function work(model, { layout, etag, of, roots, genes }, signal, onTask) {
  const options = { signal, onTask };
  const embedding = { method: layout, methodSettings: LAYOUTS[layout], ...(etag ? { ETag: etag } : {}) };
  const common = { embedding, clustering: { method: "louvain", resolution: 0.5 }, cellSets: [of] };
  const nodes = await askOnce(model, { name: "GetTrajectoryAnalysisStartingNodes", ...common }, options);
  const known = roots.filter((root) => root < nodes.result.x.length);
  if (!known.length) return { nodes: nodes.result, roots: [], times: null, genes: new Map(), answer: nodes };
  const body = { name: "GetTrajectoryAnalysisPseudoTime", ...common, rootNodes: known };
  const answer = await askOnce(model, body, options);
  const times = new Float32Array(model.cellCount).fill(NaN);
  answer.result.pseudotime.forEach((time, cell) => {
    if (time !== null) times[cell] = time;
  });
  return { nodes: nodes.result, roots: known, times, genes: await model.expression(genes, options), answer };
}

async function show(model, found, { of }, { body, tools, say }) {
  const { nodes, roots, times, genes, answer } = found;
  if (times) model.setOverlay(OVERLAY, times, "Pseudotime");
  const name = model.classOf(of)?.name ?? model.setOf(of).name;
  const scene = {
    ...found,
    cells: cellsOf(model, of),
    points: model.points,
    sets: (model.classOf(of) ?? model.favouriteClass).children,
  };
  if (times) say(reachedWords(scene), tookOf(answer));
  else say(`${plural(nodes.x.length, "node")} through ${name}: click where it begins, or choose a set`, tookOf(answer));
  const file = fileName(model.id, "trajectory", name, roots.length && `from-${roots.join("-")}`);
  const numbers = () => (times ? timesTable(scene) : nodesTable(nodes));
  const drawn = await drawPlot(
    body,
    (size) => treeTraces(scene, size),
    (size) => treeLayout(scene, size),
    { name: file, tools, numbers },
  );
  drawn.plot.on("plotly_click", ({ points: [{ data, pointNumber: node }] }) => {
    if (data.name !== "nodes") return;
    setRoots(model, roots.includes(node) ? roots.filter((root) => root !== node) : [...roots, node]);
  });
  return drawn;
}

/** Choose where the tree begins; the embedding shows how far from there the cells are. */
function setRoots(model, roots) {
  const overlay = `overlay:${OVERLAY}`;
  const colour = roots.length ? { colour: overlay } : {};
  const leave = !roots.length && model.view.colour === overlay ? { colour: null } : {};
  model.look({ "trajectory.roots": roots.join(",") || null, ...colour, ...leave });
}

/** The node that most cells of a set are nearest to; -1 where none of them has a place. */
function nodeOf(model, { x, y }, setKey) {
  const { points } = model;
  const [cells] = sampleOf(
    [{ cells: model.setOf(setKey).cellIds.filter((id) => !Number.isNaN(points.x[id] ?? NaN)) }],
    ENOUGH_CELLS,
  );
  const votes = new Uint32Array(x.length);
  for (const cell of cells) {
    let [nearest, least] = [0, Infinity];
    for (let node = 0; node < x.length; node++) {
      const distance = (x[node] - points.x[cell]) ** 2 + (y[node] - points.y[cell]) ** 2;
      if (distance < least) [nearest, least] = [node, distance];
    }
    votes[nearest]++;
  }
  return cells.length ? votes.indexOf(Math.max(...votes)) : -1;
}

function cellsOf(model, of) {
  const mask = keptCells(model);
  const inside = new Uint8Array(mask.length);
  for (const { cellIds } of model.classOf(of)?.children ?? [model.setOf(of)])
    for (const id of cellIds) inside[id] = mask[id];
  return Uint32Array.from(mask.keys()).filter((id) => inside[id]);
}

function reachedWords({ cells, times, roots, genes }) {
  const reached = cells.filter((cell) => !Number.isNaN(times[cell]));
  const furthest = reached.reduce((most, cell) => Math.max(most, times[cell]), 0);
  const lost = cells.length - reached.length;
  const beyond = lost ? `; ${plural(lost, "cell")} cannot be reached` : "";
  const advice = genes.size ? "" : ". Tick genes to see them along it";
  const from = `${plural(reached.length, "cell")} from ${plural(roots.length, "root")}`;
  return `${from}, the furthest at ${short(furthest)}${beyond}${advice}`;
}

function timesTable({ cells, times, genes }) {
  const time = (cell) => (Number.isNaN(times[cell]) ? null : times[cell]);
  const column = (read) => Array.from(cells, read);
  const expression = [...genes].map(([gene, { values }]) => [gene, column((cell) => values[cell])]);
  return { cell: cells, pseudotime: column(time), ...Object.fromEntries(expression) };
}

const nodesTable = ({ x, y, connectedNodes }) => ({
  node: x.map((_, node) => node),
  x,
  y,
  connectedTo: connectedNodes.map((others) => [others].flat().join(" ")),
});

export const plot = {
  id: "trajectory",
  title: "Trajectory",
  open(place, model) {
    const found = { nodes: null };
    return openPanel(place, model, {
      id: "trajectory",
      settings: () => settings(model),
      controls: controls(model, found),
      hint: (now) => hint(model, now),
      words: ({ roots }) => (roots.length ? "Measuring pseudotime" : "Laying a tree through the cells"),
      work: (now, signal, onTask) => work(model, now, signal, onTask),
      show(result, now, parts) {
        found.nodes = result.nodes;
        return show(model, result, now, parts);
      },
    });
  },
};
