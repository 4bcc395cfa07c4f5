/** The programs that can be run, to choose one. */

import { fill, h } from "../../lib/dom.js";

/** More programs than this are searched. */
const GLANCE = 8;
/** So many are shown at once. */
const MOST = 200;

/** Cards of programs, each with a link to its form: `hrefOf(program)`. */
export function programCards(programs, hrefOf) {
  const cards = h("div", { class: "cards" });
  const search = h("input", { type: "search", placeholder: "Search", "aria-label": "Search programs" });
  const draw = () => {
    const text = search.value.trim().toLowerCase();
    const said = ({ name, label, description }) => [name, label, description].join(" ").toLowerCase();
    const found = programs.filter((one) => said(one).includes(text)).slice(0, MOST);
    fill(
      cards,
      found.map((one) => card(one, hrefOf(one))),
    );
    if (!found.length)
      cards.append(h("p", { class: "hint nothing" }, programs.length ? "No program is called so." : nothing()));
  };
  search.addEventListener("input", draw);
  draw();
  const head = h("div", { class: "choose-head" }, h("h2", {}, "Choose a program"), programs.length > GLANCE && search);
  return h("section", { "aria-label": "Programs" }, head, cards);
}

function card(program, href) {
  const { name, label, description, problems = [] } = program;
  const title = problems.length ? name : h("a", { href }, name);
  return h(
    "article",
    { class: "panel card", "aria-label": name },
    h("header", {}, h("h2", {}, title), label && h("span", { class: "hint" }, label)),
    h("p", {}, description),
    problems.length > 0 && h("p", { class: "bad" }, `It cannot be run: ${problemWords(problems[0])}`),
  );
}

/** What is wrong with a program, in words. */
export const problemWords = (problem) =>
  typeof problem === "string" ? problem : (problem.detail ?? JSON.stringify(problem));

/** What to do where there is no program. */
export const nothing = () => [
  "No program yet. ",
  h("code", {}, "tandem program new"),
  " makes one, in the folder data/programs.",
];
