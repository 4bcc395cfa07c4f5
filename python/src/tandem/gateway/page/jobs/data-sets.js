/** Data sets: named inputs that many jobs read. They are added by drop, and never change under their name. */

import { addressOf } from "../lib/address.js";
import { get, send } from "../lib/api.js";
import { askForm, confirm, field } from "../lib/dialog.js";
import { fill, h } from "../lib/dom.js";
import { chooser, takeDrops } from "../lib/drop.js";
import { namesOf, sizeOf } from "../lib/files.js";
import { bytes, count, plural } from "../lib/numbers.js";
import { say } from "../lib/notices.js";
import { pagedTable } from "../lib/table.js";
import { timeAgo } from "../lib/times.js";
import { upload } from "../lib/upload.js";
import { failure, progressBar } from "../lib/waiting.js";
import { sorted } from "./sorting.js";

const FIT = /^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$/;
const ARCHIVES = /\.(zip|tar|tgz|tar\.(gz|bz2|xz))$/i;
const TAKEN = 409;
/** So many are a page. */
const PAGE = 100;

/** Open the list in an element. */
export function openPart(place) {
  const said = h("div", { class: "said" });
  const columns = [
    {
      key: "name",
      title: "Name",
      sortable: true,
      cell: ({ name, description }) => [name, description && h("span", { class: "hint" }, ` ${description}`)],
    },
    {
      key: "files",
      title: "Files",
      width: "6rem",
      numeric: true,
      sortable: true,
      cell: ({ files }) => count(filesIn(files)),
    },
    { key: "size", title: "Size", width: "7rem", numeric: true, sortable: true, cell: ({ size }) => bytes(size) },
    {
      key: "hash",
      title: "Content",
      width: "9rem",
      cell: ({ hash }) => h("code", { title: hash }, hash?.slice(0, 12)),
    },
    { key: "createdAt", title: "Added", width: "7rem", sortable: true, cell: ({ createdAt }) => timeAgo(createdAt) },
    { key: "acts", title: "", width: "12rem", cell: acts },
  ];
  const load = async ({ offset, limit, orderBy, descending, signal }) => {
    const { items } = await get("/data-sets", { signal });
    const rows = orderBy
      ? sorted(items, (one) => (orderBy === "files" ? filesIn(one.files) : one[orderBy]), descending)
      : items;
    return { rows: rows.slice(offset, offset + limit), total: rows.length };
  };
  const empty = () =>
    "No data set yet. Drop files or a folder here: jobs then read them by a name, as often as you like.";
  const table = pagedTable({ columns, load, words: "Data sets", limit: PAGE, rowKey: ({ name }) => name, empty });
  const tools = h(
    "div",
    { class: "tab-tools" },
    chooser("Add files", take, { needs: "submitter" }),
    chooser("Add a folder", take, { folder: true, needs: "submitter" }),
    h("span", { class: "hint" }, "or drop them here"),
  );
  place.append(h("div", { class: "panel list" }, tools, said, table.element));

  function acts({ name }) {
    const use = h(
      "a",
      { class: "button quiet", href: addressOf("jobs", "new", { data: name }), data: { needs: "submitter" } },
      "Use",
    );
    const told = { type: "button", class: "quiet", "aria-label": `Remove ${name}`, data: { needs: "submitter" } };
    return h("div", { class: "row-actions" }, use, h("button", { ...told, onclick: () => remove(name) }, "Remove"));
  }

  async function remove(name) {
    const words = "Jobs that have read it keep their results. Jobs that would read it are refused from then on.";
    if (!(await confirm(`Remove the data set ${name}?`, words, "Remove"))) return;
    fill(said);
    await send("DELETE", `/data-sets/${encodeURIComponent(name)}`).catch((error) => fill(said, failure(error)));
    table.reload();
  }

  async function take(files) {
    const wish = await askDataSet(files);
    if (wish) await bring(wish);
  }

  async function bring(wish, replace = false) {
    const bar = progressBar(`Adding ${wish.name}`, () => sent.abort());
    const told = (loaded, total) =>
      bar.tell({ state: "RUNNING", progress: { step: loaded, total, message: `${bytes(loaded)} of ${bytes(total)}` } });
    const sent = upload("/data-sets", formOf(wish, replace), { onProgress: told, onSent: () => {} });
    fill(said, bar.element);
    try {
      await sent.answer;
      fill(said);
      say(`${wish.name} is there.`, ["Use it", () => (location.hash = addressOf("jobs", "new", { data: wish.name }))]);
    } catch (error) {
      fill(said, error.name !== "AbortError" && failure(error));
      if (error.status === TAKEN)
        said.append(h("button", { type: "button", onclick: () => bring(wish, true) }, `Replace ${wish.name}`));
    } finally {
      bar.end();
      table.reload();
    }
  }

  table.reload();
  return { close: takeDrops(place, take, "Drop to add a data set") };
}

const filesIn = (files) => (Array.isArray(files) ? files.length : files);

async function askDataSet(files) {
  const suggested = files[0].path
    .split("/")[0]
    .replace(ARCHIVES, "")
    .replaceAll(/[^\w.-]+/g, "-");
  const input = h("input", { value: suggested, autocomplete: "off", spellcheck: false });
  const check = () =>
    FIT.test(input.value.trim()) ? null : "A name has letters (without accents), digits, and . _ - only.";
  const name = field("Name", input, { hint: "By which jobs read it.", check });
  const description = field("Description", h("input", { maxLength: 500, autocomplete: "off" }));
  const single = files.length === 1 && ARCHIVES.test(files[0].path);
  const unpack = single && field("Unpack the archive", h("input", { type: "checkbox", checked: true }));
  const words = h(
    "p",
    { class: "hint files" },
    `${namesOf(files)} · ${plural(files.length, "file")} · ${bytes(sizeOf(files))}`,
  );
  const content = [words, name.element, description.element, unpack && unpack.element].filter(Boolean);
  if (!(await askForm("Add a data set", [name, description], "Add", { content }))) return null;
  return {
    name: input.value.trim(),
    description: description.input.value.trim(),
    files,
    unpack: Boolean(unpack && unpack.input.checked),
  };
}

function formOf({ name, description, files, unpack }, replace) {
  const form = new FormData();
  form.append("name", name);
  if (description) form.append("description", description);
  if (replace) form.append("replace", "true");
  for (const { file, path } of files) form.append(unpack ? "archive" : "files", file, path);
  return form;
}
