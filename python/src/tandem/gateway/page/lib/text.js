/** Text that is too long, cut. */

/** As much of a name as stands beside a plot, its beginning and its end; hovering tells all of it. */
const LETTERS = 22;
const LAST_LETTERS = 8;

/** A name, shortened in its midst where it would take the room of the plot itself: names often differ at the end. */
export function brief(name) {
  const letters = [...name];
  if (letters.length <= LETTERS) return name;
  return `${letters.slice(0, LETTERS - LAST_LETTERS - 1).join("")}…${letters.slice(-LAST_LETTERS).join("")}`;
}

/** The first so many bytes of an answer as text; `{text, whole}`. The rest is not fetched. */
export async function readHead(answer, limit) {
  const reader = answer.body.getReader();
  const decoder = new TextDecoder();
  let [text, taken] = ["", 0];
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), whole: true };
    const left = limit - taken;
    text += decoder.decode(value.subarray(0, left), { stream: true });
    taken += value.length;
    if (taken > limit) break;
  }
  await reader.cancel();
  return { text, whole: false };
}
