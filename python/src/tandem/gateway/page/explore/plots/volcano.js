/** Volcano: how much genes differ between two sets, against how surely. */

import { fill, h } from "../../lib/dom.js";
import { count } from "../../lib/numbers.js";
import { drawPlot, plain } from "../../lib/plot.js";
import { fileName } from "../../lib/save.js";
import { brief } from "../../lib/text.js";
import { askOnce } from "./cached.js";
import {
  comparisonBody,
  comparisonControls,
  comparisonHint,
  comparisonName,
  comparisonOf,
  comparisonWords,
  sidesOf,
} from "./comparison.js";
import { number } from "./controls.js";
import { colourBy, colouredGene } from "./groups.js";
import { openPanel, tookOf } from "./panel.js";
import { pointsOf, volcanoLayout, volcanoTraces } from "./volcano-plot.js";

const CHANGE = 0.5;
const CHANCE = 0.05;
const NO_CHANCES =
  "Two samples alone give no p-values, so there is no volcano. The table under DE orders genes by their change.";

function settings(model) {
  const threshold = (name, usual, least) => {
    const given = Number(model.view[name]);
    return model.view[name] && given >= least ? given : usual;
  };
  return {
    ...comparisonOf(model),
    change: threshold("volcano.change", CHANGE, 0),
    chance: threshold("volcano.p", CHANCE, Number.MIN_VALUE),
  };
}

const controls = (model) => (now) => [
  comparisonControls(model, now),
  number(model, "log fold change over", "volcano.change", now.change, { least: 0 }),
  number(model, "adjusted p below", "volcano.p", now.chance, { least: 0, most: 1 }),
];

async function show(model, answer, now, { body, tools, say }) {
  const { data } = answer.result;
  const words = comparisonWords(model, now);
  if (!data.p_val_adj) {
    say(words, tookOf(answer));
    fill(body, h("p", { class: "hint" }, NO_CHANCES));
    return null;
  }
  const points = pointsOf(data, now);
  const differing = points.filter(({ side }) => side).length;
  say(`${words}: ${count(differing)} of ${count(points.length)} expressed genes differ`, tookOf(answer));
  const [first, second] = sidesOf(model, now).map(({ name }) => plain(brief(name)));
  const scene = { points, data, first, second, ...now, coloured: () => colouredGene(model) };
  const name = fileName(model.id, "volcano", comparisonName(model, now));
  const numbers = () => ({ ...data, significant: significance(data.gene_names.length, points) });
  const drawn = await drawPlot(
    body,
    (size) => volcanoTraces(scene, size),
    () => volcanoLayout(scene),
    { name, tools, numbers },
  );
  drawn.plot.on("plotly_click", ({ points: [{ customdata }] }) => customdata && colourBy(model, customdata));
  return drawn;
}

function significance(rows, points) {
  const words = new Array(rows).fill("");
  for (const { row, side } of points) words[row] = side > 0 ? "higher in A" : side < 0 ? "higher in B" : "no";
  return words;
}

export const plot = {
  id: "volcano",
  title: "Volcano",
  open(place, model) {
    let coloured = colouredGene(model);
    const ring = (drawn) => {
      if (coloured === colouredGene(model)) return;
      coloured = colouredGene(model);
      drawn?.redraw?.();
    };
    return openPanel(place, model, {
      id: "volcano",
      settings: () => settings(model),
      controls: controls(model),
      hint: (now) => comparisonHint(model, now),
      words: () => "Comparing",
      work: (now, signal, onTask) => askOnce(model, comparisonBody(model, now), { signal, onTask }),
      show: (result, now, parts) => show(model, result, now, parts),
      refresh: (_, drawn) => ring(drawn),
    });
  },
};
