/** Files that somebody drops or chooses, with the folders they lie in. */

/** Files that systems leave in folders and that hold nothing of the data. */
const CLUTTER = /(^|\/)(\.DS_Store|Thumbs\.db|desktop\.ini|\._[^/]*)$/i;
const ENDINGS = /\.(h5ad|h5|hdf5|rds|loom|csv|tsv|txt|mtx|zip|tar|tgz|gz|bz2|xz)$/i;
const FIT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

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

/** An id that a name of a file or folder suggests. */
export function suggestedId(files) {
  const [first] = files[0].path.split("/");
  let name = files.length > 1 && !files[0].path.includes("/") ? "" : first;
  while (ENDINGS.test(name)) name = name.replace(ENDINGS, "");
  const fit = name.replaceAll(/[^A-Za-z0-9._-]+/g, "-").replace(/^[^A-Za-z0-9_]+/, "").replace(/-+$/, "");
  return fit.slice(0, 60) || "experiment";
}

/** What is wrong with an id, in words; null if nothing is. */
export function faultInId(id) {
  if (!id) return "Every experiment has an id; it is its folder's name.";
  if (FIT.test(id)) return null;
  if (id.length > 100) return "An id has 100 characters at most.";
  if (!/^[A-Za-z0-9_]/.test(id)) return "An id begins with a letter, a digit or _.";
  return "An id has letters (without accents), digits, and . _ - only.";
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
