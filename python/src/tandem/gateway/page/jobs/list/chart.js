/** How many jobs ended how, by hour of the last day: a small drawing. */

import { h } from "../../lib/dom.js";
import { countWords } from "../counts.js";
import { STATES } from "../words.js";

const SVG = "http://www.w3.org/2000/svg";
const HOURS = 24;
/** Units of the drawing: of an hour, of a bar, and of its height. */
const STEP = 10;
const BAR = 8;
const HEIGHT = 36;
/** The least that is seen of a state that is there. */
const LEAST = 1.5;

/** The drawing of `[{hour, counts}]`; nothing where no job was. */
export function statesChart(hours) {
  const shown = hours.slice(-HOURS);
  const most = Math.max(...shown.map(({ counts }) => sum(counts)), 0);
  if (!most) return null;
  const svg = make("svg", { viewBox: `0 0 ${HOURS * STEP} ${HEIGHT}`, role: "img", preserveAspectRatio: "none" });
  const whole = countWords(together(shown));
  svg.setAttribute("aria-label", `Jobs of the last day by hour: ${whole}`);
  shown.forEach(({ hour, counts }, at) => svg.append(column(hour, counts, at, most)));
  return h("figure", { class: "states-chart" }, svg, h("figcaption", { class: "hint" }, "last 24 h"));
}

function column(hour, counts, at, most) {
  const group = make("g", {});
  const title = make("title", {});
  title.textContent = `${hourWords(hour)}: ${countWords(counts)}`;
  group.append(title, make("rect", { x: at * STEP, y: 0, width: STEP, height: HEIGHT, class: "behind" }));
  let top = HEIGHT;
  for (const [state, [, kind]] of Object.entries(STATES).reverse()) {
    if (!counts[state]) continue;
    const height = Math.max(LEAST, (counts[state] / most) * HEIGHT);
    top -= height;
    group.append(make("rect", { x: at * STEP + 1, y: top, width: BAR, height, class: kind }));
  }
  return group;
}

const hourWords = (hour) =>
  new Date(hour).toLocaleString(undefined, { weekday: "short", hour: "2-digit", minute: "2-digit" });
const sum = (counts) => Object.values(counts).reduce((total, one) => total + one, 0);

function together(hours) {
  const all = {};
  for (const { counts } of hours) for (const [state, n] of Object.entries(counts)) all[state] = (all[state] ?? 0) + n;
  return all;
}

function make(tag, attributes) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  return element;
}
