/** Points without WebGL: pixels in memory, with the same interface, for old machines and for pictures. */

const LIT = 192;

/** A renderer in a canvas of two dimensions. */
export function canvasRenderer(canvas) {
  const context = canvas.getContext("2d");
  let places = new Float32Array(0);
  let colours = new Uint8Array(0);
  let image = null;

  function draw(frame) {
    const { width, height } = canvas;
    if (image?.width !== width || image?.height !== height) image = context.createImageData(width, height);
    image.data.fill(0);
    if (frame.lit) {
      pass(frame, discOf(frame.size / 2), (lit) => !lit, 0.15);
      pass(frame, discOf(frame.size * 0.6), (lit) => lit, 1);
    } else pass(frame, discOf(frame.size / 2), () => true, 1);
    context.putImageData(image, 0, 0);
  }

  function pass(frame, disc, wanted, strength) {
    const { width, height, data } = image;
    const [red, green, blue] = frame.ground;
    for (let at = 0; at < frame.count; at++) {
      if (!wanted(colours[4 * at + 3] > LIT)) continue;
      const x = ((places[2 * at] * frame.scaleX + frame.shiftX + 1) / 2) * width;
      const y = ((1 - places[2 * at + 1] * frame.scaleY - frame.shiftY) / 2) * height;
      if (!(x >= -disc.reach && y >= -disc.reach && x < width + disc.reach && y < height + disc.reach)) continue;
      const r = red + (colours[4 * at] - red) * strength;
      const g = green + (colours[4 * at + 1] - green) * strength;
      const b = blue + (colours[4 * at + 2] - blue) * strength;
      stamp(data, width, height, disc, Math.round(x), Math.round(y), r, g, b);
    }
  }

  return {
    setPlaces: (data) => (places = data),
    setColours: (data) => (colours = data),
    draw,
    close() {},
  };
}

function discOf(radius) {
  const reach = Math.ceil(radius + 0.5);
  const [right, down, cover] = [[], [], []];
  for (let y = -reach; y <= reach; y++) {
    for (let x = -reach; x <= reach; x++) {
      const share = Math.min(1, Math.max(0, radius + 0.5 - Math.hypot(x, y)));
      if (share) [right[right.length], down[down.length], cover[cover.length]] = [x, y, share];
    }
  }
  return { reach, right, down, cover };
}

function stamp(data, width, height, disc, centreX, centreY, r, g, b) {
  for (let part = 0; part < disc.cover.length; part++) {
    const x = centreX + disc.right[part];
    const y = centreY + disc.down[part];
    if (x < 0 || y < 0 || x >= width || y >= height) continue;
    const at = 4 * (y * width + x);
    const cover = disc.cover[part];
    const under = (data[at + 3] / 255) * (1 - cover);
    const alpha = cover + under;
    data[at] = (r * cover + data[at] * under) / alpha;
    data[at + 1] = (g * cover + data[at + 1] * under) / alpha;
    data[at + 2] = (b * cover + data[at + 2] * under) / alpha;
    data[at + 3] = 255 * alpha;
  }
}
