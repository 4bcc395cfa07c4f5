/** Which jobs are shown: the filters, kept in the address. */

import { readAddress, setQuery } from "../../lib/address.js";
import { get } from "../../lib/api.js";
import { fill, h, settled } from "../../lib/dom.js";
import { count } from "../../lib/numbers.js";
import { STATES } from "../words.js";

/** Typing rests so long before jobs are looked for, in milliseconds. */
const REST_MS = 250;
/** What a change of a filter takes out of the address: it was a page of other jobs. */
const FIRST_PAGE = { cursor: null, before: null };
const NONE = { state: null, program: null, tag: null, group: null, owner: null, text: null, ...FIRST_PAGE };

/** The filters that the address names. */
export function filtersNow() {
  const { program = "", state = "", tag = "", group = "", owner = "", text = "" } = readAddress().query;
  const states = state.split(",").filter((one) => one in STATES);
  return { states, program, tags: tag.split(",").filter(Boolean), group, owner, text };
}

/** Whether anything but all jobs is asked for. */
export const isFiltered = ({ states, program, tags, group, owner, text }) =>
  Boolean(states.length || program || tags.length || group || owner || text);

/** The filters as the gateway takes them. */
export const queryOf = ({ states, program, tags, group, owner, text }) => ({
  state: states,
  program,
  tag: tags,
  group,
  owner,
  search: text,
});

/** Change a filter. */
const setFilter = (changes, options) => setQuery({ ...changes, ...FIRST_PAGE }, options);

/** The filters as elements: `{element, tell, say(counts), search}`; choosing changes the address. */
export function filterBar() {
  const states = Object.entries(STATES).map(([state, [word, kind]]) => stateButton(state, word, kind));
  const program = h("select", { "aria-label": "Program" }, h("option", { value: "" }, "all programs"));
  program.addEventListener("change", () => setFilter({ program: program.value }));
  const text = typed("search", "Name or id", "Search in jobs", (value) =>
    setFilter({ text: value }, { replace: true }),
  );
  const tag = typed("text", "Tag, as a=1", "Tags", (value) => setFilter({ tag: tagsOf(value) }, { replace: true }));
  const owner = typed("text", "Owner", "Owner", (value) => setFilter({ owner: value }, { replace: true }));
  const group = h("button", {
    type: "button",
    title: "Show jobs of all groups",
    onclick: () => setFilter({ group: null }),
  });
  const clear = h("button", { type: "button", class: "quiet", onclick: () => setQuery(NONE) }, "Show all");
  const chips = h(
    "div",
    { class: "chips", role: "group", "aria-label": "States" },
    states.map((one) => one.element),
  );
  const element = h("div", { class: "filters" }, chips, program, text, tag, owner, group, clear);
  owner.hidden = true;

  function tell() {
    const now = filtersNow();
    for (const one of states) one.element.setAttribute("aria-pressed", String(now.states.includes(one.state)));
    if (now.program) offer([now.program]);
    program.value = now.program;
    const shown = [
      [text, now.text],
      [tag, now.tags.join(", ")],
      [owner, now.owner],
    ];
    for (const [input, value] of shown) {
      if (document.activeElement !== input && !input.dataset.typing) input.value = value;
    }
    group.hidden = !now.group;
    fill(group, `group ${now.group}`, h("span", { "aria-hidden": "true" }, "×"));
    clear.hidden = !isFiltered(now);
  }

  function offer(names) {
    const there = new Set([...program.options].map(({ value }) => value));
    program.append(...names.filter((name) => !there.has(name)).map((name) => h("option", { value: name }, name)));
  }

  async function findNames() {
    const [{ items }, session] = await Promise.all([get("/programs"), get("/session")]);
    offer(items.map(({ name }) => name).sort());
    owner.hidden = !session.tokensNeeded;
    tell();
  }

  tell();
  findNames().catch(() => {});
  const say = (counts) => states.forEach((one) => one.say(counts[one.state] ?? 0));
  return { element, tell, say, search: () => text.focus() };
}

const tagsOf = (text) =>
  text
    .split(",")
    .map((part) => part.trim())
    .filter((part) => /^[^=]+=./.test(part))
    .join(",");

// What is being typed is not taken out by another filter that is chosen meanwhile.
function typed(type, placeholder, label, choose) {
  const input = h("input", { type, placeholder, "aria-label": label, autocomplete: "off", spellcheck: false });
  const chosen = settled(() => {
    delete input.dataset.typing;
    if (input.isConnected) choose(input.value.trim());
  }, REST_MS);
  input.addEventListener("input", () => {
    input.dataset.typing = "true";
    chosen();
  });
  return input;
}

function stateButton(state, word, kind) {
  const number = h("span", { class: "count" });
  const choose = () => {
    const now = filtersNow().states;
    const next = now.includes(state) ? now.filter((one) => one !== state) : [...now, state];
    setFilter({ state: next.join(",") });
  };
  const element = h("button", { type: "button", "aria-pressed": "false", onclick: choose });
  element.append(h("span", { class: `state ${kind}` }, word), number);
  return { state, element, say: (total) => fill(number, count(total)) };
}
