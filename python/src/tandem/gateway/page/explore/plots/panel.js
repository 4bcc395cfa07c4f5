/** The frame of every plot: a row of controls, a line of words, and the place of the drawing. */

import { fill, h } from "../../lib/dom.js";
import { duration } from "../../lib/numbers.js";
import { waitIn } from "../../lib/waiting.js";
import { keptCount } from "./groups.js";

const NOTHING = {};

/**
 * Open a plot in a place. `settings()` is what the address asks for, as plain data: the plot is made again when it, or
 * the cell sets, changed. `controls(settings)` gives the row, `hint(settings)` words to show instead of a plot,
 * `work(settings, signal, onTask)` a result, and `show(result, settings, {body, tools, say, current})` draws it, while it
 * is `current()`, and may return `{close}`. `refresh(settings, drawn)` is called on every other change.
 */
export function openPanel(
  place,
  model,
  { id, settings, controls, words, hint = () => null, work, show, refresh = () => {} },
) {
  const row = h("div", { class: "plot-controls", role: "group", "aria-label": "Options" });
  const line = h("p", { class: "plot-words", "aria-live": "polite" });
  const tools = h("div");
  const body = h("div", { class: "plot-body" });
  let seen = NOTHING;
  let drawn = null;
  const head = h("div", { class: "plot-head" }, row, h("div", { class: "plot-line" }, line, tools));
  fill(place, h("div", { class: `plot-frame ${id}` }, head, body));

  const clear = () => {
    drawn?.close?.();
    drawn = null;
    model.hover(null);
    fill(line);
    line.title = "";
    fill(tools);
  };

  const say = (...content) => {
    fill(line, content);
    line.title = line.textContent;
  };

  const failed = (error) => {
    if (error.name !== "AbortError") clear(); // words and buttons would be those of the plot before
    throw error;
  };

  function update() {
    const now = settings();
    const found = { text: JSON.stringify(now), classes: model.classes, kept: keptCount(model) };
    if (Object.keys(found).every((name) => found[name] === seen[name])) return refresh(now, drawn);
    seen = found;
    keepingFocus(row, () => fill(row, controls(now)));
    const advice = hint(now);
    if (advice) {
      leave(body);
      clear();
      return fill(body, h("p", { class: "hint" }, advice));
    }
    return waitIn(
      body,
      words(now),
      (signal, onTask) => work(now, signal, onTask).catch(failed),
      async (result) => {
        clear();
        body.removeAttribute("style");
        const mine = seen;
        const made = await show(result, now, {
          body,
          tools,
          say,
          current: () => mine === seen,
        });
        if (mine === seen) drawn = made;
        else made?.close?.();
      },
    );
  }

  const shutMenus = ({ target }) => {
    for (const menu of row.querySelectorAll("details[open]")) if (!menu.contains(target)) menu.open = false;
  };

  function close() {
    document.removeEventListener("pointerdown", shutMenus);
    seen = NOTHING;
    body.waiting = null; // the task goes on, so that its result is there when somebody comes back
    clear();
  }

  document.addEventListener("pointerdown", shutMenus);
  update();
  return { update, close };
}

/** How long an answer took, or that it was there. */
export function tookOf({ task, wasThere }) {
  if (wasThere) return h("span", { class: "before", title: "This was computed before" }, " · from before");
  const { startedAt, finishedAt } = task ?? {};
  if (!startedAt || !finishedAt) return null;
  return h("span", { class: "before" }, ` · ${duration((new Date(finishedAt) - new Date(startedAt)) / 1000)}`);
}

function leave(body) {
  const waiting = body.waiting;
  body.waiting = null;
  waiting?.abort(new DOMException("replaced", "AbortError"));
}

// The controls are made anew; the one that was in use, and a menu that was open, stay so.
function keepingFocus(row, change) {
  const name = row.contains(document.activeElement) ? document.activeElement.name : null;
  const menus = [...row.querySelectorAll("details[open]")].map((menu) => menu.dataset.name);
  change();
  for (const menu of row.querySelectorAll("details")) menu.open = menus.includes(menu.dataset.name);
  if (name) row.querySelector(`[name="${CSS.escape(name)}"]`)?.focus();
}
