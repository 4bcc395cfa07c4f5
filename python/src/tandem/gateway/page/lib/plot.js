/** Plots by plotly, in the page's own look, with what every plot offers: PNG, SVG, and the numbers behind it. */

import { h } from "./dom.js";
import { csv, fileName, save } from "./save.js";
import { onTheme, styleValue } from "./theme.js";

let loading = null;

/** Plotly, loaded when the first plot needs it. */
export function plotly() {
  loading ??= new Promise((resolve, reject) => {
    const failed = () => reject(new Error("The plot library could not be loaded. Reload the page."));
    document.head.append(
      h("script", { src: "/page-parts/plotly.min.js", onload: () => resolve(window.Plotly), onerror: failed }),
    );
  });
  return loading;
}

const CONFIG = { displaylogo: false, responsive: true, displayModeBar: false, scrollZoom: false };

/**
 * Draw traces in an element and keep them in the theme. `numbers()` gives `{name: column}`; `name` is that of saved
 * files. Returns `{close}`; draw again into the same element to change the plot.
 */
export async function drawPlot(element, traces, layout, { name, numbers }) {
  const Plotly = await plotly();
  const plot = h("div", { class: "plot" });
  const draw = () => Plotly.react(plot, resolved(traces), themed(resolved(layout)), CONFIG);
  element.replaceChildren(plot, exportButtons(name, (format) => picture(plot, format, name), numbers));
  await draw();
  const unlisten = onTheme(draw);
  const observer = new ResizeObserver(() => plot.isConnected && plot.offsetWidth && Plotly.Plots.resize(plot));
  observer.observe(element);
  const close = () => {
    unlisten();
    observer.disconnect();
    Plotly.purge(plot);
  };
  return { plot, close };
}

/** The buttons under a plot; `take(format)` makes the picture ("png" or "svg"). */
export function exportButtons(name, take, numbers) {
  const button = (words, title, action) => h("button", { type: "button", class: "quiet", title, onclick: action }, words);
  return h(
    "div",
    { class: "exports" },
    button("PNG", "Save as a picture", () => take("png")),
    button("SVG", "Save as a drawing", () => take("svg")),
    numbers && button("CSV", "Save the numbers behind it", async () => save(`${fileName(name)}.csv`, csv(await numbers()))),
  );
}

async function picture(plot, format, name) {
  const Plotly = await plotly();
  const size = { width: plot.offsetWidth, height: plot.offsetHeight, scale: format === "png" ? 2 : 1 };
  Plotly.downloadImage(plot, { format, filename: fileName(name), ...size });
}

// Traces and layouts may be functions, where they depend on the theme.
const resolved = (given) => (typeof given === "function" ? given() : given);

function themed(layout) {
  const ink = styleValue("--ink");
  const line = styleValue("--line");
  const axis = { gridcolor: line, zerolinecolor: line, linecolor: line, automargin: true, title: { standoff: 8 } };
  const axes = Object.keys(layout).filter((name) => /^[xy]axis/.test(name));
  const dressed = Object.fromEntries(axes.map((name) => [name, { ...axis, ...layout[name] }]));
  return {
    paper_bgcolor: styleValue("--surface"),
    plot_bgcolor: styleValue("--surface"),
    font: { family: "system-ui, sans-serif", size: 12, color: ink },
    margin: { l: 50, r: 16, t: 12, b: 44 },
    hoverlabel: { bgcolor: styleValue("--surface"), font: { color: ink } },
    xaxis: axis,
    yaxis: axis,
    ...layout,
    ...dressed,
  };
}
