/** A tree over the cells of a layout, and genes along it: traces and layout of the trajectory. */

import { colourOf, NOWHERE, ramp, rgb, scaleOf, STEPS } from "../../lib/colours.js";
import { plain } from "../../lib/plot.js";
import { styleValue, theme } from "../../lib/theme.js";
import { paintPoints } from "./backdrop.js";

const MARGIN = { l: 12, r: 16, t: 8, b: 12 };
/** Pixels above and under the drawing where genes have axes. */
const GENES_MARGIN = { t: 34, b: 44 };
/** The part of the width that the tree takes beside genes. */
const TREE_SHARE = 0.6;
/** How large a node is at least and at most, in pixels. */
const NODE_PX = [5, 9];
/** Along pseudotime, expression is averaged in so few to so many steps, of at least so many cells. */
const BINS = [8, 40];
const LEAST_CELLS = 3;
/** How strongly cells are painted behind the tree, by pseudotime and by their sets. */
const TIMES_ALPHA = 0.9;
const SETS_ALPHA = 0.55;

/** The tree's edges and nodes; with pseudotime its scale, and the genes along it. */
export function treeTraces({ nodes, roots, times, genes, cells }, { height }) {
  const dot = Math.min(NODE_PX[1], Math.max(NODE_PX[0], height / 45));
  const ink = styleValue("--ink");
  const edges = { x: [], y: [] };
  nodes.connectedNodes.forEach((others, node) => {
    for (const other of [others].flat()) {
      edges.x.push(nodes.x[node], nodes.x[other], null);
      edges.y.push(nodes.y[node], nodes.y[other], null);
    }
  });
  const chosen = new Set(roots);
  const isRoot = nodes.x.map((_, node) => chosen.has(node));
  const furthest = times ? furthestOf(cells, times) : 0;
  const scale = {
    size: 0.1,
    color: [0],
    cmin: 0,
    cmax: furthest,
    colorscale: scaleOf(theme()),
    showscale: true,
    colorbar: SCALE_BAR,
  };
  return [
    {
      type: "scatter",
      mode: "lines",
      ...edges,
      line: { color: ink, width: 1.8 },
      hoverinfo: "skip",
      showlegend: false,
    },
    {
      type: "scatter",
      mode: "markers",
      name: "nodes",
      showlegend: false,
      x: nodes.x,
      y: nodes.y,
      text: isRoot.map((root, node) =>
        root ? `<b>root</b>, node ${node}<br>click to take it out` : `node ${node}<br>click to begin here`,
      ),
      hovertemplate: "%{text}<extra></extra>",
      marker: {
        size: isRoot.map((root) => (root ? 2 * dot : dot)),
        color: isRoot.map((root) => (root ? styleValue("--accent") : styleValue("--surface"))),
        line: { color: ink, width: 1.5 },
        opacity: 1,
      },
    },
    ...(times
      ? [
          {
            type: "scatter",
            mode: "markers",
            x: [null],
            y: [null],
            marker: scale,
            hoverinfo: "skip",
            showlegend: false,
          },
        ]
      : []),
    ...(genes.size ? genesAlong(times, cells, genes, furthest) : []),
  ];
}

/** The layout: cells as a picture behind the tree, axes only where genes are drawn. */
export function treeLayout(scene, { width, height }) {
  const beside = scene.genes.size > 0;
  const margin = { ...MARGIN, ...(beside ? GENES_MARGIN : {}) };
  const share = beside ? TREE_SHARE : 1;
  const place = { width: (width - margin.l - margin.r) * share, height: height - margin.t - margin.b };
  const { picture, x, y } = backdrop(scene, place);
  const bare = { visible: false, fixedrange: true };
  return {
    margin,
    showlegend: beside,
    legend: {
      x: TREE_SHARE + 0.1,
      xanchor: "left",
      y: 1.02,
      yanchor: "bottom",
      orientation: "h",
      itemclick: false,
      itemdoubleclick: false,
    },
    hovermode: "closest",
    dragmode: false,
    xaxis: { ...bare, range: x, domain: [0, share] },
    yaxis: { ...bare, range: y },
    ...(beside ? genesAxes() : {}),
    images: [
      {
        source: picture,
        xref: "x",
        yref: "y",
        x: x[0],
        y: y[1],
        sizex: x[1] - x[0],
        sizey: y[1] - y[0],
        sizing: "stretch",
        layer: "below",
      },
    ],
  };
}

