/** Points painted on a picture, however many: what lies behind other things of a plot. */

/** Pixels of the picture for each of the page. */
const DENSITY = 2;
/** The part of the range that is left free at each side. */
const ROOM = 0.05;
/** Radii in pixels of the picture, by how many points there are at the most. */
const RADII = [
  [2000, 5],
  [5000, 4],
  [20_000, 3],
  [100_000, 2],
  [Infinity, 1],
];

/**
 * Paint points (`{x, y}`, NaN for none) in colours (three bytes each) for a place of a size: `{picture, x, y}`, the
 * picture as an address and the ranges it spans, on one scale, which hold the `others` too.
 */
export function paintPoints({ x, y }, colours, alpha, others, size) {
  const [width, height] = [size.width, size.height].map((pixels) => Math.max(2, Math.round(pixels * DENSITY)));
  const spans = onOneScale(rangeOf([x, others.x]), rangeOf([y, others.y]), width / height);
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  const image = context.createImageData(width, height);
  const [, radius] = RADII.find(([most]) => x.length <= most);
  const stamp = discOf(radius);
  const scale = width / (spans.x[1] - spans.x[0]);
  for (let point = 0; point < x.length; point++) {
    if (Number.isNaN(x[point])) continue;
    const column = Math.round((x[point] - spans.x[0]) * scale);
    const row = Math.round((spans.y[1] - y[point]) * scale);
    for (let at = 0; at < stamp.length; at += 2) {
      const pixel = ((row + stamp[at]) * width + column + stamp[at + 1]) * 4;
      image.data[pixel] = colours[point * 3];
      image.data[pixel + 1] = colours[point * 3 + 1];
      image.data[pixel + 2] = colours[point * 3 + 2];
      image.data[pixel + 3] = alpha * 255;
    }
  }
  context.putImageData(image, 0, 0);
  return { picture: canvas.toDataURL(), ...spans };
}

function rangeOf(lists) {
  let [least, most] = [Infinity, -Infinity];
  for (const list of lists) {
    for (const value of list) {
      if (value < least) least = value;
      if (value > most) most = value;
    }
  }
  const room = (most - least || 1) * ROOM;
  return [least - room, most + room];
}

// The range that is too narrow for the place is widened.
function onOneScale(x, y, aspect) {
  const [wide, high] = [x[1] - x[0], y[1] - y[0]];
  const widened = ([least, most], by) => [least - by / 2, most + by / 2];
  return wide / high < aspect ? { x: widened(x, high * aspect - wide), y } : { x, y: widened(y, wide / aspect - high) };
}

/** The rows and columns of a disc's pixels, one after the other. */
function discOf(radius) {
  const pixels = [];
  for (let row = -radius; row <= radius; row++) {
    for (let column = -radius; column <= radius; column++) {
      if (row ** 2 + column ** 2 <= radius ** 2 + 0.5) pixels.push(row, column);
    }
  }
  return pixels;
}
