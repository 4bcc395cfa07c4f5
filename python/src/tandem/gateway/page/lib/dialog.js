/** Questions in a dialog: a form, a confirmation, or something to read. */

import { h } from "./dom.js";

const CLOSE = () => [h("button", { value: "" }, "Close")];
let made = 0;

/**
 * Show content in a dialog until it is closed; resolves with the value it was closed by, null when dismissed. The first
 * button is the one that Enter presses. `check(value)` may keep it open; `stays` lets a click beside it do nothing,
 * for what has been typed would be lost.
 */
export function show(title, content, buttons = CLOSE(), { check = null, stays = false, wide = false } = {}) {
  return new Promise((resolve) => {
    const id = `dialog-${++made}`;
    const form = h("form", { method: "dialog", noValidate: Boolean(check) }, h("h2", { id }, title), content);
    form.append(h("div", { class: "buttons" }, buttons));
    const dialog = h("dialog", { class: wide ? "wide" : "", "aria-labelledby": id }, form);
    form.addEventListener("submit", (event) => {
      const value = event.submitter?.value;
      if (value && check && !check(value)) event.preventDefault();
    });
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue || null);
    });
    // What is pressed, not what is released: text may be marked beyond the edge.
    dialog.addEventListener("pointerdown", (event) => !stays && event.target === dialog && dialog.close(""));
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** Whether somebody agrees to what would happen. */
export async function confirm(title, words, action) {
  const leave = h("button", { value: "", formNoValidate: true, autofocus: true }, "Leave it");
  const buttons = [h("button", { value: "yes", class: "danger" }, action), leave];
  return (await show(title, h("p", {}, words), buttons)) === "yes";
}

/** A text that somebody gives, or null. */
export async function askText(title, label, value = "", action = "Save") {
  const input = h("input", { value, maxLength: 200, autocomplete: "off" });
  const text = field(label, input, { check: () => (input.value.trim() ? null : "Say what it is called.") });
  queueMicrotask(() => input.select());
  const answer = await askForm(title, [text], action);
  return answer ? input.value.trim() : null;
}

/** Whether a form was filled in and sent: its fields must agree, and the first that does not is gone to. */
export async function askForm(title, fields, action, { content = null, wide = false } = {}) {
  const check = () => {
    const wrong = fields.filter((one) => !one.agrees());
    if (wrong.length) {
      wrong[0].element.closest("details")?.setAttribute("open", "");
      wrong[0].input.focus();
    }
    return !wrong.length;
  };
  const buttons = [
    h("button", { value: "yes", class: "primary" }, action),
    h("button", { value: "", formNoValidate: true }, "Cancel"),
  ];
  const shown = content ?? fields.map(({ element }) => element);
  return (await show(title, shown, buttons, { check, stays: true, wide })) === "yes";
}

/**
 * A labelled input with what is to be known of it and, once it is wrong, what is wrong: `check()` gives the words, or
 * null. Returns `{element, input, agrees, say}`.
 */
export function field(label, input, { hint = null, check = () => null } = {}) {
  const id = `field-${++made}`;
  const told = h("span", { class: "told bad", id: `${id}-told`, role: "alert" });
  const about = hint && h("span", { class: "hint", id: `${id}-hint` }, hint);
  input.id = id;
  input.setAttribute("aria-describedby", about ? `${id}-told ${id}-hint` : `${id}-told`);
  const say = (words) => {
    told.textContent = words ?? "";
    input.setAttribute("aria-invalid", words ? "true" : "false");
  };
  const agrees = () => {
    const wrong = check();
    say(wrong);
    return !wrong;
  };
  input.addEventListener("change", agrees);
  input.addEventListener("input", () => told.textContent && agrees());
  const element = h("div", { class: "field" }, h("label", { htmlFor: id }, label), input, told, about);
  return { element, input, agrees, say };
}

/** A list of words and what they mean. */
export const definitions = (pairs) =>
  h("dl", { class: "definitions" }, pairs.map(([term, words]) => [h("dt", {}, h("kbd", {}, term)), h("dd", {}, words)]));
