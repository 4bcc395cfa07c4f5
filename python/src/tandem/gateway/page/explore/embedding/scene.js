/** The drawn cells: their places and colours in drawing order, and when a frame is due. */

import { canvasRenderer } from "./canvas.js";
import { drawingOrder } from "./shuffle.js";
import { webglRenderer } from "./webgl.js";

/** A cell is drawn this large at least and at most, in pixels of the page. */
const SMALLEST = 1.6;
const LARGEST = 9;
/** All cells together would cover this share of the stage if none lay over another. */
const COVER = 0.12;
/** A sharper screen than this gains nothing that is seen. */
const SHARPEST = 2;
/** While the view moves, frames that take longer than this draw fewer cells, in milliseconds. */
const SLOW_MS = 40;
/** Where all cells take longer, as without a graphics card, few are drawn first, and all when the view rests. */
const HEAVY_MS = 120;
const FEWEST = 1 / 16;
/** After this time without a move the view rests, in milliseconds. */
const REST_MS = 120;
const PLAIN = 128;
const LIT = 255;

/** Draws by a camera; `onDraw` is called after each frame. */
export class Scene {
  #places = new Float32Array(0);
  #packed = new Uint8Array(0);
  #order = new Uint32Array(0);
  #colours = null;
  #lit = null;
  #frame = { scaleX: 1, scaleY: 1, shiftX: 0, shiftY: 0, size: 1, count: 0, lit: false, ground: [255, 255, 255] };
  #due = 0;
  #share = 1;
  #cost = 0;
  #began = 0;
  #moving = false;
  #tick = (now) => {
    this.#due = 0;
    if (this.#moving) this.#adapt(now);
    this.#moving = false;
    this.#draw();
  };
  // The frame after one that is too much for the machine is late.
  #measure = () => (this.#cost = performance.now() - this.#began);
  #last = 0;
  #rest = 0;

  constructor(canvas, camera, onDraw) {
    this.canvas = canvas;
    this.camera = camera;
    this.onDraw = onDraw;
    this.renderer = webglRenderer(canvas) ?? canvasRenderer(canvas);
    canvas.addEventListener("webglcontextlost", (event) => event.preventDefault());
    canvas.addEventListener("webglcontextrestored", () => this.#restore());
  }

  /** The cells that are drawn, in order. */
  get order() {
    return this.#order;
  }

  /** Draw these points, of which a mask may hide some. */
  setPoints({ x, y }, mask) {
    this.#order = drawingOrder({ x }, mask);
    this.#places = new Float32Array(2 * this.#order.length);
    for (let at = 0; at < this.#order.length; at++) {
      this.#places[2 * at] = x[this.#order[at]];
      this.#places[2 * at + 1] = y[this.#order[at]];
    }
    this.#packed = new Uint8Array(4 * this.#order.length);
    this.renderer.setPlaces(this.#places);
    this.#cost = 0;
    this.#pack();
  }

  /** Colours by cell id, packed as colouring.js makes them. */
  setColours(colours, ground) {
    this.#colours = colours;
    this.#frame.ground = ground;
    this.#pack();
  }

  /** Let cells light up, by a mask of cell ids; null for none. */
  light(mask) {
    if (mask === this.#lit) return;
    this.#lit = mask;
    this.#pack();
  }

  resize(width, height) {
    const sharp = this.sharpness;
    this.camera.resize(width, height);
    this.canvas.width = Math.round(this.camera.width * sharp);
    this.canvas.height = Math.round(this.camera.height * sharp);
    this.#draw();
  }

  get sharpness() {
    return Math.min(window.devicePixelRatio || 1, SHARPEST);
  }

  /** How large a cell is drawn, in pixels of the page. */
  get size() {
    const { width, height, zoom } = this.camera;
    const even = Math.sqrt((width * height * COVER) / Math.max(1, this.#order.length)) * 1.13;
    return Math.min(LARGEST * 1.5, Math.min(LARGEST, Math.max(SMALLEST, even)) * Math.max(1, zoom) ** 0.4);
  }

  /** Draw in the next frame; `moving` while fingers or keys move the view. */
  redraw(moving = false) {
    if (moving || this.#cost > HEAVY_MS) {
      clearTimeout(this.#rest);
      this.#rest = setTimeout(() => this.#settle(), REST_MS);
      this.#share = Math.min(this.#share, Math.max(FEWEST, SLOW_MS / this.#cost));
    }
    this.#moving ||= moving;
    this.#due ||= requestAnimationFrame(this.#tick);
  }

  /** What a frame is drawn from, for pictures of another size. */
  drawInto(renderer, canvas, sharp) {
    renderer.setPlaces(this.#places);
    renderer.setColours(this.#packed);
    renderer.draw(this.#shape(canvas.width, canvas.height, sharp, this.#order.length));
  }

  close() {
    cancelAnimationFrame(this.#due);
    clearTimeout(this.#rest);
    this.renderer.close();
  }

  // The order is random, so the first cells of it are a fair sample of all.
  #adapt(now) {
    const took = now - this.#last;
    this.#last = now;
    if (took > 1000) return;
    if (took > SLOW_MS) this.#share = Math.max(FEWEST, this.#share / 2);
    else if (took < SLOW_MS / 2) this.#share = Math.min(1, this.#share * 1.2);
  }

  #settle() {
    this.#share = 1;
    this.#draw();
  }

  #draw() {
    if (!this.#colours) return;
    const { width, height } = this.canvas;
    this.#began = performance.now();
    this.renderer.draw(this.#shape(width, height, this.sharpness, Math.ceil(this.#order.length * this.#share)));
    this.onDraw();
    if (this.#share === 1) requestAnimationFrame(this.#measure);
  }

  #shape(width, height, sharp, count) {
    const { camera } = this;
    const frame = this.#frame;
    frame.scaleX = (2 * camera.scale * sharp) / width;
    frame.scaleY = (2 * camera.scale * sharp) / height;
    frame.shiftX = -camera.x * frame.scaleX;
    frame.shiftY = -camera.y * frame.scaleY;
    frame.size = this.size * sharp;
    frame.count = count;
    frame.lit = this.#lit !== null;
    return frame;
  }

  #pack() {
    if (!this.#colours) return;
    pack(new Uint32Array(this.#packed.buffer), this.#order, this.#colours, this.#lit);
    this.renderer.setColours(this.#packed);
    this.redraw();
  }

  #restore() {
    this.renderer = webglRenderer(this.canvas) ?? this.renderer;
    this.renderer.setPlaces(this.#places);
    this.#pack();
  }
}

/** The fourth byte says whether a cell is lit. */
function pack(packed, order, colours, lit) {
  const plain = PLAIN << 24;
  const bright = LIT << 24;
  if (lit)
    for (let at = 0; at < order.length; at++) packed[at] = colours[order[at]] | (lit[order[at]] ? bright : plain);
  else for (let at = 0; at < order.length; at++) packed[at] = colours[order[at]] | plain;
}
