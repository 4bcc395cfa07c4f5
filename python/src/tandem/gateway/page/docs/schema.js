/** Schemas of an OpenAPI document in words, and an example of what fits one. */

/** The schema that a reference leads to; any other is itself. */
export function resolve(schema, schemas) {
  const name = schema?.$ref?.split("/").at(-1);
  return name ? { ...schemas[name], title: name } : schema ?? {};
}

/** What a value is: "string", "Task[]", "number or nothing". */
export function kindOf(schema, schemas) {
  const found = resolve(schema, schemas);
  const choices = found.anyOf ?? found.oneOf;
  if (choices) return choices.map((choice) => kindOf(choice, schemas)).join(" or ");
  if (found.enum) return found.enum.map((value) => JSON.stringify(value)).join(" or ");
  if (found.type === "array") return `${kindOf(found.items ?? {}, schemas)}[]`;
  if (found.type === "null") return "nothing";
  if (schema?.$ref) return found.title;
  return found.format ? `${found.type} (${found.format})` : found.type ?? "anything";
}

/** The fields of an object: name, kind, whether it is needed, and what it means. */
export function fieldsOf(schema, schemas) {
  const found = resolve(schema, schemas);
  return Object.entries(found.properties ?? {}).map(([name, field]) => ({
    name,
    kind: kindOf(field, schemas),
    needed: (found.required ?? []).includes(name),
    meaning: field.description ?? "",
  }));
}

/** A value that fits a schema, as short as can be. */
export function exampleOf(schema, schemas, depth = 0) {
  const found = resolve(schema, schemas);
  const choices = found.anyOf ?? found.oneOf;
  if (found.example !== undefined) return found.example;
  if (found.default !== undefined) return found.default;
  if (found.enum) return found.enum[0];
  if (choices) return exampleOf(choices[0], schemas, depth);
  if (found.type === "array") return depth > 3 ? [] : [exampleOf(found.items, schemas, depth + 1)];
  if (found.type === "object") return depth > 3 ? {} : exampleObject(found, schemas, depth);
  if (found.type === "integer" || found.type === "number") return found.minimum ?? 1;
  if (found.type === "boolean") return true;
  return found.format === "date-time" ? "2030-01-01T00:00:00Z" : "…";
}

function exampleObject(schema, schemas, depth) {
  const needed = new Set(schema.required ?? Object.keys(schema.properties ?? {}));
  const fields = Object.entries(schema.properties ?? {}).filter(([name]) => needed.has(name));
  return Object.fromEntries(fields.map(([name, field]) => [name, exampleOf(field, schemas, depth + 1)]));
}
