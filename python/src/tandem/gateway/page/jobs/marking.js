/** Where a text is found in another. */

import { h } from "../lib/dom.js";

/** A text, with each place where `sought` (in small letters) is found in a mark. */
export function marked(text, sought) {
  if (!sought) return [text];
  const [parts, lower] = [[], text.toLowerCase()];
  let from = 0;
  for (let at = lower.indexOf(sought); at >= 0; at = lower.indexOf(sought, from)) {
    parts.push(text.slice(from, at), h("mark", {}, text.slice(at, at + sought.length)));
    from = at + sought.length;
  }
  return [...parts, text.slice(from)];
}
