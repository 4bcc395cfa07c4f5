/** Text that is too long: its beginning, without the rest. */

/** As much of a name as stands beside a plot; hovering tells all of it. */
const LETTERS = 28;

/** A name, shortened where it would take the room of the plot itself. */
export function brief(name) {
  const letters = [...name];
  return letters.length > LETTERS ? `${letters.slice(0, LETTERS - 1).join("").trimEnd()}…` : name;
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
