/** Text as it comes: its beginning, without the rest. */

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
