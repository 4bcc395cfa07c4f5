/** The embedding as a picture, a drawing, and a table. */

import { ramp, rgb } from "../../lib/colours.js";
import { count, short } from "../../lib/numbers.js";
import { csv } from "../../lib/save.js";
import { styleValue, theme } from "../../lib/theme.js";
import { canvasRenderer } from "./canvas.js";
import { unpacked } from "./colouring.js";

/** Up to so many cells are circles of a drawing; more are a picture in it. */
const MOST_CIRCLES = 50_000;
/** Pixels for each of the page's. */
const SHARP = 3;
const LEGEND_WIDE = 220;
const LINE = 18;

/** A PNG, as a blob, of what `shot` shows: `{scene, camera, points, colours, colouring, cap, labels}`. */
export async function pngOf(shot) {
  const drawing = drawingOf(shot, pointsAsImage(shot));
  const image = new Image();
  const address = URL.createObjectURL(new Blob([drawing], { type: "image/svg+xml" }));
  try {
    image.src = address;
    await image.decode();
    const canvas = document.createElement("canvas");
    [canvas.width, canvas.height] = [image.width * SHARP, image.height * SHARP];
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    return await new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** An SVG, as text. */
export const svgOf = (shot) =>
  drawingOf(shot, shot.scene.order.length > MOST_CIRCLES ? pointsAsImage(shot) : circles(shot));

function drawingOf(shot, points) {
  const { width, height } = shot.camera;
  const legend = legendOf(shot);
  const high = Math.max(height, legend.high);
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" width="${width + LEGEND_WIDE}" height="${high}"`,
    ` viewBox="0 0 ${width + LEGEND_WIDE} ${high}" font-family="system-ui, sans-serif" font-size="12">`,
    `<rect width="100%" height="100%" fill="${styleValue("--surface")}"/>`,
    `<svg width="${width}" height="${height}">${points}${labelsOf(shot)}</svg>`,
    `<g transform="translate(${width + 12}, 20)" fill="${styleValue("--ink")}">${legend.drawing}</g></svg>`,
  ].join("");
}

/** The cells that are shown, with all digits. */
export function tableOf({ scene, points, colouring }) {
  const cells = Array.from(scene.order).sort((a, b) => a - b);
  const of = (values) => cells.map((cell) => (values[cell] === values[cell] ? values[cell] : null));
  const columns = { cell: cells, x: of(points.x), y: of(points.y) };
  if (colouring.kind === "numbers") columns[colouring.words] = of(colouring.values);
  if (colouring.kind === "sets") {
    columns[colouring.words] = cells.map((cell) => colouring.group.children[colouring.labels[cell]]?.name ?? "");
  }
  return csv(columns);
}

function circles({ scene, camera, points, colours }) {
  const radius = (scene.size / 2).toFixed(2);
  const parts = [];
  for (const cell of scene.order) {
    const [x, y] = [camera.toPixelX(points.x[cell]), camera.toPixelY(points.y[cell])];
    if (x < -9 || y < -9 || x > camera.width + 9 || y > camera.height + 9) continue;
    const colour = hex(unpacked(colours[cell]));
    parts.push(`<circle cx="${x.toFixed(2)}" cy="${y.toFixed(2)}" r="${radius}" fill="${colour}"/>`);
  }
  return parts.join("");
}

function pointsAsImage({ scene, camera }) {
  const canvas = document.createElement("canvas");
  [canvas.width, canvas.height] = [Math.round(camera.width * SHARP), Math.round(camera.height * SHARP)];
  scene.drawInto(canvasRenderer(canvas), canvas, SHARP);
  return `<image width="${camera.width}" height="${camera.height}" href="${canvas.toDataURL("image/png")}"/>`;
}

function labelsOf({ labels }) {
  const look = `text-anchor="middle" font-weight="600" paint-order="stroke" stroke-width="3" stroke-linejoin="round"`;
  const text = ({ left, top, name }) => `<text x="${left.toFixed(1)}" y="${top.toFixed(1)}">${escaped(name)}</text>`;
  const colours = `stroke="${styleValue("--surface")}" fill="${styleValue("--ink")}"`;
  return `<g ${look} ${colours}>${labels.map(text).join("")}</g>`;
}

function legendOf({ colouring, cap, model }) {
  const head = `<text font-weight="600">${escaped(colouring.words)}</text>`;
  if (colouring.kind === "numbers") return { high: 90, drawing: head + barOf(colouring, cap) };
  const sets = colouring.group?.children ?? [];
  const entry = (set, place) =>
    `<circle cx="5" cy="${(place + 1) * LINE - 4}" r="5" fill="${hex(rgb(set.color))}"/>` +
    `<text x="16" y="${(place + 1) * LINE}">${escaped(set.name)} (${count(model.countOf(set))})</text>`;
  return { high: (sets.length + 3) * LINE, drawing: head + sets.map(entry).join("") };
}

function barOf({ low, most, zero }, cap) {
  const steps = ramp(theme());
  const ends = [steps[1], steps.at(-1)].map(hex);
  const stops = ends.map((colour, place) => `<stop offset="${place}" stop-color="${colour}"/>`).join("");
  return [
    `<defs><linearGradient id="scale">${stops}</linearGradient></defs>`,
    `<rect y="12" width="160" height="10" fill="url(#scale)"/>`,
    `<text y="38">${short(low)}</text>`,
    `<text x="160" y="38" text-anchor="end">${cap < most ? "≥ " : ""}${short(cap)}</text>`,
    zero ? `<circle cx="5" cy="56" r="5" fill="${hex(steps[0])}"/><text x="16" y="60">zero</text>` : "",
  ].join("");
}

const hex = (colour) => `#${Array.from(colour, (part) => part.toString(16).padStart(2, "0")).join("")}`;
const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
