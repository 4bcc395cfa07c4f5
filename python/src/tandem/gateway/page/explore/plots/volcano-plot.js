/** Points, traces and layout of a volcano. */

import { count, short } from "../../lib/numbers.js";
import { plain } from "../../lib/plot.js";
import { styleValue, theme } from "../../lib/theme.js";
import { placeLabels } from "./labels.js";

/** So many genes of each side are given a label, where there is room. */
const LABELS = 24;
/** The most points that are drawn; the table has them all. */
const MOST_POINTS = 2500;
/** Points on the same square of so many pixels are drawn once. */
const GRAIN_PX = [1, 2, 3, 4, 6, 8];
/** The smallest number there is; a p-value of 0 stands for less. */
const LEAST_P = Number.MIN_VALUE;
const MARGIN = { l: 56, r: 18, t: 30, b: 44 };
const HUES = { light: { up: "#b2182b", down: "#2166ac" }, dark: { up: "#f28b82", down: "#7db3f0" } };

/** Genes that have a change and a p-value: `[{gene, row, change, p, y, side}]`, side 1, -1, or 0: not significant. */
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
  const ranked = [...points.filter(({ side }) => side), ...points.filter(({ side }) => !side)];
  const places = ranked.map(toPixels);
  for (const grain of GRAIN_PX) {
    const squares = new Map();
    places.forEach(([x, y], place) => {
      const square = Math.round(x / grain) * 65536 + Math.round(y / grain);
      if (!squares.has(square)) squares.set(square, ranked[place]);
    });
    if (squares.size <= most) return [...squares.values()];
  }
  return ranked.slice(0, most);
}

/** Clouds of points, the labels of the outermost, and a ring around the gene that the embedding is coloured by. */
export function volcanoTraces({ points, data, first, second, coloured }, { width, height }) {
  const plane = {
    width: Math.max(10, width - MARGIN.l - MARGIN.r),
    height: Math.max(10, height - MARGIN.t - MARGIN.b),
  };
  const ranges = rangesOf(points);
  const toPixels = ({ change, y }) => [
    ((change - ranges.x[0]) / (ranges.x[1] - ranges.x[0])) * plane.width,
    (1 - (y - ranges.y[0]) / (ranges.y[1] - ranges.y[0])) * plane.height,
  ];
  const drawn = thinned(points, toPixels);
  const candidates = outermost(points).map((point) => {
    const [x, y] = toPixels(point);
    return { x, y, words: plain(point.gene), from: point };
  });
  const labels = placeLabels(candidates, drawn.filter(({ side }) => side).map(toPixels), plane);
  const hues = HUES[theme()];
  const cloud = (side, name, color, opacity) =>
    cloudOf(
      drawn.filter((point) => point.side === side),
      data,
      name,
      { size: side ? 6 : 4, color, opacity },
    );
  const ringed = points.filter(({ gene }) => gene === coloured());
  return [
    cloud(0, "not significant", styleValue("--faint"), 0.35),
    cloud(-1, `higher in ${second}`, hues.down, 0.8),
    cloud(1, `higher in ${first}`, hues.up, 0.8),
    {
      type: "scatter",
      mode: "markers+text",
      marker: { size: 8, color: "rgba(0,0,0,0)" }, // keeps the words off the point
      x: labels.map(({ from }) => from.change),
      y: labels.map(({ from }) => from.y),
      text: labels.map(({ words }) => words),
      textposition: labels.map(({ spot }) => spot),
      textfont: { size: 11, color: styleValue("--ink") },
      cliponaxis: false,
      hoverinfo: "skip",
    },
    {
      type: "scatter",
      mode: "markers",
      x: ringed.map(({ change }) => change),
      y: ringed.map(({ y }) => y),
      hoverinfo: "skip",
      marker: { size: 12, symbol: "circle-open", color: styleValue("--ink"), line: { width: 2 } },
    },
  ];
}

/** Axes, thresholds, and how many genes are higher on each side. */
export function volcanoLayout({ points, first, second, change, chance, type }) {
  const hues = HUES[theme()];
  const ranges = rangesOf(points);
  const level = -Math.log10(chance);
  const line = { dash: "dot", width: 1, color: styleValue("--faint") };
  const upright = (x) => ({ type: "line", x0: x, x1: x, y0: 0, y1: 1, yref: "paper", layer: "below", line });
  const above = { y: 1, yref: "paper", yanchor: "bottom", yshift: 6, xref: "paper", showarrow: false };
  const number = (wanted) => count(points.filter(({ side }) => side === wanted).length);
  const still = { zeroline: false, automargin: false };
  return {
    margin: MARGIN,
    showlegend: false,
    hovermode: "closest",
    dragmode: "zoom",
    xaxis: { ...still, title: { text: type === "between" ? "log2 fold change" : "log fold change" }, range: ranges.x },
    yaxis: { ...still, title: { text: "−log10 adjusted p" }, range: ranges.y },
    shapes: [
      upright(change),
      upright(-change),
      { type: "line", x0: 0, x1: 1, y0: level, y1: level, xref: "paper", layer: "below", line },
    ],
    annotations: [
      { ...above, text: `← ${number(-1)} higher in ${second}`, x: 0, xanchor: "left", font: { color: hues.down } },
      { ...above, text: `${number(1)} higher in ${first} →`, x: 1, xanchor: "right", font: { color: hues.up } },
    ],
  };
}

const cloudOf = (points, data, name, marker) => ({
  type: "scatter",
  mode: "markers",
  name,
  x: points.map(({ change }) => change),
  y: points.map(({ y }) => y),
  customdata: points.map(({ gene }) => gene),
  text: points.map((point) => hoverOf(point, data)),
  hovertemplate: "%{text}<extra></extra>",
  marker: {
    ...marker,
    line: { width: 0 },
    symbol: points.every(({ p }) => p > 0) ? "circle" : points.map(({ p }) => (p > 0 ? "circle" : "triangle-up")),
  },
});

/** The significant genes that are furthest out, from both sides in turn. */
function outermost(points) {
  const reach = ({ change, y }) => Math.abs(change) * y;
  const [up, down] = [1, -1].map((wanted) =>
    points.filter(({ side }) => side === wanted).sort((a, b) => reach(b) - reach(a)),
  );
  return Array.from({ length: LABELS }, (_, place) => [up[place], down[place]])
    .flat()
    .filter(Boolean);
}

function rangesOf(points) {
  const widest = points.reduce((most, { change }) => Math.max(most, Math.abs(change)), 0.1) * 1.12;
  const highest = points.reduce((most, { y }) => Math.max(most, y), 1) * 1.06;
  return { x: [-widest, widest], y: [-0.02 * highest, highest] };
}

function hoverOf({ gene, row, change, p }, { pct_1: inside, pct_2: outside }) {
  const chance = p > 0 ? short(p) : "too small for a number";
  const shares = inside ? `<br>in ${short(inside[row])} % of A, ${short(outside[row])} % of B` : "";
  return `<b>${plain(gene)}</b><br>log fold change ${short(change)}<br>adjusted p ${chance}${shares}`;
}
