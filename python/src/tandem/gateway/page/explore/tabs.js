/** The plots under the embedding: a list of tabs, of which one may be open. */

import { fill, h } from "../lib/dom.js";
import { onKey } from "../lib/keys.js";
import { failure } from "../lib/waiting.js";

const MOVES = { ArrowRight: 1, ArrowLeft: -1 };

/** The tabs of a model; the open one is in the address. Returns `{element, show(plots), close}`. */
export function makeTabs(model) {
  const list = h("div", { role: "tablist", "aria-label": "Plots" });
  const panel = h("div", { role: "tabpanel", id: "plot-panel", class: "plot-panel", hidden: true });
  const ends = [];
  let plots = [];
  let open = { id: null, view: null };

  const choose = (id) => model.look({ plot: id });
  const shut = h(
    "button",
    { type: "button", class: "quiet shut", hidden: true, onclick: () => choose(null), "aria-label": "Close the plot" },
    "×",
  );
  const bar = h("div", { class: "tabs" }, list, shut);
  const element = h("section", { class: "plots", "aria-label": "Plots" }, bar, panel);

  function tabOf({ id, title, key }) {
    const toggle = () => choose(model.view.plot === id ? null : id);
    const hint = key ? `${title} (${key})` : title;
    return h(
      "button",
      { type: "button", role: "tab", id: `tab-${id}`, "aria-controls": "plot-panel", title: hint, onclick: toggle },
      title,
    );
  }

  function mark() {
    const tabs = [...list.querySelectorAll('[role="tab"]')];
    const at = Math.max(
      0,
      tabs.findIndex((tab) => tab.id === `tab-${open.id}`),
    );
    tabs.forEach((tab, place) => {
      tab.setAttribute("aria-selected", String(tab.id === `tab-${open.id}`));
      tab.tabIndex = place === at ? 0 : -1;
    });
    shut.hidden = panel.hidden = !open.id;
    element.classList.toggle("open", Boolean(open.id));
    if (open.id) panel.setAttribute("aria-labelledby", `tab-${open.id}`);
  }

  async function follow() {
    const plot = plots.find(({ id }) => id === model.view.plot);
    if ((plot?.id ?? null) === open.id) return open.view?.update?.();
    open.view?.close?.();
    const mine = (open = { id: plot?.id ?? null, view: null });
    const place = h("div", { class: "plot-place" });
    fill(panel, place);
    mark();
    if (!plot) return undefined;
    try {
      const view = await plot.open(place, model);
      if (open === mine) open.view = view;
      else view?.close?.();
    } catch (error) {
      fill(place, failure(error));
    }
    return undefined;
  }

  list.addEventListener("keydown", (event) => {
    const tabs = [...list.querySelectorAll('[role="tab"]')];
    const at = tabs.indexOf(event.target);
    const to = { Home: 0, End: tabs.length - 1 }[event.key] ?? (MOVES[event.key] && at + MOVES[event.key]);
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const tab = tabs[(to + tabs.length) % tabs.length];
    tab.focus();
    choose(tab.id.slice("tab-".length));
  });

  function show(found) {
    plots = found;
    fill(list, plots.map(tabOf));
    for (const { id, title, key } of plots) if (key) ends.push(onKey(key, `${title} tab`, () => choose(id)));
    mark();
    follow();
  }

  function close() {
    for (const end of ends) end();
    open.view?.close?.();
    open = { id: null, view: null };
  }
  return { element, show, follow, close };
}
