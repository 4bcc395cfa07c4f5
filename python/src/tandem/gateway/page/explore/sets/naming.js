/** A lasso becomes a set in one step: a field for its name stands where it ended. */

import { h } from "../../lib/dom.js";
import { plural } from "../../lib/numbers.js";
import { say } from "../../lib/notices.js";
import { failure } from "../../lib/waiting.js";
import { OWN } from "./changes.js";
import { makeOwn } from "./operations.js";

/** About how large the form is, in pixels. */
const WIDE = 300;
const HIGH = 90;

/** Ask for names; `cancel()` says whether there was anything to cancel. */
export function makeNaming(model) {
  let form = null;

  function cancel() {
    const was = form !== null;
    form?.remove();
    form = null;
    model.hover(null);
    return was;
  }

  function ask(stage, cells, line) {
    cancel();
    if (!cells.length) return say("No cell lies inside. Draw around some.");
    const name = h("input", {
      value: nextName(model),
      maxLength: 200,
      required: true,
      "aria-label": "Name of the set",
      autocomplete: "off",
    });
    const save = async (event) => {
      event.preventDefault();
      if (!name.value.trim()) return;
      const button = form.querySelector("button");
      button.disabled = true;
      try {
        await makeOwn(model, name.value.trim(), cells);
        cancel();
      } catch (error) {
        button.disabled = false;
        form?.querySelector(".failure")?.remove();
        form?.append(failure(error));
      }
    };
    form = h(
      "form",
      { class: "naming", onsubmit: save },
      h("span", { class: "hint" }, plural(cells.length, "cell")),
      h(
        "div",
        { class: "line" },
        name,
        h("button", { class: "primary" }, "Save set"),
        h("button", { type: "button", class: "quiet", "aria-label": "Do not save", onclick: cancel }, "×"),
      ),
    );
    form.addEventListener("keydown", (event) => event.key === "Escape" && (cancel(), stage.focus()));
    const left = Math.min(Math.max(8, line.at(-2)), stage.clientWidth - WIDE);
    const top = Math.min(Math.max(8, line.at(-1)), stage.clientHeight - HIGH);
    Object.assign(form.style, { left: `${Math.max(8, left)}px`, top: `${Math.max(8, top)}px` });
    stage.parentElement.append(form);
    name.select();
    model.hover(cells, "lasso");
    return undefined;
  }
  return { ask, cancel };
}

function nextName(model) {
  const names = new Set((model.classOf(OWN)?.children ?? []).map(({ name }) => name));
  let number = names.size + 1;
  while (names.has(`Set ${number}`)) number += 1;
  return `Set ${number}`;
}
