/** Which part of the plane is looked at: data on one side, pixels of the stage on the other. */

/** How far one can zoom in and out. */
const CLOSEST = 400;
const FARTHEST = 0.5;
/** Left free around all cells, in pixels. */
const MARGIN = 18;

/** One scale for both axes, so that shapes stay as the layout has them; y points up. */
export class Camera {
  width = 1;
  height = 1;
  zoom = 1;
  #bounds = { left: -1, right: 1, bottom: -1, top: 1 };

  constructor() {
    this.reset();
  }

  /** Frame these points. */
  fit({ x, y }) {
    const bounds = { left: Infinity, right: -Infinity, bottom: Infinity, top: -Infinity };
    for (let cell = 0; cell < x.length; cell++) {
      if (x[cell] < bounds.left) bounds.left = x[cell];
      if (x[cell] > bounds.right) bounds.right = x[cell];
      if (y[cell] < bounds.bottom) bounds.bottom = y[cell];
      if (y[cell] > bounds.top) bounds.top = y[cell];
    }
    if (bounds.left <= bounds.right) this.#bounds = bounds;
    this.reset();
  }

  /** See everything. */
  reset() {
    this.zoom = 1;
    this.x = (this.#bounds.left + this.#bounds.right) / 2;
    this.y = (this.#bounds.bottom + this.#bounds.top) / 2;
  }

  resize(width, height) {
    this.width = Math.max(1, width);
    this.height = Math.max(1, height);
  }

  /** Pixels for one unit of the layout. */
  get scale() {
    const { left, right, bottom, top } = this.#bounds;
    const wide = Math.max(1, this.width - 2 * MARGIN) / (right - left || 1);
    const high = Math.max(1, this.height - 2 * MARGIN) / (top - bottom || 1);
    return Math.min(wide, high) * this.zoom;
  }

  toPixelX(x) {
    return (x - this.x) * this.scale + this.width / 2;
  }

  toPixelY(y) {
    return (this.y - y) * this.scale + this.height / 2;
  }

  toDataX(pixel) {
    return (pixel - this.width / 2) / this.scale + this.x;
  }

  toDataY(pixel) {
    return this.y - (pixel - this.height / 2) / this.scale;
  }

  /** Move what is seen by pixels. */
  pan(right, down) {
    this.x -= right / this.scale;
    this.y += down / this.scale;
  }

  /** Zoom by a factor; what is at this pixel stays there. */
  zoomBy(factor, pixelX = this.width / 2, pixelY = this.height / 2) {
    const [x, y] = [this.toDataX(pixelX), this.toDataY(pixelY)];
    this.zoom = Math.min(CLOSEST, Math.max(FARTHEST, this.zoom * factor));
    this.x += x - this.toDataX(pixelX);
    this.y += y - this.toDataY(pixelY);
  }

  /** As the address has it: nothing for the whole, else zoom and centre. */
  toText() {
    const whole = new Camera();
    whole.#bounds = this.#bounds;
    whole.reset();
    const moved = Math.hypot(this.x - whole.x, this.y - whole.y) * this.scale > 1;
    if (!moved && Math.abs(this.zoom - 1) < 1e-3) return null;
    return [this.zoom, this.x, this.y].map((value) => Number(value.toPrecision(5))).join(",");
  }

  /** Look where the address says. */
  read(text) {
    this.reset();
    const [zoom, x, y] = (text ?? "").split(",").map(Number);
    if (![zoom, x, y].every(Number.isFinite)) return;
    this.zoom = Math.min(CLOSEST, Math.max(FARTHEST, zoom));
    this.x = x;
    this.y = y;
  }
}
