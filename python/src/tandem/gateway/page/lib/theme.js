/** Light or dark: as the system says, unless somebody chose. */

const KEPT = "tandem-theme";
const system = matchMedia("(prefers-color-scheme: dark)");
const listeners = new Set();

/** "light" or "dark" now. */
export const theme = () => localStorage.getItem(KEPT) ?? (system.matches ? "dark" : "light");

/** Change to the other one. */
export function toggleTheme() {
  localStorage.setItem(KEPT, theme() === "dark" ? "light" : "dark");
  apply();
}

/** Be told of changes; the returned function ends it. */
export function onTheme(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/** A custom property of the stylesheet, as drawn things need it. */
export const styleValue = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();

function apply() {
  document.documentElement.dataset.theme = theme();
  for (const listener of listeners) listener(theme());
}
system.addEventListener("change", apply);
document.documentElement.dataset.theme = theme();
