"""The page's modules by themselves, in a real browser: what is worked out without a gateway."""

from playwright.sync_api import Page

from fixtures.page_modules import run

#: Seeded numbers, by which two ways of counting are compared.
CLOUD = """
  let state = 7;
  const random = () => (state = (state * 48271) % 2147483647) / 2147483647;
  const x = Float32Array.from({length: 3000}, () => random() * 20 - 10);
  const y = Float32Array.from({length: 3000}, () => random() * 8);
  x[5] = y[5] = NaN;
"""


def test_the_nearest_cell_is_found_as_by_looking_at_all(modules: Page) -> None:
    script = """
      const cells = Uint32Array.from(x.keys()).filter((cell) => cell !== 5);
      const grid = new it.Grid({x, y}, cells);
      const slow = (a, b, reach) => {
        let [best, closest] = [-1, reach * reach];
        for (const cell of cells) {
          const away = (x[cell] - a) ** 2 + (y[cell] - b) ** 2;
          if (away <= closest) [best, closest] = [cell, away];
        }
        return best;
      };
      const places = Array.from({length: 300}, () => [random() * 30 - 15, random() * 12 - 2, random()]);
      return places.filter((place) => grid.nearest(...place) !== slow(...place)).length;
    """
    assert run(modules, "explore/embedding/pick.js", CLOUD + script) == 0


def test_a_lasso_catches_what_lies_inside_however_it_is_drawn(modules: Page) -> None:
    script = """
      const [x, y] = [Float32Array.of(1, 3, 1, 5, 2.9), Float32Array.of(1, 1, 3, 5, 2.9)];
      const cells = Uint32Array.of(4, 3, 2, 1, 0);
      const corner = [0, 0, 4, 0, 4, 2, 2, 2, 2, 4, 0, 4];
      const inside = (line) => [...it.cellsInside(line, {x, y}, cells)];
      const back = [...corner].reverse().flatMap((_, at, all) => (at % 2 ? [] : [all[at + 1], all[at]]));
      return [inside(corner), inside(back)];
    """
    assert run(modules, "explore/embedding/pick.js", script) == [[0, 1, 2], [0, 1, 2]]


def test_cells_are_drawn_in_a_random_order_that_stays(modules: Page) -> None:
    script = """
      const [one, two] = [it.drawingOrder({x}), it.drawingOrder({x})];
      const some = it.drawingOrder({x}, Uint8Array.from(x, (_, cell) => cell % 2));
      return {
        same: one.join() === two.join(), all: new Set(one).size, filtered: one.includes(5),
        mixed: one.slice(0, 100).filter((cell) => cell > 1500).length,
        odd: some.every((cell) => cell % 2), half: some.length,
      };
    """
    found = run(modules, "explore/embedding/shuffle.js", CLOUD + script)
    assert 25 < found.pop("mixed") < 75
    assert found == {"same": True, "all": 2999, "filtered": False, "odd": True, "half": 1499}


def test_a_camera_keeps_what_is_under_the_pointer_and_comes_back_from_the_address(modules: Page) -> None:
    script = """
      const camera = new it.Camera();
      camera.resize(800, 500);
      camera.fit({x, y});
      const whole = camera.toText();
      const before = [camera.toDataX(200), camera.toDataY(100)];
      camera.zoomBy(3, 200, 100);
      const after = [camera.toDataX(200), camera.toDataY(100)];
      const other = new it.Camera();
      other.resize(800, 500);
      other.fit({x, y});
      other.read(camera.toText());
      const nonsense = new it.Camera();
      nonsense.read("1,,nothing");
      return {
        whole, moved: Math.hypot(before[0] - after[0], before[1] - after[1]), nonsense: nonsense.zoom,
        away: Math.abs(other.toPixelX(1) - camera.toPixelX(1)) + Math.abs(other.toPixelY(1) - camera.toPixelY(1)),
      };
    """
    found = run(modules, "explore/embedding/camera.js", CLOUD + script)
    assert found["whole"] is None
    assert found["moved"] < 1e-9
    assert found["away"] < 0.1
    assert found["nonsense"] == 1


def test_zero_stands_apart_and_the_cap_ends_the_scale(modules: Page) -> None:
    script = """
      const values = Float32Array.of(0, 1e-6, 2, 4, 9, NaN);
      const paint = (cap) => [...it.paint({kind: "numbers", values, low: 0, zero: true}, 7, "light", cap)];
      const [zero, least, two, four, nine, none, missing] = paint(4);
      const apart = new Set([zero, least, two, four]).size;
      return [apart, four === nine, none === missing, none !== zero, paint(9)[3] !== four];
    """
    assert run(modules, "explore/embedding/colouring.js", script) == [4, True, True, True, True]


def test_layouts_and_sets_are_read_whatever_was_left_out(modules: Page) -> None:
    script = """
      const parse = (kind, value) => it.parse(kind, new TextEncoder().encode(JSON.stringify(value)));
      const {x, y} = parse("layout", [[1, 2], null, [], [3, 4]]);
      const children = [{key: "a", cellIds: [1]}, {key: "b", color: ""}];
      const [group] = parse("classes", {cellSets: [{key: "k", children}]});
      return {
        x: [...x].map(String), y: [...y].map(String), name: group.name,
        colours: new Set(group.children.map(({color}) => color)).size,
        numbers: [...parse("numbers", [1, null, []])].map(String),
      };
    """
    assert run(modules, "explore/parsing.js", script) == {
        "x": ["1", "NaN", "NaN", "3"],
        "y": ["2", "NaN", "NaN", "4"],
        "name": "k",
        "colours": 2,
        "numbers": ["1", "NaN", "NaN"],
    }


