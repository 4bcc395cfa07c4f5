/** Many lines of a log: those that are seen are in the document, the rest only in memory. */

import { fill, h } from "../../lib/dom.js";
import { moment } from "../../lib/numbers.js";
import { marked } from "../marking.js";

/** Height of a line, as in the stylesheet, in pixels. */
const LINE_PX = 18;
/** So many lines beyond what is seen are there too. */
const BEYOND = 30;
/** So near the end counts as the end, in pixels. */
const NEAR_PX = 2 * LINE_PX;

/** `{element, show(lines), redraw, toEnd, to(at)}`; `atEnd(is)` hears when somebody scrolls off the end or back. */
export function lineView({ atEnd, options }) {
  const block = h("div", { class: "log-lines" });
  const whole = h("div", { class: "log-whole" }, block);
  const element = h("div", { class: "log", role: "log", "aria-live": "off", "aria-label": "Log", tabIndex: 0 }, whole);
  let [lines, drawn, top] = [[], "", 0];

  function draw(force = false) {
    const first = Math.max(0, Math.floor(element.scrollTop / LINE_PX) - BEYOND);
    const last = Math.min(lines.length, first + Math.ceil(element.clientHeight / LINE_PX) + 2 * BEYOND);
    if (!force && drawn === `${first}-${last}`) return;
    drawn = `${first}-${last}`;
    block.style.setProperty("transform", `translateY(${first * LINE_PX}px)`);
    fill(
      block,
      lines.slice(first, last).map((line, at) => rowOf(line, first + at)),
    );
  }

  function rowOf(line, at) {
    const { stamps, text, current } = options();
    const stamp = stamps && h("span", { class: "stamp", title: moment(line.at) }, timeOf(line.at));
    const kind = `${line.stream} ${at === current ? "current" : ""}`;
    return h("div", { class: `line ${kind}` }, stamp, marked(line.text || " ", text));
  }

  element.addEventListener("scroll", () => {
    const left = element.scrollHeight - element.clientHeight - element.scrollTop;
    if (left < NEAR_PX) atEnd(true);
    else if (element.scrollTop < top) atEnd(false);
    top = element.scrollTop;
    draw();
  });
  new ResizeObserver(() => draw()).observe(element);

  const show = (found) => {
    lines = found;
    whole.style.setProperty("height", `${lines.length * LINE_PX}px`);
    draw(true);
  };
  const scrollTo = (place) => {
    element.scrollTop = place;
    top = element.scrollTop;
    draw(true);
  };
  const toEnd = () => scrollTo(element.scrollHeight);
  const to = (at) => scrollTo(Math.max(0, at * LINE_PX - element.clientHeight / 2));
  return { element, show, redraw: () => draw(true), toEnd, to };
}

function timeOf(at) {
  const time = new Date(at);
  return Number.isNaN(time.getTime()) ? "" : time.toLocaleTimeString(undefined, { hour12: false });
}
