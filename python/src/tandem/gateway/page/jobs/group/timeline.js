/** When each job of a group ran, and in which slot: a bar each, on a canvas, so that many thousands are no burden. */

import { goTo } from "../../lib/address.js";
import { get } from "../../lib/api.js";
import { fill, h } from "../../lib/dom.js";
import { count, duration, plural } from "../../lib/numbers.js";
import { onTheme, styleValue } from "../../lib/theme.js";
import { waitIn } from "../../lib/waiting.js";
import { elapsed } from "../../lib/progress.js";
import { jobAddress, nameOf, STATES } from "../words.js";
import { spansAt, spansOf } from "./spans.js";

/** Of the drawing, in pixels: what stands left of the bars and under them, and the limits of a slot's height. */
const LEFT = 44;
const FOOT = 22;
const SLOT_PX = [6, 26];
const HEIGHT = 420;
/** A pointer this near to a bar is on it, in pixels. */
const NEAR_PX = 3;
/** A tick of the time axis has so much room, in pixels. */
const TICK_PX = 90;
const ZOOM = 2;
/** So many jobs are named when they share a place. */
const NAMED = 3;
const INKS = {
  complete: "--good",
  running: "--accent",
  failed: "--bad",
  killed: "--violet",
  expired: "--warn",
  queued: "--faint",
};

