/** Frequency: what the sets of one class are made of, by the sets of another. */

import { count, plural, short } from "../../lib/numbers.js";
import { drawPlot, plain } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { NOWHERE } from "../../lib/colours.js";
import { styleValue, theme } from "../../lib/theme.js";
import { brief } from "../../lib/text.js";
import { button, select, setsMenu } from "./controls.js";
import { classChosen, classOptions, groupingHint, groupsOf, keptCells, lightUp, samplesOf } from "./groups.js";
import { openPanel } from "./panel.js";

/** How wide a bar is at least and at most, in pixels. */
const BAR_PX = 24;
const WIDEST_BAR_PX = 64;

function settings(model) {
  const favourite = model.favouriteClass?.key;
  const several = samplesOf(model).length > 1;
  const of = classChosen(model, "frequency.of", several ? "sample" : favourite);
  const by = classChosen(model, "frequency.by", of === favourite && several ? "sample" : favourite);
  const usual = (model.classOf(by)?.children.length ?? 0) > 1 && of !== by ? "share" : "count";
  const as = ["share", "count"].includes(model.view["frequency.as"]) ? model.view["frequency.as"] : usual;
  return { of, by, as, sets: model.view["frequency.sets"] ?? "" };
}

const controls =
  (model) =>
  ({ of, by, as }) => {
    const swap = () => model.look({ "frequency.of": by, "frequency.by": of, "frequency.sets": null });
    return [
      select(model, "A bar for each of", "frequency.of", of, classOptions(model), () => ({ "frequency.sets": null })),
      setsMenu(model, "frequency.sets", of),
      select(model, "made of", "frequency.by", by, classOptions(model)),
      button("⇄ swap", swap, "The other way round"),
      select(model, "as", "frequency.as", as, [
        ["share", "share"],
        ["count", "number of cells"],
      ]),
    ];
  };

/** For each bar how many of its cells are in each part, those in none last; a cell counts in each of its parts. */
function crossed(bars, parts, cellIds) {
  const outside = new Uint8Array(cellIds).fill(1);
  for (const { cells } of parts) for (const cell of cells) outside[cell] = 0;
  const inside = new Uint8Array(cellIds);
  return bars.map(({ cells }) => {
    inside.fill(0);
    for (const cell of cells) inside[cell] = 1;
    const counts = parts.map((part) => part.cells.reduce((sum, cell) => sum + inside[cell], 0));
    return [...counts, cells.reduce((sum, cell) => sum + outside[cell], 0)];
  });
}

async function show(model, { of, by, as, sets }, { body, tools, say }) {
  const bars = groupsOf(model, of, sets).filter(({ cells }) => cells.length);
  const found = groupsOf(model, by).filter(({ cells }) => cells.length);
  const table = crossed(bars, found, keptCells(model).length);
  const nowhere = { key: null, name: "in none", colour: NOWHERE[theme()], cells: new Uint32Array() };
  const parts = table.some((row) => row.at(-1)) ? [...found, nowhere] : found;
  const totals = table.map((row) => row.reduce((sum, value) => sum + value, 0));
  const share = (bar, part) => table[bar][part] / totals[bar];
  body.style.setProperty("--least", `${Math.max(150, bars.length * BAR_PX + 90)}px`);
  body.style.setProperty("--most", `${bars.length * WIDEST_BAR_PX + 90}px`);
  const traces = () =>
    parts.map((part, place) => ({
      type: "bar",
      orientation: "h",
      name: plain(brief(part.name)),
      x: bars.map((_, bar) => (as === "share" ? 100 * share(bar, place) : table[bar][place])),
      y: bars.map((_, bar) => bar),
      width: 0.72,
      customdata: bars.map((_, bar) => table[bar][place]),
      text: bars.map(({ name }, bar) => {
        const cells = `${plural(table[bar][place], "cell")}, ${short(100 * share(bar, place))} %`;
        return `<b>${plain(part.name)}</b> in ${plain(name)}<br>${cells}`;
      }),
      textposition: "none",
      hovertemplate: "%{text}<extra></extra>",
      marker: {
        color: part.key === null ? NOWHERE[theme()] : part.colour,
        line: { color: styleValue("--surface"), width: 1 },
      },
    }));
  const layout = () => ({
    showlegend: of !== by,
    barmode: "stack",
    hovermode: "closest",
    margin: { l: 60, r: 24, t: of === by ? 10 : 34, b: 44 },
    legend: {
      orientation: "h",
      x: 0,
      y: 1,
      yanchor: "bottom",
      traceorder: "normal",
      itemclick: false,
      itemdoubleclick: false,
    },
    xaxis: {
      title: { text: as === "share" ? "% of the cells" : "cells" },
      range: as === "share" ? [0, 100] : null,
      zeroline: false,
      fixedrange: true,
    },
    yaxis: {
      tickvals: bars.map((_, bar) => bar),
      ticktext: bars.map(({ name }) => plain(brief(name))),
      tickfont: { color: styleValue("--ink") },
      range: [bars.length - 0.5, -0.5],
      showgrid: false,
      fixedrange: true,
      ticklen: 0,
    },
  });
  const [ofName, byName] = [of, by].map((key) => model.classOf(key).name);
  const numbers = () => {
    const rows = bars.flatMap((bar, row) =>
      parts.map((part, place) => [bar.name, part.name, table[row][place], share(row, place)]),
    );
    const column = (at) => rows.map((row) => row[at]);
    return {
      [ofName]: column(0),
      [byName === ofName ? `${byName} (part)` : byName]: column(1),
      cells: column(2),
      share: column(3),
    };
  };
  say(`${count(totals.reduce((sum, value) => sum + value, 0))} cells of ${ofName} by ${byName}`);
  const drawn = await drawPlot(body, traces, layout, {
    name: fileName(model.id, "frequency", ofName, "by", byName),
    tools,
    numbers,
  });
  const met = (bar, part) => {
    const inside = new Set(bar.cells);
    return { name: `${part.name} in ${bar.name}`, cells: part.cells.filter((cell) => inside.has(cell)) };
  };
  drawn.plot.on("plotly_hover", ({ points: [{ curveNumber, y }] }) => lightUp(model, met(bars[y], parts[curveNumber])));
  drawn.plot.on("plotly_unhover", () => lightUp(model, null));
  return drawn;
}

export const plot = {
  id: "frequency",
  title: "Frequency",
  open: (place, model) =>
    openPanel(place, model, {
      id: "frequency",
      settings: () => settings(model),
      controls: controls(model),
      hint: () => groupingHint(model),
      words: () => "Counting cells",
      work: async () => null,
      show: (_, now, parts) => show(model, now, parts),
    }),
};
