/** Tasks in words: their names and states. */

/** Each state: its word, and the class that colours it. */
export const STATES = {
  QUEUED: ["waiting", "queued"],
  RUNNING: ["running", "running"],
  COMPLETE: ["done", "complete"],
  FAILED: ["failed", "failed"],
  KILLED: ["cancelled", "killed"],
  EXPIRED: ["expired", "expired"],
};

/** Tasks whose result is kept nowhere else than in the cell sets. */
const CHANGES = new Set([
  "CASSIAAnnotate", "CellCycleScoring", "ClusterCells", "GetExpressionCellSets", "ScTypeAnnotate",
]);

/** An import is a task of the gateway itself: nothing but an experiment comes of it. */
export const isImport = ({ task }) => task === "Import";

/** Whether what a task finds changes the cell sets. */
export const changesCellSets = ({ task }) => CHANGES.has(task);

/** "GetNUmis" is "N Umis", "DotPlot" "Dot Plot": without "Get", spaced at camel case, acronyms kept. */
export const nameOf = (task) =>
  task.replace(/^Get(?=[A-Z])/, "").replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ");
