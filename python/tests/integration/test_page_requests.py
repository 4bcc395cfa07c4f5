"""The page's modules between what is asked and what is told, in a real browser, with a gateway of a few lines."""

from playwright.sync_api import Page

from fixtures.page_modules import run

#: A gateway that answers as `routes` says (`{"GET /path": () => told}`), and notes what it was asked.
GATEWAY = """
  const asked = [];
  const sources = [];
  window.EventSource = class extends EventTarget {
    static OPEN = 1;
    readyState = 1;
    constructor() { super(); sources.push(this); }
    close() {}
  };
  const live = await import("/page/lib/live.js");
  live.connectLive();
  const happens = (kind, told) =>
    sources[0].dispatchEvent(new MessageEvent(kind, {data: JSON.stringify(told)}));
  window.fetch = async (path, {method = "GET", body, signal} = {}) => {
    asked.push(`${method} ${path}`);
    const told = await routes[`${method} ${path.split("?")[0]}`]?.(body && JSON.parse(body));
    signal?.throwIfAborted();
    if (told === undefined) return new Response('{"detail": "There is no such thing."}', {status: 404});
    const {location, ...rest} = told;
    return new Response(JSON.stringify(rest), {headers: location ? {Location: location} : {}});
  };
  const until = async (done) => { while (!done()) await new Promise((go) => setTimeout(go, 5)); };
"""
#: Equal requests are one task, which ends when it is told to.
ONE_TASK = """
  const task = {id: "t", task: "MarkerHeatmap", state: "RUNNING"};
  const routes = {
    "POST /v2/workRequest/demo": () => ({data: {ETag: "e", signedUrl: null}, location: "/tasks/t"}),
    "GET /tasks/t": () => ({...task}),
    "DELETE /tasks/t": () => Object.assign(task, {state: "KILLED"}),
    "GET /tasks/t/result": () => ({found: 1}),
  };
"""


def test_a_request_that_replaces_its_equal_does_not_end_it(modules: Page) -> None:
    script = """
      const [first, second] = [new AbortController(), new AbortController()];
      const lost = it.ask("demo", {}, {signal: first.signal}).catch((error) => error.name);
      await until(() => asked.includes("GET /tasks/t"));
      first.abort();
      const found = it.ask("demo", {}, {signal: second.signal});
      await until(() => asked.filter((one) => one === "GET /tasks/t").length > 1);
      await new Promise((go) => setTimeout(go, 50));
      happens("task", {...task, state: "COMPLETE"});
      return [await lost, (await found).result, asked.some((one) => one.startsWith("DELETE"))];
    """
    assert run(modules, "lib/ask.js", ONE_TASK + GATEWAY + script) == ["AbortError", {"found": 1}, False]


def test_what_nobody_waits_for_any_more_is_cancelled_also_before_its_task_is_known(modules: Page) -> None:
    script = """
      const seen = [];
      for (const known of [true, false]) {
        task.state = "RUNNING";
        asked.length = 0;
        const stop = new AbortController();
        const lost = it.ask("demo", {}, {signal: stop.signal}).catch((error) => error.name);
        if (known) await until(() => asked.includes("GET /tasks/t"));
        stop.abort();
        seen.push(await lost);
        await until(() => asked.includes("DELETE /tasks/t"));
      }
      return seen;
    """
    assert run(modules, "lib/ask.js", ONE_TASK + GATEWAY + script) == ["AbortError", "AbortError"]


def test_lists_in_the_address_hold_any_names_and_a_broken_address_is_read_as_it_is(modules: Page) -> None:
    script = """
      const names = ["T cell, naive", "100%", "a%2Cb", "CD4/CD8"];
      history.replaceState(null, "", it.addressOf("explore", "demo", {only: it.asList(names), genes: "LYZ,CD14"}));
      const {only, genes} = it.readAddress().query;
      const read = [it.namesIn(only), it.namesIn(genes), it.namesIn(undefined), it.asList([])];
      history.replaceState(null, "", "#explore/50%");
      return [...read, it.readAddress().id];
    """
    names = ["T cell, naive", "100%", "a%2Cb", "CD4/CD8"]
    assert run(modules, "lib/address.js", script) == [names, ["LYZ", "CD14"], [], None, "50%"]


