/** Heatmap: scaled expression of markers, or of the chosen genes, over cells in the order of their sets. */

import { diverging, rgb } from "../../lib/colours.js";
import { count, plural, short } from "../../lib/numbers.js";
import { drawPlot, plain } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { styleValue, theme } from "../../lib/theme.js";
import { brief } from "../../lib/text.js";
import { askOnce } from "./cached.js";
import { select, setsMenu } from "./controls.js";
import { classChosen, classOptions, colourBy, groupingHint, groupsOf, lightUp } from "./groups.js";
import { genesShown, hint, words } from "./markers.js";
import { openPanel, tookOf } from "./panel.js";
import { sampleOf } from "./sampling.js";
import { pressTicks } from "./ticks.js";

/** The most cells that are drawn. */
const MOST_CELLS = 1000;
/** Scaled values further from 0 are drawn as this far. */
const CAP = 2.5;
/** Genes for each set; fewer where there are more cells than this. */
const MARKERS = 5;
const MANY_CELLS = [
  [500_000, 30],
  [250_000, 60],
];
/** How high the row of a gene is at least, in pixels. */
const GENE_PX = 10;
/** Pixels above the heatmap: names of sets, and the band of their colours. */
const HEAD_PX = 34;
const BAND_PX = 8;

const fewer = (cells, sets) => {
  const [, genes] = MANY_CELLS.find(([many]) => cells > many) ?? [0, Infinity];
  return Math.max(1, Math.floor(Math.min(MARKERS, genes / Math.max(1, sets))));
};

function settings(model) {
  const { view } = model;
  const by = classChosen(model, "heatmap.by");
  const of = view["heatmap.of"] ?? "markers";
  const usual = fewer(model.facts?.cells ?? 0, model.classOf(by)?.children.length ?? 0);
  return {
    by,
    of,
    markers: Math.max(1, Number(view["heatmap.markers"]) || usual),
    genes: of === "genes" ? model.genes : [],
    sets: view["heatmap.sets"] ?? "",
  };
}

const controls =
  (model) =>
  (now) => [
    genesShown(model, "heatmap", now, 50),
    select(model, "by", "heatmap.by", now.by, classOptions(model), () => ({ "heatmap.sets": null })),
    setsMenu(model, "heatmap.sets", now.by),
  ];

async function work(model, { by, of, markers, genes, sets }, signal, onTask) {
  const groups = groupsOf(model, by, sets).filter(({ cells }) => cells.length);
  const found =
    of === "markers"
      ? await askOnce(model, { name: "MarkerHeatmap", nGenes: markers, selectedCellSet: by }, { signal, onTask })
      : null;
  const wanted = found ? found.result.orderedGeneNames.filter(Boolean) : genes;
  const sample = sampleOf(groups, MOST_CELLS);
  const body = { name: "GeneExpression", genes: wanted, downsampleSettings: { cellIds: sample.flat() } };
  const expression = await askOnce(model, body, { signal, onTask });
  return { groups, wanted, sample, expression: expression.result, answer: found ?? expression };
}

/** Scaled and raw values by wanted gene, a column a sampled cell. */
function scaled({ orderedGeneNames, stats, rawExpression: { values, index, ptr, size } }, wanted) {
  const columnOf = new Map(orderedGeneNames.map((name, column) => [name.toUpperCase(), column]));
  const genes = wanted.filter((gene) => columnOf.has(gene.toUpperCase()));
  const raw = genes.map((gene) => {
    const column = columnOf.get(gene.toUpperCase());
    const row = new Float32Array(size[0]);
    for (let at = ptr[column]; at < ptr[column + 1]; at++) row[index[at]] = values[at];
    return row;
  });
  const z = genes.map((gene, place) => {
    const column = columnOf.get(gene.toUpperCase());
    const [mean, deviation] = [stats.rawMean[column], stats.rawStdev[column]];
    return raw[place].map((value) => (deviation ? Math.max(-CAP, Math.min(CAP, (value - mean) / deviation)) : 0));
  });
  return { genes, raw, z };
}

