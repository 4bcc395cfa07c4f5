/** Volcano: how much genes differ between two sets, against how surely. */

import { fill, h } from "../../lib/dom.js";
import { count, short } from "../../lib/numbers.js";
import { drawPlot } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { styleValue, theme } from "../../lib/theme.js";
import { askOnce } from "./cached.js";
import { comparisonBody, comparisonControls, comparisonHint, comparisonName, comparisonOf, comparisonWords, sidesOf } from "./comparison.js";
import { number } from "./controls.js";
import { colourBy, colouredGene } from "./groups.js";
import { placeLabels } from "./labels.js";
import { openPanel, tookOf } from "./panel.js";

const CHANGE = 0.5;
const CHANCE = 0.05;
/** So many genes of each side are given a label, where there is room. */
const LABELS = 24;
/** The most points that are drawn; the table has them all. */
const MOST_POINTS = 5000;
/** Points on the same square of so many pixels are drawn once. */
const GRAIN_PX = [1, 2, 3, 4, 6, 8];
/** The smallest number there is; a p-value of 0 stands for less. */
const LEAST_P = Number.MIN_VALUE;
const MARGIN = { l: 56, r: 18, t: 30, b: 44 };
const NO_CHANCES = "Two samples alone give no p-values, so there is no volcano. The table under DE orders genes by their change.";
const HUES = { light: { up: "#b2182b", down: "#2166ac" }, dark: { up: "#f28b82", down: "#7db3f0" } };

function settings(model) {
  const threshold = (name, usual) => {
    const given = Number(model.view[name]);
    return model.view[name] && Number.isFinite(given) && given >= 0 ? given : usual;
  };
  return { ...comparisonOf(model), change: threshold("volcano.change", CHANGE), chance: threshold("volcano.p", CHANCE) };
}

const controls = (model) => (now) => [
  comparisonControls(model, now),
  number(model, "log fold change over", "volcano.change", now.change, { least: 0, step: 0.1 }),
  number(model, "adjusted p below", "volcano.p", now.chance, { least: 0, most: 1 }),
];

/** Genes that have a change and a chance: `[{gene, change, p, y, side}]`, side 1, -1, or 0 where not significant. */
export function pointsOf({ gene_names: genes, logFC, p_val_adj: chances }, { change, chance }) {
  const known = genes.map((_, row) => row).filter((row) => logFC[row] != null && chances[row] != null);
  const least = known.reduce((low, row) => (chances[row] > 0 ? Math.min(low, chances[row]) : low), 1);
  const ceiling = Math.max(-Math.log10(Math.max(least, LEAST_P)) * 1.04, 1);
  return known.map((row) => {
    const [size, p] = [logFC[row], chances[row]];
    const side = p < chance && Math.abs(size) > change ? Math.sign(size) : 0;
    return { gene: genes[row], row, change: size, p, y: p > 0 ? -Math.log10(p) : ceiling, side };
  });
}

/** One point for each square of pixels, coarser until few enough are left; significant ones are kept before others. */
export function thinned(points, toPixels, most = MOST_POINTS) {
  const ranked = [...points].sort((a, b) => Math.abs(b.side) - Math.abs(a.side));
  for (const grain of GRAIN_PX) {
    const squares = new Map();
    for (const point of ranked) {
      const [x, y] = toPixels(point).map((value) => Math.round(value / grain));
      const square = x * 65536 + y;
      if (!squares.has(square)) squares.set(square, point);
    }
    if (squares.size <= most) return [...squares.values()];
  }
  return ranked.slice(0, most);
}

function rangesOf(points) {
  const widest = points.reduce((most, { change }) => Math.max(most, Math.abs(change)), 0.1) * 1.12;
  const highest = points.reduce((most, { y }) => Math.max(most, y), 1) * 1.06;
  return { x: [-widest, widest], y: [-0.02 * highest, highest] };
}

