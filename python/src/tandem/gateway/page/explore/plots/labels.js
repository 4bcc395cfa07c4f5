/** Labels of points that touch neither each other nor other labelled points. */

const CHARACTER_PX = 6.8;
const LINE_PX = 13;
/** From a point to its label, in pixels. */
const AWAY_PX = 5;
/** A label hides at most so many points. */
const MOST_HIDDEN = 2;

const SPOTS = {
  "middle right": (x, y, width) => [x + AWAY_PX, y - LINE_PX / 2, width],
  "middle left": (x, y, width) => [x - AWAY_PX - width, y - LINE_PX / 2, width],
  "top center": (x, y, width) => [x - width / 2, y - AWAY_PX - LINE_PX, width],
  "bottom center": (x, y, width) => [x - width / 2, y + AWAY_PX, width],
};

/**
 * Of points (`{x, y, words}` in pixels, the most important first) those that find room, each with its `spot`: where it
 * hides the fewest of the `crowd` (`[x, y]`), and no more than a few.
 */
export function placeLabels(points, crowd, { width, height }) {
  const taken = points.map(({ x, y }) => [x - 3, y - 3, x + 3, y + 3]);
  const placed = [];
  for (const [place, point] of points.entries()) {
    const others = taken.filter((_, other) => other !== place);
    const outward = point.x < width / 2 ? ["middle left", "middle right"] : ["middle right", "middle left"];
    const spots = [...outward, "top center", "bottom center"]
      .map((name) => ({ name, box: boxOf(name, point) }))
      .filter(({ box }) => inside(box, width, height) && !others.some((other) => touch(box, other)))
      .map((spot) => ({ ...spot, hidden: hiddenBy(spot.box, crowd) }))
      .filter(({ hidden }) => hidden <= MOST_HIDDEN)
      .sort((a, b) => a.hidden - b.hidden);
    if (!spots.length) continue;
    const spot = spots[0].name;
    taken.push(boxOf(spot, point));
    placed.push({ ...point, spot });
  }
  return placed;
}

function boxOf(name, { x, y, words }) {
  const [left, top, width] = SPOTS[name](x, y, words.length * CHARACTER_PX);
  return [left, top, left + width, top + LINE_PX];
}

const hiddenBy = ([left, top, right, bottom], crowd) =>
  crowd.reduce((sum, [x, y]) => sum + (x > left - 2 && x < right + 2 && y > top - 2 && y < bottom + 2), 0);
const inside = ([left, top, right, bottom], width, height) =>
  left >= 0 && top >= 0 && right <= width && bottom <= height;
const touch = (a, b) => a[0] < b[2] && b[0] < a[2] && a[1] < b[3] && b[1] < a[3];