async function show(model, { groups, wanted, sample, expression, answer }, { by, of }, { body, tools, say }) {
  const { genes, raw, z } = scaled(expression, wanted);
  const cells = sample.flat();
  const groupOf = sample.flatMap((list, place) => list.map(() => place));
  const starts = sample.reduce((list, { length }) => [...list, list.at(-1) + length], [0]);
  body.style.setProperty("--least", `${Math.max(200, genes.length * GENE_PX + HEAD_PX + 20)}px`);

  const traces = () => [
    {
      type: "heatmap",
      z,
      y: genes.map((_, row) => row),
      customdata: raw,
      zmin: -CAP,
      zmax: CAP,
      colorscale: diverging(theme()),
      hoverinfo: "none",
      colorbar: {
        title: { text: "scaled", font: { size: 11 } },
        thickness: 10,
        len: 0.6,
        outlinewidth: 0,
        nticks: 5,
        tickfont: { size: 11 },
        x: 1.005,
      },
    },
  ];
  const layout = ({ width, height }) => {
    const drawn = height - HEAD_PX - 14;
    const band = BAND_PX / drawn;
    const edges = starts.slice(1, -1).map((edge) => ({
      type: "line",
      x0: edge - 0.5,
      x1: edge - 0.5,
      y0: 0,
      y1: 1,
      yref: "paper",
      line: { color: styleValue("--surface"), width: 2 },
    }));
    const bands = groups.map(({ colour }, place) => ({
      type: "rect",
      x0: starts[place] - 0.5,
      x1: starts[place + 1] - 0.5,
      y0: 1 + band * 0.4,
      y1: 1 + band * 1.4,
      yref: "paper",
      fillcolor: `rgb(${rgb(colour).join(",")})`,
      line: { color: styleValue("--surface"), width: place ? 1 : 0 },
    }));
    const perCell = (width - 150) / cells.length;
    return {
      margin: { l: 60, r: 60, t: HEAD_PX, b: 14 },
      xaxis: { visible: false, range: [-0.5, cells.length - 0.5], fixedrange: true },
      yaxis: {
        tickvals: genes.map((_, row) => row),
        ticktext: genes.map(plain),
        tickfont: { color: styleValue("--ink"), size: Math.min(12, Math.max(8.5, (drawn / genes.length) * 0.85)) },
        range: [genes.length - 0.5, -0.5],
        showgrid: false,
        zeroline: false,
        fixedrange: true,
      },
      shapes: [...edges, ...bands],
      annotations: namesThatFit(groups, starts, perCell).map(({ name, middle }) => ({
        text: plain(brief(name)),
        x: middle,
        y: 1,
        yref: "paper",
        yshift: BAND_PX * 1.4 + 2,
        yanchor: "bottom",
        showarrow: false,
        font: { size: 11 },
      })),
    };
  };
  const name = fileName(model.id, "heatmap", of, "by", model.classOf(by).name);
  const numbers = () => ({
    cell: cells,
    set: groupOf.map((place) => groups[place].name),
    ...Object.fromEntries(
      genes.flatMap((gene, row) => [
        [gene, [...raw[row]]],
        [`${gene} scaled`, [...z[row]]],
      ]),
    ),
  });
  const shown = plural(genes.length, of === "markers" ? "marker gene" : "gene");
  const resting = `${shown} in ${samplingOf(cells.length, groups)}`;
  const rest = () => say(resting, tookOf(answer));
  rest();
  const drawn = await drawPlot(body, traces, layout, { name, tools, numbers });
  let lit = -1;
  drawn.plot.on("plotly_hover", ({ points: [{ x, y }] }) => {
    const group = groups[groupOf[x]];
    say(`${genes[y]} in cell ${cells[x]} of ${group.name}: ${short(raw[y][x])}, scaled ${short(z[y][x])}`);
    if (lit !== groupOf[x]) lightUp(model, group);
    lit = groupOf[x];
  });
  drawn.plot.on("plotly_unhover", () => {
    lit = -1;
    lightUp(model, null);
    rest();
  });
  drawn.plot.on("plotly_click", ({ points }) => colourBy(model, genes[points[0].y]));
  pressTicks(drawn.plot, "y", genes, (gene) => colourBy(model, gene));
  return drawn;
}

function samplingOf(shown, groups) {
  const total = groups.reduce((sum, { cells }) => sum + cells.length, 0);
  return shown < total
    ? `${count(shown)} of ${count(total)} cells, drawn by the size of their sets`
    : plural(total, "cell");
}

// Names stand above the middle of their sets, where they do not touch the one before.
function namesThatFit(groups, starts, perCell) {
  let free = -Infinity;
  return groups.flatMap(({ name }, place) => {
    const middle = (starts[place] + starts[place + 1] - 1) / 2;
    const half = (name.length * 6.2) / 2;
    const from = middle * perCell - half;
    if (from < free) return [];
    free = from + 2 * half + 8;
    return [{ name, middle }];
  });
}

export const plot = {
  id: "heatmap",
  title: "Heatmap",
  open: (place, model) =>
    openPanel(place, model, {
      id: "heatmap",
      settings: () => settings(model),
      controls: controls(model),
      hint: (now) => groupingHint(model) ?? hint(now),
      words,
      work: (now, signal, onTask) => work(model, now, signal, onTask),
      show: (result, now, parts) => show(model, result, now, parts),
    }),
};
