"""What the platform runs is decided once, written down, and told to every part."""

from pathlib import Path

import pytest

from tandem.errors import InvalidSetting
from tandem.local import ports
from tandem.local.layout import LONGEST_SOCKET_PATH, Layout
from tandem.local.plan import Plan, environment, make_plan, read_plan, settings_for, write_plan
from tandem.settings import Settings


@pytest.fixture
def layout(tmp_path: Path) -> Layout:
    return Layout(home=tmp_path, data=tmp_path / "data", scratch=Path("/dev/shm"))


PLAN = Plan(redis_port=7001, gateway_port=7002, r_ports={"a": 7003, "b": 7004})


def test_every_experiment_has_an_r_service_of_its_own():
    plan = make_plan(["a", "b"])
    assert plan.experiments == ["a", "b"]
    assert len({plan.redis_port, plan.gateway_port, *plan.r_ports.values()}) == 4


@pytest.mark.parametrize(
    ("listens", "url"),
    [
        ("127.0.0.1", "http://127.0.0.1:"),
        ("0.0.0.0", "http://127.0.0.1:"),
        ("127.0.0.2", "http://127.0.0.2:"),
        ("::", "http://[::1]:"),
    ],
)
def test_the_gateway_is_looked_for_where_it_listens(listens, url):
    assert make_plan([], listens).gateway_url.startswith(url)


def test_the_port_that_is_asked_for_is_the_gateways_if_it_is_free():
    port = ports.choose(18_080)
    assert make_plan([], port=port).gateway_port == port


def test_a_plan_is_read_as_it_was_written(tmp_path):
    write_plan(PLAN, tmp_path / "plan.json")
    assert read_plan(tmp_path / "plan.json") == PLAN


@pytest.mark.parametrize("text", ["", "{", "[]", '{"redis_port": 1}'])
def test_a_broken_plan_counts_as_none(tmp_path, text):
    (tmp_path / "plan.json").write_text(text)
    assert read_plan(tmp_path / "plan.json") is None


def test_each_experiment_has_a_queue_of_its_own(layout):
    assert environment(layout, PLAN, "a")["TANDEM_QUEUE_URL"].endswith("queue.sqlite#a")
    assert environment(layout, PLAN, "a")["TANDEM_R_URL"] == "http://127.0.0.1:7003"


def test_settings_for_an_experiment_lead_to_the_platform(layout, monkeypatch):
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere:1")
    settings = settings_for(Settings(), layout, PLAN, "b")
    assert settings.experiment_id == "b"
    assert settings.redis_url == "redis://127.0.0.1:7001"
    assert settings.database_url == f"sqlite:///{layout.record}"


def test_a_deep_home_has_its_socket_elsewhere(tmp_path):
    deep = tmp_path / ("x" * LONGEST_SOCKET_PATH)
    socket = Layout(home=deep, data=deep, scratch=deep).control_socket
    assert len(str(socket)) <= LONGEST_SOCKET_PATH
    assert deep not in socket.parents


def test_two_deep_homes_do_not_share_a_socket(tmp_path):
    first, second = (tmp_path / (letter * LONGEST_SOCKET_PATH) for letter in "xy")
    sockets = {Layout(home=deep, data=deep, scratch=deep).control_socket for deep in (first, second)}
    assert len(sockets) == 2


@pytest.mark.parametrize("name", ['a "quoted" home', "100 %", "home #1", "a;b"])
def test_paths_that_could_not_be_handed_on_are_refused(tmp_path, monkeypatch, name):
    monkeypatch.setenv("TANDEM_HOME", str(tmp_path / name))
    with pytest.raises(InvalidSetting, match="TANDEM_HOME"):
        Layout.of(Settings())


def test_one_more_experiment_has_a_port_of_its_own_and_the_others_keep_theirs():
    more = PLAN.beside(["b", "c"])
    assert more.experiments == ["a", "b", "c"]
    assert dict(more.r_ports) | dict(PLAN.r_ports) == more.r_ports
    assert more.r_ports["c"] not in {7001, 7002, 7003, 7004}


def test_one_experiment_less_changes_nothing_else():
    assert PLAN.without("a") == Plan(redis_port=7001, gateway_port=7002, r_ports={"b": 7004})
    assert PLAN.without("absent") == PLAN


def test_an_experiment_that_sleeps_has_a_queue_but_no_r_service(layout):
    told = environment(layout, PLAN, "sleeping")
    assert told["TANDEM_QUEUE_URL"].endswith("queue.sqlite#sleeping")
    assert "TANDEM_R_URL" not in told
