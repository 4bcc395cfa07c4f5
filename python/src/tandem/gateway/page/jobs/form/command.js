/** A command of one's own instead of a program, where the gateway allows it. */

import { field } from "../../lib/dialog.js";
import { h } from "../../lib/dom.js";

/** It, as if it were a program: the gateway lists its jobs under this name. */
export const COMMAND = {
  name: "command",
  description: "Any command that the runner has, in a folder of its own.",
  parameters: {},
  inputs: [],
};
const WORD = /"((?:[^"\\]|\\.)*)"|'([^']*)'|((?:[^\s"'\\]|\\.)+)/g;
const PLAIN = /^[\w@%+=:,./{}-]+$/;

/** The field of the command, with what an earlier job had: a field with `words()`. */
export function commandField(before = []) {
  const input = h("textarea", { rows: 2, spellcheck: false, value: before.map(quoted).join(" ") });
  const check = () => (wordsIn(input.value)?.length ? null : "Say what is to be run; quotes come in pairs.");
  const hint = "{input} and {output} stand for its folders. It is no shell: sh -c '…' has pipes and the like.";
  return { name: "command", ...field("Command", input, { hint, check }), words: () => wordsIn(input.value) };
}

/** The words of a command, as a shell would part them; null where quotes do not fit. */
function wordsIn(text) {
  const words = [];
  let end = 0;
  for (const { 0: whole, 1: double, 2: single, 3: bare, index } of text.matchAll(WORD)) {
    const word = single ?? (double ?? bare).replaceAll(/\\(.)/gs, "$1");
    const between = text.slice(end, index);
    if (between.trim()) return null;
    if (between === "" && words.length) words[words.length - 1] += word;
    else words.push(word);
    end = index + whole.length;
  }
  return text.slice(end).trim() ? null : words;
}

const quoted = (word) => (PLAIN.test(word) ? word : `'${word.replaceAll("'", `'"'"'`)}'`);
