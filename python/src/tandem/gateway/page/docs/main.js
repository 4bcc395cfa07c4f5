/** The description of the API, made of the document that the gateway serves. */

import { get } from "../lib/api.js";
import { fill, h } from "../lib/dom.js";
import "../lib/theme.js";
import { anchorOf, operationBox, schemaBox, words } from "./operation.js";

const main = document.getElementById("main");

/** The operations of a document by their group, in its order. */
export function groupsOf(document) {
  const groups = new Map();
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const [method, told] of Object.entries(methods)) {
      const name = told.tags?.[0] ?? "others";
      groups.set(name, [...(groups.get(name) ?? []), { path, method, told }]);
    }
  }
  return groups;
}

async function start() {
  try {
    const [session, document] = await Promise.all([get("/session"), get("/openapi.json")]);
    draw(document, session.tokensNeeded);
  } catch (problem) {
    const hint = problem.status === 401 ? h("p", {}, h("a", { href: "/" }, "Sign in"), ", then come back.") : [];
    fill(main, h("div", { class: "failure", role: "alert" }, h("p", {}, problem.message), hint));
  }
}

function draw(document, tokensNeeded) {
  const groups = [...groupsOf(document)];
  const schemas = document.components?.schemas ?? {};
  const links = ([name, operations]) => h("div", {}, h("h3", {}, name), h("ul", {}, operations.map(link)));
  const contents = groups.map(links);
  const sections = groups.map(([name, operations]) => h(
    "section",
    {},
    h("h2", {}, name),
    operations.map((operation) => operationBox(operation, schemas, tokensNeeded)),
  ));
  const intro = h("section", {}, h("h1", {}, "API"), h("p", {}, words(document.info.description ?? "")));
  const boxes = Object.keys(schemas).map((name) => schemaBox(name, schemas));
  const shapes = h("section", {}, h("h2", {}, "schemas"), boxes);
  fill(main, h("nav", { "aria-label": "Operations" }, contents), h("article", {}, intro, sections, shapes));
  openNamed();
  addEventListener("hashchange", openNamed);
}

function link(operation) {
  const { method, path } = operation;
  const name = [h("span", { class: `method ${method}` }, method.toUpperCase()), " ", path];
  return h("li", {}, h("a", { href: `#${anchorOf(operation)}` }, name));
}

function openNamed() {
  const named = document.getElementById(location.hash.slice(1));
  if (!(named instanceof HTMLDetailsElement)) return;
  named.open = true;
  named.scrollIntoView();
}

start();
