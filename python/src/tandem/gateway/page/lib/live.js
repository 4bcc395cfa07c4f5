/** What happens on the gateway, as it happens; while the stream is lost the page polls and says so. */

import { get, trouble, withQuery } from "./api.js";

/** How often the tasks are asked for while the stream is lost, in milliseconds. */
const POLL_MS = 3000;
const KINDS = ["task", "experiment", "cellSets"];

const target = new EventTarget();
let state = "connecting";
let source = null;
let timer = 0;
const polled = new Map();

/** "connecting", "live", "polling" (the stream is lost, the gateway answers), "lost", or "strange": nobody signed in. */
export const liveState = () => state;

/** Listen to "task", "experiment", "cellSets" or "state"; the returned function ends it. */
export function onLive(kind, listener) {
  const wrapped = (event) => listener(event.detail);
  target.addEventListener(kind, wrapped);
  return () => target.removeEventListener(kind, wrapped);
}

/** Ask while listening: `{answer, heard}`. What was heard meanwhile may be newer than the answer. */
export async function askLive(kind, ask) {
  const heard = [];
  const end = onLive(kind, (detail) => heard.push(detail));
  try {
    return { answer: await ask(), heard };
  } finally {
    end();
  }
}

/** Be told when the stream is there and was not before: what happened until then was not heard. */
export function onReturn(listener) {
  let heard = state === "live";
  return onLive("state", (now) => {
    if (now === "live" && !heard) listener();
    heard = now === "live";
  });
}

/** Connect, once. The stream connects again by itself; a refused one is tried again here. */
export function connectLive() {
  source = new EventSource("/events");
  source.onopen = () => {
    clearTimeout(timer);
    setState("live");
  };
  source.onerror = () => {
    if (state === "strange") return;
    if (source.readyState === EventSource.CLOSED) setTimeout(connectLive, POLL_MS);
    if (state !== "polling" && state !== "lost") poll();
  };
  for (const kind of KINDS) source.addEventListener(kind, (event) => emit(kind, JSON.parse(event.data)));
}

async function poll() {
  clearTimeout(timer);
  try {
    const page = await get(withQuery("/tasks", { limit: 100 }));
    setState(source.readyState === EventSource.OPEN ? "live" : "polling");
    for (const task of page.items.reverse()) tellChanged(task);
  } catch {
    if (state !== "strange") setState("lost");
  }
  if (state === "polling" || state === "lost") timer = setTimeout(poll, POLL_MS);
}

// Whoever signs in begins anew.
trouble.addEventListener("401", () => {
  clearTimeout(timer);
  source?.close();
  setState("strange");
});
trouble.addEventListener("unreachable", () => state === "live" && poll());

function tellChanged(task) {
  const seen = JSON.stringify(task);
  if (polled.get(task.id) === seen) return;
  polled.set(task.id, seen);
  emit("task", task);
}

function setState(now) {
  if (now === state) return;
  state = now;
  emit("state", state);
}

const emit = (kind, detail) => target.dispatchEvent(new CustomEvent(kind, { detail }));
