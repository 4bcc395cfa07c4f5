/** Text for the clipboard. */

import { say } from "./notices.js";

/** Copy a text and say so; where the browser does not allow it, show the text. */
export async function copyText(text, words) {
  try {
    await navigator.clipboard.writeText(text);
    say(words);
  } catch {
    say(text);
  }
}
