/** What can be told of any task: whether it has ended, how long it takes, how far it is. */

/** The states of a task that is under way. */
export const OPEN = ["QUEUED", "RUNNING"];

/** Whether a task has come to its end. */
export const ended = (task) => !OPEN.includes(task.state);

/** How long a task ran, or has been running, in seconds; null before it starts. */
export function elapsed(task) {
  if (!task.startedAt) return null;
  return Math.max(0, (new Date(task.finishedAt ?? Date.now()) - new Date(task.startedAt)) / 1000);
}

/** How far a task is after so many seconds, from 0 to 1; null where nothing tells. */
export function share(task, seconds = elapsed(task)) {
  const { step, total } = task.progress ?? {};
  if (step && total) return Math.min(step / total, 0.98);
  return task.expectedSeconds ? 1 - Math.exp(-seconds / task.expectedSeconds) : null;
}
