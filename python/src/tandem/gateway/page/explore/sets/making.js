/** New sets by analysis: clusters, annotations, cells by expression. */

import { show } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";
import { say } from "../../lib/notices.js";
import { genesKnown } from "../genes/known.js";
import { OWN } from "./changes.js";
import { tellReplaced } from "./operations.js";
import { inSlot } from "./slot.js";

/** Tissues that ScType has markers for. */
const TISSUES = [
  "Immune system",
  "Pancreas",
  "Liver",
  "Eye",
  "Kidney",
  "Brain",
  "Lung",
  "Adrenal",
  "Heart",
  "Intestine",
  "Muscle",
  "Placenta",
  "Spleen",
  "Stomach",
  "Thymus",
];
const RESOLUTION = { min: 0.1, max: 3, step: 0.1, value: 0.5 };

/** The buttons; progress and failures stand in a place. */
export function making(model, place) {
  const told = { type: "button", data: { needs: "submitter" } };
  const button = (words, title, ask) => h("button", { ...told, title, onclick: () => ask(model, place) }, words);
  return [
    button("Recluster", "Cluster the cells anew", recluster),
    button("Annotate", "Name cell types or phases", annotate),
    button("By expression", "Cells that express genes", byExpression),
  ];
}

async function recluster(model, place) {
  const type = h(
    "select",
    {},
    h("option", { value: "louvain" }, "Louvain"),
    h("option", { value: "leiden" }, "Leiden"),
  );
  const value = h("output", {}, String(RESOLUTION.value));
  const slider = h("input", {
    type: "range",
    ...RESOLUTION,
    oninput: () => (value.textContent = Number(slider.value).toFixed(1)),
  });
  const content = form(
    field("Method", type),
    field("Resolution", h("span", { class: "with-value" }, slider, value)),
    h("p", { class: "hint" }, "Higher means more clusters. They replace those there are now; you can undo that."),
  );
  if (!(await agreed("Recluster", content, "Cluster"))) return;
  const words = type.selectedOptions[0].textContent;
  const body = {
    name: "ClusterCells",
    cellSetName: `${words} clusters`,
    cellSetKey: "louvain",
    type: type.value,
    config: { resolution: Number(slider.value) },
  };
  const before = model.classOf(body.cellSetKey);
  run(model, place, "Clustering", body, () => {
    const clusters = model.classOf("louvain")?.children.length ?? 0;
    model.look({ colour: "set:louvain", cap: null });
    tellReplaced(model, `${words} found ${clusters} clusters at resolution ${body.config.resolution}.`, before);
  });
}

async function annotate(model, place) {
  const method = h(
    "select",
    {},
    [
      ["ScType", "Cell types by ScType"],
      ["CASSIA", "Cell types by CASSIA"],
      ["cycle", "Cell cycle"],
    ].map(([value, words]) => h("option", { value }, words)),
  );
  const species = h(
    "select",
    {},
    ["human", "mouse"].map((name) => h("option", {}, name)),
  );
  if (/mus|mouse/i.test(model.facts?.species ?? "")) species.value = "mouse";
  const tissue = h(
    "select",
    {},
    TISSUES.map((name) => h("option", {}, name)),
  );
  const free = {
    species: h("input", { value: species.value, maxLength: 200 }),
    tissue: h("input", { maxLength: 200 }),
  };
  const info = h("textarea", { rows: 3, maxLength: 2000, placeholder: "What else is known of the sample" });
  const parts = {
    ScType: [
      field("Species", species),
      field("Tissue", tissue),
      hint("Clusters are named by marker genes of their tissue."),
    ],
    CASSIA: [
      field("Species", free.species),
      field("Tissue", free.tissue),
      field("More", info),
      hint("A language model names the clusters. It is told species, tissue, this text and marker genes."),
    ],
    cycle: [hint("Each cell gets the phase of the cell cycle that its genes speak for.")],
  };
  const rest = h("div", { class: "form" });
  const change = () => rest.replaceChildren(...parts[method.value]);
  method.onchange = change;
  change();
  if (!(await agreed("Annotate", form(field("Method", method), rest), "Annotate"))) return;
  const bodies = {
    ScType: () => ({ name: "ScTypeAnnotate", species: species.value, tissue: tissue.value }),
    CASSIA: () => cassia(free.species.value, free.tissue.value, info.value.trim()),
    cycle: () => ({ name: "CellCycleScoring" }),
  };
  run(model, place, "Annotation", bodies[method.value](), () => say("The annotation is among the cell sets."));
}

