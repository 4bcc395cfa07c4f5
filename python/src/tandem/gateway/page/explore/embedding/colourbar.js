/** The scale of numbers, whose cap can be dragged. */

import { ramp } from "../../lib/colours.js";
import { h } from "../../lib/dom.js";
import { short } from "../../lib/numbers.js";

const BINS = 40;
const SVG = "http://www.w3.org/2000/svg";

/** A bar for a colouring of numbers; `onCap(value, done)` hears where somebody moved its end. */
export function colourBar(colouring, cap, theme, onCap) {
  const { low, most, zero } = colouring;
  const width = most - low || 1;
  const share = (value) => Math.min(1, Math.max(0, (value - low) / width));
  const fill = h("div", { class: "fill", style: { "background-image": gradient(theme) } });
  const handle = h("div", {
    class: "handle",
    role: "slider",
    tabIndex: 0,
    "aria-label": "Where the scale ends",
    "aria-valuemin": low,
    "aria-valuemax": most,
  });
  const shown = h("output", {});
  const track = h("div", { class: "track" }, fill, handle);
  let now = cap;

  function draw() {
    fill.style.width = `${share(now) * 100}%`;
    track.style.background = `rgb(${ramp(theme).at(-1).join(",")})`;
    handle.style.left = `${share(now) * 100}%`;
    handle.setAttribute("aria-valuenow", now);
    handle.setAttribute("aria-valuetext", short(now));
    shown.textContent = now < most ? `≥ ${short(now)}` : short(now);
  }
  function move(value, done) {
    now = Math.min(most, Math.max(low + width / 200, value));
    draw();
    onCap(now, done);
  }
  const at = (event) => {
    const box = track.getBoundingClientRect();
    return low + ((event.clientX - box.left) / box.width) * width;
  };
  track.addEventListener("pointerdown", (event) => {
    track.setPointerCapture(event.pointerId);
    move(at(event), false);
  });
  track.addEventListener("pointermove", (event) => track.hasPointerCapture(event.pointerId) && move(at(event), false));
  track.addEventListener("pointerup", (event) => move(at(event), true));
  handle.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    event.stopPropagation();
    move(now + (step * width) / 50, true);
  });
  draw();
  const zeroMark =
    zero &&
    h("div", { class: "zero" }, h("span", { class: "dot", style: { background: css(ramp(theme)[0]) } }), "zero");
  const ends = h("div", { class: "ends" }, h("span", {}, short(low)), shown);
  return h("div", { class: "colour-bar" }, histogram(colouring), track, ends, zeroMark);
}

/** The ramp without its zero, as a gradient of CSS. */
function gradient(theme) {
  const steps = ramp(theme);
  return `linear-gradient(to right, ${css(steps[1])}, ${css(steps.at(-1))})`;
}

const css = ([r, g, b]) => `rgb(${r},${g},${b})`;

/** How many cells have which value, zeros apart. */
function histogram({ values, low, most, zero }) {
  const counts = new Uint32Array(BINS);
  const width = most - low || 1;
  for (let cell = 0; cell < values.length; cell++) {
    const value = values[cell];
    if (value !== value || (zero && value === 0)) continue;
    counts[Math.min(BINS - 1, Math.max(0, Math.floor(((value - low) / width) * BINS)))] += 1;
  }
  const highest = Math.max(1, ...counts);
  const picture = document.createElementNS(SVG, "svg");
  picture.setAttribute("viewBox", `0 0 ${BINS} 20`);
  picture.setAttribute("preserveAspectRatio", "none");
  picture.setAttribute("class", "histogram");
  picture.setAttribute("aria-hidden", "true");
  const bars = picture.appendChild(document.createElementNS(SVG, "path"));
  bars.setAttribute("d", Array.from(counts, (n, bin) => `M${bin},20v${-20 * (n / highest)}h0.85V20z`).join(""));
  return picture;
}
