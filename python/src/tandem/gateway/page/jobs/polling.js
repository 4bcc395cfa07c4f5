/** Looking again and again while the page is seen: often while something is under way, seldom otherwise. */

/** How often is looked while something is open, in milliseconds. */
const FAST_MS = 1000;
/** How often is looked while nothing is. */
const SLOW_MS = 5000;

/**
 * Call `look()` until `end()`; it promises whether something is under way. One that fails is tried again at the slow
 * pace. `now()` looks at once, or again as soon as a look that is under way is done: that one may have been too early.
 */
export function poll(look) {
  let [timer, over, busy, again] = [0, false, false, false];

  async function turn() {
    clearTimeout(timer);
    again = busy;
    if (over || busy || document.hidden) return;
    busy = true;
    const open = await look().catch(() => false);
    busy = false;
    if (!over) timer = setTimeout(turn, again ? 0 : open ? FAST_MS : SLOW_MS);
  }

  document.addEventListener("visibilitychange", turn);
  timer = setTimeout(turn, FAST_MS);
  return {
    now: turn,
    end: () => {
      over = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", turn);
    },
  };
}
