/** Violins of the chosen genes, or of a metric, over the sets of a class. */

import { plural } from "../../lib/numbers.js";
import { drawPlot } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { askOnce } from "./cached.js";
import { select, setsMenu } from "./controls.js";
import { classChosen, classOptions, colourBy, groupingHint, groupsOf, lightUp } from "./groups.js";
import { METRICS } from "./metrics.js";
import { openPanel, tookOf } from "./panel.js";
import { describe, shownOf, violinNumbers, violins } from "./violins.js";

/** The most genes that are shown at once. */
const MOST_GENES = 12;
/** How high a panel is at least, in pixels. */
const PANEL_PX = 66;

function settings(model) {
  const of = METRICS.some(({ task }) => task === model.view["violin.of"]) ? model.view["violin.of"] : "genes";
  const genes = of === "genes" ? model.genes.slice(0, MOST_GENES) : [];
  return { by: classChosen(model, "violin.by"), of, genes, sets: model.view["violin.sets"] ?? "" };
}

const controls =
  (model) =>
  ({ by, of }) => [
    select(model, "Show", "violin.of", of, [
      ["genes", "chosen genes"],
      ...METRICS.map(({ task, title }) => [task, title]),
    ]),
    select(model, "by", "violin.by", by, classOptions(model), () => ({ "violin.sets": null })),
    setsMenu(model, "violin.sets", by),
  ];

async function work(model, { of, genes }, signal, onTask) {
  if (of !== "genes") {
    const metric = METRICS.find(({ task }) => task === of);
    return { panels: [{ ...metric, values: await model.metric(of, { signal, onTask }) }], first: null, answer: null };
  }
  const first = genes.length ? null : await mostVariable(model, signal, onTask);
  const shown = genes.length ? genes : [first];
  let answer = null;
  const found = await model.expression(shown, { signal, onTask: (task) => onTask((answer = task)) });
  const panels = [...found].map(([gene, { values }]) => ({ title: gene, gene, values }));
  return { panels, first, answer };
}

const namesOf = (panels) => panels.map(({ title }) => title).join(", ");

async function mostVariable(model, signal, onTask) {
  const body = {
    name: "ListGenes",
    selectFields: ["gene_names", "dispersions"],
    orderBy: "dispersions",
    orderDirection: "DESC",
    offset: 0,
    limit: 1,
  };
  const { result } = await askOnce(model, body, { signal, onTask });
  return result.gene_names[0];
}

async function show(model, { panels, first, answer }, { by, genes, sets }, { body, tools, say, current }) {
  const groups = groupsOf(model, by, sets).filter(({ cells }) => cells.length);
  const described = await describe(panels, groups);
  if (!current()) return null;
  const className = model.classOf(by).name;
  body.style.setProperty("--least", `${Math.max(200, panels.length * PANEL_PX + 40)}px`);
  const { traces, layout } = violins(panels, groups, described);
  const name = fileName(
    model.id,
    "violin",
    panels
      .map(({ title }) => title)
      .join("-")
      .slice(0, 60),
    "by",
    className,
  );
  const numbers = () => violinNumbers(panels, groups, className);
  const more = shownOf(panels.length, genes.length && model.genes.length);
  const missing = genes.filter((gene) => !panels.some(({ title }) => title === gene));
  if (first) say(`${first} varies most. Tick genes in the list to see them here.`);
  else if (missing.length) say(`Not found: ${missing.join(", ")}.`);
  else say(`${namesOf(panels)} over ${plural(groups.length, "set")}${more}`, answer && tookOf({ task: answer }));
  const drawn = await drawPlot(body, traces, layout, { name, tools, numbers });
  drawn.plot.on("plotly_hover", ({ points }) => lightUp(model, groups[points[0].x]));
  drawn.plot.on("plotly_unhover", () => lightUp(model, null));
  drawn.plot.on("plotly_clickannotation", ({ index }) => panels[index].gene && colourBy(model, panels[index].gene));
  return drawn;
}

export const plot = {
  id: "violin",
  title: "Violin",
  key: "v",
  open: (place, model) =>
    openPanel(place, model, {
      id: "violin",
      settings: () => settings(model),
      controls: controls(model),
      hint: () => groupingHint(model),
      words: ({ of }) => (of === "genes" ? "Reading expression" : "Reading the metric"),
      work: (now, signal, onTask) => work(model, now, signal, onTask),
      show: (result, now, parts) => show(model, result, now, parts),
    }),
};
