"""What browsers are told about every answer."""

import re
from collections.abc import Mapping

#: The page loads its own files and nothing else.
PAGE_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "connect-src 'self'",
        "img-src 'self' data: blob:",
        "style-src 'self' 'unsafe-inline'",  # plotly.js puts its style into the page
        "font-src 'self'",
        "frame-src 'self'",
        "frame-ancestors 'none'",
        "base-uri 'none'",
        "form-action 'self'",
    )
)
#: A report shows the pictures and the style it carries, also inside the page, and can do nothing.
REPORT_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'self'; sandbox"
#: Files that came from elsewhere, or that a program has made, are looked at: they run nothing and fetch nothing.
FILE_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; frame-ancestors 'none'; sandbox"

REPORT = re.compile(r"/experiments/[^/]+/report")
FILES = re.compile(r"/(data|results|jobs/[^/]+/results)/.*|/jobs/[^/]+/(log\.txt|output\.zip)", re.DOTALL)
#: What may be kept by browsers, and asked for again each time: the page and its parts.
KEPT = ("/page/", "/page-parts/")

COMMON = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}


def headers_for(path: str) -> Mapping[str, str]:
    """The headers that an answer carries, unless it says something else itself."""
    policy, framing = PAGE_POLICY, "DENY"
    if REPORT.fullmatch(path):
        policy, framing = REPORT_POLICY, "SAMEORIGIN"
    elif FILES.fullmatch(path):
        policy = FILE_POLICY
    caching = "no-cache" if path == "/" or path.startswith(KEPT) else "no-store"
    return {**COMMON, "Content-Security-Policy": policy, "X-Frame-Options": framing, "Cache-Control": caching}