function cassia(species, tissue, additionalInfo) {
  const body = { name: "CASSIAAnnotate", species, tissue };
  return additionalInfo ? { ...body, additionalInfo } : body;
}

async function byExpression(model, place) {
  const rows = h("div", { class: "thresholds" });
  const add = (gene = "") => rows.append(threshold(gene));
  (model.genes.length ? model.genes.slice(0, 5) : [""]).forEach((gene) => add(gene));
  const more = h("button", { type: "button", class: "quiet", onclick: () => add() }, "+ another gene");
  const content = form(
    rows,
    more,
    hint("Cells that meet all of these become one of My sets. Values are log-normalised."),
  );
  if (!(await agreed("Cells by expression", content, "Make the set"))) return;
  const genesConfig = [...rows.children].map((row) => row.read()).filter(({ geneName }) => geneName);
  if (!genesConfig.length) return say("No gene was named, so no set was made.");
  const body = { name: "GetExpressionCellSets", genesConfig };
  run(model, place, "Cells by expression", body, () => say("The set is among My sets."), spellGenes);
}

/** The request with its genes as the experiment spells them; what it does not have is named. */
async function spellGenes(model, { genesConfig, ...body }, options) {
  const names = genesConfig.map(({ geneName }) => geneName);
  const { there, missing } = await genesKnown(model, names, options);
  if (missing.length) throw new Error(`Not a gene of this experiment: ${missing.join(", ")}.`);
  return { ...body, genesConfig: genesConfig.map((one, place) => ({ ...one, geneName: there[place] })) };
}

function threshold(gene) {
  const name = h("input", { value: gene, placeholder: "Gene", "aria-label": "Gene", maxLength: 200 });
  const kinds = [
    ["greaterThan", "above"],
    ["lessThan", "below"],
  ];
  const kind = h(
    "select",
    { "aria-label": "Above or below" },
    kinds.map(([value, words]) => h("option", { value }, words)),
  );
  const value = h("input", { type: "number", value: "0", step: "any", "aria-label": "Value" });
  const row = h(
    "div",
    {},
    name,
    kind,
    value,
    h("button", { type: "button", class: "quiet", "aria-label": "Take out", onclick: () => row.remove() }, "×"),
  );
  row.read = () => ({
    geneName: name.value.trim(),
    comparisonType: kind.value,
    thresholdValue: Number(value.value) || 0,
  });
  return row;
}

function run(model, place, words, body, told, prepare = () => body) {
  const before = new Set(model.classes.map(({ key }) => key));
  const work = async (signal, onTask) => {
    const asked = await prepare(model, body, { signal, onTask });
    await model.ask(asked, { signal, onTask, keep: false, broadcast: true });
    await model.readCellSets();
  };
  inSlot(place, words, work, () => {
    const made = model.classes.find(({ key, children }) => !before.has(key) && key !== OWN && children.length);
    if (made) model.look({ colour: `set:${made.key}`, cap: null });
    told();
  });
}

async function agreed(title, content, action) {
  const buttons = [
    h("button", { value: "yes", class: "primary" }, action),
    h("button", { value: "", formNoValidate: true }, "Cancel"),
  ];
  return (await show(title, content, buttons)) === "yes";
}

const form = (...parts) => h("div", { class: "form" }, parts);
const field = (words, control) => h("label", {}, words, control);
const hint = (words) => h("p", { class: "hint" }, words);
