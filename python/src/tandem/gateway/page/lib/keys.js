/** Keyboard shortcuts: registered with their words, listed by `?`. */

const shortcuts = new Map();

/** Let a key do something while nothing is typed; the returned function ends it. */
export function onKey(key, words, action) {
  shortcuts.set(key, { words, action });
  return () => shortcuts.get(key)?.action === action && shortcuts.delete(key);
}

/** All keys with their words. */
export const listedKeys = () => [...shortcuts].map(([key, { words }]) => [key, words]);

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || isTyped(event.target)) return;
  if (document.querySelector("dialog[open]")) return;
  const shortcut = shortcuts.get(event.key);
  if (!shortcut) return;
  event.preventDefault();
  shortcut.action(event);
});

const isTyped = (element) => element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName);
