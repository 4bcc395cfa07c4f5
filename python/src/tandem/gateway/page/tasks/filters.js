/** Which tasks are shown: the filters, kept in the address. */

import { readAddress, setQuery } from "../lib/address.js";
import { get, withQuery } from "../lib/api.js";
import { fill, h, settled } from "../lib/dom.js";
import { count } from "../lib/numbers.js";
import { nameOf, STATES } from "./words.js";

/** Typing rests so long before rows are looked for, in milliseconds. */
const REST_MS = 250;
/** How often the numbers by state are asked for at most, in milliseconds. */
const COUNT_MS = 700;
/** Names of tasks are those of so many of the newest. */
const NEWEST = 200;

/** The filters that the address names. */
export function filtersNow() {
  const { experiment = "", task = "", state = "", text = "" } = readAddress().query;
  return { experiment, task, states: state.split(",").filter((one) => one in STATES), text };
}

/** Whether a task passes the filters. */
export function passes(task, { experiment, task: name, states, text }) {
  if (experiment && task.experiment !== experiment) return false;
  if (name && task.task !== name) return false;
  if (states.length && !states.includes(task.state)) return false;
  return !text || matches(task, text);
}

/** Whether a text occurs in what a row says. */
export function matches(task, text) {
  const said = [task.id, task.etag, task.experiment, task.task, nameOf(task.task), task.reason, task.errorCode];
  return said.some((one) => one?.toLowerCase().includes(text.toLowerCase()));
}

/** The filters as elements: `{element, tell, count, recount, search}`; choosing changes the address. */
export function filterBar() {
  const states = Object.entries(STATES).map(([state, [word, kind]]) => stateButton(state, word, kind));
  const experiment = select("Experiment", "all experiments", (value) => setQuery({ experiment: value }));
  const task = select("Task", "all tasks", (value) => setQuery({ task: value }));
  const text = h("input", { type: "search", placeholder: "Id, name or reason", "aria-label": "Search in tasks" });
  const searched = () => text.isConnected && setQuery({ text: text.value.trim() }, { replace: true });
  text.addEventListener("input", settled(searched, REST_MS));
  const clear = h("button", { type: "button", class: "quiet", onclick: () => setQuery(NONE) }, "Show all");
  const chips = h("div", { class: "chips", role: "group", "aria-label": "States" });
  chips.append(...states.map((one) => one.element));
  const element = h("div", { class: "filters" }, chips, experiment.element, task.element, text, clear);

  function tell() {
    const now = filtersNow();
    for (const one of states) one.element.setAttribute("aria-pressed", String(now.states.includes(one.state)));
    experiment.choose(now.experiment);
    task.choose(now.task);
    if (document.activeElement !== text) text.value = now.text;
    clear.hidden = !(now.experiment || now.task || now.states.length || now.text);
  }

  async function recount() {
    const { experiment: wanted, task: name } = filtersNow();
    const query = { experiment: wanted, task: name, limit: 1 };
    const found = await Promise.allSettled(states.map(({ state }) => get(withQuery("/tasks", { ...query, state }))));
    states.forEach((one, at) => found[at].value && one.say(found[at].value.total));
  }

  async function findNames() {
    const [newest, shelf] = await Promise.all([get(`/tasks?limit=${NEWEST}`), get("/experiments?limit=500")]);
    const unique = (names) => [...new Set(names)].sort((a, b) => a.localeCompare(b));
    task.offer(unique(newest.items.map((one) => one.task)).map((name) => [name, nameOf(name)]));
    const ids = [...newest.items.map((one) => one.experiment), ...shelf.items.map(({ id }) => id)];
    experiment.offer(unique(ids).map((id) => [id, id]));
    tell();
  }

  tell();
  findNames().catch(() => {});
  return { element, tell, count: recount, recount: settled(recount, COUNT_MS), search: () => text.focus() };
}

const NONE = { experiment: null, task: null, state: null, text: null };

function stateButton(state, word, kind) {
  const number = h("span", { class: "count" }, "");
  const choose = () => {
    const now = filtersNow().states;
    const next = now.includes(state) ? now.filter((one) => one !== state) : [...now, state];
    setQuery({ state: next.join(",") });
  };
  const element = h("button", { type: "button", "aria-pressed": "false", onclick: choose });
  element.append(h("span", { class: `state ${kind}` }, word), number);
  return { state, element, say: (total) => fill(number, count(total)) };
}

function select(label, all, choose) {
  const element = h("select", { "aria-label": label }, h("option", { value: "" }, all));
  element.addEventListener("change", () => choose(element.value));
  const offer = (pairs) => {
    for (const [value, words] of pairs) {
      if (![...element.options].some((option) => option.value === value)) element.append(h("option", { value }, words));
    }
  };
  const chosen = (value) => {
    if (value) offer([[value, nameOf(value)]]);
    element.value = value;
  };
  return { element, offer, choose: chosen };
}
