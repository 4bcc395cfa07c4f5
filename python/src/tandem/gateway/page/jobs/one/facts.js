/** What is known of a job: times, what it used, where it ran, each try. */

import { h } from "../../lib/dom.js";
import { bytes, duration, short } from "../../lib/numbers.js";
import { ended } from "../../lib/progress.js";
import { timeAgo } from "../../lib/times.js";
import { tagCells } from "../list/columns.js";
import { jobAddress, tookWords } from "../words.js";

/** A version is known by so many characters. */
const VERSION = 12;

/** The facts as a list of terms. */
export function facts(job) {
  const { limits = {} } = job;
  const host = job.attempts?.at(-1)?.host;
  const pairs = [
    ["Program", program(job)],
    ["Queued", timeAgo(job.queuedAt)],
    ["Started", timeAgo(job.startedAt)],
    ["Finished", job.finishedAt && timeAgo(job.finishedAt)],
    ["Took", took(job)],
    ["CPU", job.cpuSeconds != null && `${duration(job.cpuSeconds)}${limits.cpus ? ` on ${cpus(limits.cpus)}` : ""}`],
    ["Memory", meter(job.peakBytes, limits.memoryBytes, bytes)],
    ["Results", job.resultBytes ? bytes(job.resultBytes) : null],
    ["Exit code", job.exitCode == null ? null : String(job.exitCode)],
    ["Error", job.errorCode && h("code", {}, job.errorCode)],
    ["Cost", cost(job.cost)],
    ["Queue", job.queue && `${job.queue}, ${job.priority} priority`],
    ["Attempt", job.attempt > 1 && String(job.attempt)],
    ["Runner", host],
    ["Waits for", job.waitingFor?.length > 0 && links(job.waitingFor)],
    ["Taken from", job.cachedFrom && links([job.cachedFrom])],
    ["Owner", job.owner],
    ["Tags", Object.keys(job.tags ?? {}).length > 0 && tagCells(job.tags)],
    ["Id", h("code", {}, job.id)],
  ].filter(([, value]) => value);
  return h(
    "dl",
    { class: "facts-grid" },
    pairs.map(([term, value]) => h("div", {}, h("dt", {}, term), h("dd", {}, value))),
  );
}

/** Each try with its end, where there was more than one. */
export function tries({ attempts = [] }) {
  if (attempts.length < 2) return null;
  const one = ({ attempt, startedAt, endedAt, reason, host }) => {
    const ran = endedAt ? duration((new Date(endedAt) - new Date(startedAt)) / 1000) : "runs";
    const line = h("div", {}, h("strong", {}, `Attempt ${attempt}`), " · ", timeAgo(startedAt));
    line.append([" ", ran, host].filter(Boolean).join(" · "));
    return h("li", {}, line, reason && h("div", { class: "hint" }, reason));
  };
  return h("ol", { class: "timeline", "aria-label": "Attempts" }, attempts.map(one));
}

/** A value against its limit as a small bar. */
function meter(value, limit, words) {
  if (value == null) return null;
  if (!limit) return words(value);
  const share = value / limit;
  const bar = h("meter", { min: 0, max: 1, high: 0.85, value: Math.min(share, 1), "aria-label": "Share of the limit" });
  return [bar, ` ${words(value)} of ${words(limit)}`];
}

function took(job) {
  const limit = job.limits?.timeS;
  const words = h("span", { class: ended(job) ? "" : "passing" }, tookWords(job));
  return [words, limit && h("span", { class: "hint" }, ` of at most ${duration(limit).replace(/ 0 (s|min)$/, "")}`)];
}

function program({ program: name, programVersion, version }) {
  const full = programVersion ?? version ?? "";
  return [name ?? "a command", full && h("code", { class: "hint", title: full }, ` ${full.slice(0, VERSION)}`)];
}

function cost(spent) {
  const { cpuHours, gpuHours } = spent ?? {};
  const parts = [cpuHours && `${short(cpuHours)} CPU-hours`, gpuHours && `${short(gpuHours)} GPU-hours`].filter(
    Boolean,
  );
  return parts.length ? parts.join(", ") : null;
}

const cpus = (number) => `${number} ${number === 1 ? "CPU" : "CPUs"}`;
const links = (ids) =>
  ids.slice(0, 5).map((id, at) => [at > 0 && ", ", h("a", { href: jobAddress(id) }, h("code", {}, id))]);
