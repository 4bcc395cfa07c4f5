/** The whole page takes files: dropped, or chosen by a button. */

import { h } from "./dom.js";
import { chosenFiles, droppedFiles } from "./files.js";
import { say } from "./notices.js";

/** Take files that are dropped anywhere, showing in words where they would go; the returned function ends it. */
export function takeDrops(place, onFiles, words = "Drop to import") {
  const veil = h("div", { class: "veil", hidden: true }, h("p", {}, words));
  place.append(veil);
  const hasFiles = (event) => [...(event.dataTransfer?.types ?? [])].includes("Files");
  const over = (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = Boolean(document.querySelector("dialog[open]"));
  };
  const leave = (event) => {
    if (!event.relatedTarget) veil.hidden = true;
  };
  const drop = async (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    veil.hidden = true;
    if (document.querySelector("dialog[open]")) return;
    try {
      const files = await droppedFiles(event.dataTransfer);
      if (files.length) onFiles(files);
    } catch (error) {
      say(`What was dropped cannot be read: ${error.message}`);
    }
  };
  const listeners = { dragenter: over, dragover: over, dragleave: leave, drop };
  for (const [name, listener] of Object.entries(listeners)) window.addEventListener(name, listener);
  return () => {
    for (const [name, listener] of Object.entries(listeners)) window.removeEventListener(name, listener);
  };
}

/** A button that lets files, or a folder, be chosen. */
export function chooser(words, onFiles, { folder = false, primary = false, needs = "admin" } = {}) {
  const input = h("input", { type: "file", multiple: true, hidden: true, "aria-label": words });
  input.webkitdirectory = folder;
  input.addEventListener("change", () => {
    const files = chosenFiles(input.files);
    input.value = "";
    if (files.length) onFiles(files);
  });
  const button = h("button", { type: "button", class: primary ? "primary" : "", onclick: () => input.click() }, words);
  return h("span", { class: "chooser", data: { needs } }, button, input);
}
