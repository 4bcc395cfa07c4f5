/** Tabs that are walked with the arrow keys. */

import { h } from "../lib/dom.js";

const STEPS = { ArrowLeft: -1, ArrowRight: 1 };

/** A bar of `[name, words]` and the panel under it: `{element, panel, choose}`; `chosen(name)` hears of a press. */
export function tabBar(label, tabs, chosen) {
  const panel = h("div", { class: "tab-panel", role: "tabpanel", id: "tab-panel", tabIndex: -1 });
  const button = ([name, words]) => {
    const told = { type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "tab-panel", data: { name } };
    return h("button", { ...told, onclick: () => chosen(name) }, words);
  };
  const buttons = tabs.map(button);
  const bar = h("div", { class: "job-tabs", role: "tablist", "aria-label": label }, buttons);
  bar.addEventListener("keydown", (event) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[(buttons.indexOf(document.activeElement) + step + buttons.length) % buttons.length];
    next.focus();
    next.click();
  });

  function choose(name) {
    for (const one of buttons) {
      const here = one.dataset.name === name;
      one.setAttribute("aria-selected", String(here));
      one.tabIndex = here ? 0 : -1;
    }
    panel.setAttribute("aria-labelledby", `tab-${name}`);
  }

  return { element: h("div", { class: "tabbed" }, bar, panel), panel, choose };
}
