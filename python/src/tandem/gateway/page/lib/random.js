/** Chance that is the same each time. */

/** A linear congruential generator (Numerical Recipes), from 0 to 1: what it lacks in quality no eye sees. */
export function seeded(seed) {
  let state = seed >>> 0;
  return () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 32;
  };
}
