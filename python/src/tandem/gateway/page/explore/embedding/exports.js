/** What the embedding gives away: a picture, a drawing, its numbers, a link. */

import { copyText } from "../../lib/copy.js";
import { h } from "../../lib/dom.js";
import { fileName, save } from "../../lib/save.js";

const TYPES = { png: "image/png", svg: "image/svg+xml", csv: "text/csv" };

/** The buttons; `shot()` says what is seen, or null. */
export function embeddingExports(shot) {
  const button = (words, title, onclick) => h("button", { type: "button", class: "quiet", title, onclick }, words);
  return h(
    "div",
    { class: "exports" },
    button("PNG", "Save as a picture", () => give("png", shot())),
    button("SVG", "Save as a drawing", () => give("svg", shot())),
    button("CSV", "Save the numbers behind it", () => give("csv", shot())),
    button("Copy link", "A link that opens this view again", copyLink),
  );
}

async function give(format, shot) {
  if (!shot) return;
  const { pngOf, svgOf, tableOf } = await import("./picture.js");
  const make = { png: pngOf, svg: svgOf, csv: tableOf }[format];
  const name = fileName(shot.model.id, shot.model.view.layout ?? "umap", shot.colouring.words);
  save(`${name}.${format}`, await make(shot), TYPES[format]);
}

const copyLink = () => copyText(location.href, "The link is copied. It opens this view again.");
