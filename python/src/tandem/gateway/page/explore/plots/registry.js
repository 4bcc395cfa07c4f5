/**
 * The plots under the embedding, in the order of their tabs. Each module exports `plot`:
 * `{id, title, key, open(place, model) -> {update(), close()}}`; `update()` is called when the address, the cell
 * sets, the chosen genes or the layout changed.
 */

import { plot as batch } from "./batch.js";
import { plot as de } from "./de.js";
import { plot as dots } from "./dots.js";
import { plot as frequency } from "./frequency.js";
import { plot as heatmap } from "./heatmap.js";
import { plot as qc } from "./qc.js";
import { plot as trajectory } from "./trajectory.js";
import { plot as violin } from "./violin.js";
import { plot as volcano } from "./volcano.js";

export const PLOTS = [violin, dots, heatmap, de, volcano, batch, frequency, trajectory, qc];
