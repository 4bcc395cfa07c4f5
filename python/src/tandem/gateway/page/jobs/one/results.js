/** The results of a job: a tree of files, and what is in the chosen one. */

import { readAddress, setQuery } from "../../lib/address.js";
import { get } from "../../lib/api.js";
import { fill, h, settled } from "../../lib/dom.js";
import { bytes, plural } from "../../lib/numbers.js";
import { ended } from "../../lib/progress.js";
import { waitIn } from "../../lib/waiting.js";
import { fileTree } from "./tree.js";
import { isShown, preview } from "./preview.js";

/** Typing rests so long before files are looked for, in milliseconds. */
const REST_MS = 150;

/** Show the results in a panel. */
export function resultsTab(panel, job) {
  const path = `/jobs/${encodeURIComponent(job.id)}`;
  let [files, shown] = [null, null];
  const load = (signal) => get(`${path}/results`, { signal });
  const open = () => waitIn(panel, "Looking for results", load, show);
  const addressOf = (file) => `${path}/results/${file.split("/").map(encodeURIComponent).join("/")}`;

  function show({ items }) {
    files = items;
    shown = null;
    if (!items.length) return void fill(panel, h("p", { class: "nothing hint" }, emptyWords()));
    const size = items.reduce((sum, one) => sum + (one.size ?? 0), 0);
    const search = h("input", { type: "search", placeholder: "Find a file", "aria-label": "Find a file" });
    const tree = h("div", { class: "file-tree" });
    const draw = () => {
      const text = search.value.trim().toLowerCase();
      const found = text ? items.filter((one) => one.path.toLowerCase().includes(text)) : items;
      fill(
        tree,
        found.length ? fileTree(found, choose, chosen()) : h("p", { class: "hint nothing" }, "No file is called so."),
      );
    };
    search.addEventListener("input", settled(draw, REST_MS));
    const all = h(
      "a",
      { class: "button", href: `${path}/output.zip`, download: `${job.name || job.id}.zip` },
      "Download all",
    );
    const words = h("span", { class: "hint" }, `${plural(items.length, "file")} · ${bytes(size)}`);
    const tools = h(
      "div",
      { class: "tab-tools" },
      words,
      h("span", { class: "space" }),
      items.length > 8 && search,
      all,
    );
    draw();
    fill(panel, tools, h("div", { class: "results" }, tree, h("div", { class: "file-view", id: "result-file" })));
    return update();
  }

  const chosen = () => readAddress().query.file ?? (files.find(isShown) ?? files[0])?.path;
  const choose = (file) => setQuery({ file });

  function update() {
    const name = files && chosen();
    if (!name || name === shown) return;
    shown = name;
    for (const link of panel.querySelectorAll(".file-tree [data-path]")) {
      if (link.dataset.path === name) link.setAttribute("aria-current", "true");
      else link.removeAttribute("aria-current");
    }
    const file = files.find((one) => one.path === name);
    const view = panel.querySelector("#result-file");
    if (!file) return void fill(view, h("p", { class: "nothing hint" }, `There is no result ${name}.`));
    const href = addressOf(name);
    const save = h("a", { class: "button quiet", href, download: name.split("/").pop() }, "Download");
    const body = h("div", { class: "text" });
    const head = [
      h("h3", {}, name),
      h("span", { class: "hint" }, bytes(file.size)),
      h("span", { class: "space" }),
      save,
    ];
    fill(view, h("div", { class: "file-head" }, head), body);
    preview(body, file, href);
  }

  function emptyWords() {
    if (!ended(job)) return "Results are here when the job has ended.";
    return job.state === "COMPLETE" ? "It left no results." : `It left no results: it is ${job.state.toLowerCase()}.`;
  }

  function tell(now) {
    const before = job;
    job = now;
    if (before.state !== now.state) open();
  }

  open();
  return { tell, update };
}
