/** Whole data as files: they go to the disk as they come, never through the page's memory. */

import { show } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";
import { plural } from "../../lib/numbers.js";
import { fileName } from "../../lib/save.js";
import { say } from "../../lib/notices.js";
import { inSlot } from "./slot.js";

/** The button for downloads; `chosen()` gives the keys of the sets that are chosen. */
export function downloads(model, place, chosen) {
  return h("button", { type: "button", onclick: () => choose(model, place, chosen()) }, "Download");
}

async function choose(model, place, keys) {
  const sets = keys.map((key) => model.find(key)).filter(Boolean);
  const pick = (value, words, hint, checked = false) =>
    h(
      "label",
      { class: "choice" },
      h("input", { type: "radio", name: "what", value, checked }),
      h("span", {}, words, h("br"), h("span", { class: "hint" }, hint)),
    );
  const content = h(
    "div",
    { class: "form" },
    pick("matrix", "Normalised matrix, all cells", "genes by cells, csv.gz", true),
    sets.length > 0 &&
      pick(
        "subset",
        `Normalised matrix of ${plural(sets.length, "chosen set")}`,
        sets.map(({ set }) => set.name).join(", "),
      ),
    pick("object", "Annotated object", "Seurat, with cell sets and layout, rds"),
  );
  const answer = await show("Download", content, [
    h("button", { value: "yes", class: "primary" }, "Prepare"),
    h("button", { value: "" }, "Cancel"),
  ]);
  if (answer !== "yes") return;
  const what = content.querySelector("input:checked").value;
  if (what === "object") prepare(model, place, "Annotated object", objectOf(model), "annotated.rds");
  else prepare(model, place, "Normalised matrix", matrixOf(what === "subset" ? sets : []), "normalised.csv.gz");
}

function prepare(model, place, words, body, ending) {
  const work = (signal, onTask) => model.ask(body, { signal, onTask, keep: false });
  inSlot(place, words, work, ({ etag }) => {
    h("a", { href: `/results/${etag}`, download: fileName(model.id, ending) }).click();
    say(`${words}: the download has begun.`);
  });
}

function matrixOf(sets) {
  const subsetBy = {};
  for (const { group, set } of sets) (subsetBy[group.key] ??= []).push(set.key);
  return { name: "GetNormalizedExpression", subsetBy };
}

function objectOf(model) {
  const method = model.view.layout === "tsne" ? "tsne" : "umap";
  const shown = (model.view.layout ?? "umap") === method;
  const body = { name: "DownloadAnnotSeuratObject", embeddingMethod: method, isObj2s: false };
  return shown && model.layoutEtag ? { ...body, embeddingETag: model.layoutEtag } : body;
}
