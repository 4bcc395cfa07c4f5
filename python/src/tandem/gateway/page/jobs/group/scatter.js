/** Any parameter or result of a group's jobs against any other. */

import { goTo, readAddress, setQuery } from "../../lib/address.js";
import { fill, h } from "../../lib/dom.js";
import { count, plural, short } from "../../lib/numbers.js";
import { drawPlot, plain, plotly } from "../../lib/plot.js";
import { PALETTE, scaleOf } from "../../lib/colours.js";
import { styleValue, theme } from "../../lib/theme.js";
import { waitIn } from "../../lib/waiting.js";
import { allNumbers } from "../sorting.js";
import { jobAddress, STATES } from "../words.js";

/** The most points that are drawn; the numbers behind it are all. */
const MOST_POINTS = 3000;
/** Where there are more, one stands for those on the same square: so many along each side, fewer in each round. */
const SQUARES = [240, 160, 100, 60];
/** Of so many texts each gets a colour of its own. */
const COLOURS = PALETTE.length;
const STATE = "state";
const AXES = [
  ["x", "x"],
  ["y", "y"],
  ["colour", "Colour"],
];

/** Show the scatter in a panel; `tell()` when there is more in `outcomes`. */
export function scatterTab(panel, { id, outcomes }) {
  const row = h("div", { class: "tab-tools", role: "group", "aria-label": "Axes" });
  const place = h("div", { class: "scatter" });
  const words = h("span", { class: "hint", "aria-live": "polite" });
  const tools = h("div");
  let [drawn, made, over] = ["", null, false];
  fill(panel, row, place);

  function tell() {
    const names = namesOf(outcomes);
    if (names.length < 2)
      return void fill(place, h("p", { class: "nothing hint" }, "There are no parameters and results yet."));
    const axes = axesNow(outcomes, names);
    const points = pointsOf(outcomes.rows, axes);
    const now = JSON.stringify([axes, points.length, outcomes.rows.length, names.length]);
    if (now === drawn) return undefined;
    drawn = now;
    const focused = row.contains(document.activeElement) ? document.activeElement.name : null;
    fill(
      row,
      AXES.map(([key, title]) => select(key, title, names, axes[key])),
      words,
      h("span", { class: "space" }),
      tools,
    );
    if (focused) row.querySelector(`[name="${focused}"]`)?.focus();
    const shown = thinned(points);
    const some =
      shown.length < points.length && `, ${count(shown.length)} drawn: one stands for those at the same place`;
    fill(words, `${plural(points.length, "job")} with both`, some);
    if (!points.length) return void fill(place, h("p", { class: "nothing hint" }, "No job has both yet."));
    return waitIn(place, "Drawing", plotly, () => draw(points, shown, axes, now));
  }

  async function draw(points, shown, axes, now) {
    made?.close();
    made = null;
    const numbers = () => numbersOf(points, axes);
    const traces = () => tracesOf(shown, axes);
    const layout = () => ({ ...layoutOf(points, axes), showlegend: traces().length > 1 });
    const next = await drawPlot(place, traces, layout, { name: `${id}-${axes.y}-${axes.x}`, numbers, tools });
    if (over || now !== drawn) return next.close();
    made = next;
    return made.plot.on("plotly_click", ({ points: [point] }) => goTo(jobAddress(point.customdata)));
  }

  tell();
  return {
    tell,
    update: tell,
    close: () => {
      over = true;
      made?.close();
    },
  };
}

const namesOf = ({ parameters, results }) => [
  ...parameters.map((name) => `parameters.${name}`),
  ...results.map((name) => `results.${name}`),
  STATE,
];
const titleOf = (key) => key.replace(/^(parameters|results)\./, "");

function valueOf(row, key) {
  if (key === STATE) return STATES[row.state]?.[0] ?? row.state;
  const [part, ...rest] = key.split(".");
  return row[part]?.[rest.join(".")];
}

// What varies is looked at first: a parameter along, a number that came of it up.
function axesNow({ rows, parameters, results }, names) {
  const { query } = readAddress();
  const varies = (key) => new Set(rows.map((row) => JSON.stringify(valueOf(row, key)))).size > 1;
  const given = parameters.map((name) => `parameters.${name}`);
  const swept = given.filter(varies);
  const numbers = results
    .map((name) => `results.${name}`)
    .filter((key) => allNumbers(rows.map((row) => valueOf(row, key))));
  const chosen = (key, first) => (names.includes(query[key]) ? query[key] : first);
  const x = chosen("x", swept[0] ?? given[0] ?? names[0]);
  const fallback = numbers.find(varies) ?? numbers[0] ?? swept.find((key) => key !== x) ?? STATE;
  const y = chosen("y", fallback);
  return { x, y, colour: chosen("colour", swept.find((key) => key !== x && key !== y) ?? STATE) };
}

