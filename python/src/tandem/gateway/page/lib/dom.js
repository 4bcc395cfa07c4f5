/** Elements without markup in strings: what is data stays text. */

/**
 * Make an element: `h("button", {class: "quiet", onclick: save}, "Save")`. Properties that begin with "on" listen,
 * those that an element does not have become attributes; null and false are left out.
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) setProperty(element, name, value);
  element.append(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** Replace what an element holds. */
export function fill(element, ...children) {
  element.replaceChildren(...children.flat(Infinity).filter((child) => child != null && child !== false));
  return element;
}

/** The same for buttons: where one of them has the focus, the one that takes its place has it then. */
export function refill(element, ...children) {
  const at = [...element.querySelectorAll("button")].indexOf(document.activeElement);
  fill(element, ...children);
  const buttons = [...element.querySelectorAll("button")];
  if (at >= 0) (buttons[at] ?? buttons.at(-1))?.focus();
  return element;
}

/** Call at most once in so many milliseconds, with the last arguments. */
export function settled(action, milliseconds) {
  let timer = 0;
  return (...args) => {
    clearTimeout(timer);
    timer = setTimeout(() => action(...args), milliseconds);
  };
}

function setProperty(element, name, value) {
  if (value == null || value === false) return;
  if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
  else if (name === "class") element.className = value;
  else if (name === "style") for (const [key, text] of Object.entries(value)) element.style.setProperty(key, text);
  else if (name === "data") Object.assign(element.dataset, value);
  else if (name in element && !name.startsWith("aria") && name !== "list" && name !== "role") element[name] = value;
  else element.setAttribute(name, value === true ? "" : value);
}