#: An experiment whose requests are answered from before.
EXPLORATION = """
  const genesOf = ({body: {genes}}) => ({
    orderedGeneNames: genes,
    rawExpression: {values: [], index: [], ptr: genes.map(() => 0).concat(0), size: [3, genes.length]},
    stats: {truncatedMax: genes.map(() => 1)},
  });
  let wanted = null;
  const routes = {
    "POST /v2/workRequest/demo": (request) => {
      wanted = request;
      return {data: {ETag: "e", signedUrl: "/results/e"}};
    },
    "GET /results/e": () => genesOf(wanted),
    "GET /v2/experiments/demo/cellSets": () => ({cellSets: []}),
    "GET /experiments/demo": () => facts(),
  };
  let facts = () => ({id: "demo", state: "ready"});
"""


def test_genes_at_hand_are_not_lost_when_more_are_asked_for(modules: Page) -> None:
    script = """
      const model = new it.Exploration("demo");
      const genes = Array.from({length: 100}, (_, number) => `G${number}`);
      await model.expression(genes);
      const found = await model.expression([...genes, "more"]);
      return [found.size, [...found.keys()].at(-1)];
    """
    assert run(modules, "explore/model.js", EXPLORATION + GATEWAY + script) == [101, "more"]


def test_a_state_that_came_while_the_facts_were_read_is_the_newer_one(modules: Page) -> None:
    script = """
      facts = async () => {
        happens("experiment", {id: "demo", state: "ready", detail: "now"});
        return {id: "demo", cells: 3, state: "opening", detail: ""};
      };
      const model = new it.Exploration("demo");
      await model.open();
      return model.facts;
    """
    told = {"id": "demo", "cells": 3, "state": "ready", "detail": "now"}
    assert run(modules, "explore/model.js", EXPLORATION + GATEWAY + script) == told


def test_an_exploration_that_was_left_tells_nothing(modules: Page) -> None:
    script = """
      const model = new it.Exploration("demo");
      const told = [];
      for (const type of ["facts", "cellSets"]) model.addEventListener(type, () => told.push(type));
      const opened = model.open();
      model.close();
      await opened;
      return told;
    """
    assert run(modules, "explore/model.js", EXPLORATION + GATEWAY + script) == []


def test_an_exploration_that_was_left_does_not_change_the_address_of_the_next_view(modules: Page) -> None:
    script = """
      const model = new it.Exploration("demo");
      model.look({zoom: "2,0,0"});
      const before = location.hash;
      model.close();
      history.replaceState(null, "", "#tasks");
      model.look({zoom: "3,0,0"});
      return [before, location.hash];
    """
    found = run(modules, "explore/model.js", EXPLORATION + GATEWAY + script)
    assert found == ["#?zoom=2,0,0", "#tasks"]


def test_a_layout_that_was_cancelled_is_not_computed_in_another_way(modules: Page) -> None:
    script = """
      routes["POST /v2/workRequest/demo"] = () => ({data: {ETag: "e", signedUrl: null}, location: "/tasks/t"});
      const posts = async (task) => {
        asked.length = 0;
        routes["GET /tasks/t"] = () => ({id: "t", task: "GetEmbedding", ...task});
        await new it.Exploration("demo").readPoints().catch(() => {});
        return asked.filter((one) => one.startsWith("POST")).length;
      };
      return [
        await posts({state: "KILLED", errorCode: "TASK_KILLED"}),
        await posts({state: "FAILED", errorCode: "R_WORKER_EMBEDDING_NOT_FOUND"}),
      ];
    """
    assert run(modules, "explore/model.js", EXPLORATION + GATEWAY + script) == [1, 2]


