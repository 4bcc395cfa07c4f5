/** Dots: how strongly, and by how many of its cells, each set expresses genes. */

import { scaleOf } from "../../lib/colours.js";
import { plural, short } from "../../lib/numbers.js";
import { drawPlot } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { styleValue, theme } from "../../lib/theme.js";
import { askOnce } from "./cached.js";
import { number, select, setsMenu } from "./controls.js";
import { classChosen, classOptions, colourBy, groupsOf, lightUp, setOptions } from "./groups.js";
import { openPanel, tookOf } from "./panel.js";
import { pressTicks } from "./ticks.js";

const MARKERS = 3;
/** The largest dot, in pixels, and the room that a row and the legend take. */
const DOT_PX = 20;
const ROW_PX = 22;
const LEGEND_PX = 96;
const LEGEND_SHARES = [100, 75, 50, 25];

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

const controls = (model) => ({ by, of, markers, within }) => [
  select(model, "Show", "dots.of", of, [["markers", "markers"], ["genes", "chosen genes"]]),
  of === "markers" && number(model, "of each", "dots.markers", markers, { least: 1, most: 20, step: 1 }),
  select(model, "by", "dots.by", by, classOptions(model), () => ({ "dots.sets": null })),
  setsMenu(model, "dots.sets", by),
  select(model, "within", "dots.within", within, [["all", "all cells"], ...setOptions(model)]),
];

function work(model, { by, of, markers, genes, within }, signal, onTask) {
  const [group, key] = within === "all" ? ["All", null] : within.split("/");
  const body = {
    name: "DotPlot",
    useMarkerGenes: of === "markers",
    numberOfMarkers: markers,
    customGenesList: genes,
    groupBy: by,
    filterBy: key ? { group, key } : { group },
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
  const shown = groups.map((group, place) => ({ ...group, place })).filter(({ place }) => dots.some(({ group }) => group === place));
  const rowOf = new Map(shown.map(({ place }, row) => [place, row]));
  const columnOf = new Map(genes.map((gene, column) => [gene, column]));
  body.style.setProperty("--least", `${Math.max(180, shown.length * ROW_PX + 110)}px`);

  const partOf = (width) => 1 - LEGEND_PX / Math.max(LEGEND_PX * 2, width - 100);
  const traces = ({ width, height }) => {
    const room = Math.min((width - LEGEND_PX - 110) / genes.length, (height - 90) / shown.length, DOT_PX / 0.9) * 0.9;
    const size = (share) => Math.max(1.5, Math.max(5, room) * Math.sqrt(share / 100));
    return [
      {
        type: "scatter",
        mode: "markers",
        name: "genes by set",
        x: dots.map(({ gene }) => columnOf.get(gene)),
        y: dots.map(({ group }) => rowOf.get(group)),
        text: dots.map(({ group, gene, mean, share }) => `<b>${gene}</b> in ${groups[group].name}<br>${short(share)} % of its cells<br>scaled mean ${short(mean)}`),
        hovertemplate: "%{text}<extra></extra>",
        marker: {
          size: dots.map(({ share }) => size(share)),
          opacity: 1,
          color: dots.map(({ mean }) => mean),
          colorscale: scaleOf(theme()),
          line: { width: 0.5, color: styleValue("--line") },
          colorbar: { title: { text: "scaled mean", font: { size: 11 } }, thickness: 10, len: 0.44, y: 0.22, x: partOf(width) + 0.02, xpad: 0, outlinewidth: 0, nticks: 4, tickfont: { size: 11 } },
        },
      },
      {
        type: "scatter",
        mode: "markers+text",
        x: LEGEND_SHARES.map(() => 0),
        y: LEGEND_SHARES.map((_, place) => -place),
        text: LEGEND_SHARES.map((share) => `  ${share} %`),
        textposition: "middle right",
        textfont: { size: 11, color: styleValue("--faint") },
        cliponaxis: false,
        hoverinfo: "skip",
        marker: { size: LEGEND_SHARES.map(size), opacity: 1, color: styleValue("--faint") },
        xaxis: "x2",
        yaxis: "y2",
      },
    ];
  };
  const layout = ({ width }) => {
    const right = partOf(width);
    const free = { visible: false, fixedrange: true };
    return {
      showlegend: false,
      hovermode: "closest",
      margin: { l: 60, r: 8, t: 10, b: 30 },
      xaxis: {
        domain: [0, right],
        tickvals: genes.map((_, column) => column),
        ticktext: genes,
        tickangle: genes.length * 56 > width * right ? -55 : 0,
        tickfont: { color: styleValue("--ink"), size: genes.length > 40 ? 10 : 12 },
        range: [-0.7, genes.length - 0.3],
        fixedrange: true,
        zeroline: false,
      },
      yaxis: {
        tickvals: shown.map((_, row) => row),
        ticktext: shown.map(({ name }) => name),
        tickfont: { color: styleValue("--ink") },
        range: [shown.length - 0.4, -0.6],
        fixedrange: true,
        zeroline: false,
      },
      xaxis2: { ...free, domain: [right + 0.015, 1], range: [-0.5, 3] },
      yaxis2: { ...free, domain: [0.55, 0.93], range: [-3.5, 0.5], anchor: "x2" },
      annotations: [{ text: "cells", x: right + 0.02, xref: "paper", xanchor: "left", y: 1, yref: "paper", yanchor: "top", showarrow: false, font: { size: 11 } }],
    };
  };
  const name = fileName(model.id, "dots", of, "by", model.classOf(by).name, within === "all" ? "" : `within-${model.setOf(within).name}`);
  const numbers = () => ({
    set: dots.map(({ group }) => groups[group].name),
    gene: dots.map(({ gene }) => gene),
    scaledMean: dots.map(({ mean }) => mean),
    percentOfCells: dots.map(({ share }) => share),
  });
  const drawn = await drawPlot(body, traces, layout, { name, tools, numbers });
  drawn.plot.on("plotly_hover", ({ points }) => lightUp(model, shown[points[0].y]));
  drawn.plot.on("plotly_unhover", () => lightUp(model, null));
  drawn.plot.on("plotly_click", ({ points }) => colourBy(model, genes[points[0].x]));
  pressTicks(drawn.plot, "x", (gene) => colourBy(model, gene));
  say(`${plural(genes.length, of === "markers" ? "marker gene" : "gene")} over ${plural(shown.length, "set")}`, tookOf(answer));
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
      hint: ({ of, genes }) => of === "genes" && !genes.length && "No gene is chosen. Tick genes in the list, or show markers.",
      words: ({ of }) => (of === "markers" ? "Finding markers" : "Reading expression"),
      work: (now, signal, onTask) => work(model, now, signal, onTask),
      show: (result, now, parts) => show(model, result, now, parts),
    }),
};
