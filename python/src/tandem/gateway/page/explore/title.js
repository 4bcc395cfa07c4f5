/** The experiment in the frame: its name, its size, and whether it is ready. */

import { addressOf } from "../lib/address.js";
import { h } from "../lib/dom.js";
import { count, plural } from "../lib/numbers.js";
import { setTitle } from "../frame.js";

const STATES = { ready: "good", failed: "bad", degraded: "warn" };

/** Put the model's facts into the frame. */
export function showTitle({ id, facts }) {
  const name = h(
    "a",
    { class: "experiment", href: addressOf("experiments"), title: "All experiments" },
    facts?.name || id,
  );
  if (!facts) return setTitle(name);
  const sizes = [plural(facts.cells, "cell"), `${count(facts.genes)} genes`, plural(facts.samples, "sample")].join(
    " · ",
  );
  const state = h("span", { class: `state ${STATES[facts.state] ?? "warn"}`, title: facts.detail ?? "" }, facts.state);
  return setTitle(name, h("span", { class: "sizes" }, sizes), state);
}
