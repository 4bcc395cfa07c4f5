/** Long work in the page, in pieces: the page stays usable between them. */

/** How long a piece may take, in milliseconds. */
const PIECE_MS = 30;

/** Called between pieces of work, gives way to the page when it is time to. */
export function pace() {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < PIECE_MS) return;
    await (globalThis.scheduler?.yield?.() ?? new Promise((resolve) => setTimeout(resolve)));
    began = performance.now();
  };
}