function pointsOf(rows, axes) {
  const point = (row) => ({ id: row.id, ...Object.fromEntries(AXES.map(([key]) => [key, valueOf(row, axes[key])])) });
  return rows.map(point).filter(({ x, y }) => x != null && y != null);
}

function thinned(points) {
  if (points.length <= MOST_POINTS) return points;
  const places = { x: placesOf(points.map(({ x }) => x)), y: placesOf(points.map(({ y }) => y)) };
  for (const side of SQUARES) {
    const squares = new Map();
    points.forEach((point, at) => {
      const square = [Math.round(places.x[at] * side), Math.round(places.y[at] * side), point.colour].join();
      if (!squares.has(square)) squares.set(square, point);
    });
    if (squares.size <= MOST_POINTS) return [...squares.values()];
  }
  return points.slice(0, MOST_POINTS);
}

/** Where values lie between the least and the greatest, from 0 to 1; texts in the order in which they come. */
function placesOf(values) {
  const kinds = allNumbers(values) ? null : new Map([...new Set(values)].map((value, at) => [value, at]));
  const numbers = values.map((value) => (kinds ? kinds.get(value) : Number(value)));
  const [low, high] = [numbers.reduce((a, b) => Math.min(a, b)), numbers.reduce((a, b) => Math.max(a, b))];
  return numbers.map((value) => (high > low ? (value - low) / (high - low) : 0.5));
}

function select(key, title, names, value) {
  const options = names.map((name) => h("option", { value: name, selected: name === value }, titleOf(name)));
  const element = h(
    "select",
    { name: key, onchange: () => setQuery({ [key]: element.value }, { replace: true }) },
    options,
  );
  return h("label", {}, title, element);
}

function tracesOf(points, axes) {
  const trace = (some, name, marker) => ({
    type: "scatter",
    mode: "markers",
    name: plain(name),
    x: some.map(({ x }) => plainValue(x)),
    y: some.map(({ y }) => plainValue(y)),
    customdata: some.map(({ id }) => id),
    text: some.map((point) => hoverOf(point, axes)),
    hovertemplate: "%{text}<extra></extra>",
    marker: { size: points.length > MOST_POINTS / 2 ? 5 : 8, opacity: 0.85, line: { width: 0 }, ...marker },
  });
  const colours = points.map(({ colour }) => colour);
  if (axes.colour !== STATE && allNumbers(colours) && new Set(colours).size > 6) {
    const bar = { title: { text: plain(titleOf(axes.colour)), side: "right" }, thickness: 12, outlinewidth: 0 };
    return [
      trace(points, "", { color: colours.map(Number), colorscale: scaleOf(theme()), showscale: true, colorbar: bar }),
    ];
  }
  const kinds = [...new Set(colours.map((one) => String(one ?? "none")))];
  const nth = (name, at) => (axes.colour === STATE ? colourOfState(name) : PALETTE[at % COLOURS]);
  return kinds.map((name, at) =>
    trace(
      points.filter(({ colour }) => String(colour ?? "none") === name),
      name,
      { color: nth(name, at) },
    ),
  );
}

/** The colour of a state, as the stylesheet has it. */
function colourOfState(word) {
  const names = { done: "--good", running: "--accent", failed: "--bad", killed: "--violet", expired: "--warn" };
  return styleValue(names[word] ?? "--faint");
}

function layoutOf(points, axes) {
  const axis = (key) => {
    const numeric = allNumbers(points.map((point) => point[key]));
    return { title: { text: plain(titleOf(axes[key])) }, type: numeric ? "linear" : "category" };
  };
  const legend = { title: { text: plain(titleOf(axes.colour)) } };
  return { hovermode: "closest", dragmode: "zoom", xaxis: axis("x"), yaxis: axis("y"), legend };
}

const plainValue = (value) => (typeof value === "object" ? JSON.stringify(value) : value);
const hoverOf = (point, axes) =>
  AXES.map(
    ([key]) =>
      `${plain(titleOf(axes[key]))} ${plain(typeof point[key] === "number" ? short(point[key]) : String(point[key]))}`,
  ).join("<br>");
const numbersOf = (points, axes) => ({
  id: points.map(({ id }) => id),
  ...Object.fromEntries(AXES.map(([key]) => [titleOf(axes[key]), points.map((point) => plainValue(point[key]))])),
});
