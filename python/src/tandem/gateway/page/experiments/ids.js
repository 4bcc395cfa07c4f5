/** Ids of experiments: which ones files suggest, and which are fit. */

const ENDINGS = /\.(h5ad|h5|hdf5|rds|loom|csv|tsv|txt|mtx|zip|tar|tgz|gz|bz2|xz)$/i;
const FIT = /^[A-Za-z0-9_][A-Za-z0-9._-]{0,99}$/;

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
