/** Requests to the gateway. What fails is a Problem, with words for people. */

/** Something that the gateway refused or could not do. */
export class Problem extends Error {
  constructor(status, told) {
    super(told.detail || told.title || `The gateway answered ${status}.`);
    this.status = status;
    this.code = told.code ?? null;
    this.field = told.field ?? null;
    this.requestId = told.requestId ?? null;
  }
}

/** Tells "401" when the gateway asks who is there, and "unreachable" when it does not answer. */
export const trouble = new EventTarget();

/** The gateway did not answer at all. */
export class Unreachable extends Error {
  constructor() {
    super("The gateway cannot be reached. Nothing is lost; try again in a moment.");
  }
}

/** The JSON that the gateway answers to a GET. */
export const get = (path, options) => request("GET", path, undefined, options).then((answer) => answer.json());

/** The raw answer to a GET. */
export const getRaw = (path, options) => request("GET", path, undefined, options);

/** Send JSON; the raw answer. */
export const send = (method, path, body, options) => request(method, path, body, options);

/** Send a merge of cell sets. */
export const patchCellSets = (experiment, operations) =>
  fetchOrFail(`/v2/experiments/${encodeURIComponent(experiment)}/cellSets`, {
    method: "PATCH",
    headers: { "Content-Type": "application/boschni-json-merger+json" },
    body: JSON.stringify(operations),
  });

/** A path with a query of what is not empty; lists repeat their name. */
export function withQuery(path, query) {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of [value].flat()) if (one != null && one !== "") parameters.append(name, one);
  }
  const text = parameters.toString();
  return text ? `${path}?${text}` : path;
}

function request(method, path, body, { signal } = {}) {
  const headers = body === undefined ? {} : { "Content-Type": "application/json" };
  return fetchOrFail(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
}

async function fetchOrFail(path, options) {
  let answer;
  try {
    answer = await fetch(path, options);
  } catch (error) {
    if (error.name === "AbortError") throw error;
    trouble.dispatchEvent(new Event("unreachable"));
    throw new Unreachable();
  }
  if (answer.ok) return answer;
  if (answer.status === 401) trouble.dispatchEvent(new Event("401"));
  throw new Problem(answer.status, await answer.json().catch(() => ({})));
}
