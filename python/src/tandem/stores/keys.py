"""Which keys a store accepts: those that are also a path inside one folder."""

from tandem.errors import InvalidRequest

#: The most bytes of a key.
KEY_MAX = 1024
#: The most bytes of one name in it; a file system's 255 less what notes append.
NAME_MAX = 200


def checked(key: str) -> str:
    """The key itself, if it names a path that stays inside a folder and is not among what the store hides there."""
    if len(key.encode(errors="replace")) > KEY_MAX or not key.isprintable():
        raise InvalidRequest(reason=f"the key {key[:80]!r} is too long or has characters that cannot be shown")
    for number, name in enumerate(key.split("/")):
        hidden = name in (".", "..") or (number == 0 and name.startswith("."))
        if not name or hidden or "\\" in name or len(name.encode()) > NAME_MAX:
            raise InvalidRequest(reason=f"the key {key!r} is not a plain path (its part {name!r} is not a plain name)")
    return key
