"""Headers of every answer, which tell the browser what a page may load, who may frame it and what leaks to others."""

from __future__ import annotations

from starlette.datastructures import MutableHeaders
from starlette.types import Message, Scope, Send

# Gradio's page starts with scripts in the page, compiles what an HTML part runs, and draws with styles in the page;
# plotly makes images from blobs. Nothing is loaded from elsewhere, nothing sent elsewhere: that is what counts here.
POLICY = (
    "default-src 'self'; script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:; worker-src 'self' blob:;"
    " style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self' data:; connect-src 'self';"
    " media-src 'self' data: blob:; object-src 'none'; base-uri 'self'; form-action 'self'; frame-ancestors 'none'"
)
HEADERS = {
    "Content-Security-Policy": POLICY,
    "Referrer-Policy": "same-origin",  # not stricter: a form would then be sent without its origin
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
}
HSTS = "max-age=31536000"
API = "/v1/"
"""What was asked and found is for whoever asked; nothing between is to keep it."""


def with_headers(scope: Scope, send: Send) -> Send:
    """``send`` that adds the headers an answer doesn't have yet."""

    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in HEADERS.items():
                headers.setdefault(name, value)
            if scope.get("path", "").startswith(API):
                headers.setdefault("Cache-Control", "no-store")
            if scope.get("scheme") == "https":
                headers.setdefault("Strict-Transport-Security", HSTS)
        await send(message)

    return sending
