/** One operation of the API: what it takes, what it answers, and how to call it. */

import { h } from "../lib/dom.js";
import { exampleOf, fieldsOf, kindOf, resolve } from "./schema.js";

/** The anchor of an operation. */
export const anchorOf = (operation) => `${operation.method}${operation.path}`.replaceAll(/[^\w]+/g, "-");

/** An operation as a box that opens. */
export function operationBox(operation, schemas, tokensNeeded) {
  const { method, path, told } = operation;
  return h(
    "details",
    { class: "operation panel", id: anchorOf(operation) },
    h(
      "summary",
      {},
      h("span", { class: `method ${method}` }, method.toUpperCase()),
      h("code", { class: "path" }, path),
      h("span", { class: "hint" }, words(told.description ?? told.summary ?? "")),
    ),
    h(
      "div",
      { class: "inside" },
      parameters(told.parameters ?? [], schemas),
      bodies(told.requestBody, schemas),
      answers(told.responses, schemas),
      h("h4", {}, "Call it"),
      h("pre", { class: "curl" }, curl(operation, schemas, tokensNeeded)),
    ),
  );
}

/** A text in which what stands between backticks is code. */
export function words(text) {
  return text.split("`").map((part, place) => (place % 2 ? h("code", {}, part) : part));
}

/** A line for the terminal. */
export function curl({ method, path, told }, schemas, tokensNeeded) {
  const parts = [`curl${method === "get" ? "" : ` -X ${method.toUpperCase()}`} '${location.origin}${path}'`];
  if (tokensNeeded) parts.push("-H \"Authorization: Bearer $TOKEN\"");
  const [type, content] = Object.entries(told.requestBody?.content ?? {})[0] ?? [];
  if (type === "multipart/form-data") {
    for (const field of fieldsOf(content.schema, schemas)) {
      parts.push(`-F '${field.name}=${/binary|file/i.test(`${field.kind} ${field.name}`) ? "@…" : "…"}'`);
    }
  } else if (type) {
    parts.push(`-H 'Content-Type: ${type}'`, `-d '${JSON.stringify(exampleOf(content.schema, schemas))}'`);
  }
  return parts.join(" \\\n  ");
}

function parameters(given, schemas) {
  const rows = given.map((one) => ({
    name: one.name,
    kind: `${kindOf(one.schema, schemas)}, in the ${one.in}`,
    needed: one.required,
    meaning: one.description ?? one.schema?.description ?? "",
  }));
  return rows.length ? [h("h4", {}, "Parameters"), fieldTable(rows, schemas)] : [];
}

function bodies(body, schemas) {
  return Object.entries(body?.content ?? {}).map(([type, content]) => [
    h("h4", {}, "Body ", h("code", {}, type)),
    described(content.schema, schemas),
  ]);
}

function answers(responses, schemas) {
  return Object.entries(responses ?? {})
    .filter(([status]) => !status.endsWith("XX"))
    .map(([status, answer]) => {
      const [type, content] = Object.entries(answer.content ?? {})[0] ?? [];
      const title = h("h4", {}, `Answer ${status} `, type ? h("code", {}, type) : "");
      return [title, content ? described(content.schema, schemas) : h("p", { class: "hint" }, answer.description)];
    });
}

function described(schema, schemas) {
  const fields = fieldsOf(schema, schemas);
  const about = resolve(schema, schemas).description;
  const kind = fields.length ? [] : h("p", {}, linked(kindOf(schema ?? {}, schemas), schemas));
  return [about ? h("p", { class: "hint" }, words(about)) : [], fields.length ? fieldTable(fields, schemas) : kind];
}

/** A schema as a box that opens. */
export function schemaBox(name, schemas) {
  const inside = h("div", { class: "inside" }, described({ $ref: `#/${name}` }, schemas));
  return h("details", { class: "operation panel", id: name }, h("summary", {}, h("code", {}, name)), inside);
}

function linked(kind, schemas) {
  return kind.split(/\b/).map((word) => (Object.hasOwn(schemas, word) ? h("a", { href: `#${word}` }, word) : word));
}

function fieldTable(fields, schemas) {
  const head = h("tr", {}, ["name", "kind", "meaning"].map((title) => h("th", { scope: "col" }, title)));
  const rows = fields.map((field) => h(
    "tr",
    {},
    h("td", {}, h("code", {}, field.name)),
    h("td", {}, linked(field.kind, schemas)),
    h("td", {}, field.needed ? "" : h("span", { class: "hint" }, "optional "), words(field.meaning)),
  ));
  return h("div", { class: "table-place" }, h("table", {}, h("thead", {}, head), h("tbody", {}, rows)));
}
