/** The numbers that quality control left for each cell. */

import { count, short } from "../../lib/numbers.js";

const power = (value) => count(Math.round(10 ** value));
const percent = (value) => `${short(value)} %`;

/** Each with the task that gives it; `log` ones are logarithms to base 10. */
export const METRICS = [
  { task: "GetNUmis", title: "UMIs", log: true, told: power },
  { task: "GetNGenes", title: "Genes", log: true, told: power },
  { task: "GetMitochondrialContent", title: "Mitochondrial %", told: percent },
  { task: "GetDoubletScore", title: "Doublet score", told: short },
];

/** Ticks of a logarithmic axis: 1, 2 and 5 of each decade where there is room for so many, else fewer. */
export function logTicks([least, most], room) {
  const within = (digits) =>
    [0, 1, 2, 3, 4, 5, 6]
      .flatMap((decade) => digits.map((digit) => decade + Math.log10(digit)))
      .filter((value) => value >= least && value <= most);
  const tickvals = [[1, 2, 5], [1, 3], [1]].map(within).find(({ length }) => length <= room) ?? within([1]);
  return { tickvals, ticktext: tickvals.map(tickWords) };
}

function tickWords(value) {
  const number = Math.round(10 ** value);
  if (number >= 1e6) return `${number / 1e6}M`;
  return number >= 1000 ? `${number / 1000}k` : String(number);
}