const SCALE_BAR = {
  title: { text: "pseudotime", side: "top", font: { size: 11 } },
  orientation: "h",
  thickness: 8,
  lenmode: "pixels",
  len: 130,
  x: 0,
  xanchor: "left",
  y: 0,
  yanchor: "bottom",
  xpad: 2,
  ypad: 0,
  outlinewidth: 0,
  nticks: 4,
  tickfont: { size: 11 },
};

const genesAxes = () => ({
  xaxis2: {
    domain: [TREE_SHARE + 0.1, 1],
    anchor: "y2",
    title: { text: "pseudotime" },
    rangemode: "tozero",
    zeroline: false,
    showgrid: false,
    fixedrange: true,
  },
  yaxis2: {
    anchor: "x2",
    title: { text: "mean expression" },
    rangemode: "tozero",
    zeroline: false,
    nticks: 5,
    fixedrange: true,
  },
});

/** The mean expression of genes in steps of pseudotime. */
function genesAlong(times, cells, genes, furthest) {
  const reached = cells.filter((cell) => !Number.isNaN(times[cell]));
  const steps = Math.min(BINS[1], Math.max(BINS[0], Math.round(Math.sqrt(reached.length))));
  const binOf = (cell) => Math.min(steps - 1, Math.floor((times[cell] / (furthest || 1)) * steps));
  const counts = new Uint32Array(steps);
  for (const cell of reached) counts[binOf(cell)]++;
  const bins = [...counts.keys()].filter((bin) => counts[bin] >= LEAST_CELLS);
  return [...genes].map(([gene, { values }], place) => {
    const sums = new Float64Array(steps);
    for (const cell of reached) sums[binOf(cell)] += values[cell];
    return {
      type: "scatter",
      mode: "lines",
      name: plain(gene),
      x: bins.map((bin) => ((bin + 0.5) / steps) * furthest),
      y: bins.map((bin) => sums[bin] / counts[bin]),
      line: { color: colourOf(place), width: 2.2, shape: "spline", smoothing: 0.7 },
      hovertemplate: "<b>%{fullData.name}</b> %{y:.3g}<extra></extra>",
      xaxis: "x2",
      yaxis: "y2",
    };
  });
}

function backdrop({ points, cells, times, sets, nodes }, size) {
  const colours = new Uint8Array(points.x.length * 3);
  const paint = (cell, [r, g, b]) => {
    colours[3 * cell] = r;
    colours[3 * cell + 1] = g;
    colours[3 * cell + 2] = b;
  };
  const nowhere = rgb(NOWHERE[theme()]);
  for (let cell = 0; cell < points.x.length; cell++) paint(cell, nowhere);
  if (times) paintTimes(cells, times, paint);
  else paintSets(cells, sets, points.x.length, paint);
  return paintPoints(points, colours, times ? TIMES_ALPHA : SETS_ALPHA, nodes, size);
}

function paintTimes(cells, times, paint) {
  const steps = ramp(theme());
  const furthest = furthestOf(cells, times) || 1;
  for (const cell of cells) {
    if (!Number.isNaN(times[cell])) paint(cell, steps[Math.max(1, Math.round((times[cell] / furthest) * (STEPS - 1)))]);
  }
}

function paintSets(cells, sets, length, paint) {
  const inside = new Uint8Array(length);
  for (const cell of cells) inside[cell] = 1;
  for (const { cellIds, color } of sets) {
    const colour = rgb(color);
    for (const cell of cellIds) if (inside[cell]) paint(cell, colour);
  }
}

const furthestOf = (cells, times) => cells.reduce((most, cell) => (times[cell] > most ? times[cell] : most), 0);