/** Show the timeline in a panel; `tell(counts)` when jobs may have moved on. */
export function timelineTab(panel, { id }) {
  const canvas = h("canvas", { role: "img", tabIndex: 0 });
  const tip = h("div", { class: "tip", hidden: true });
  const words = h("span", { class: "hint", "aria-live": "polite" });
  const body = h("div", { class: "timeline-body" }, canvas, tip);
  const status = h("div", {});
  let [data, view, pressed] = [null, null, null];
  const tools = [zoomButton("+", "Closer", () => zoom(1 / ZOOM)), zoomButton("−", "Farther", () => zoom(ZOOM))];
  tools.push(h("button", { type: "button", class: "quiet", onclick: () => look(null) }, "Whole time"));
  fill(panel, h("div", { class: "tab-tools" }, words, h("span", { class: "space" }), tools), status, body);

  const load = (signal) => get(`/groups/${encodeURIComponent(id)}/timeline`, { signal });

  function show({ items }) {
    data = spansOf(items);
    fill(status);
    const waits = items.length - data.spans.length;
    const span = duration((data.to - data.from) / 1000);
    const others = waits ? `, ${count(waits)} not begun` : "";
    const said = `${plural(data.spans.length, "job")} in ${plural(data.slots, "slot")} over ${span}${others}`;
    fill(words, said);
    canvas.setAttribute("aria-label", `Timeline: ${said}. The table has the same jobs.`);
    draw();
  }

  const range = () => view ?? { from: data.from, to: data.to };
  const plane = () => Math.max(1, canvas.clientWidth - LEFT);
  const slotHeight = () => Math.min(SLOT_PX[1], Math.max(SLOT_PX[0], (HEIGHT - FOOT) / Math.max(1, data.slots)));
  const toX = (time) => LEFT + ((time - range().from) / (range().to - range().from)) * plane();
  const toTime = (x) => range().from + ((x - LEFT) / plane()) * (range().to - range().from);

  function draw() {
    if (!data || !canvas.isConnected) return;
    const [tall, ratio] = [slotHeight(), devicePixelRatio];
    const height = data.slots * tall + FOOT;
    canvas.style.setProperty("height", `${height}px`);
    [canvas.width, canvas.height] = [canvas.clientWidth * ratio, height * ratio];
    const pen = canvas.getContext("2d");
    pen.scale(ratio, ratio);
    axes(pen, height, tall);
    const inks = Object.fromEntries(Object.entries(STATES).map(([state, [, kind]]) => [state, styleValue(INKS[kind])]));
    for (const { job, from, to, slot } of data.spans) {
      const [left, right] = [Math.max(LEFT, toX(from)), Math.min(LEFT + plane(), toX(to))];
      if (right < LEFT || left > LEFT + plane()) continue;
      pen.fillStyle = inks[job.state];
      pen.fillRect(left, slot * tall + 1, Math.max(1, right - left - 0.5), tall - 2);
    }
    if (pressed?.to != null) {
      pen.fillStyle = styleValue("--accent");
      pen.globalAlpha = 0.2;
      pen.fillRect(Math.min(pressed.from, pressed.to), 0, Math.abs(pressed.to - pressed.from), height - FOOT);
    }
  }

  function axes(pen, height, tall) {
    pen.font = "11px system-ui, sans-serif";
    pen.fillStyle = styleValue("--faint");
    pen.strokeStyle = styleValue("--line");
    pen.textBaseline = "middle";
    const every = Math.ceil(14 / tall);
    for (let slot = 0; slot < data.slots; slot += every)
      pen.fillText(`slot ${slot + 1}`, 2, slot * tall + tall / 2, LEFT - 6);
    const { from, to } = range();
    const step = niceStep((to - from) / 1000 / Math.max(1, plane() / TICK_PX));
    pen.textAlign = "center";
    for (let at = Math.ceil((from - data.from) / 1000 / step) * step; at * 1000 + data.from <= to; at += step) {
      const x = toX(at * 1000 + data.from);
      pen.beginPath();
      pen.moveTo(x, 0);
      pen.lineTo(x, height - FOOT);
      pen.stroke();
      pen.fillText(at ? `+${tickWords(at)}` : "0", Math.max(x, LEFT + 8), height - FOOT / 2);
    }
    pen.textAlign = "start";
  }

  function look(next) {
    const least = 50;
    const shown = next && next.to - next.from < data.to - data.from && next.to - next.from > least;
    view = shown
      ? { from: Math.max(data.from, next.from), to: Math.min(data.to, next.to) }
      : next && next.to - next.from <= least
        ? view
        : null;
    draw();
  }

  function zoom(by) {
    if (!data) return;
    const { from, to } = range();
    const [middle, half] = [(from + to) / 2, ((to - from) / 2) * by];
    look({ from: middle - half, to: middle + half });
  }

  function under({ offsetX, offsetY }) {
    if (!data) return [];
    const reach = Math.abs(toTime(offsetX + NEAR_PX) - toTime(offsetX));
    return spansAt(data, Math.floor(offsetY / slotHeight()), toTime(offsetX), reach);
  }

  function hover(event) {
    const found = pressed ? [] : under(event);
    tip.hidden = !found.length;
    canvas.style.setProperty("cursor", found.length ? "pointer" : "crosshair");
    if (!found.length) return;
    const line = ({ job }) => h("div", {}, `${nameOf(job)} · ${STATES[job.state][0]} · ${duration(elapsed(job))}`);
    const more = found.length > NAMED && h("div", { class: "hint" }, `and ${found.length - NAMED} more here`);
    fill(tip, found.slice(0, NAMED).map(line), more);
    tip.style.setProperty("left", `${Math.min(event.offsetX + 12, canvas.clientWidth - tip.offsetWidth)}px`);
    tip.style.setProperty("top", `${event.offsetY + 14}px`);
  }

  canvas.addEventListener("pointerdown", (event) => {
    canvas.setPointerCapture(event.pointerId);
    pressed = { from: event.offsetX, to: null };
  });
  canvas.addEventListener("pointermove", (event) => {
    if (pressed && Math.abs(event.offsetX - pressed.from) > 2 * NEAR_PX) {
      pressed.to = event.offsetX;
      draw();
    }
    hover(event);
  });
  canvas.addEventListener("pointerup", (event) => {
    const drag = pressed;
    pressed = null;
    if (drag?.to != null)
      return look({ from: toTime(Math.min(drag.from, drag.to)), to: toTime(Math.max(drag.from, drag.to)) });
    const [first] = under(event);
    if (first) goTo(jobAddress(first.job.id));
    return undefined;
  });
  canvas.addEventListener("pointerleave", () => (tip.hidden = true));
  canvas.addEventListener("dblclick", () => look(null));
  canvas.addEventListener("keydown", ({ key }) => {
    if (key === "+") zoom(1 / ZOOM);
    if (key === "-") zoom(ZOOM);
    if (key === "0") look(null);
  });
  const observer = new ResizeObserver(draw);
  observer.observe(body);
  const unlisten = onTheme(draw);
  const open = () => waitIn(status, "Looking for the jobs", load, show);
  open();
  return {
    tell: () => load().then(show, () => {}),
    close: () => {
      observer.disconnect();
      unlisten();
    },
  };
}

const zoomButton = (sign, words, onclick) =>
  h("button", { type: "button", class: "quiet", "aria-label": words, title: words, onclick }, sign);

const tickWords = (seconds) => duration(Number(seconds.toFixed(3))).replace(/ 0 (s|min)$/, "");

/** Seconds between ticks that people count in. */
function niceStep(seconds) {
  const steps = [0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400];
  return steps.find((step) => step >= seconds) ?? Math.ceil(seconds / 86400) * 86400;
}
