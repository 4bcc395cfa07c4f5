/** Colours: of sets, and of numbers. */

/** Twenty that people with colour blindness can tell apart, in the order that sets get them. */
export const PALETTE = [
  "#4477aa", "#ee8866", "#228833", "#eedd88", "#aa3377", "#66ccee", "#bbcc33", "#882255", "#44aa99", "#cc6677",
  "#332288", "#ddaa33", "#117733", "#ffaabb", "#88ccee", "#999933", "#cc3311", "#77aadd", "#aa4499", "#004488",
];
/** Of cells that are in no set, in each theme. */
export const NOWHERE = { light: "#d8dbe0", dark: "#3a4049" };
const RAMPS = {
  light: { zero: "#dfe2e6", low: "#cdd9ea", high: "#0b2f6b" },
  dark: { zero: "#454b55", low: "#3c5c8c", high: "#c4deff" },
};
/** How many steps a ramp has; the first is that of zero. */
export const STEPS = 256;

/** The colour of the n-th set: the palette, then the palette lighter or darker. */
export function colourOf(place) {
  const base = PALETTE[place % PALETTE.length];
  const round = Math.floor(place / PALETTE.length);
  if (!round) return base;
  return mix(base, round % 2 ? "#ffffff" : "#000000", Math.min(0.2 + 0.15 * Math.floor((round + 1) / 2), 0.6));
}

/** From light grey to one dark hue (the other way round in the dark), zero clearly apart: STEPS colours as [r, g, b]. */
export function ramp(theme) {
  const { zero, low, high } = RAMPS[theme];
  return Array.from({ length: STEPS }, (_, step) => (step ? rgb(mix(low, high, step / (STEPS - 1))) : rgb(zero)));
}

/** The ramp as plotly's colour scale. */
export const scaleOf = (theme) => ramp(theme).map(([r, g, b], step) => [step / (STEPS - 1), `rgb(${r},${g},${b})`]);

/** From below zero to above, white between: for scaled expression. */
export const diverging = (theme) => {
  const middle = theme === "dark" ? "#22262c" : "#f7f7f7";
  return [[0, "#2166ac"], [0.5, middle], [1, "#b2182b"]];
};

/** "#rrggbb" as [r, g, b]; anything else is grey. */
export function rgb(text) {
  const found = /^#?([0-9a-f]{2})([0-9a-f]{2})([0-9a-f]{2})$/i.exec(text ?? "");
  return found ? found.slice(1).map((part) => parseInt(part, 16)) : [136, 136, 136];
}

/** A colour between two, `share` of the way. */
export function mix(from, to, share) {
  const [a, b] = [rgb(from), rgb(to)];
  const parts = a.map((value, place) => Math.round(value + (b[place] - value) * share));
  return `#${parts.map((value) => value.toString(16).padStart(2, "0")).join("")}`;
}
