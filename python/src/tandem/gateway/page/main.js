/** The page: its frame, and the view that the address names. */

import { trouble } from "./lib/api.js";
import { onAddress, readAddress } from "./lib/address.js";
import { fill, h } from "./lib/dom.js";
import { connectLive } from "./lib/live.js";
import { failure } from "./lib/waiting.js";
import { frame, mark } from "./frame.js";
import { signIn } from "./signin.js";

/** Views by their name in the address; each module opens itself in an element and returns `{update, close}`. */
const VIEWS = {
  experiments: () => import("./experiments/view.js"),
  explore: () => import("./explore/view.js"),
  tasks: () => import("./tasks/view.js"),
  jobs: () => import("./jobs/view.js"),
  data: () => import("./data/view.js"),
};
const FIRST = "experiments";

const main = document.getElementById("main");
let open = null;

async function show(address) {
  if (open?.key === null) return undefined; // somebody signs in first
  const name = VIEWS[address.view] ? address.view : FIRST;
  const key = `${name}/${address.id}`;
  if (open?.key === key) return open.view?.update?.(address);
  mark(name, address.id);
  open?.view?.close?.();
  const mine = (open = { key, view: null });
  const place = h("div", { class: `view ${name}` });
  fill(main, place);
  try {
    const { openView } = await VIEWS[name]();
    if (open !== mine) return undefined;
    mine.view = await openView(place, address);
    if (open !== mine) mine.view?.close?.();
  } catch (error) {
    fill(
      place,
      failure(error, () => location.reload()),
    );
  }
  return undefined;
}

/** Whoever the gateway does not know gives a token first; then the page begins again, with its address. */
function askWho() {
  open?.view?.close?.();
  open = { key: null, view: null };
  fill(
    main,
    signIn(() => location.reload()),
  );
}

frame();
trouble.addEventListener("401", askWho, { once: true });
connectLive();
onAddress(show);
show(readAddress());
