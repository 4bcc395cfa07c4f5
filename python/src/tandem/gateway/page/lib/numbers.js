/** Numbers, sizes and times as people read them. */

const GROUPED = new Intl.NumberFormat("en");
const UNITS = ["B", "kB", "MB", "GB", "TB"];
const AGES = [["day", 86400], ["h", 3600], ["min", 60], ["s", 1]];

/** 20,112 */
export const count = (value) => (value == null ? "–" : GROUPED.format(value));

/** Three significant digits, without needless zeros: 8.31, 0.00123, 1.2e-34. */
export function short(value) {
  if (value == null || Number.isNaN(value)) return "–";
  if (!Number.isFinite(value)) return value > 0 ? "∞" : "-∞";
  const size = Math.abs(value);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return value.toExponential(1).replace("e+", "e");
  return String(Number(value.toPrecision(3)));
}

/** 12.3 MB */
export function bytes(value) {
  if (value == null) return "–";
  let [size, unit] = [value, 0];
  while (size >= 1000 && unit < UNITS.length - 1) [size, unit] = [size / 1000, unit + 1];
  return `${unit ? size.toPrecision(3) : size} ${UNITS[unit]}`;
}

/** 0.42 s, 12 s, 3 min 5 s, 2 h 4 min */
export function duration(seconds) {
  if (seconds == null) return "–";
  if (seconds < 10) return `${Number(seconds.toFixed(seconds < 1 ? 2 : 1))} s`;
  const whole = Math.round(seconds);
  if (whole < 60) return `${whole} s`;
  if (whole < 3600) return `${Math.floor(whole / 60)} min ${whole % 60} s`;
  return `${Math.floor(whole / 3600)} h ${Math.floor((whole % 3600) / 60)} min`;
}

/** How long ago a time was. */
export function ago(time) {
  const seconds = (Date.now() - new Date(time)) / 1000;
  const [unit, size] = AGES.find(([, length]) => seconds >= length) ?? ["s", 1];
  const number = Math.max(0, Math.floor(seconds / size));
  if (unit === "s" && number < 5) return "now";
  return `${number} ${unit === "day" && number !== 1 ? "days" : unit} ago`;
}

/** The absolute time, for a hover. */
export const moment = (time) => (time ? new Date(time).toLocaleString() : "");

/** 1 cell, 2 cells */
export const plural = (number, word) => `${count(number)} ${word}${number === 1 ? "" : "s"}`;
