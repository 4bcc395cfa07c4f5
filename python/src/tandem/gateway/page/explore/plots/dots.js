/** Dots: how strongly, and by how many of its cells, each set expresses genes. */

import { plural } from "../../lib/numbers.js";
import { drawPlot } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { askOnce } from "./cached.js";
import { select, setsMenu } from "./controls.js";
import { classChosen, classOptions, colourBy, groupingHint, groupsOf, lightUp, setOptions } from "./groups.js";
import { dotPlot } from "./dot-plot.js";
import { genesShown, hint, words } from "./markers.js";
import { openPanel, tookOf } from "./panel.js";
import { pressTicks } from "./ticks.js";

const MARKERS = 3;
/** How high a row is at least, in pixels. */
const ROW_PX = 22;

function settings(model) {
  const { view } = model;
  const of = view["dots.of"] ?? (model.genes.length ? "genes" : "markers");
  return {
    by: classChosen(model, "dots.by"),
    of,
    markers: Math.max(1, Number(view["dots.markers"]) || MARKERS),
    genes: of === "genes" ? model.genes : [],
    within: model.setOf(view["dots.within"] ?? "") ? view["dots.within"] : "all",
    sets: view["dots.sets"] ?? "",
  };
}

const controls =
  (model) =>
  (now) => [
    genesShown(model, "dots", now, 20),
    select(model, "by", "dots.by", now.by, classOptions(model), () => ({ "dots.sets": null })),
    setsMenu(model, "dots.sets", now.by),
    select(model, "within", "dots.within", now.within, [["all", "all cells"], ...setOptions(model)]),
  ];

function work(model, { by, of, markers, genes, within }, signal, onTask) {
  const inside = within === "all" ? null : model.find(within);
  const body = {
    name: "DotPlot",
    useMarkerGenes: of === "markers",
    numberOfMarkers: markers,
    customGenesList: genes,
    groupBy: by,
    filterBy: inside ? { group: inside.group.key, key: inside.set.key } : { group: "All" },
    clusterNames: model.classOf(by).children.map(({ name }) => name),
  };
  return askOnce(model, body, { signal, onTask });
}

/** The answer in the order of the sets; genes in the order of their first appearance, or as they were chosen. */
function arranged({ result }, groups, chosen) {
  const order = new Map(groups.map(({ name }, place) => [name, place]));
  const names = result.geneNames;
  const dots = result.cellSetsIdx
    .map((set, entry) => ({
      group: order.get(result.cellSetsNames[set]),
      gene: names[result.geneNameIdx[entry]],
      mean: result.avgExpression[entry],
      share: result.cellsPercentage[entry],
    }))
    .filter(({ group }) => group !== undefined);
  const first = [...new Set(result.geneNameIdx.map((gene) => names[gene]))];
  const wanted = new Map(chosen.map((gene, place) => [gene.toUpperCase(), place]));
  const genes = chosen.length ? first.sort((a, b) => wanted.get(a.toUpperCase()) - wanted.get(b.toUpperCase())) : first;
  return { dots, genes };
}

async function show(model, answer, { by, of, genes: chosen, within, sets }, { body, tools, say }) {
  const groups = groupsOf(model, by, sets);
  const { dots, genes } = arranged(answer, groups, chosen);
  const rows = groups.filter((_, place) => dots.some(({ group }) => group === place));
  body.style.setProperty("--least", `${Math.max(190, rows.length * ROW_PX + 90)}px`);
  const { traces, layout } = dotPlot(dots, genes, groups, rows);
  const among = within === "all" ? "" : `within-${model.setOf(within).name}`;
  const name = fileName(model.id, "dots", of, "by", model.classOf(by).name, among);
  const numbers = () => ({
    set: dots.map(({ group }) => groups[group].name),
    gene: dots.map(({ gene }) => gene),
    scaledMean: dots.map(({ mean }) => mean),
    percentOfCells: dots.map(({ share }) => share),
  });
  say(
    `${plural(genes.length, of === "markers" ? "marker gene" : "gene")} over ${plural(rows.length, "set")}`,
    tookOf(answer),
  );
  const drawn = await drawPlot(body, traces, layout, { name, tools, numbers });
  drawn.plot.on("plotly_hover", ({ points }) => lightUp(model, rows[points[0].y]));
  drawn.plot.on("plotly_unhover", () => lightUp(model, null));
  drawn.plot.on("plotly_click", ({ points }) => colourBy(model, genes[points[0].x]));
  pressTicks(drawn.plot, "x", genes, (gene) => colourBy(model, gene));
  return drawn;
}

export const plot = {
  id: "dots",
  title: "Dots",
  open: (place, model) =>
    openPanel(place, model, {
      id: "dots",
      settings: () => settings(model),
      controls: controls(model),
      hint: (now) => groupingHint(model) ?? hint(now),
      words,
      work: (now, signal, onTask) => work(model, now, signal, onTask),
      show: (result, now, parts) => show(model, result, now, parts),
    }),
};
