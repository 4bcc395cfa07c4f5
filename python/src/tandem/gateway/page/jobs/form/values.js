/** Several values of a parameter, written as people write them: `0..4`, `1, 2, 3`, `0..1 by 0.25`. */

/** No parameter takes more values than this in one sweep. */
const MOST = 10_000;
const RANGE = /^(-?[\d.]+(?:e[+-]?\d+)?)\s*\.\.\s*(-?[\d.]+(?:e[+-]?\d+)?)(?:\s*by\s*([\d.]+(?:e[+-]?\d+)?))?$/i;
/** Digits that a step's rounding keeps. */
const DIGITS = 12;

/** `{values, fault}` of numbers written in a text; `check(value)` gives what is wrong with one, or null. */
export function numbersIn(text, check) {
  const values = [];
  for (const part of partsOf(text)) {
    const range = RANGE.exec(part);
    const found = range ? numbersOf(range) : [Number(part)];
    if (!found || found.some(Number.isNaN))
      return { values, fault: `${part} is neither a number nor a range such as 0..4.` };
    values.push(...found);
    if (values.length > MOST) return { values, fault: `These are more than ${MOST} values.` };
  }
  return { values: [...new Set(values)], fault: firstFault(values, check) };
}

/** `{values, fault}` of texts, separated by commas. */
export function textsIn(text, check) {
  const values = [...new Set(partsOf(text))];
  return { values, fault: firstFault(values, check) };
}

const partsOf = (text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter(Boolean);

function firstFault(values, check) {
  const wrong = values.find((value) => check(value));
  return wrong === undefined ? null : `${wrong}: ${check(wrong)}`;
}

function numbersOf([, first, last, by]) {
  const [from, to, step] = [Number(first), Number(last), Number(by ?? 1)];
  if ([from, to].some(Number.isNaN) || !(step > 0) || to < from) return null;
  const many = Math.min(Math.floor((to - from) / step + 1e-9), MOST);
  return Array.from({ length: many + 1 }, (_, at) => Number((from + at * step).toPrecision(DIGITS)));
}
