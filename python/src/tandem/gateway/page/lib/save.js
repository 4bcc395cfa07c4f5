/** Files that the page gives: tables, pictures, what the gateway sends. */

/** Save text or a blob under a name. */
export function save(name, content, type = "text/plain") {
  const blob = content instanceof Blob ? content : new Blob([content], { type });
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10000);
}

/** Columns (`{name: array}`) as CSV, with all digits. */
export function csv(columns) {
  const names = Object.keys(columns);
  const rows = Math.max(0, ...names.map((name) => columns[name].length));
  const lines = [names.map(field).join(",")];
  for (let row = 0; row < rows; row++) lines.push(names.map((name) => field(columns[name][row])).join(","));
  return `${lines.join("\n")}\n`;
}

/** A name that is fit for a file. */
export const fileName = (...parts) => parts.filter(Boolean).join("_").replaceAll(/[^\p{L}\p{N}_.-]+/gu, "-");

// A spreadsheet would take a text that begins so for a formula.
const FORMULA = /^[=+\-@\t\r]/;

function field(value) {
  if (value == null) return "";
  if (typeof value === "number") return String(value);
  const text = FORMULA.test(value) ? `'${value}` : String(value);
  return /[",\n\r]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
