"""The gateway is asked to end while clients listen."""

import httpx


def test_streams_are_ended_properly_and_nothing_is_logged_as_a_fault(own_gateway):
    own_gateway.start()
    with (
        httpx.stream("GET", f"{own_gateway.url}/events", timeout=20) as first,
        httpx.stream("GET", f"{own_gateway.url}/events", timeout=20) as second,
    ):
        lines = first.iter_lines(), second.iter_lines()
        assert [next(one) for one in lines] == ["retry: 2000", "retry: 2000"]
        own_gateway.stop()
        assert [[line for line in one if line] for one in lines] == [[], []]
    assert "Traceback" not in own_gateway.log.read_text()
