"""Who asks: sign in with a token, and out again."""

from fastapi import APIRouter, Request, Response
from pydantic import Field

from tandem.errors import TokenRefused
from tandem.gateway.api.models import Told
from tandem.gateway.parts import World
from tandem.gateway.security.access import COOKIE, token_in
from tandem.records.tokens import Role

router = APIRouter(prefix="/session", tags=["session"])


class Session(Told):
    """What whoever asks may do."""

    role: Role | None = Field(description="nothing where a token is needed and none in force was sent")
    tokens_needed: bool


class SignIn(Told):
    """A token, as `tandem token create` printed it."""

    token: str = Field(min_length=1, max_length=200)


@router.get("")
async def session(request: Request, parts: World) -> Session:
    """What you may do here."""
    role = await parts.keyring.role_of(token_in(request.headers))
    return Session(role=role, tokens_needed=await parts.keyring.needed())


@router.post("")
async def sign_in(given: SignIn, request: Request, response: Response, parts: World) -> Session:
    """Keep a token in a cookie that no script can read, until the browser is closed."""
    role = await parts.keyring.role_of(given.token)
    needed = await parts.keyring.needed()
    if role is None:
        raise TokenRefused
    if needed:
        secure = request.url.scheme == "https"
        response.set_cookie(COOKIE, given.token, path="/", secure=secure, httponly=True, samesite="strict")
    return Session(role=role, tokens_needed=needed)


@router.delete("", status_code=204)
async def sign_out(response: Response) -> None:
    """Forget the cookie."""
    response.delete_cookie(COOKIE, path="/", httponly=True, samesite="strict")
