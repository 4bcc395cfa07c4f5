/** JSON set out to be read, also where it breaks off. */

const INDENT = "  ";

/** JSON with a line for each member and each nested list; lists of plain values stay on one line. */
export function pretty(json) {
  const parts = json.match(/"(?:[^"\\]|\\.)*"?|[{}[\],:]|[^\s{}[\],:"]+/g) ?? [];
  const open = [];
  let text = "";
  const line = () => `\n${INDENT.repeat(open.length)}`;
  for (const [at, part] of parts.entries()) {
    const next = parts[at + 1];
    if (part === "{" || part === "[") {
      const flat = part === "[" && next !== "{" && next !== "[";
      open.push(flat);
      text += part + (flat || next === "}" ? "" : line());
    } else if (part === "}" || part === "]") {
      const flat = open.pop();
      text += (flat || parts[at - 1] === "{" ? "" : line()) + part;
    } else if (part === ",") text += part + (open.at(-1) ? " " : line());
    else text += part === ":" ? ": " : part;
  }
  return text;
}
