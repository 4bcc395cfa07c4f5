"""Frames that emitters publish on Redis."""

import json

import msgpack

from fuzz.draw import Draw
from fuzz.target import Target, only
from tandem.gateway.sockets.frames import ALL, Malformed, read_frame

WORDS = ("type", "nsp", "data", "/", "rooms", "except", "flags", "WorkResponse-1", "error")
ROOM = "demo"


def run(data: bytes) -> None:
    """The frame is packed of choices for each second input, else whatever the bytes are."""
    draw = Draw(data)
    channel = f"{ALL}{ROOM}#" if draw.flag() else ALL
    frame = _packed(draw) if draw.flag() else draw.rest()
    with only(Malformed):
        told = read_frame(channel.encode(), frame)
        told.wire.encode()
        assert json.loads(told.wire)[0] == told.event


def _packed(draw: Draw) -> bytes:
    packet = {"type": 2, "nsp": "/", "data": ["event", draw.value(WORDS, 6)]}
    options = {"rooms": [ROOM], "flags": {}, "except": []}
    for part in (packet, options):
        if draw.flag():
            part[draw.text(WORDS)] = draw.value(WORDS)
    try:
        return bytes(msgpack.packb(["uid", packet, options]))
    except (ValueError, OverflowError):  # half a character, or a number too large for the format
        return b""


def seeds() -> list[bytes]:
    """An event for all, and one for a room."""
    packet = {"type": 2, "nsp": "/", "data": ["WorkResponse-1", {"a": [1, None, "x"], "b": 0.5}]}
    frames = [msgpack.packb(["uid", packet, {"rooms": rooms, "flags": {}}]) for rooms in ([], [ROOM])]
    return [b"\0\0" + frames[0], b"\1\0" + frames[1], b"\0\1\7\3\0\1", b"\1\1\0\1"]


TARGET = Target(run, seeds)
