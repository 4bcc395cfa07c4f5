/** What plots share that show either the markers of sets or the genes that are chosen. */

import { number, select } from "./controls.js";

/** The controls: which genes, and how many markers of each set. */
export const genesShown = (model, id, { of, markers }, most) => [
  select(model, "Show", `${id}.of`, of, [
    ["markers", "markers"],
    ["genes", "chosen genes"],
  ]),
  of === "markers" && number(model, "of each", `${id}.markers`, markers, { least: 1, most, step: 1 }),
];

/** What is said where no gene is there to be shown. */
export const hint = ({ of, genes }) =>
  of === "genes" && !genes.length && "No gene is chosen. Tick genes in the list, or show markers.";

/** What is waited for. */
export const words = ({ of }) => (of === "markers" ? "Finding markers" : "Reading expression");
