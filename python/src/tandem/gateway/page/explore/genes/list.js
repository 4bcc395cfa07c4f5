/** All genes, a page at a time: searched, sorted, coloured by, chosen. */

import { fill, h, settled } from "../../lib/dom.js";
import { count, short } from "../../lib/numbers.js";
import { waitIn } from "../../lib/waiting.js";

const PAGE = 50;
/** Typing rests this long before the search goes out, in milliseconds. */
const REST_MS = 250;
const ORDERS = [
  ["dispersions", "dispersion"],
  ["gene_names", "name"],
];

/** The list of a model's genes: `{element, begin(), search()}`. */
export function makeList(model) {
  const filter = h("input", {
    type: "search",
    placeholder: "Search",
    "aria-label": "Search genes",
    title: "Search genes (/). ^ in front: names that begin so; $ behind: that end so",
    autocomplete: "off",
    spellcheck: false,
    maxLength: 100,
  });
  const order = h(
    "select",
    { "aria-label": "Sort by", title: "Sort by" },
    ORDERS.map(([value, words]) => h("option", { value }, words)),
  );
  const place = h("div", { class: "gene-list" });
  const pager = h("div", { class: "pager" });
  const element = h("div", { class: "all-genes" }, h("div", { class: "search" }, filter, order), place, pager);
  let offset = 0;
  let shown = { names: [], dispersions: [], total: 0, most: 1 };

  const first = () => {
    offset = 0;
    load();
  };
  filter.oninput = settled(first, REST_MS);
  order.onchange = first;
  filter.onkeydown = (event) => {
    if (event.key === "ArrowDown" || event.key === "Enter") place.querySelector("button.gene")?.focus();
    else if (event.key === "Escape") filter.blur();
    else return;
    event.preventDefault();
  };
  place.addEventListener("keydown", move);

  function load() {
    const byName = order.value === "gene_names";
    const body = {
      name: "ListGenes",
      selectFields: ["gene_names", "dispersions"],
      orderBy: order.value,
      orderDirection: byName ? "ASC" : "DESC",
      offset,
      limit: PAGE,
    };
    if (filter.value.trim()) body.geneNamesFilter = filter.value.trim();
    const work = (signal, onTask) => model.ask(body, { signal, onTask });
    return waitIn(place, "Genes", work, ({ result }) => {
      const dispersions = [result.dispersions].flat();
      const names = [result.gene_names].flat();
      const most = Math.max(shown.most, ...dispersions.filter(Number.isFinite));
      shown = { names, dispersions, total: result.total ?? names.length, most };
      draw();
    });
  }

  function draw() {
    const { names, total } = shown;
    const missing = h("p", { class: "hint teach" }, `No gene is called ${filter.value.trim() || "that"}.`);
    fill(place, names.length ? h("ul", {}, names.map(row)) : missing);
    fill(pager, total > 0 && pages(total, names.length));
    mark();
  }

  function row(name, at) {
    const value = shown.dispersions[at];
    const choose = h("input", {
      type: "checkbox",
      "aria-label": `Choose ${name}`,
      data: { choose: name },
      onchange: () => toggle(name),
    });
    const colour = (event) => (event.shiftKey ? toggle(name) : model.look({ colour: `gene:${name}`, cap: null }));
    const bar = h(
      "span",
      { class: "bar", "aria-hidden": "true" },
      h("span", { style: { width: `${(100 * Math.max(0, value || 0)) / shown.most}%` } }),
    );
    const words = h("span", { class: "set-name" }, name);
    const title = `Colour by ${name}; with Shift, choose it. Dispersion ${short(value)}`;
    return h(
      "li",
      {},
      choose,
      h(
        "button",
        { type: "button", class: "gene", title, data: { gene: name }, onclick: colour },
        words,
        bar,
        h("span", { class: "count" }, value?.toPrecision?.(3) ?? ""),
      ),
    );
  }

  function toggle(name) {
    const chosen = model.genes;
    model.chooseGenes(chosen.includes(name) ? chosen.filter((gene) => gene !== name) : [...chosen, name]);
  }

  function mark() {
    const chosen = new Set(model.genes);
    for (const box of place.querySelectorAll("[data-choose]")) box.checked = chosen.has(box.dataset.choose);
    for (const button of place.querySelectorAll("[data-gene]")) {
      button.setAttribute("aria-pressed", String(model.view.colour === `gene:${button.dataset.gene}`));
    }
  }

  function pages(total, length) {
    const turn = (by) => () => {
      offset = Math.max(0, offset + by * PAGE);
      place.scrollTop = 0;
      load();
    };
    const button = (sign, words, by, disabled) =>
      h("button", { type: "button", class: "quiet", "aria-label": words, disabled, onclick: turn(by) }, sign);
    return [
      button("‹", "Page before", -1, offset === 0),
      h("span", {}, `${count(offset + 1)}–${count(offset + length)} of ${count(total)}`),
      button("›", "Next page", 1, offset + length >= total),
    ];
  }

  function move(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    const rows = [...place.querySelectorAll("button.gene")];
    const at = rows.indexOf(document.activeElement);
    event.preventDefault();
    if (at + step < 0) filter.focus();
    else rows[Math.min(rows.length - 1, at + step)]?.focus();
  }

  model.addEventListener("view", mark);
  const search = () => {
    filter.focus();
    filter.select();
  };
  return { element, begin: load, search };
}
