/** A place of its own for each piece of work, so that none stops another. */

import { h } from "../../lib/dom.js";
import { waitIn } from "../../lib/waiting.js";

/** Run work as waitIn does; its place goes away when it is done, or when somebody has read why it failed. */
export function inSlot(place, words, work, done) {
  const inside = h("div", {});
  const away = h(
    "button",
    { type: "button", class: "quiet small", "aria-label": `Dismiss ${words}`, onclick: () => slot.remove() },
    "×",
  );
  const slot = h("div", { class: "slot" }, inside, away);
  place.append(slot);
  return waitIn(inside, words, work, (result) => {
    slot.remove();
    done(result);
  });
}
