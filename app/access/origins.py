"""Whether a browser sent a write because of a page of ours: Sec-Fetch-Site where the browser says it, else Origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers


def ours(headers: Headers, *, cookie: bool) -> bool:
    """Whether a write may be done.

    A browser tells a page's site on every write; what tells nothing is no browser, and harmless unless a ``cookie``
    speaks for it. ``same-site`` isn't ours: it may be another program on another port.
    """
    site = headers.get("sec-fetch-site")
    if site is not None and site not in ("same-origin", "none"):
        return False
    origin = headers.get("origin")
    if origin is not None:
        try:
            return urlsplit(origin).netloc == headers.get("host")
        except ValueError:  # no address at all
            return False
    return site is not None or not cookie
