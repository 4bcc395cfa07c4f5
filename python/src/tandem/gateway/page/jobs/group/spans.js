/** When the jobs of a group ran, and where in a drawing they are. */

/** The jobs that have begun, in their slots: `{spans, slots, from, to}`, times in milliseconds. */
export function spansOf(items, now = Date.now()) {
  const begun = items.filter(({ startedAt }) => startedAt);
  const spans = begun.map((job) => ({
    job,
    from: Date.parse(job.startedAt),
    to: job.finishedAt ? Date.parse(job.finishedAt) : now,
    slot: job.slot,
  }));
  spans.sort((a, b) => a.from - b.from);
  placeIn(spans);
  const from = spans[0]?.from ?? now;
  const to = spans.reduce((last, span) => Math.max(last, span.to), from + 1000);
  return { spans, slots: spans.reduce((most, { slot }) => Math.max(most, slot + 1), 0), from, to };
}

// Where the gateway does not say in which slot a job ran, it is the first that was free.
function placeIn(spans) {
  const free = [];
  for (const span of spans) {
    if (span.slot == null) {
      const at = free.findIndex((until) => until <= span.from);
      span.slot = at < 0 ? free.length : at;
    }
    free[span.slot] = span.to;
    for (let at = 0; at < span.slot; at++) free[at] ??= 0;
  }
}

/** The spans in a slot around a time, nearest first: `reach` milliseconds count as a hit. */
export function spansAt({ spans }, slot, time, reach) {
  const away = ({ from, to }) => Math.max(0, from - time, time - to);
  const found = spans.filter((span) => span.slot === slot && away(span) <= reach);
  return found.sort((a, b) => away(a) - away(b));
}
