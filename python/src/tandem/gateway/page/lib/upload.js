/** Uploads: files on their way to the gateway, and how far they are. */

import { Problem } from "./api.js";

/** The connection was lost in the middle. */
class Interrupted extends Error {
  constructor() {
    super("The upload was interrupted: the gateway cannot be reached. Nothing was taken; the files are at hand.");
  }
}

/**
 * Send a form; `{answer, abort}`. `answer` promises the JSON of what was accepted; `onProgress(loaded, total)` tells
 * how many bytes are there, `onSent()` that all are: from then on the gateway may do as asked, even if it is aborted.
 */
export function upload(path, form, { onProgress, onSent }) {
  const request = new XMLHttpRequest();
  const answer = new Promise((resolve, reject) => {
    request.open("POST", path);
    request.upload.onprogress = (event) => onProgress(event.loaded, event.total);
    request.upload.onload = onSent;
    request.onload = () => {
      const told = parsed(request.responseText);
      if (request.status < 300) resolve(told);
      else reject(new Problem(request.status, told));
    };
    request.onerror = () => reject(new Interrupted());
    request.onabort = () => reject(new DOMException("cancelled", "AbortError"));
    request.send(form);
  });
  return { answer, abort: () => request.abort() };
}

function parsed(text) {
  try {
    return JSON.parse(text);
  } catch {
    return {};
  }
}
