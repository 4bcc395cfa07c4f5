/** Quality of the cells: four metrics as histograms, or violins, by sample or any other class. */

import { mix, rgb } from "../../lib/colours.js";
import { fill, h } from "../../lib/dom.js";
import { plural } from "../../lib/numbers.js";
import { drawPlot, plain } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { styleValue } from "../../lib/theme.js";
import { brief } from "../../lib/text.js";
import { select, setsMenu } from "./controls.js";
import { classChosen, classOptions, groupingHint, groupsOf, lightUp } from "./groups.js";
import { logTicks, METRICS } from "./metrics.js";
import { pace } from "./pace.js";
import { openPanel } from "./panel.js";
import { describe, violinNumbers, violins } from "./violins.js";

/** The fewest and the most bins of a histogram. */
const BINS = [20, 60];
/** The part of the width that is between panels. */
const GAP = 0.05;
/** How high a panel of violins is at least, in pixels. */
const PANEL_PX = 64;

const settings = (model) => ({
  by: classChosen(model, "qc.by", model.classOf("sample")?.children.length ? "sample" : model.favouriteClass?.key),
  as: model.view["qc.as"] === "violins" ? "violins" : "histograms",
  sets: model.view["qc.sets"] ?? "",
});

const controls =
  (model) =>
  ({ by, as }) => [
    select(model, "Show", "qc.as", as, [
      ["histograms", "histograms"],
      ["violins", "violins"],
    ]),
    select(model, "by", "qc.by", by, classOptions(model), () => ({ "qc.sets": null })),
    setsMenu(model, "qc.sets", by),
  ];

async function work(model, signal, onTask) {
  const read = ({ task }) => model.metric(task, { signal, onTask });
  const answers = await Promise.allSettled(METRICS.map(read));
  signal.throwIfAborted();
  const failed = answers.find(({ reason }) => reason && reason.code !== "R_WORKER_COLUMN_NOT_FOUND");
  if (failed) throw failed.reason;
  const panels = METRICS.map((metric, place) => ({ ...metric, values: answers[place].value ?? null }));
  return { panels: panels.filter(({ values }) => values), missing: panels.filter(({ values }) => !values) };
}

async function show(model, { panels, missing }, { by, as, sets }, { body, tools, say, current }) {
  const groups = groupsOf(model, by, sets).filter(({ cells }) => cells.length);
  const className = model.classOf(by).name;
  const cells = groups.reduce((sum, group) => sum + group.cells.length, 0);
  const absent = missing.length
    ? ` Not computed for this experiment: ${missing.map(({ title }) => title).join(", ")}.`
    : "";
  if (!panels.length) return fill(body, h("p", { class: "hint" }, `${absent.trim()}`)) && null;
  const asViolins = as === "violins";
  body.style.setProperty("--least", asViolins ? `${panels.length * PANEL_PX + 40}px` : "13rem");
  const described = asViolins ? await describe(panels, groups) : await histogramsOf(panels, groups);
  if (!current()) return null;
  const { traces, layout } = asViolins ? violins(panels, groups, described) : histograms(panels, groups, described);
  const name = fileName(model.id, "qc", as, "by", className);
  const numbers = () => violinNumbers(panels, groups, className);
  say(`${plural(cells, "cell")} by ${className}.${absent}`);
  const drawn = await drawPlot(body, traces, layout, { name, tools, numbers });
  drawn.plot.on("plotly_hover", ({ points }) =>
    lightUp(model, groups.find(({ key }) => key === points[0].data.meta) ?? groups[points[0].x]),
  );
  drawn.plot.on("plotly_unhover", () => lightUp(model, null));
  return drawn;
}

