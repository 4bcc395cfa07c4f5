"""Addresses of results that open without a token, for a while."""

import hmac
import time
from hashlib import sha256
from urllib.parse import parse_qs, urlencode

from tandem.gateway.security.keyring import Keyring

#: How long an address is good, in seconds: a task may take hours before its address is used.
VALID_S = 24 * 3600


class Addresses:
    """Signs the addresses of one record's results, while tokens are in force."""

    def __init__(self, key: bytes, keyring: Keyring) -> None:
        self._key, self._keyring = key, keyring

    def of(self, base: str, etag: str) -> str:
        """The address of a result under `base`, the address of this gateway."""
        address = f"{base}results/{etag}"
        if not self._keyring.in_force:
            return address
        expires = int(time.time()) + VALID_S
        return f"{address}?{urlencode({'expires': expires, 'signature': self._signature(etag, expires)})}"

    def is_signed(self, path: str, query: str) -> bool:
        """Whether a request carries a signature at all."""
        return path.startswith("/results/") and "signature" in parse_qs(query)

    def opens(self, path: str, query: str) -> bool:
        """Whether the signature that a request carries is ours, and still good."""
        given = parse_qs(query)
        expires, signature = given.get("expires", [""])[0], given.get("signature", [""])[0]
        if not (expires.isascii() and expires.isdigit() and len(expires) < 16) or int(expires) < time.time():
            return False
        ours = self._signature(path.removeprefix("/results/"), int(expires))
        return hmac.compare_digest(ours.encode(), signature.encode())

    def _signature(self, etag: str, expires: int) -> str:
        return hmac.new(self._key, f"{etag}\n{expires}".encode(), sha256).hexdigest()
