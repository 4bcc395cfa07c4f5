/** A filled form on its way to the gateway. */

import { send } from "../../lib/api.js";
import { bytes } from "../../lib/numbers.js";
import { upload } from "../../lib/upload.js";

/** What is asked for, without what was left empty; `what` is the program, or a command. */
export function bodyOf({ what, parameters, inputs, more, force, swept }) {
  const [fixed, space] = [{}, {}];
  for (const { name, values } of parameters) {
    if (values.length === 1) [fixed[name]] = values;
    if (values.length > 1) space[name] = values;
  }
  const sources = inputs.sources.map(({ name: _, ...source }) => source);
  const body = { ...what, parameters: fixed, inputs: sources, experiment: inputs.experiment, ...more, force };
  if (swept) Object.assign(body, { space, fanOutFiles: inputs.fan > 0 });
  return Object.fromEntries(Object.entries(body).filter(([, value]) => !isEmpty(value)));
}

/** How many jobs a sweep makes: over values, and over `fan` inputs. */
export const jobsOf = (parameters, fan) =>
  parameters.reduce((many, { values }) => many * Math.max(1, values.length), fan || 1);

/** Send it; promises what the gateway answers. Files go with it, `onProgress({step, total, message})` tells how far. */
export async function submit(body, { files, archive }, swept, signal, onProgress) {
  const path = swept ? "/sweeps" : "/jobs";
  if (!files.length && !archive) return (await send("POST", path, body, { signal })).json();
  const form = new FormData();
  // Fields before files: the gateway may refuse before it has read them all.
  form.append(swept ? "sweep" : "job", JSON.stringify(body));
  if (archive) form.append("archive", archive, archive.name);
  for (const { file, path: name } of files) form.append("files", file, name);
  const told = (loaded, total) => onProgress({ step: loaded, total, message: `${bytes(loaded)} of ${bytes(total)}` });
  const { answer, abort } = upload(path, form, {
    onProgress: told,
    onSent: () => onProgress({ message: "the gateway looks at it" }),
  });
  signal.addEventListener("abort", abort);
  return answer;
}

function isEmpty(value) {
  if (value == null || value === "" || value === false) return true;
  return typeof value === "object" && Object.keys(value).length === 0;
}
