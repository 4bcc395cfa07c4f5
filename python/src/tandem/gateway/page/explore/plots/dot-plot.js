/** Traces and layout of dots: genes along, sets down, and a legend of both size and colour. */

import { scaleOf } from "../../lib/colours.js";
import { short } from "../../lib/numbers.js";
import { plain } from "../../lib/plot.js";
import { styleValue, theme } from "../../lib/theme.js";
import { brief } from "../../lib/text.js";

/** The largest dot, in pixels. */
const DOT_PX = 22;
const TOP_PX = 10;
/** The legend beside the dots, in pixels: its width, its title, and a line of it at least. */
const LEGEND_PX = 92;
const LEGEND_TITLE_PX = 18;
const LEGEND_LINE_PX = 16;
const LEGEND_SHARES = [100, 50, 25];
/** About how wide characters at an axis are, in pixels: of sets, and of genes. */
const CHARACTER_PX = 7;
const CAPITAL_PX = 8.4;
const STEEP = 50;

/** Dots (`{group, gene, mean, share}`) of genes, in rows: those of the groups that have dots. */
export function dotPlot(dots, genes, groups, rows) {
  const rowOf = new Map(rows.map((group, row) => [groups.indexOf(group), row]));
  const columnOf = new Map(genes.map((gene, column) => [gene, column]));

  const frameOf = ({ width, height }) => {
    const left = Math.min(180, 16 + CHARACTER_PX * longest(rows.map(({ name }) => brief(name))));
    const wide = Math.max(50, width - left - 8 - LEGEND_PX);
    const steep = genes.some((gene) => gene.length * CAPITAL_PX + 6 > wide / genes.length);
    const foot = steep ? 14 + longest(genes) * CAPITAL_PX * Math.sin((STEEP * Math.PI) / 180) : 30;
    const high = Math.max(50, height - TOP_PX - foot);
    const dot = Math.max(5, Math.min((wide / genes.length) * 0.9, (high / rows.length) * 0.9, DOT_PX));
    const line = Math.max(LEGEND_LINE_PX, dot + 2);
    return { left, foot, steep, high, dot, line, share: wide / (wide + LEGEND_PX) };
  };

  const traces = (size) => {
    const frame = frameOf(size);
    const diameter = (share) => Math.max(1.5, frame.dot * Math.sqrt(share / 100));
    const legendPx = LEGEND_TITLE_PX + LEGEND_SHARES.length * frame.line;
    const colours = {
      title: { text: "scaled mean", font: { size: 11 } },
      thickness: 9,
      lenmode: "pixels",
      len: Math.max(52, Math.min(110, frame.high - legendPx - 8)),
      x: frame.share + 0.012,
      xpad: 0,
      y: 0,
      yanchor: "bottom",
      ypad: 0,
      outlinewidth: 0,
      tickvals: [-2, -1, 0, 1, 2],
      tickfont: { size: 10 },
    };
    return [
      {
        type: "scatter",
        mode: "markers",
        name: "genes by set",
        x: dots.map(({ gene }) => columnOf.get(gene)),
        y: dots.map(({ group }) => rowOf.get(group)),
        text: dots.map((dot) => hoverOf(dot, groups)),
        hovertemplate: "%{text}<extra></extra>",
        marker: {
          size: dots.map(({ share }) => diameter(share)),
          opacity: 1,
          color: dots.map(({ mean }) => mean),
          colorscale: scaleOf(theme()),
          line: { width: 0.5, color: styleValue("--line") },
          colorbar: colours,
        },
      },
      {
        type: "scatter",
        mode: "markers+text",
        x: LEGEND_SHARES.map(() => 0),
        y: LEGEND_SHARES.map((_, place) => LEGEND_TITLE_PX + (place + 0.5) * frame.line),
        text: LEGEND_SHARES.map((share) => ` ${share} %`),
        textposition: "middle right",
        textfont: { size: 11, color: styleValue("--faint") },
        cliponaxis: false,
        hoverinfo: "skip",
        marker: { size: LEGEND_SHARES.map(diameter), opacity: 1, color: styleValue("--faint"), line: { width: 0 } },
        xaxis: "x2",
        yaxis: "y2",
      },
    ];
  };

  const layout = (size) => {
    const { left, foot, steep, high, share } = frameOf(size);
    const free = { visible: false, fixedrange: true, automargin: false };
    const still = { fixedrange: true, zeroline: false, automargin: false };
    return {
      showlegend: false,
      hovermode: "closest",
      margin: { l: left, r: 8, t: TOP_PX, b: foot },
      xaxis: {
        ...still,
        domain: [0, share - 0.01],
        tickvals: genes.map((_, column) => column),
        ticktext: genes.map(plain),
        tickangle: steep ? -STEEP : 0,
        tickfont: { color: styleValue("--ink"), size: genes.length > 40 ? 10 : 12 },
        range: [-0.6, genes.length - 0.4],
      },
      yaxis: {
        ...still,
        tickvals: rows.map((_, row) => row),
        ticktext: rows.map(({ name }) => plain(brief(name))),
        tickfont: { color: styleValue("--ink") },
        range: [rows.length - 0.4, -0.6],
      },
      xaxis2: { ...free, domain: [share + 0.012, 1], range: [-0.5, 3] },
      yaxis2: { ...free, range: [high, 0], anchor: "x2" },
      annotations: [
        {
          text: "cells",
          x: share + 0.012,
          xref: "paper",
          xanchor: "left",
          y: 1,
          yref: "paper",
          yanchor: "top",
          showarrow: false,
          font: { size: 11 },
        },
      ],
    };
  };
  return { traces, layout };
}

const longest = (words) => words.reduce((most, { length }) => Math.max(most, length), 0);

function hoverOf({ group, gene, mean, share }, groups) {
  const where = `<b>${plain(gene)}</b> in ${plain(groups[group].name)}`;
  return `${where}<br>in ${short(share)} % of its cells<br>scaled mean ${short(mean)}`;
}
