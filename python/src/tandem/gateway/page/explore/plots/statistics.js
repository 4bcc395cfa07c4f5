/** Numbers about numbers: quartiles and densities. */

/** At how many places a density is computed. */
const PLACES = 56;
/** Values are counted in so many bins before they are smoothed. */
const BINS = 512;
/** A kernel reaches this many bandwidths far. */
const REACH = 3.5;

/** A quantile of sorted values, between neighbours (type 7). */
export function quantile(sorted, share) {
  if (!sorted.length) return NaN;
  const at = (sorted.length - 1) * share;
  const below = Math.floor(at);
  const above = Math.min(below + 1, sorted.length - 1);
  return sorted[below] + (sorted[above] - sorted[below]) * (at - below);
}

/** The finite values of cells, sorted. */
export function sortedValues(values, cells) {
  const found = new Float32Array(cells.length);
  let count = 0;
  for (const cell of cells) if (Number.isFinite(values[cell])) found[count++] = values[cell];
  return found.subarray(0, count).sort();
}

/** `{count, least, lower, median, upper, most, mean}` of sorted values. */
export function summary(sorted) {
  const [least, lower, median, upper, most] = [0, 0.25, 0.5, 0.75, 1].map((share) => quantile(sorted, share));
  const mean = sorted.length ? sorted.reduce((sum, value) => sum + value, 0) / sorted.length : NaN;
  return { count: sorted.length, least, lower, median, upper, most, mean };
}

/**
 * A Gaussian density of sorted values between their ends: `{at, height}`. The bandwidth is Silverman's, and no less
 * than a hundredth of `span`, so that the many equal values of sparse genes stay visible.
 */
export function density(sorted, span) {
  const [least, most] = [sorted[0], sorted.at(-1)];
  if (!(most > least)) return { at: [least], height: [1] };
  const width = Math.max(silverman(sorted), span / 100);
  const step = (most - least) / (BINS - 1);
  const counts = new Float64Array(BINS);
  for (const value of sorted) counts[Math.round((value - least) / step)]++;
  const at = Array.from({ length: PLACES }, (_, place) => least + ((most - least) * place) / (PLACES - 1));
  const height = at.map((value) => smoothed(counts, (value - least) / step, width / step));
  const scale = 1 / (sorted.length * width * Math.sqrt(2 * Math.PI));
  return { at, height: height.map((sum) => sum * scale) };
}

function smoothed(counts, centre, width) {
  const from = Math.max(0, Math.ceil(centre - REACH * width));
  const to = Math.min(counts.length - 1, Math.floor(centre + REACH * width));
  let sum = 0;
  for (let bin = from; bin <= to; bin++)
    if (counts[bin]) sum += counts[bin] * Math.exp(-0.5 * ((bin - centre) / width) ** 2);
  return sum;
}

function silverman(sorted) {
  const { mean, lower, upper } = summary(sorted);
  const deviation = Math.sqrt(sorted.reduce((sum, value) => sum + (value - mean) ** 2, 0) / sorted.length);
  const spread = upper > lower ? Math.min(deviation, (upper - lower) / 1.34) : deviation;
  return 0.9 * spread * sorted.length ** -0.2;
}
