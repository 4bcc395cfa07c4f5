/** Answers read without holding up the page: small ones here, large ones by a worker. */

import { parse } from "./parsing.js";

/** Above this a worker pays, in bytes: it is parsed here in some milliseconds. */
const SMALL_BYTES = 1 << 19;

/** An answer of the gateway as one of the kinds of parsing.js. */
export async function readAs(kind, answer) {
  const bytes = await answer.arrayBuffer();
  return bytes.byteLength < SMALL_BYTES ? parse(kind, bytes) : parseBeside(kind, bytes);
}

function parseBeside(kind, bytes) {
  const worker = new Worker(new URL("./parser.js", import.meta.url), { type: "module" });
  const parsed = new Promise((resolve, reject) => {
    worker.onmessage = ({ data }) => resolve(data);
    worker.onerror = () => reject(new Error("What the gateway sent could not be read."));
  });
  worker.postMessage({ kind, bytes }, [bytes]);
  return parsed.finally(() => worker.terminate());
}
