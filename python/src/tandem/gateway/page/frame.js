/** The frame around every view: where one is, whether the page is live, shortcuts, theme. */

import { addressOf, goTo } from "./lib/address.js";
import { get, send } from "./lib/api.js";
import { definitions, show } from "./lib/dialog.js";
import { fill, h } from "./lib/dom.js";
import { listedKeys, onKey } from "./lib/keys.js";
import { say } from "./lib/notices.js";
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
  strange: ["signed out", "Sign in to see what happens"],
  lost: ["no connection", "The gateway does not answer; the page tries again by itself"],
};
const ROLES = {
  reader: "Your token lets you look at what was computed before",
  submitter: "Your token lets you look, compute and change cell sets",
  admin: "Your token lets you do everything",
};
const LAST = "tandem-experiment";

const links = PLACES.map(([place, words]) => h("a", { data: { place } }, words));
const nav = h("nav", { "aria-label": "Places" }, links);
const title = h("div", { class: "title", id: "title" });
const lamp = h("span", { class: "lamp", role: "status" });
const who = h("span", {});
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
  fill(document.getElementById("top"), brand, nav, title, lamp, who, help, switcher);
  document.addEventListener("click", followLink);
  onKey("?", "this list", showKeys);
  onLive("state", showLamp);
  showLamp();
  nameSwitch();
  showWho();
}

/** Mark the place that is shown. */
export function mark(name, id) {
  if (name === "explore" && id) sessionStorage.setItem(LAST, id);
  // The links stay the same elements, so that the one that was pressed keeps the focus.
  for (const link of links) {
    const { place } = link.dataset;
    link.href = place === "explore" ? addressOf(place, sessionStorage.getItem(LAST) ?? "") : addressOf(place);
    if (place === name) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  fill(title);
  const [, words] = PLACES.find(([place]) => place === name);
  document.title = `${id || words} – Tandem`;
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

/** Where tokens are in force, what one's own allows, and the way out. */
async function showWho() {
  const { role, tokensNeeded } = await get("/session").catch(() => ({}));
  if (!role || !tokensNeeded) return;
  document.documentElement.dataset.role = role; // what needs more is hidden by the stylesheet
  const leave = () => send("DELETE", "/session").then(() => location.reload(), (error) => say(error.message));
  const button = h("button", { type: "button", class: "quiet", title: ROLES[role], onclick: leave }, "Sign out");
  fill(who, h("span", { class: "role", title: ROLES[role] }, role), button);
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
