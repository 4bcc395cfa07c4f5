/** The embedding: all its parts, and what makes them change. */

import { rgb } from "../../lib/colours.js";
import { fill, h, settled } from "../../lib/dom.js";
import { onTheme, styleValue, theme } from "../../lib/theme.js";
import { waitIn } from "../../lib/waiting.js";
import { Camera } from "./camera.js";
import { colourName, colouringOf, isAsked, paint, UNCOLOURED } from "./colouring.js";
import { embeddingExports } from "./exports.js";
import { makeHover } from "./hover.js";
import { makeLabels, middlesOf } from "./labels.js";
import { makeLasso } from "./lasso.js";
import { drawLegend, inWords } from "./legend.js";
import { cellsInside, Grid } from "./pick.js";
import { Scene } from "./scene.js";
import { layoutWords, makeToolbar } from "./toolbar.js";
import { letZoom } from "./zoom.js";

/** The address follows the view when it has rested so long, in milliseconds. */
const ADDRESS_MS = 250;

/** The embedding of a model; `onCells(cells, spot)` gets what a lasso caught. */
export class Embedding {
  #colouring = null;
  #colours = null;
  #grid = null;
  #shown = null;
  #coloured = "";
  #named = null;
  #known = new WeakMap();
  #ends = [];

  constructor(model, layoutMessage, onCells) {
    this.model = model;
    this.camera = new Camera();
    this.#build(layoutMessage);
    this.scene = new Scene(this.canvas, this.camera, () => this.#drawn());
    this.labels = makeLabels(this.overlay);
    this.lasso = makeLasso(
      this.stage,
      this.overlay,
      (line) => onCells(this.#inside(line), line),
      (on) => this.toolbar.markLasso(on),
    );
    this.zoom = letZoom(
      this.stage,
      this.camera,
      () => this.#moved(),
      () => this.lasso.active(),
    );
    const busy = () => this.zoom.dragging() || this.lasso.active();
    makeHover(this.stage, { find: (...at) => this.#cellAt(...at), about: (cell) => this.#about(cell), busy });
    this.#listen();
  }

  close() {
    for (const end of this.#ends) end();
    this.scene.close();
  }

  #build(layoutMessage) {
    this.canvas = h("canvas", { role: "img", "aria-label": "Embedding" });
    this.overlay = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    this.overlay.setAttribute("aria-hidden", "true");
    this.message = h("div", {});
    const words = "Embedding. Arrows move, plus and minus zoom, 0 shows all, l draws a lasso.";
    this.stage = h(
      "div",
      { class: "stage", tabIndex: 0, role: "group", "aria-label": words },
      this.canvas,
      this.overlay,
    );
    this.legend = h("div", { class: "legend" });
    const zoom = {
      closer: () => this.zoom.closer(),
      farther: () => this.zoom.farther(),
      whole: () => this.zoom.whole(),
    };
    this.toolbar = makeToolbar(this.model, { lasso: () => this.lasso.toggle(), zoom });
    const side = h("div", { class: "side" }, this.legend, embeddingExports(() => this.#shot()));
    this.element = h(
      "section",
      { class: "embedding", "aria-label": "Embedding" },
      this.toolbar.element,
      h(
        "div",
        { class: "stage-row" },
        h("div", { class: "stage-place" }, this.stage, h("div", { class: "messages" }, layoutMessage, this.message)),
        side,
      ),
    );
  }

  #listen() {
    const { model } = this;
    const on = (type, listener) => {
      model.addEventListener(type, listener);
      this.#ends.push(() => model.removeEventListener(type, listener));
    };
    on("points", () => this.#arrange());
    on("cellSets", () => this.#recolour());
    on("overlay", () => this.#recolour());
    on("view", () => this.#look());
    on("hover", ({ detail }) => this.#light(detail));
    this.#ends.push(onTheme(() => this.#paint()));
    const observer = new ResizeObserver(() => this.scene.resize(this.stage.clientWidth, this.stage.clientHeight));
    observer.observe(this.stage);
    this.#ends.push(() => observer.disconnect());
    this.toAddress = settled(() => model.look({ zoom: this.camera.toText() }, { replace: true }), ADDRESS_MS);
  }

  /** New places for the cells. */
  #arrange() {
    this.camera.fit(this.model.points);
    this.camera.read(this.model.view.zoom);
    this.#shown = null;
    this.#show();
    this.#recolour();
  }

  /** The address changed: do what of it concerns this. */
  #look() {
    const { model } = this;
    this.toolbar.update();
    if (!model.points) return;
    this.#show();
    if (this.#coloured !== this.#wanted()) this.#recolour();
    if ((model.view.zoom ?? null) !== this.camera.toText()) {
      this.camera.read(model.view.zoom);
      this.scene.redraw();
    }
    this.#name();
  }

  /** Hide the cells that are not to be shown. */
  #show() {
    const { model } = this;
    const sets = model.onlySets;
    if (sets.length === this.#shown?.length && sets.every((set, at) => set === this.#shown[at])) return;
    this.#shown = sets; // not their keys: after a new clustering the same one may hold other cells
    this.scene.setPoints(
      model.points,
      sets.length
        ? maskOf(
            sets.map((set) => set.cellIds),
            model.cellCount,
          )
        : null,
    );
    this.#grid = null;
  }

  #wanted() {
    const { view } = this.model;
    return [colourName(this.model), view.cap].join();
  }

  #recolour() {
    this.toolbar.update();
    if (!this.model.points || !this.model.cellSetsRead) return undefined;
    this.#show();
    this.#coloured = this.#wanted();
    this.#begin();
    const work = (signal, onTask) => colouringOf(this.model, { signal, onTask });
    return waitIn(this.message, "Colours", work, (colouring) => {
      fill(this.message);
      this.#colouring = colouring;
      this.#paint();
    });
  }

  /** Cells are there before what they are coloured by, which may come late or not at all. */
  #begin() {
    if (this.#colouring || !isAsked(colourName(this.model))) return;
    this.#colouring = UNCOLOURED;
    this.#paint();
  }

  #paint(cap = this.#cap) {
    if (!this.#colouring) return;
    this.#colours = paint(this.#colouring, this.model.cellCount, theme(), cap);
    this.scene.setColours(this.#colours, rgb(styleValue("--surface")));
    const onCap = (value, done) =>
      done ? this.model.look({ cap: Number(value.toPrecision(3)) }, { replace: true }) : this.#repaint(value);
    if (cap === this.#cap) {
      drawLegend(this.legend, { colouring: this.#colouring, cap, model: this.model, theme: theme(), onCap });
      this.canvas.setAttribute("aria-label", inWords(this.#colouring, this.model, layoutWords(this.model), cap));
    }
    this.#name();
  }

  // While the cap is dragged the legend must stay under the finger.
  #repaint(cap) {
    this.#colours = paint(this.#colouring, this.model.cellCount, theme(), cap);
    this.scene.setColours(this.#colours, rgb(styleValue("--surface")));
  }

  get #cap() {
    const given = Number(this.model.view.cap);
    return this.model.view.cap && Number.isFinite(given) ? given : this.#colouring.cap;
  }

  #name() {
    const group = this.#colouring?.group ?? this.model.favouriteClass;
    const named = group && this.model.view.labels !== "off";
    const middles = named ? this.#middles(group) : [];
    if (middles !== this.#named) this.labels.show((this.#named = middles));
    this.scene.redraw();
  }

  #middles(group) {
    const { points } = this.model;
    if (!this.#known.has(points)) this.#known.set(points, new WeakMap());
    const known = this.#known.get(points);
    if (!known.has(group)) known.set(group, middlesOf(group, points));
    return known.get(group);
  }

  #light(detail) {
    if (!this.model.points) return;
    this.scene.light(detail ? maskOf([detail.cells], this.model.cellCount) : null);
  }

  #moved() {
    this.scene.redraw(true);
    this.toAddress();
  }

  #drawn() {
    this.labels.place(this.camera);
    if (this.marked || !this.#colours) return;
    this.marked = true;
    performance.mark("tandem-first-picture");
    this.element.dataset.drawn = "";
    this.element.dispatchEvent(new CustomEvent("firstpicture"));
  }

  #inside(line) {
    const place = (value, at) => (at % 2 ? this.camera.toDataY(value) : this.camera.toDataX(value));
    return cellsInside(line.map(place), this.model.points, this.scene.order);
  }

  #cellAt(x, y, reach) {
    if (!this.model.points || !this.#colouring) return -1;
    this.#grid ??= new Grid(this.model.points, this.scene.order);
    return this.#grid.nearest(this.camera.toDataX(x), this.camera.toDataY(y), reach / this.camera.scale);
  }

  #about(cell) {
    const lines = [["cell", String(cell)]];
    const group = this.#colouring.group ?? this.model.favouriteClass;
    const set = group?.children.find(({ cellIds }) => cellIds.includes(cell));
    if (set) lines.push([group.name, set.name, set.color]);
    if (this.#colouring.kind === "numbers") lines.push([this.#colouring.words, this.#colouring.values[cell]]);
    return lines;
  }

  /** What pictures and tables are made of, once there is something to see. */
  #shot() {
    if (!this.#colouring) return null;
    const { scene, camera, model } = this;
    const labels = this.labels.visible();
    return {
      scene,
      camera,
      points: model.points,
      colours: this.#colours,
      colouring: this.#colouring,
      cap: this.#cap,
      labels,
      model,
    };
  }
}

function maskOf(lists, cellCount) {
  const mask = new Uint8Array(cellCount);
  for (const cells of lists) for (const cell of cells) mask[cell] = 1;
  return mask;
}
