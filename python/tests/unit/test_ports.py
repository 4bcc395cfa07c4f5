"""Ports: the one that people expect, unless somebody else has it."""

import socket

from tandem.local import ports


def test_a_free_port_is_taken_as_preferred():
    with socket.socket() as probe:
        probe.bind((ports.LOOPBACK, 0))
        port = probe.getsockname()[1]
    assert ports.choose(port) == port


def test_a_port_in_use_is_passed_over():
    with socket.socket() as other:
        other.bind((ports.LOOPBACK, 0))
        other.listen()
        busy = other.getsockname()[1]
        assert not ports.is_free(busy)
        assert ports.choose(busy) != busy


def test_a_port_that_listens_on_all_addresses_counts_as_in_use():
    with socket.socket() as other:
        other.bind(("0.0.0.0", 0))
        other.listen()
        assert not ports.is_free(other.getsockname()[1])


def test_a_port_given_away_already_is_passed_over():
    first = ports.choose(ports.R_SERVICE)
    assert ports.choose(ports.R_SERVICE, {first}) != first
