"""The tokens in force, as the record knew them a moment ago."""

import asyncio
import time
from collections.abc import Mapping

from tandem.records.tokens import Role, Token, Tokens, hash_of

#: How long what was read of the record is believed, in seconds: a revoked token is refused after that at the latest.
BELIEVED_S = 1.0


class Keyring:
    """Knows the role of every token. `always` says that without a token nobody may do anything."""

    def __init__(self, tokens: Tokens, *, always: bool) -> None:
        self._tokens, self._always = tokens, always
        self._holders: Mapping[str, Token] = {}
        self._needed = True
        self._read_at = float("-inf")
        self._reading = asyncio.Lock()

    async def needed(self) -> bool:
        """Whether tokens are in force: beyond this machine always, here once there has been one."""
        await self._refresh()
        return self._needed

    @property
    def in_force(self) -> bool:
        """The same, as it was at the last look."""
        return self._needed

    async def role_of(self, text: str | None) -> Role | None:
        """What the holder of a token may do, or of none; None for nothing. RecordUnavailable if nobody can tell."""
        await self._refresh()
        if not self._needed:
            return Role.ADMIN
        holder = self._holders.get(hash_of(text)) if text else None
        return holder.role if holder else None

    def name_of(self, text: str | None) -> str:
        """By what the holder of a token is known; nothing where no tokens are in force. As it was at the last look."""
        holder = self._holders.get(hash_of(text)) if text and self._needed else None
        return holder.name if holder else ""

    async def _refresh(self) -> None:
        if time.monotonic() - self._read_at < BELIEVED_S:
            return
        async with self._reading:
            begun = time.monotonic()
            if begun - self._read_at < BELIEVED_S:
                return
            known = await asyncio.to_thread(self._tokens.list)
            self._holders = {token.hash: token for token in known if token.revoked_at is None}
            self._needed = self._always or bool(known)
            self._read_at = begun
