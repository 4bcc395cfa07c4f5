"""Memory is made for an experiment with as little rest for others as possible."""

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from tandem.gateway.budget import Choice, Occupant, choose

NOW = datetime(2026, 1, 1, tzinfo=UTC)


def occupant(name: str, held: int, *, minutes_ago: int = 0, idle: bool = True) -> Occupant:
    return Occupant(name, held, NOW - timedelta(minutes=minutes_ago), idle)


def test_where_there_is_room_nobody_is_put_to_rest():
    assert choose(4, 10, [occupant("a", 6)]) == Choice(room=True)


def test_the_least_recently_used_goes_first_and_no_more_than_needed():
    found = choose(5, 10, [occupant("a", 4, minutes_ago=1), occupant("b", 4, minutes_ago=9), occupant("c", 1)])
    assert found == Choice(room=True, rest=("b",))


def test_who_is_at_work_stays_however_long_ago_it_was_asked():
    found = choose(5, 10, [occupant("a", 6, minutes_ago=9, idle=False), occupant("b", 4)])
    assert found == Choice(room=False)
    assert choose(4, 10, [occupant("a", 6, minutes_ago=9, idle=False), occupant("b", 4)]) == Choice(True, ("b",))


def test_nobody_is_put_to_rest_in_vain():
    assert choose(9, 10, [occupant("a", 6, idle=False), occupant("b", 1)]).rest == ()


def test_what_is_larger_than_the_budget_is_opened_alone():
    assert choose(99, 10, []) == Choice(room=True)
    assert choose(99, 10, [occupant("a", 1), occupant("b", 1, minutes_ago=1)]) == Choice(True, ("b", "a"))
    assert choose(99, 10, [occupant("a", 1, idle=False)]) == Choice(room=False)


@given(
    needed=st.integers(0, 20),
    held=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 5), st.booleans()), max_size=6),
)
def test_whatever_is_open_the_budget_is_kept_or_the_newcomer_is_alone(needed: int, held: list[tuple[int, int, bool]]):
    occupants = [
        occupant(str(place), size, minutes_ago=minutes, idle=idle) for place, (size, minutes, idle) in enumerate(held)
    ]
    found = choose(needed, 10, occupants)
    staying = [one for one in occupants if one.name not in found.rest]
    assert all(one.idle for one in occupants if one.name in found.rest)
    if found.room:
        assert not staying or sum(one.held for one in staying) + needed <= 10
    else:
        assert sum(one.held for one in occupants if not one.idle) + needed > 10
