/** The address holds the view: `#explore/demo?colour=louvain&genes=LYZ`, `#jobs/group/7`. Back and forward work. */

const listeners = new Set();

/** `{view, id, query}` of the address now; query is a plain object of texts. */
export function readAddress() {
  const [path, query = ""] = location.hash.slice(1).split("?");
  const [view = "", ...rest] = path.split("/").map(decoded);
  return { view, id: rest.join("/"), query: Object.fromEntries(new URLSearchParams(query)) };
}

/** The address of a view, for links. */
export function addressOf(view, id = "", query = {}) {
  const parameters = new URLSearchParams(Object.entries(query).filter(([, value]) => value != null && value !== ""));
  const path = [view, ...id.split("/")].filter(Boolean).map(encodeURIComponent).join("/");
  const text = parameters.toString().replaceAll("%2C", ",").replaceAll("%3A", ":").replaceAll("%2F", "/");
  return `#${path}${text ? `?${text}` : ""}`;
}

/** Go to a view: a step in the history, or in place of the last one. */
export function goTo(address, { replace = false } = {}) {
  if (address === location.hash) return;
  history[replace ? "replaceState" : "pushState"](null, "", address);
  tell();
}

/** Change what the query holds; null takes a name out. Listeners hear of it as of any other change. */
export function setQuery(changes, { replace = false } = {}) {
  const { view, id, query } = readAddress();
  goTo(addressOf(view, id, { ...query, ...changes }), { replace });
}

/** Names as one text of a query, which namesIn reads again. */
export const asList = (names) => names.map((name) => encoded(name)).join(",") || null;

/** The names in such a text. */
export const namesIn = (text) => (text ?? "").split(",").filter(Boolean).map(decoded);

/** Be told of every change of the address; the returned function ends it. */
export function onAddress(listener) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

// Only what would part a name, or be taken for a sign that is written so.
const encoded = (name) => name.replaceAll("%", "%25").replaceAll(",", "%2C");

// What somebody has typed may be no encoding at all.
function decoded(text) {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}

const tell = () => {
  const address = readAddress();
  for (const listener of [...listeners]) listener(address);
};
window.addEventListener("popstate", tell);
