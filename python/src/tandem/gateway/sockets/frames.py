"""What emitters publish on Redis, read without trust: `[uid, {type, nsp, data}, {rooms, flags, except}]` in msgpack."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import msgpack

#: The channels of the namespace `/`: `socket.io#/#` for all, `socket.io#/#<room>#` for one room.
ALL = "socket.io#/#"
#: The largest frame that is looked into, in bytes: a result in base64, with room to spare.
FRAME_BYTES = 4_000_000
#: The longest list or table that is looked into: room for it is made before it is there.
ENTRIES = 100_000
#: The longest names of events and rooms, in characters, and how many rooms one frame may name.
NAME_LENGTH = 300
ROOMS_MAX = 100
#: The only type of packet that is handed on: an event without binary parts.
EVENT = 2
#: Names that clients use among themselves; an event of that name would be taken for what it is not.
RESERVED = frozenset({"connect", "connect_error", "disconnect", "disconnecting", "error", "newListener"})


class Malformed(Exception):
    """The frame is none of ours: {reason}."""


@dataclass(frozen=True)
class Announcement:
    """One event on its way to clients."""

    event: str
    #: An object or a text.
    payload: Any
    #: Both as the text that goes over the wire: `["event",payload]`.
    wire: str
    #: The rooms that hear it, empty for everybody, and those that do not.
    rooms: Sequence[str] = ()
    without: Sequence[str] = ()


def read_frame(channel: bytes, frame: bytes) -> Announcement:
    """The event that a frame announces. Malformed for everything else, whatever it is."""
    if len(frame) > FRAME_BYTES:
        raise Malformed(f"it has {len(frame)} bytes")
    try:
        # Names of ours come in UTF-8; extensions of msgpack, which could be anything, are none of ours.
        _, packet, options = msgpack.unpackb(
            frame, raw=False, max_ext_len=0, max_array_len=ENTRIES, max_map_len=ENTRIES
        )
        event, payload = _event(packet)
        wire = json.dumps([event, payload], ensure_ascii=False, allow_nan=False, separators=(",", ":"))
        return Announcement(event, payload, wire, _heard_by(channel, options), _names(options.get("except")))
    except Malformed:
        raise
    except Exception as error:  # the reader fails in as many ways as there are hostile frames
        raise Malformed(f"{type(error).__name__}: {error}"[:NAME_LENGTH]) from error


def _event(packet: Any) -> tuple[str, Any]:
    if packet["type"] != EVENT or packet["nsp"] != "/":
        raise Malformed("it is no event of the namespace /")
    event, payload = packet["data"]
    if not isinstance(event, str) or not 0 < len(event) <= NAME_LENGTH or event in RESERVED:
        raise Malformed("its event has no usable name")
    if not isinstance(payload, (dict, str)):
        raise Malformed("it carries neither an object nor a text")
    return event, payload


def _heard_by(channel: bytes, options: Any) -> Sequence[str]:
    """The rooms of a frame. On the channel of a room, that room alone: the emitter publishes to each of them."""
    rooms = _names(options.get("rooms"))
    room = channel.decode().removeprefix(ALL).removesuffix("#")
    if not room:
        return rooms
    if room not in rooms:
        raise Malformed("it names other rooms than its channel")
    return (room,)


def _names(given: Any) -> Sequence[str]:
    names = tuple(given or ())
    if len(names) > ROOMS_MAX or not all(isinstance(name, str) and 0 < len(name) <= NAME_LENGTH for name in names):
        raise Malformed("its rooms are no list of names")
    return names
