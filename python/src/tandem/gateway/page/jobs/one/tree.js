/** Files as a tree of folders; a folder's files are made when it is opened. */

import { h } from "../../lib/dom.js";
import { bytes, count } from "../../lib/numbers.js";

/** So many entries of a folder are shown. */
const MOST = 200;

/** The tree of `[{path, size}]`; `choose(path)` is called for a file. */
export function fileTree(files, choose, current) {
  const root = { folders: new Map(), files: [] };
  for (const file of files) {
    const parts = file.path.split("/");
    let folder = root;
    for (const name of parts.slice(0, -1)) {
      if (!folder.folders.has(name)) folder.folders.set(name, { folders: new Map(), files: [] });
      folder = folder.folders.get(name);
    }
    folder.files.push(file);
  }
  const draw = (folder, under) => {
    const folders = [...folder.folders].map(([name, inside]) => folderEntry(name, inside, under));
    const entries = [...folders, ...folder.files.slice(0, MOST).map(fileEntry)].slice(0, MOST);
    const left = folder.folders.size + folder.files.length - entries.length;
    return h(
      "ul",
      {},
      entries,
      left > 0 && h("li", { class: "hint" }, `and ${count(left)} more: find them, or download all`),
    );
  };

  function folderEntry(name, inside, under) {
    const path = `${under}${name}/`;
    const details = h("details", {}, h("summary", {}, `${name}/`));
    const open = () => details.children.length === 1 && details.append(draw(inside, path));
    details.addEventListener("toggle", open);
    if (current?.startsWith(path) || files.length <= MOST) {
      details.open = true;
      open();
    }
    return h("li", {}, details);
  }

  function fileEntry({ path, size }) {
    const told = { type: "button", class: "quiet", data: { path }, "aria-current": path === current ? "true" : null };
    const button = h(
      "button",
      { ...told, title: path, onclick: () => choose(path) },
      h("span", {}, path.split("/").pop()),
    );
    button.append(h("span", { class: "hint" }, bytes(size)));
    return h("li", {}, button);
  }

  return draw(root, "");
}
