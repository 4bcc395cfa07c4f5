"""Who may use the gateway: tokens, each with a role, and the key that signs addresses."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from enum import StrEnum
from hashlib import sha256
from secrets import token_hex, token_urlsafe

from sqlalchemy import Engine, delete, insert, or_, select, update
from sqlalchemy.exc import IntegrityError

from tandem.errors import AdminTokenShort, TokenNameTaken, TokenUnknown
from tandem.records.database import open_database
from tandem.records.schema import secrets, tokens
from tandem.settings import Settings

#: By this a token is known for what it is, by people and by programs that look for secrets.
PREFIX = "tandem_"
#: Random bytes in a token, and in the signing key.
TOKEN_BYTES = 32
ADDRESSES = "addresses"
#: The name of the admin token that comes from the settings, and the fewest characters that it has.
GIVEN = "given by TANDEM_ADMIN_TOKEN"
LEAST_LENGTH = 32


class Role(StrEnum):
    """What a token is good for; each role may do what those before it may."""

    READER = "reader"
    SUBMITTER = "submitter"
    ADMIN = "admin"

    def covers(self, needed: "Role") -> bool:
        """Whether who has this role may do what needs the other."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class Token:
    """A token as it is kept: everything but the token itself."""

    id: str
    name: str
    role: Role
    hash: str
    created_at: datetime
    revoked_at: datetime | None


class Tokens:
    """The tokens of one record."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    def create(self, role: Role, name: str | None = None) -> tuple[Token, str]:
        """Make a token; its text is returned here and never again."""
        text, identity = f"{PREFIX}{token_urlsafe(TOKEN_BYTES)}", token_hex(4)
        token = Token(identity, name or f"{role}-{identity}", role, hash_of(text), datetime.now(UTC), None)
        with self._engine.begin() as connection:
            taken = select(tokens.c.id).where(tokens.c.name == token.name, tokens.c.revoked_at.is_(None))
            if connection.execute(taken).first():
                raise TokenNameTaken(name=token.name)
            connection.execute(insert(tokens).values(vars(token)))
        return token, text

    def admit(self, text: str) -> None:
        """Let a token that was made elsewhere be an admin's; the one given before is good for nothing from now on. One
        that was revoked stays so. AdminTokenShort where it could be guessed."""
        if len(text) < LEAST_LENGTH:
            raise AdminTokenShort(least=LEAST_LENGTH)
        token = Token(token_hex(4), GIVEN, Role.ADMIN, hash_of(text), datetime.now(UTC), None)
        # Of gateways that start together, one is first.
        with suppress(IntegrityError), self._engine.begin() as connection:
            if connection.execute(select(tokens.c.id).where(tokens.c.hash == token.hash)).first() is None:
                earlier = update(tokens).where(tokens.c.name == GIVEN, tokens.c.revoked_at.is_(None))
                connection.execute(earlier.values(revoked_at=token.created_at))
                connection.execute(insert(tokens).values(vars(token)))

    def list(self) -> Sequence[Token]:
        """All tokens, oldest first, revoked ones too."""
        with self._engine.connect() as connection:
            rows = connection.execute(select(tokens).order_by(tokens.c.created_at, tokens.c.id)).all()
        names = [field.name for field in fields(Token)]
        found = [{name: row._mapping[name] for name in names} for row in rows]
        return [Token(**{**values, "role": Role(values["role"])}) for values in found]

    def revoke(self, name: str) -> None:
        """Let the token of this name or id be good for nothing from now on. TokenUnknown if there is none."""
        known = or_(tokens.c.name == name, tokens.c.id == name)
        with self._engine.begin() as connection:
            change = update(tokens).where(known, tokens.c.revoked_at.is_(None)).values(revoked_at=datetime.now(UTC))
            if not connection.execute(change).rowcount:
                raise TokenUnknown(token=name)

    def forget(self) -> None:
        """Remove every token, as if there had never been one."""
        with self._engine.begin() as connection:
            connection.execute(delete(tokens))

    def signing_key(self) -> bytes:
        """The key of this record's signed addresses, made at its first use."""
        known = select(secrets.c.value).where(secrets.c.purpose == ADDRESSES)
        with suppress(IntegrityError), self._engine.begin() as connection:
            if connection.scalar(known) is None:
                connection.execute(insert(secrets).values(purpose=ADDRESSES, value=token_hex(TOKEN_BYTES)))
        with self._engine.connect() as connection:
            return bytes.fromhex(connection.execute(known).scalar_one())

    def close(self) -> None:
        """Let go of connections."""
        self._engine.dispose()


def hash_of(text: str) -> str:
    """What is kept of a token. A slow hash protects what people can remember; nobody guesses 256 random bits, however
    fast each guess is."""
    return sha256(text.encode()).hexdigest()


def open_tokens(settings: Settings) -> Tokens:
    """The tokens of the record that DATABASE_URL names. RecordUnavailable when it does not answer."""
    return Tokens(open_database(settings.database_url))
