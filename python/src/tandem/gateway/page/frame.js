/** The frame around every view: where one is, whether the page is live, shortcuts, theme. */

import { addressOf, goTo } from "./lib/address.js";
import { definitions, show } from "./lib/dialog.js";
import { fill, h } from "./lib/dom.js";
import { listedKeys, onKey } from "./lib/keys.js";
import { liveState, onLive } from "./lib/live.js";
import { theme, toggleTheme } from "./lib/theme.js";

const PLACES = [
  ["experiments", "Experiments"],
  ["explore", "Explore"],
  ["tasks", "Tasks"],
  ["jobs", "Jobs"],
  ["data", "Data"],
];
const LIVE = {
  connecting: ["connecting", "Connecting to the gateway"],
  live: ["live", "Changes are shown as they happen"],
  polling: ["polling", "The stream of changes is lost; the page asks every few seconds and connects again by itself"],
  lost: ["no connection", "The gateway does not answer; the page tries again by itself"],
};
const LAST = "tandem-experiment";

const nav = h("nav", { "aria-label": "Places" });
const title = h("div", { class: "title", id: "title" });
const lamp = h("span", { class: "lamp", role: "status" });
const switcher = h("button", { type: "button", class: "quiet", onclick: toggle });

/** Draw the frame, once. */
export function frame() {
  const help = h(
    "button",
    { type: "button", class: "quiet", onclick: showKeys },
    h("kbd", {}, "?"),
    h("span", { class: "word" }, "shortcuts"),
  );
  const brand = h("a", { class: "brand", href: "#experiments" }, "Tandem");
  fill(document.getElementById("top"), brand, nav, title, lamp, help, switcher);
  document.addEventListener("click", followLink);
  onKey("?", "this list", showKeys);
  onLive("state", showLamp);
  showLamp();
  nameSwitch();
}

/** Mark the place that is shown. */
export function mark(name, id) {
  if (name === "explore" && id) sessionStorage.setItem(LAST, id);
  const link = ([place, words]) => {
    const where = place === "explore" ? addressOf(place, sessionStorage.getItem(LAST) ?? "") : addressOf(place);
    return h("a", { href: where, "aria-current": place === name ? "page" : null }, words);
  };
  fill(nav, PLACES.map(link));
  fill(title);
  document.title = id ? `${id} – Tandem` : "Tandem";
}

/** What stands in the middle of the top: the experiment and its facts. */
export const setTitle = (...content) => fill(title, ...content);

function followLink(event) {
  const link = event.target.closest('a[href^="#"]');
  if (!link || event.ctrlKey || event.metaKey || event.shiftKey || link.classList.contains("skip")) return;
  event.preventDefault();
  goTo(link.getAttribute("href"));
}

function showLamp() {
  const [words, meaning] = LIVE[liveState()];
  lamp.className = `lamp ${liveState()}`;
  lamp.title = meaning;
  fill(lamp, words);
}

function toggle() {
  toggleTheme();
  nameSwitch();
}

const nameSwitch = () => {
  const [sign, words] = theme() === "dark" ? ["☀", "light"] : ["☾", "dark"];
  fill(switcher, sign, h("span", { class: "word" }, words));
};
const showKeys = () => show("Shortcuts", definitions(listedKeys()));
