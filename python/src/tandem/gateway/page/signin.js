/** Where the gateway wants a token: a field for it, in place of the view. */

import { Problem, send } from "./lib/api.js";
import { fill, h } from "./lib/dom.js";
import { failure } from "./lib/waiting.js";

/** The form; `done` is called when the gateway took the token. */
export function signIn(done) {
  const token = h("input", { type: "password", required: true, autocomplete: "current-password", autofocus: true });
  const message = h("div", {});
  const button = h("button", { class: "primary" }, "Sign in");
  async function give(event) {
    event.preventDefault();
    button.disabled = true;
    try {
      await send("POST", "/session", { token: token.value.trim() });
      done();
    } catch (error) {
      button.disabled = false;
      const refused = error instanceof Problem && error.status === 401;
      fill(message, failure(refused ? new Error("This token is not known. Check it, or ask for another.") : error));
    }
  }
  return h(
    "form",
    { class: "panel sign-in", onsubmit: give },
    h("h1", {}, "Sign in"),
    h(
      "p",
      { class: "hint" },
      "This gateway wants a token. Whoever runs it makes one with ",
      h("code", {}, "tandem token create"),
      ".",
    ),
    h("label", {}, "Token", token),
    message,
    button,
  );
}
