/** Tables as text, read into rows. */

/** The rows of a CSV or TSV, at most so many; quoted fields may hold separators, quotes and line ends. */
export function rowsOf(text, separator, most) {
  const rows = [];
  let [row, field, quoted] = [[], "", false];
  const endField = () => {
    row.push(field);
    field = "";
  };
  const endRow = () => {
    endField();
    if (row.length > 1 || row[0] !== "") rows.push(row);
    row = [];
  };
  for (let at = 0; at < text.length && rows.length < most; at++) {
    const letter = text[at];
    if (quoted) {
      if (letter !== '"') field += letter;
      else if (text[at + 1] === '"') field += text[++at];
      else quoted = false;
    } else if (letter === '"' && field === "") quoted = true;
    else if (letter === separator) endField();
    else if (letter === "\n") endRow();
    else if (letter !== "\r") field += letter;
  }
  if (rows.length < most) endRow();
  return rows;
}