def test_sets_of_cells_are_united_cut_and_subtracted(modules: Page) -> None:
    script = """
      const sets = [[9, 1, 2], [2, 3], [2, 9]].map((cells) => ({cellIds: Uint32Array.from(cells)}));
      return [it.union(sets), it.intersection(sets), it.difference(sets)].map((cells) => [...cells]);
    """
    assert run(modules, "explore/sets/changes.js", script) == [[1, 2, 3, 9], [2], [1]]


def test_changes_of_sets_have_the_form_that_clients_send(modules: Page) -> None:
    script = """
      const set = {key: "s", name: "S", rootNode: false, color: "#112233", cellIds: [1]};
      const changed = it.changeSet('a"b', "s", {name: "T"});
      return [it.addOwn([{key: "scratchpad"}], set), it.addOwn([], set), changed, it.removeClass("c")];
    """
    added, made, changed, removed = run(modules, "explore/sets/changes.js", script)
    own = {"key": "s", "name": "S", "rootNode": False, "color": "#112233", "cellIds": [1]}
    query = '$[?(@.key == "scratchpad")]'
    assert added == [{"$match": {"query": query, "value": {"children": [{"$insert": {"index": "-", "value": own}}]}}}]
    assert made[0]["$append"]["children"] == [own]
    assert changed[0]["$match"]["query"] == '$[?(@.key == "a\\"b")]'
    assert changed[0]["$match"]["value"]["children"][0]["$match"]["value"] == {"name": "T"}
    assert removed[0]["$match"]["value"] == {"$remove": True}


def test_several_values_are_written_as_people_write_them(modules: Page) -> None:
    script = """
      const check = (value) => (value > 9 ? "It is 9 or less." : null);
      const read = (text) => it.numbersIn(text, check);
      return {
        range: read("0..4").values, list: read("3, 1,2 , 1").values, step: read("0..0.3 by 0.1").values,
        both: read("-1..1, 5").values, none: read(" ").values, high: read("8..10").fault, word: read("1, x").fault,
        back: read("4..0").fault, endless: read("0..1 by 0").fault, texts: it.textsIn("a, b,,a", () => null).values,
      };
    """
    assert run(modules, "jobs/form/values.js", script) == {
        "range": [0, 1, 2, 3, 4],
        "list": [3, 1, 2],
        "step": [0, 0.1, 0.2, 0.3],
        "both": [-1, 0, 1, 5],
        "none": [],
        "high": "10: It is 9 or less.",
        "word": "x is neither a number nor a range such as 0..4.",
        "back": "4..0 is neither a number nor a range such as 0..4.",
        "endless": "0..1 by 0 is neither a number nor a range such as 0..4.",
        "texts": ["a", "b"],
    }


def test_tables_are_read_with_their_quotes_and_sorted_as_numbers(modules: Page) -> None:
    script = """
      const { sorted, allNumbers } = await import("/page/jobs/sorting.js");
      const rows = it.rowsOf('n,"a ""b"", c"\\r\\n10,"two\\nlines"\\n9,\\n,x', ",", 10);
      const order = sorted(rows.slice(1), (row) => row[0], true).map((row) => row[0]);
      return { rows, order, numbers: [allNumbers(["1", "", "2e3"]), allNumbers(["1", "x"]), allNumbers([])],
               few: it.rowsOf("a\\nb\\nc", ",", 2).length };
    """
    assert run(modules, "jobs/one/csv.js", script) == {
        "rows": [["n", 'a "b", c'], ["10", "two\nlines"], ["9", ""], ["", "x"]],
        "order": ["10", "9", ""],
        "numbers": [True, False, False],
        "few": 2,
    }


def test_jobs_on_a_timeline_are_found_where_they_ran(modules: Page) -> None:
    script = """
      const at = (second) => new Date(second * 1000).toISOString();
      const job = (id, from, to) => ({ id, startedAt: from === null ? null : at(from), finishedAt: to && at(to) });
      const data = it.spansOf([job("b", 1, 3), job("a", 0, 2), job("c", 2, null), job("d", null, null)], 9000);
      const found = (slot, time, reach) => it.spansAt(data, slot, time, reach).map((span) => span.job.id);
      const slots = data.spans.map(({ job, slot }) => [job.id, slot]);
      return { slots, number: data.slots, from: data.from, to: data.to,
               inside: found(0, 1000, 0), beside: found(1, 3200, 300), nowhere: found(1, 5000, 10) };
    """
    assert run(modules, "jobs/group/spans.js", script) == {
        "slots": [["a", 0], ["b", 1], ["c", 0]],
        "number": 2,
        "from": 0,
        "to": 9000,
        "inside": ["a"],
        "beside": ["b"],
        "nowhere": [],
    }
