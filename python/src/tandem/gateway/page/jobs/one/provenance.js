/** Where a job's results come from: one JSON, set out to be read. */

import { copyText } from "../../lib/copy.js";
import { fill, h } from "../../lib/dom.js";
import { pretty } from "../../lib/pretty.js";
import { fileName, save } from "../../lib/save.js";

/** Show the provenance in a panel. */
export function provenanceTab(panel, job) {
  let shown = null;
  function tell({ provenance, id, name }) {
    const text = provenance ? pretty(JSON.stringify(provenance)) : "";
    if (text === shown) return;
    shown = text;
    if (!text) return void fill(panel, h("p", { class: "nothing hint" }, "It is written when the job has ended."));
    const whole = JSON.stringify(provenance, null, 2);
    const quiet = (words, onclick) => h("button", { type: "button", class: "quiet", onclick }, words);
    const tools = [
      quiet("Copy", () => copyText(whole, "The provenance is copied.")),
      quiet("Save", () => save(`${fileName(name, id, "provenance")}.json`, whole, "application/json")),
    ];
    fill(
      panel,
      h("div", { class: "tab-tools" }, tools),
      h("pre", { class: "raw", tabIndex: 0, "aria-label": "Provenance as JSON" }, text),
    );
  }
  tell(job);
  return { tell };
}
