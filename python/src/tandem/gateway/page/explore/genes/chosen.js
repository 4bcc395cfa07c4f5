/** The chosen genes: added by name, taken out, and shown in the plots. */

import { fill, h, refill } from "../../lib/dom.js";
import { waitIn } from "../../lib/waiting.js";
import { genesKnown } from "./known.js";

/** Plots that the chosen genes can go to: id, short name. */
const PLOTS = [
  ["violin", "Violin"],
  ["dots", "Dots"],
  ["heatmap", "Heat"],
];
/** The gateway takes so many genes at once; nobody reads more. */
const MOST = 200;

/** The chosen genes of a model: `{element}`. */
export function makeChosen(model) {
  const head = h("h3", {});
  const none = h("button", { type: "button", class: "quiet", onclick: () => model.chooseGenes([]) }, "Clear");
  const chips = h("ul", { class: "chips" });
  const message = h("div", { role: "status" });
  const names = h("input", {
    placeholder: "Add or paste names",
    "aria-label": "Add genes by name",
    autocomplete: "off",
    spellcheck: false,
  });
  const form = h("form", { class: "add-genes", onsubmit: add }, names, h("button", {}, "Add"));
  const buttons = h("div", { class: "foot-buttons" });
  const element = h(
    "section",
    { class: "chosen-genes", "aria-label": "Chosen genes" },
    h("div", { class: "chosen-head" }, head, none),
    chips,
    form,
    message,
    buttons,
  );

  // A column pasted from a spreadsheet would lose its line ends in a field.
  names.addEventListener("paste", (event) => {
    const text = event.clipboardData.getData("text");
    if (!/[\n\t]/.test(text)) return;
    event.preventDefault();
    names.value = split(text).join(", ");
  });

  function add(event) {
    event.preventDefault();
    const wanted = split(names.value).slice(0, MOST);
    if (!wanted.length) return;
    const work = (signal, onTask) => genesKnown(model, wanted, { signal, onTask });
    waitIn(message, "Looking for the genes", work, ({ there, missing }) => {
      names.value = missing.join(", ");
      fill(message, missing.length && h("p", { class: "warn" }, `Not found: ${missing.join(", ")}`));
      if (there.length) model.chooseGenes([...model.genes, ...there]);
    });
  }

  function draw() {
    const { genes } = model;
    head.textContent = genes.length ? `Chosen genes (${genes.length})` : "Chosen genes";
    none.hidden = !genes.length;
    refill(
      chips,
      genes.length ? genes.map(chip) : h("li", { class: "hint" }, "Tick genes in the list, or add them here."),
    );
    const go = ([plot, words]) => {
      const open = model.view.plot === plot;
      return h(
        "button",
        { type: "button", disabled: !genes.length, "aria-pressed": String(open), onclick: () => model.look({ plot }) },
        words,
      );
    };
    const colour = () => model.look({ colour: `gene:${genes[0]}`, cap: null });
    const first = h(
      "button",
      { type: "button", disabled: !genes.length, title: "Colour by the first of them", onclick: colour },
      "Colour",
    );
    refill(buttons, first, PLOTS.map(go));
  }

  function chip(gene) {
    const colour = () => model.look({ colour: `gene:${gene}`, cap: null });
    const remove = () => model.chooseGenes(model.genes.filter((one) => one !== gene));
    const pressed = String(model.view.colour === `gene:${gene}`);
    return h(
      "li",
      { class: "chip" },
      h(
        "button",
        { type: "button", class: "quiet", title: `Colour by ${gene}`, "aria-pressed": pressed, onclick: colour },
        gene,
      ),
      h("button", { type: "button", class: "quiet", "aria-label": `Take out ${gene}`, onclick: remove }, "×"),
    );
  }

  model.addEventListener("view", draw);
  draw();
  return { element };
}

const split = (text) => text.split(/[\s,;]+/).filter(Boolean);
