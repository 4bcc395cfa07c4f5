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

/** Whether a task has come to its end. */
export const ended = (task) => !["QUEUED", "RUNNING"].includes(task.state);

/** "GetNUmis" is "N Umis", "DotPlot" "Dot Plot": without "Get", spaced at camel case, acronyms kept. */
export const nameOf = (task) =>
  task.replace(/^Get(?=[A-Z])/, "").replaceAll(/(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])/g, " ");

/** How long a task ran, or has been running, in seconds; null before it starts. */
export function elapsed(task) {
  if (!task.startedAt) return null;
  return Math.max(0, (new Date(task.finishedAt ?? Date.now()) - new Date(task.startedAt)) / 1000);
}

/** How far a running task is, from 0 to 1; null where nothing tells. */
export function share(task) {
  const { step, total } = task.progress ?? {};
  if (step && total) return Math.min(step / total, 0.98);
  return task.expectedSeconds ? 1 - Math.exp(-elapsed(task) / task.expectedSeconds) : null;
}
