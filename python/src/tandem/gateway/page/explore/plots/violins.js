/** Violins of panels by groups: a panel is a gene or a metric, each group a violin with its median and quartiles. */

import { rgb } from "../../lib/colours.js";
import { count, plural, short } from "../../lib/numbers.js";
import { plain } from "../../lib/plot.js";
import { styleValue } from "../../lib/theme.js";
import { brief } from "../../lib/text.js";
import { logTicks } from "./metrics.js";
import { pace } from "./pace.js";
import { density, sortedValues, summary } from "./statistics.js";

/** Half of a violin's width, where a group has 1. */
const HALF = 0.42;
/** Pixels between the panels of a column. */
const GAP_PX = 16;
const FOOT_PX = 34;

/** Quartiles and densities: for each panel (`{title, values}`) a list by group; null where a group has no values. */
export async function describe(panels, groups) {
  const breathe = pace();
  const described = [];
  for (const { values } of panels) {
    const sorted = [];
    for (const { cells } of groups) {
      sorted.push(sortedValues(values, cells));
      await breathe();
    }
    const span = Math.max(0, ...sorted.map((list) => (list.at(-1) ?? 0) - (list[0] ?? 0)));
    const row = [];
    for (const list of sorted) {
      row.push(list.length ? { ...summary(list), ...aboveZero(list), ...density(list, span) } : null);
      await breathe();
    }
    described.push(row);
  }
  return described;
}

/** Traces and layout of violins, panel under panel. */
export function violins(panels, groups, described) {
  const axis = (place) => (place ? `y${place + 1}` : "y");
  const traces = () => panels.flatMap((panel, place) => summaries(panel, groups, described[place], axis(place)));
  const layout = ({ height }) => {
    const drawn = Math.max(1, height - FOOT_PX - 12);
    const share = 1 / panels.length;
    const gap = panels.length > 1 ? GAP_PX / drawn : 0;
    const room = Math.max(2, Math.floor(drawn / panels.length / 26));
    const axes = panels.map((panel, place) => [
      place ? `yaxis${place + 1}` : "yaxis",
      {
        domain: [1 - (place + 1) * share + gap / 2, 1 - place * share - gap / 2],
        range: rangeOf(described[place]),
        nticks: room + 1,
        fixedrange: true,
        zeroline: false,
        automargin: false,
        ...(panel.log ? logTicks(rangeOf(described[place]), room) : {}),
      },
    ]);
    return {
      margin: { l: 52 + 8.4 * Math.max(...panels.map(({ title }) => title.length)), r: 12, t: 8, b: FOOT_PX },
      showlegend: false,
      hovermode: "closest",
      hoverdistance: -1,
      xaxis: {
        tickvals: groups.map((_, place) => place),
        ticktext: groups.map(({ name }) => plain(brief(name))),
        tickfont: { color: styleValue("--ink") },
        autotickangles: [0, -35, -90],
        range: [-0.6, groups.length - 0.4],
        showgrid: false,
        zeroline: false,
        fixedrange: true,
        anchor: axis(panels.length - 1),
      },
      ...Object.fromEntries(axes),
      shapes: panels.flatMap((_, place) => outlines(groups, described[place], axis(place))),
      annotations: panels.map(({ title }, place) => ({
        text: `<b>${plain(title)}</b>`,
        x: 0,
        xref: "paper",
        xanchor: "right",
        xshift: -40,
        y: 1 - (place + 0.5) * share,
        yref: "paper",
        showarrow: false,
        captureevents: true,
      })),
    };
  };
  return { traces, layout };
}

/** The numbers behind violins: a row for each cell of each group. */
export async function violinNumbers(panels, groups, by) {
  const breathe = pace();
  const total = groups.reduce((sum, { cells }) => sum + cells.length, 0);
  const columns = { cell: new Array(total), [by]: new Array(total) };
  for (const { title } of panels) columns[title] = new Array(total);
  let row = 0;
  for (const { name, cells } of groups) {
    for (const cell of cells) {
      columns.cell[row] = cell;
      columns[by][row] = name;
      for (const { title, values } of panels) columns[title][row] = values[cell];
      row++;
    }
    await breathe();
  }
  return columns;
}

function summaries(panel, groups, row, yaxis) {
  const shown = groups.map((_, place) => place).filter((place) => row[place]);
  const bars = { x: [], y: [] };
  for (const place of shown) {
    bars.x.push(place, place, null);
    bars.y.push(row[place].lower, row[place].upper, null);
  }
  const ink = styleValue("--ink");
  const medians = {
    type: "scatter",
    mode: "markers",
    name: panel.title,
    x: shown,
    y: shown.map((place) => row[place].median),
    customdata: shown.map((place) => groups[place].key),
    text: shown.map((place) => hoverOf(panel, groups[place], row[place])),
    hovertemplate: "%{text}<extra></extra>",
    marker: { size: 7, color: styleValue("--surface"), line: { color: ink, width: 1.5 } },
    cliponaxis: false,
    yaxis,
  };
  return [
    { type: "scatter", mode: "lines", ...bars, line: { color: ink, width: 3 }, hoverinfo: "skip", yaxis },
    medians,
  ];
}

function hoverOf(panel, group, { count: cells, lower, median, upper, positive }) {
  const told = panel.told ?? short;
  const quartiles = `median ${told(median)}, quartiles ${told(lower)} to ${told(upper)}`;
  const expressed = panel.gene ? `<br>above 0 in ${short((100 * positive) / cells)} % of them` : "";
  return `<b>${plain(group.name)}</b> · ${plain(panel.title)}<br>${quartiles}<br>${plural(cells, "cell")}${expressed}`;
}

function outlines(groups, row, yref) {
  return groups.flatMap(({ colour }, place) => {
    if (!row[place]) return [];
    const [r, g, b] = rgb(colour);
    const line = { color: `rgb(${[r, g, b].map((part) => Math.round(part * 0.75)).join(",")})`, width: 1 };
    return [
      {
        type: "path",
        path: pathOf(row[place], place),
        yref,
        layer: "between",
        fillcolor: `rgba(${r},${g},${b},0.75)`,
        line,
      },
    ];
  });
}

function pathOf({ at, height }, centre) {
  const top = Math.max(...height);
  const side = (sign) =>
    at.map((value, place) => `${(centre + (sign * HALF * height[place]) / top).toFixed(4)},${value.toFixed(4)}`);
  return `M${[...side(1), ...side(-1).reverse()].join("L")}Z`;
}

function rangeOf(row) {
  const least = Math.min(...row.map((one) => one?.least ?? Infinity));
  const most = Math.max(...row.map((one) => one?.most ?? -Infinity));
  if (!Number.isFinite(least)) return [0, 1];
  const room = (most - least || 1) * 0.06;
  return [least - room, most + room];
}

function aboveZero(sorted) {
  let positive = 0;
  for (const value of sorted) if (value > 0) positive++;
  return { positive };
}

/** A sentence on how many genes are shown of those chosen. */
export const shownOf = (shown, chosen) => (chosen > shown ? ` (the first ${shown} of ${count(chosen)})` : "");
