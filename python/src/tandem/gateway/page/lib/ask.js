/** Ask an experiment for an analysis and wait for its result. */

import { get, getRaw, Problem, send } from "./api.js";
import { onLive } from "./live.js";
import { ended } from "./progress.js";

/** How long the page waits for a result, in milliseconds. */
const TIMEOUT_MS = 15 * 60 * 1000;
/** A task is asked for directly this often, should its event get lost, in milliseconds. */
const LOOK_MS = 5000;

/** How many wait for each task: equal requests are one, which goes on as long as anybody waits for it. */
const waiting = new Map();
/** Requests of which it is not known yet which task makes their result. */
const sent = new Set();

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
 * makes it; `signal` stops the waiting, and cancels the task if nobody else here waits for it. Changes of cell sets
 * (`keep: false`) have no result.
 */
export async function ask(experiment, body, options = {}) {
  const { pagination, broadcast = false, fresh = false, signal, onTask = () => {}, keep = true, raw = false } = options;
  const requestProps = { broadcast, cacheUniquenessKey: fresh ? Math.random() : null };
  if (pagination) requestProps.pagination = pagination;
  const timeout = new Date(Date.now() + TIMEOUT_MS).toISOString();
  signal?.throwIfAborted();
  const begun = begin(experiment, { experimentId: experiment, timeout, body, requestProps });
  const { etag, id } = await unlessStopped(begun, signal);
  const read = (at) => getRaw(at, { signal }).then((found) => (raw ? found : found.json()));
  if (!id) return { result: keep ? await read(`/results/${etag}`) : null, etag, task: null, wasThere: true };
  const task = await untilEnded(id, signal, onTask).finally(() => leave(id));
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

/** Send a request: its `etag`, and where the result is not there yet the `id` of the task, which is waited for now. */
function begin(experiment, request) {
  const path = `/v2/workRequest/${encodeURIComponent(experiment)}`;
  const begun = send("POST", path, request).then(async (answer) => {
    const { ETag: etag, signedUrl } = (await answer.json()).data;
    const id = signedUrl ? null : answer.headers.get("Location").split("/").pop();
    if (id) waiting.set(id, (waiting.get(id) ?? 0) + 1);
    return { etag, id };
  });
  const over = () => sent.delete(begun);
  sent.add(begun);
  begun.then(over, over);
  return begun;
}

/** What was begun; where the signal comes first, it is given up as soon as its task is known. */
function unlessStopped(begun, signal) {
  return new Promise((resolve, reject) => {
    const stop = () => {
      reject(signal.reason);
      const abandon = ({ id }) => id && (leave(id), giveUp(id));
      begun.then(abandon).catch(() => {});
    };
    signal?.addEventListener("abort", stop);
    const over = () => signal?.removeEventListener("abort", stop);
    begun.then(resolve, reject).then(over);
  });
}

function leave(id) {
  const others = waiting.get(id) - 1;
  if (others) waiting.set(id, others);
  else waiting.delete(id);
}

/** Cancel a task that was given up here, unless it is waited for: what replaces a request may be its equal. */
async function giveUp(id) {
  await new Promise((resolve) => setTimeout(resolve));
  await Promise.allSettled(sent);
  if (!waiting.has(id)) await cancel(id);
}

function untilEnded(id, signal, onTask) {
  return new Promise((resolve, reject) => {
    const seen = (task) => {
      if (task.id !== id) return;
      onTask(task);
      if (ended(task)) end(() => resolve(task));
    };
    // Other troubles pass; one that is gone never ends.
    const lost = (error) => error.status === 404 && end(() => reject(error));
    const look = () => get(`/tasks/${id}`).then(seen, lost);
    const stop = () => {
      giveUp(id).catch(() => {});
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
