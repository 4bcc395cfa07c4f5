"""The layers around the application, in the order that a request passes them."""

from collections.abc import Sequence

from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware

from tandem.gateway.parts import Parts
from tandem.gateway.security.access import Access
from tandem.gateway.security.envelope import Envelope
from tandem.gateway.security.limits import Limits
from tandem.gateway.security.origins import Origins


def layers(parts: Parts) -> Sequence[Middleware]:
    """From the outermost inwards."""
    return [
        Middleware(Envelope, meters=parts.meters),
        Middleware(Origins, settings=parts.settings, keyring=parts.keyring),
        Middleware(
            CORSMiddleware,
            allow_origins=parts.settings.cors_origins,
            allow_credentials=True,
            allow_methods=["GET", "HEAD", "POST", "PATCH", "DELETE"],
            allow_headers=["Authorization", "Content-Type", "If-None-Match", "If-Match", "Last-Event-ID"],
            expose_headers=["Location", "ETag", "X-Request-Id", "Retry-After", "Content-Disposition"],
        ),
        Middleware(Limits, settings=parts.settings, present=parts.present),
        Middleware(Access, keyring=parts.keyring, addresses=parts.addresses),
    ]