/** For each panel and group how many cells are in each bin: `{start, step, counts: [Uint32Array by group]}`. */
async function histogramsOf(panels, groups) {
  const breathe = pace();
  const made = [];
  const total = groups.reduce((sum, { cells }) => sum + cells.length, 0);
  const bins = Math.min(BINS[1], Math.max(BINS[0], Math.round(2 * Math.cbrt(total))));
  for (const { values } of panels) {
    let [least, most] = [Infinity, -Infinity];
    for (const { cells } of groups) {
      for (const cell of cells) {
        if (values[cell] < least) least = values[cell];
        if (values[cell] > most) most = values[cell];
      }
      await breathe();
    }
    const step = (most - least) / bins || 1;
    const counts = groups.map(() => new Uint32Array(bins));
    for (const [place, { cells }] of groups.entries()) {
      const binOf = (value) => Math.min(bins - 1, Math.floor((value - least) / step));
      for (const cell of cells) if (Number.isFinite(values[cell])) counts[place][binOf(values[cell])]++;
      await breathe();
    }
    made.push({ start: least, step, counts });
  }
  return made;
}

function histograms(panels, groups, made) {
  const axis = (letter, place) => (place ? `${letter}${place + 1}` : letter);
  const width = (1 - GAP * (panels.length - 1)) / panels.length;
  const several = groups.length > 1;
  const traces = () =>
    panels.flatMap(({ title, told }, place) => {
      const { start, step, counts } = made[place];
      const edges = Array.from({ length: counts[0].length + 1 }, (_, bin) => start + bin * step);
      return groups.map(({ key, name, colour }, group) => {
        const [r, g, b] = rgb(colour);
        return {
          type: "scatter",
          mode: "lines",
          name: plain(brief(name)),
          meta: key,
          legendgroup: key,
          showlegend: several && place === 0,
          x: edges,
          y: [...counts[group], 0],
          text: edges.map((edge, bin) => {
            const cells = plural(counts[group][bin] ?? 0, "cell");
            return `<b>${plain(name)}</b> · ${title}<br>${told(edge)} to ${told(edge + step)}: ${cells}`;
          }),
          hovertemplate: "%{text}<extra></extra>",
          line: { shape: "hv", width: 1.2, color: mix(colour, styleValue("--ink"), 0.25) },
          fill: "tozeroy",
          fillcolor: `rgba(${r},${g},${b},${several ? 0.35 : 0.7})`,
          xaxis: axis("x", place),
          yaxis: axis("y", place),
        };
      });
    });
  const layout = () => {
    const axes = panels.flatMap(({ title, log }, place) => {
      const { start, step, counts } = made[place];
      const range = [start - step, start + step * (counts[0].length + 1)];
      const from = place * (width + GAP);
      const ticks = log ? logTicks(range, 6) : { nticks: 5 };
      const x = {
        domain: [from, from + width],
        anchor: axis("y", place),
        title: { text: title },
        range,
        showgrid: false,
        zeroline: false,
        fixedrange: true,
        ...ticks,
      };
      const y = {
        anchor: axis("x", place),
        title: { text: place ? "" : "cells" },
        range: [0, 1.08 * Math.max(1, ...counts.map((list) => Math.max(...list)))],
        nticks: 5,
        fixedrange: true,
        zeroline: false,
      };
      const number = place ? place + 1 : "";
      return [
        [`xaxis${number}`, x],
        [`yaxis${number}`, y],
      ];
    });
    return {
      ...Object.fromEntries(axes),
      hovermode: "closest",
      margin: { l: 50, r: 12, t: several ? 36 : 12, b: 44 },
      legend: { orientation: "h", x: 0, y: 1, yanchor: "bottom", itemclick: false, itemdoubleclick: false },
    };
  };
  return { traces, layout };
}

export const plot = {
  id: "qc",
  title: "QC",
  open: (place, model) =>
    openPanel(place, model, {
      id: "qc",
      settings: () => settings(model),
      controls: controls(model),
      hint: () => groupingHint(model),
      words: () => "Reading the metrics",
      work: (_, signal, onTask) => work(model, signal, onTask),
      show: (result, now, parts) => show(model, result, now, parts),
    }),
};
