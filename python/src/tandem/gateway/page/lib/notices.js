/** Short messages at the foot of the page, read out by screen readers. */

import { h } from "./dom.js";

/** How long a message stays, in milliseconds. */
const STAYS_MS = 8000;
const place = h("div", { class: "notices", role: "status", "aria-live": "polite" });
document.body.append(place);

/** Say something; `action` is a `[words, function]` that the reader may choose, such as undo. */
export function say(words, action = null) {
  const notice = h("div", { class: "notice" }, h("span", {}, words));
  const end = () => notice.remove();
  if (action) {
    const act = () => {
      end();
      action[1]();
    };
    notice.append(h("button", { class: "quiet", type: "button", onclick: act }, action[0]));
  }
  notice.append(h("button", { class: "quiet", type: "button", "aria-label": "Dismiss", onclick: end }, "×"));
  place.append(notice);
  setTimeout(end, STAYS_MS);
}
