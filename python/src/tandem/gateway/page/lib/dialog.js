/** Questions in a dialog: a form, a confirmation, or something to read. */

import { h } from "./dom.js";

/** Show content in a dialog until it is closed; resolves with the value it was closed by, null when dismissed. */
export function show(title, content, buttons = [h("button", { value: "" }, "Close")]) {
  return new Promise((resolve) => {
    const form = h("form", { method: "dialog" }, h("h2", { id: "dialog-title" }, title), content);
    form.append(h("div", { class: "buttons" }, buttons));
    const dialog = h("dialog", { "aria-labelledby": "dialog-title" }, form);
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue || null);
    });
    dialog.addEventListener("click", (event) => event.target === dialog && dialog.close(""));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Whether somebody agrees to what would happen. */
export const confirm = (title, words, action) =>
  show(title, h("p", {}, words), [
    h("button", { value: "", formNoValidate: true }, "Leave it"),
    h("button", { value: "yes", class: "danger" }, action),
  ]).then((answer) => answer === "yes");

/** A text that somebody gives, or null. */
export async function askText(title, label, value = "", action = "Save") {
  const input = h("input", { value, required: true, maxLength: 200, autocomplete: "off" });
  const buttons = [
    h("button", { value: "", formNoValidate: true }, "Cancel"),
    h("button", { value: "yes", class: "primary" }, action),
  ];
  queueMicrotask(() => input.select());
  // The first button of a form is the one that Enter presses.
  const content = h("label", {}, label, input);
  const answer = await show(title, content, buttons.reverse());
  return answer === "yes" ? input.value.trim() || null : null;
}

/** A list of words and what they mean. */
export const definitions = (pairs) =>
  h("dl", { class: "definitions" }, pairs.map(([term, words]) => [h("dt", {}, h("kbd", {}, term)), h("dd", {}, words)]));

