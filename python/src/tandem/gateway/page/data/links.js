/** Where entries of the data folder are. */

import { addressOf } from "../lib/address.js";
import { withQuery } from "../lib/api.js";
import { h } from "../lib/dom.js";

/** The address of a folder or a file in this view. */
export const addressOfEntry = ({ kind, path }) => addressOf("data", "", kind === "folder" ? { path } : { file: path });

/** Where the gateway gives a file, or the last lines of it. */
export const fileAt = (path, tail = null) => withQuery("/data/file", { path, tail });

/** A link that saves a file. */
export const saveLink = (path, label) =>
  h("a", { class: "button quiet", href: fileAt(path), download: path.split("/").pop(), "aria-label": label }, "Save");
