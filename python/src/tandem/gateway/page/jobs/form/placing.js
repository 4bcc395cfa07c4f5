/** At which field of the form a problem belongs. */

/** Sentences of the gateway that name a field, where it does not do so apart. */
const SENTENCES = [
  /^The parameter (\S+) does not fit/,
  /^The (input) \S+ cannot be used/,
  /^The job is not accepted: ([\w.-]+):/,
  /^The request is not valid: ([\w.-]+):/,
  /^No runner can give ([\w.-]+) =/,
];

/** The name of the field, null where the problem is of the whole. */
export function placeOf({ field, message }) {
  const named = field ?? SENTENCES.map((one) => one.exec(message)?.[1]).find(Boolean);
  if (!named) return null;
  return String(named)
    .replace(/^(job|sweep)\./, "")
    .replace(/^(parameters|space)\./, "")
    .replace(/^(tags|after|limit|reduce)\..*$/, "$1");
}
