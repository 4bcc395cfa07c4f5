/** Jobs: programs over data, any number of times; each part of the view opens itself. */

import { addressOf } from "../lib/address.js";
import { h } from "../lib/dom.js";

/** Parts by the first word of what follows `#jobs/`; any other word is the id of a job. */
const PARTS = {
  "": () => import("./list/view.js"),
  new: () => import("./form/view.js"),
  group: () => import("./group/view.js"),
  programs: () => import("./programs.js"),
  data: () => import("./data-sets.js"),
  schedules: () => import("./schedules.js"),
  logs: () => import("./logs.js"),
};
const one = () => import("./one/view.js");
const PLACES = [
  ["", "All"],
  ["programs", "Programs"],
  ["data", "Data sets"],
  ["schedules", "Schedules"],
  ["logs", "Logs"],
];

/** Open the view in an element. */
export async function openView(place, address) {
  const [part, ...rest] = address.id.split("/");
  const { openPart } = await (PARTS[part] ?? one)();
  place.classList.add(part in PARTS ? `jobs-${part || "list"}` : "jobs-one");
  place.append(header(part));
  const named = part === "new" ? "New job" : PLACES.find(([id]) => id && id === part)?.[1];
  if (named) document.title = `${named} – Tandem`;
  return openPart(place, part in PARTS ? rest.join("/") : part, address);
}

function header(part) {
  const link = ([id, words]) =>
    h("a", { href: addressOf("jobs", id), "aria-current": id === part ? "page" : null }, words);
  const add = h("a", { class: "button primary", href: "#jobs/new", data: { needs: "submitter" } }, "New job");
  return h(
    "div",
    { class: "view-head" },
    h("h1", {}, "Jobs"),
    h("nav", { class: "parts", "aria-label": "Parts of jobs" }, PLACES.map(link)),
    h("span", { class: "space" }),
    part !== "new" && add,
  );
}
