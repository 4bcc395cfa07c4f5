/** Files that somebody drops or chooses, with the folders they lie in. */

/** Files that systems leave in folders and that hold nothing of the data. */
const CLUTTER = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)$/i;

/** What was chosen in a file input: `[{file, path}]`. */
export const chosenFiles = (list) =>
  [...list].map((file) => ({ file, path: file.webkitRelativePath || file.name })).filter(isData);

/** What was dropped, folders walked: `[{file, path}]`. */
export async function droppedFiles(transfer) {
  // Entries must be taken before anything is waited for: afterwards the list is empty.
  const entries = [...transfer.items].map((item) => item.webkitGetAsEntry?.()).filter(Boolean);
  if (!entries.length) return chosenFiles(transfer.files);
  const found = await Promise.all(entries.map((entry) => walk(entry, "")));
  return found.flat().filter(isData);
}

/** What they are together: names, or how many. */
export function namesOf(files) {
  const tops = [...new Set(files.map(({ path }) => path.split("/")[0]))];
  return tops.length > 3 ? `${tops.slice(0, 2).join(", ")} and ${tops.length - 2} more` : tops.join(", ");
}

/** Their bytes together. */
export const sizeOf = (files) => files.reduce((sum, { file }) => sum + file.size, 0);

const isData = ({ path }) => !CLUTTER.test(path);

async function walk(entry, under) {
  const path = under + entry.name;
  if (entry.isFile) {
    const file = await new Promise((resolve, reject) => entry.file(resolve, reject));
    return [{ file, path }];
  }
  const reader = entry.createReader();
  const found = [];
  // A folder tells its entries a hundred at a time, and none when there are no more.
  for (;;) {
    const some = await new Promise((resolve, reject) => reader.readEntries(resolve, reject));
    if (!some.length) break;
    found.push(...(await Promise.all(some.map((one) => walk(one, `${path}/`)))));
  }
  return found.flat();
}
