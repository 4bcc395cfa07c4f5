/** A worker that parses one answer beside the page. */

import { buffersOf, parse } from "./parsing.js";

self.onmessage = ({ data: { kind, bytes } }) => {
  const value = parse(kind, bytes);
  self.postMessage(value, buffersOf(value));
};
