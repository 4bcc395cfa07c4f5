/**
 * The plots under the embedding, in the order of their tabs. Each module exports `plot`:
 * `{id, title, key, open(place, model) -> {update(), close()}}`; `update()` is called when the address, the cell sets or
 * the chosen genes changed.
 */
export const PLOTS = [];
