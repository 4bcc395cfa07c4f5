/** Ask an experiment for an analysis and wait for its result. */

import { get, getRaw, Problem, send } from "./api.js";
import { onLive } from "./live.js";
import { ended } from "./progress.js";

/** How long the page waits for a result, in milliseconds. */
const TIMEOUT_MS = 15 * 60 * 1000;
/** A task is asked for directly this often, should its event get lost, in milliseconds. */
const LOOK_MS = 5000;

/** A task that ended without a result. */
class TaskProblem extends Error {
  constructor(task) {
    super(task.reason ?? `${task.task} is ${task.state.toLowerCase()}.`);
    this.task = task;
    this.code = task.errorCode;
    this.requestId = task.id;
  }
}

/**
 * The answer to a work request: `{result, etag, task, wasThere}`. `onTask` is told of each change of the task that
 * makes it; `signal` stops the waiting and cancels the task. Changes of cell sets (`keep: false`) have no result.
 */
export async function ask(experiment, body, options = {}) {
  const { pagination, broadcast = false, fresh = false, signal, onTask = () => {}, keep = true, raw = false } = options;
  const requestProps = { broadcast, cacheUniquenessKey: fresh ? Math.random() : null };
  if (pagination) requestProps.pagination = pagination;
  const timeout = new Date(Date.now() + TIMEOUT_MS).toISOString();
  const path = `/v2/workRequest/${encodeURIComponent(experiment)}`;
  const answer = await send("POST", path, { experimentId: experiment, timeout, body, requestProps }, { signal });
  const { ETag: etag, signedUrl } = (await answer.json()).data;
  const read = (at) => getRaw(at, { signal }).then((found) => (raw ? found : found.json()));
  if (signedUrl) return { result: keep ? await read(`/results/${etag}`) : null, etag, task: null, wasThere: true };
  const id = answer.headers.get("Location").split("/").pop();
  const task = await untilEnded(id, signal, onTask);
  if (task.state !== "COMPLETE") throw new TaskProblem(task);
  return { result: keep ? await read(`/tasks/${id}/result`) : null, etag, task, wasThere: false };
}

/** Stop a task; one that has ended meanwhile is no problem. */
export async function cancel(id) {
  if (ended(await get(`/tasks/${id}`))) return;
  try {
    await send("DELETE", `/tasks/${id}`);
  } catch (error) {
    if (!(error instanceof Problem && error.status === 409)) throw error;
  }
}

function untilEnded(id, signal, onTask) {
  return new Promise((resolve, reject) => {
    const seen = (task) => {
      if (task.id !== id) return;
      onTask(task);
      if (ended(task)) end(() => resolve(task));
    };
    const look = () => get(`/tasks/${id}`).then(seen, () => {});
    const stop = () => {
      cancel(id).catch(() => {});
      end(() => reject(signal.reason));
    };
    const unlisten = onLive("task", seen);
    const timer = setInterval(look, LOOK_MS);
    const end = (action) => {
      unlisten();
      clearInterval(timer);
      signal?.removeEventListener("abort", stop);
      action();
    };
    if (signal?.aborted) return stop();
    signal?.addEventListener("abort", stop);
    look();
  });
}
