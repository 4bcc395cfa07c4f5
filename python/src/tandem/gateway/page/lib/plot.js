/** Plots by plotly, in the page's own look, with what every plot offers: PNG, SVG, and the numbers behind it. */

import { h, settled } from "./dom.js";
import { say } from "./notices.js";
import { csv, fileName, save } from "./save.js";
import { onTheme, styleValue } from "./theme.js";

/**
 * Elements that plotly takes for its own style elements and therefore does not make: the page's policy would refuse
 * them. What is needed of its rules is in plots.css.
 */
const STYLES = ["plotly.js-style-global", "9f215cf04c5486422605d13261cb87401f4e7763b6296af81e98efbc0130da53"];
const CONFIG = { displaylogo: false, displayModeBar: false, scrollZoom: false, doubleClick: "reset" };
/** A plot is drawn again when its size has been the same for so long, in milliseconds. */
const SETTLED_MS = 80;
const FONT = { family: "system-ui, -apple-system, 'Segoe UI', sans-serif", size: 12 };

let loading = null;

/** Plotly, loaded when the first plot needs it. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const failed = () => {
      loading = null;
      reject(new Error("The plot library could not be loaded. Try again, or reload the page."));
    };
    const script = h("script", {
      src: "/page-parts/plotly.min.js",
      onload: () => resolve(window.Plotly),
      onerror: failed,
    });
    document.head.append(...STYLES.map((id) => h("meta", { id, class: "no-inline-styles" })), script);
  });
  return loading;
}

/**
 * Draw traces in an element and keep them in its size and in the theme: traces and layout may be functions of
 * `{width, height}`. `numbers()` gives `{name: column}`; `name` is that of saved files; `tools` is where the buttons
 * stand, else under the plot. Returns `{plot, redraw, close}`.
 */
export async function drawPlot(element, traces, layout, { name, numbers, tools = null }) {
  const Plotly = await plotly();
  const plot = h("div", { class: "plot", role: "figure", "aria-label": name.replaceAll(/[_-]+/g, " ") });
  const buttons = exportButtons(name, (format) => picture(plot, format, name), numbers);
  element.replaceChildren(plot, ...(tools ? [] : [buttons]));
  tools?.replaceChildren(buttons);
  let drawn = "";
  const draw = () => {
    const size = { width: plot.offsetWidth, height: plot.offsetHeight };
    drawn = `${size.width}x${size.height}`;
    return Plotly.react(plot, resolved(traces, size), themed({ ...resolved(layout, size), ...size }), CONFIG);
  };
  await new Promise((resolve) => setTimeout(resolve)); // the page breathes between the numbers and the drawing
  await draw();
  const fit = settled(() => {
    if (plot.isConnected && plot.offsetWidth && drawn !== `${plot.offsetWidth}x${plot.offsetHeight}`) draw();
  }, SETTLED_MS);
  const unlisten = onTheme(draw);
  const observer = new ResizeObserver(fit);
  observer.observe(plot);
  const close = () => {
    unlisten();
    observer.disconnect();
    Plotly.purge(plot);
  };
  return { plot, redraw: draw, close };
}

/** A text as plotly shows it letter by letter: it would take some for markup. */
export const plain = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");

/** The buttons of a plot; `take(format)` makes the picture ("png" or "svg"), `numbers()` the table. */
export function exportButtons(name, take, numbers) {
  const button = (words, title, action) =>
    h(
      "button",
      { type: "button", class: "quiet", title, onclick: ({ currentTarget }) => once(currentTarget, action) },
      words,
    );
  return h(
    "div",
    { class: "exports" },
    take && button("PNG", "Save as a picture", () => take("png")),
    take && button("SVG", "Save as a drawing", () => take("svg")),
    numbers &&
      button("CSV", "Save the numbers behind it", async () => save(`${fileName(name)}.csv`, csv(await numbers()))),
  );
}

// A file may take a while: its button rests meanwhile, and what fails is said.
async function once(button, action) {
  button.disabled = true;
  try {
    await action();
  } catch (error) {
    say(error.message);
  } finally {
    button.disabled = false;
  }
}

async function picture(plot, format, name) {
  const Plotly = await plotly();
  const size = { width: plot.offsetWidth, height: plot.offsetHeight, scale: format === "png" ? 2 : 1 };
  await Plotly.downloadImage(plot, { format, filename: fileName(name), ...size });
}

// Traces and layouts may be functions, where they depend on the theme or the size.
const resolved = (given, size) => (typeof given === "function" ? given(size) : given);

function themed(layout) {
  const ink = styleValue("--ink");
  const faint = styleValue("--faint");
  const line = styleValue("--line");
  const surface = styleValue("--surface");
  const font = { ...FONT, color: ink };
  const axis = {
    gridcolor: line,
    zerolinecolor: line,
    linecolor: line,
    tickcolor: line,
    tickfont: { color: faint },
    automargin: true,
  };
  const dressed = (own = {}) => ({
    ...axis,
    ...own,
    title: { standoff: 8, font: { size: 12, color: ink }, ...own.title },
  });
  const axes = Object.keys(layout).filter((name) => /^[xy]axis/.test(name));
  return {
    paper_bgcolor: surface,
    plot_bgcolor: surface,
    font,
    margin: { l: 50, r: 16, t: 12, b: 44 },
    hoverlabel: { bgcolor: styleValue("--raised"), bordercolor: line, font, align: "left" },
    ...layout,
    ...Object.fromEntries(["xaxis", "yaxis", ...axes].map((name) => [name, dressed(layout[name])])),
  };
}