def test_sets_are_found_whatever_strokes_are_in_their_keys(modules: Page) -> None:
    script = """
      const model = new it.Exploration("demo");
      const child = (key) => ({key, name: key, cellIds: []});
      model.classes = [
        {key: "a", children: [child("b/c")]}, {key: "a/b", children: [child("d"), child("T/NK")]},
      ];
      const named = (key) => model.find(key) && [model.find(key).group.key, model.find(key).set.key];
      return ["a/b/c", "a/b/d", "a/b/T/NK", "T/NK", "a/none"].map((key) => named(key) ?? null);
    """
    found = [["a", "b/c"], ["a/b", "d"], ["a/b", "T/NK"], ["a/b", "T/NK"], None]
    assert run(modules, "explore/model.js", EXPLORATION + GATEWAY + script) == found


def test_plots_say_that_there_are_no_cell_sets(modules: Page) -> None:
    script = """
      const {Exploration} = await import("/page/explore/model.js");
      const said = {};
      for (const plot of it.PLOTS) {
        const model = new Exploration("demo");
        const place = document.body.appendChild(document.createElement("div"));
        const view = await plot.open(place, model);
        await new Promise((go) => setTimeout(go, 20));
        said[plot.id] = place.textContent;
        view.close();
        place.remove();
      }
      return said;
    """
    said = run(modules, "explore/plots/registry.js", EXPLORATION + GATEWAY + script)

    assert set(said) == {"violin", "dots", "heatmap", "de", "volcano", "batch", "frequency", "trajectory", "qc"}
    assert [name for name, words in said.items() if "There are no cell sets" not in words] == []


def test_the_buttons_of_what_runs_stay_where_they_are(modules: Page) -> None:
    script = """
      const foot = document.body.appendChild(document.createElement("footer"));
      const {Exploration} = await import("/page/explore/model.js");
      const {close} = it.showStatus(foot, new Exploration("demo"));
      const running = {id: "t", experiment: "demo", task: "MarkerHeatmap", state: "RUNNING"};
      const button = () => foot.querySelector("button");
      happens("task", running);
      await until(button);
      const first = button();
      first.focus();
      happens("task", {...running, progress: {message: "half", step: 1, total: 2}});
      await new Promise((go) => setTimeout(go, 600));
      const stays = [button() === first, document.activeElement === first, foot.textContent.includes("50 %")];
      happens("task", {...running, state: "COMPLETE"});
      const gone = button() === null;
      close();
      return [...stays, gone];
    """
    assert run(modules, "explore/status.js", EXPLORATION + GATEWAY + script) == [True, True, True, True]


def test_what_ended_while_nobody_heard_of_it_runs_no_more(modules: Page) -> None:
    script = """
      routes["GET /tasks"] = () => ({items: []});
      const foot = document.body.appendChild(document.createElement("footer"));
      const {Exploration} = await import("/page/explore/model.js");
      const {close} = it.showStatus(foot, new Exploration("demo"));
      happens("task", {id: "t", experiment: "demo", task: "MarkerHeatmap", state: "RUNNING"});
      await until(() => foot.querySelector("button"));
      sources[0].onopen();
      await until(() => !foot.querySelector("button"));
      close();
      return true;
    """
    assert run(modules, "explore/status.js", EXPLORATION + GATEWAY + script)


def test_a_look_that_is_asked_for_during_another_follows_it(modules: Page) -> None:
    script = """
      let [looks, go] = [0, null];
      const polling = it.poll(() => new Promise((done) => { looks += 1; go = () => done(false); }));
      polling.now();
      polling.now();
      go();
      await new Promise((later) => setTimeout(later, 500));
      polling.end();
      return looks;
    """
    assert run(modules, "jobs/polling.js", script) == 2