async function show(model, answer, now, { body, tools, say }) {
  const { data } = answer.result;
  const words = comparisonWords(model, now);
  if (!data.p_val_adj) {
    fill(body, h("p", { class: "hint" }, NO_CHANCES));
    return null;
  }
  const points = pointsOf(data, now);
  const ranges = rangesOf(points);
  const [first, second] = sidesOf(model, now);
  const up = points.filter(({ side }) => side > 0);
  const down = points.filter(({ side }) => side < 0);
  const named = [up, down].map((list) => [...list].sort((a, b) => b.y * Math.abs(b.change) - a.y * Math.abs(a.change)).slice(0, LABELS));
  const inOrder = Array.from({ length: LABELS }, (_, place) => [named[0][place], named[1][place]]).flat().filter(Boolean);
  const pixels = ({ width, height }) => {
    const [w, h] = [Math.max(10, width - MARGIN.l - MARGIN.r), Math.max(10, height - MARGIN.t - MARGIN.b)];
    const at = ({ change, y }) => [
      ((change - ranges.x[0]) / (ranges.x[1] - ranges.x[0])) * w,
      (1 - (y - ranges.y[0]) / (ranges.y[1] - ranges.y[0])) * h,
    ];
    return { width: w, height: h, at };
  };

  const traces = (size) => {
    const plane = pixels(size);
    const drawn = thinned(points, plane.at);
    const hues = HUES[theme()];
    const cloud = (side, name, color, opacity) => {
      const some = drawn.filter((point) => point.side === side);
      return {
        type: "scatter",
        mode: "markers",
        name,
        x: some.map(({ change }) => change),
        y: some.map(({ y }) => y),
        customdata: some.map(({ gene }) => gene),
        text: some.map((point) => hoverOf(point, data)),
        hovertemplate: "%{text}<extra></extra>",
        marker: { size: side ? 6 : 4, color, opacity, line: { width: 0 }, symbol: some.map(({ p }) => (p > 0 ? "circle" : "triangle-up")) },
      };
    };
    const candidate = (point) => {
      const [x, y] = plane.at(point);
      return { x, y, words: point.gene, from: point };
    };
    const crowd = drawn.filter(({ side }) => side).map(plane.at);
    const labels = placeLabels(inOrder.map(candidate), crowd, plane);
    const coloured = points.find(({ gene }) => gene === colouredGene(model));
    return [
      cloud(0, "not significant", styleValue("--faint"), 0.35),
      cloud(-1, `higher in ${second.name}`, hues.down, 0.8),
      cloud(1, `higher in ${first.name}`, hues.up, 0.8),
      {
        type: "scatter",
        mode: "markers+text",
        marker: { size: 8, color: "rgba(0,0,0,0)" }, // keeps the words off the point
        x: labels.map(({ from }) => from.change),
        y: labels.map(({ from }) => from.y),
        text: labels.map(({ words: gene }) => gene),
        textposition: labels.map(({ spot }) => spot),
        textfont: { size: 11, color: styleValue("--ink") },
        cliponaxis: false,
        hoverinfo: "skip",
      },
      {
        type: "scatter",
        mode: "markers",
        x: coloured ? [coloured.change] : [],
        y: coloured ? [coloured.y] : [],
        hoverinfo: "skip",
        marker: { size: 12, symbol: "circle-open", color: styleValue("--ink"), line: { width: 2 } },
      },
    ];
  };
  const layout = () => {
    const hues = HUES[theme()];
    const dashed = (x0, x1, y0, y1, more) => ({ type: "line", x0, x1, y0, y1, layer: "below", line: { dash: "dot", width: 1, color: styleValue("--faint") }, ...more });
    const side = (text, x, xanchor, color) => ({ text, x, xref: "paper", xanchor, y: 1, yref: "paper", yanchor: "bottom", yshift: 6, showarrow: false, font: { color } });
    const level = -Math.log10(now.chance);
    return {
      margin: MARGIN,
      showlegend: false,
      hovermode: "closest",
      dragmode: "zoom",
      xaxis: { title: { text: now.type === "between" ? "log2 fold change" : "log fold change" }, range: ranges.x, zeroline: false, automargin: false },
      yaxis: { title: { text: "−log10 adjusted p" }, range: ranges.y, zeroline: false, automargin: false },
      shapes: [
        dashed(now.change, now.change, 0, 1, { yref: "paper" }),
        dashed(-now.change, -now.change, 0, 1, { yref: "paper" }),
        dashed(0, 1, level, level, { xref: "paper" }),
      ],
      annotations: [
        side(`← ${count(down.length)} higher in ${second.name}`, 0, "left", hues.down),
        side(`${count(up.length)} higher in ${first.name} →`, 1, "right", hues.up),
      ],
    };
  };
  const name = fileName(model.id, "volcano", comparisonName(model, now));
  const numbers = () => ({ ...data, significant: significance(data.gene_names.length, points) });
  const drawn = await drawPlot(body, traces, layout, { name, tools, numbers });
  drawn.plot.on("plotly_click", ({ points: [{ customdata }] }) => customdata && colourBy(model, customdata));
  say(`${words}: ${count(up.length + down.length)} of ${count(points.length)} expressed genes differ`, tookOf(answer));
  return drawn;
}

function significance(rows, points) {
  const words = new Array(rows).fill("");
  for (const { row, side } of points) words[row] = side > 0 ? "higher in A" : side < 0 ? "higher in B" : "no";
  return words;
}

function hoverOf({ gene, row, change, p }, { pct_1: inside, pct_2: outside }) {
  const shares = inside ? `<br>in ${short(inside[row])} % of A, ${short(outside[row])} % of B` : "";
  return `<b>${gene}</b><br>log fold change ${short(change)}<br>adjusted p ${p > 0 ? short(p) : "too small for a number"}${shares}`;
}

export const plot = {
  id: "volcano",
  title: "Volcano",
  open: (place, model) =>
    openPanel(place, model, {
      id: "volcano",
      settings: () => settings(model),
      controls: controls(model),
      hint: (now) => comparisonHint(model, now),
      words: () => "Comparing",
      work: (now, signal, onTask) => askOnce(model, comparisonBody(model, now), { signal, onTask }),
      show: (result, now, parts) => show(model, result, now, parts),
    }),
};
