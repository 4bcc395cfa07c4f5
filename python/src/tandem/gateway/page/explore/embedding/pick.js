/** Which cell is near a place: cells sorted into the squares of a grid. */

/** About so many cells share a square. */
const CELLS_A_SQUARE = 4;

/** An index of the drawn cells by where they are. */
export class Grid {
  constructor({ x, y }, cells) {
    Object.assign(this, { x, y });
    this.side = Math.max(1, Math.floor(Math.sqrt(cells.length / CELLS_A_SQUARE)));
    this.#measure(cells);
    const squares = this.#squaresOf(cells);
    this.starts = new Uint32Array(this.side * this.side + 1);
    for (let at = 0; at < squares.length; at++) this.starts[squares[at] + 1] += 1;
    for (let square = 1; square < this.starts.length; square++) this.starts[square] += this.starts[square - 1];
    this.cells = new Uint32Array(cells.length);
    const next = this.starts.slice();
    for (let at = 0; at < squares.length; at++) this.cells[next[squares[at]]++] = cells[at];
  }

  /** The cell nearest to a place within a distance, both in the layout's units; -1 for none. */
  nearest(x, y, reach) {
    let [best, closest] = [-1, reach * reach];
    const [left, right] = [this.#column(x - reach), this.#column(x + reach)];
    const [bottom, top] = [this.#row(y - reach), this.#row(y + reach)];
    for (let row = bottom; row <= top; row++) {
      const end = this.starts[row * this.side + right + 1];
      for (let at = this.starts[row * this.side + left]; at < end; at++) {
        const cell = this.cells[at];
        const away = (this.x[cell] - x) ** 2 + (this.y[cell] - y) ** 2;
        if (away <= closest) [best, closest] = [cell, away];
      }
    }
    return best;
  }

  #measure(cells) {
    const { x, y } = this;
    let [left, right, bottom, top] = [Infinity, -Infinity, Infinity, -Infinity];
    for (let at = 0; at < cells.length; at++) {
      const cell = cells[at];
      if (x[cell] < left) left = x[cell];
      if (x[cell] > right) right = x[cell];
      if (y[cell] < bottom) bottom = y[cell];
      if (y[cell] > top) top = y[cell];
    }
    Object.assign(this, { left, bottom, wide: right - left || 1, high: top - bottom || 1 });
  }

  #squaresOf(cells) {
    const { x, y, side, left, bottom } = this;
    const [across, up] = [side / this.wide, side / this.high];
    const squares = new Uint32Array(cells.length);
    for (let at = 0; at < cells.length; at++) {
      const column = Math.min(side - 1, Math.floor((x[cells[at]] - left) * across));
      const row = Math.min(side - 1, Math.floor((y[cells[at]] - bottom) * up));
      squares[at] = row * side + column;
    }
    return squares;
  }

  #column(x) {
    return clamp(Math.floor(((x - this.left) / this.wide) * this.side), this.side);
  }

  #row(y) {
    return clamp(Math.floor(((y - this.bottom) / this.high) * this.side), this.side);
  }
}

/** The cells inside a polygon, `[x, y, x, y, …]` in the layout's units, in ascending order. */
export function cellsInside(polygon, { x, y }, cells) {
  const xs = polygon.filter((_, place) => place % 2 === 0);
  const ys = polygon.filter((_, place) => place % 2 === 1);
  const [left, right, bottom, top] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const near = (cell) => x[cell] >= left && x[cell] <= right && y[cell] >= bottom && y[cell] <= top;
  return cells.filter((cell) => near(cell) && isInside(xs, ys, x[cell], y[cell])).sort();
}

function isInside(xs, ys, x, y) {
  let inside = false;
  for (let to = 0, from = xs.length - 1; to < xs.length; from = to++) {
    const crosses = ys[to] > y !== ys[from] > y;
    if (crosses && x < ((xs[from] - xs[to]) * (y - ys[to])) / (ys[from] - ys[to]) + xs[to]) inside = !inside;
  }
  return inside;
}

const clamp = (value, side) => Math.min(side - 1, Math.max(0, value));
