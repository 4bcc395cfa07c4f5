/** Rows put in order: numbers as numbers, texts as people count, nothing at the end. */

const isNumber = (value) =>
  typeof value === "number" || (typeof value === "string" && value.trim() !== "" && !Number.isNaN(Number(value)));
const isNothing = (value) => value == null || value === "";

/** A sorted copy, by what `valueOf(row)` gives. */
export function sorted(rows, valueOf, descending) {
  const sign = descending ? -1 : 1;
  const compare = (a, b) => {
    const [first, second] = [valueOf(a), valueOf(b)];
    if (isNothing(first) || isNothing(second)) return isNothing(first) - isNothing(second);
    if (isNumber(first) && isNumber(second)) return sign * (Number(first) - Number(second));
    return sign * String(first).localeCompare(String(second), "en", { numeric: true });
  };
  return [...rows].sort(compare);
}

/** Whether all values of a column, apart from those that are missing, are numbers. */
export const allNumbers = (values) => {
  const there = values.filter((value) => !isNothing(value));
  return there.length > 0 && there.every(isNumber);
};
