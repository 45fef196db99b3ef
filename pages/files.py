"""What a browser loads before a page says anything, from memory: Streamlit's scripts, styles and fonts, and the form's.

Streamlit reads each of some hundred files from the disk for everybody who opens a page, and sends them as they are: two
and a half megabytes. Here each is read and compressed when it is first asked for. What will be asked for later is named
in the page's head, so that it is on its way before the page knows that it needs it.
"""

from __future__ import annotations

import gzip
import mimetypes
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send
from streamlit import file_util

from pages.form import mount
from pages.menu import PAGES

FOR_EVER = "public, immutable, max-age=31536000"  # its content's digest is in its name
LATER = ("BidiComponent", "ButtonGroup", "Html")
"""Parts of Streamlit's that every labelling page loads once its first run has told it to."""
ADDRESS = "<script>window.__streamlit = { BACKEND_BASE_URL: location.origin }</script>"
"""Where the app is. Not told so, every page but the first looks for it under its own name before it looks here."""
FORM_PAGES = ("label", "mine", "adjudicate")
_COMPRESSED = (".woff2", ".png", ".gif", ".jpg")
_FONT = re.compile(r'<link[^>]+as="font"[^>]*>')
_IMPORTS = re.compile(r'(?:from|import)"\./([\w.-]+\.js)"')


@dataclass(frozen=True, slots=True)
class File:
    """A file as it is kept: compressed where that makes it smaller."""

    content: bytes
    compressed: bool
    kind: str
    keep: str

    def response(self, request: Request) -> Response:
        """For somebody who asks for it."""
        headers = {"Cache-Control": self.keep, "Vary": "Accept-Encoding"}
        if not self.compressed:
            return Response(self.content, headers=headers, media_type=self.kind)
        if "gzip" not in request.headers.get("accept-encoding", ""):  # no browser does that
            return Response(gzip.decompress(self.content), headers=headers, media_type=self.kind)
        return Response(self.content, headers=headers | {"Content-Encoding": "gzip"}, media_type=self.kind)


class Files:
    """ASGI middleware, before Streamlit's own way to serve them."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self._kept: dict[str, File] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        path = scope.get("path", "")
        if scope["type"] != "http" or scope["method"] != "GET" or not _is_ours(path):
            await self._app(scope, receive, send)
            return
        if path not in self._kept:
            self._kept[path] = await run_in_threadpool(_read, path)
        await self._kept[path].response(Request(scope))(scope, receive, send)


def _is_ours(path: str) -> bool:
    return path in _static() or path in mount.served() or path.removeprefix("/") in {"", *PAGES}


def _read(path: str) -> File:
    keep = FOR_EVER
    if path in _static():
        plain, name = _static()[path].read_bytes(), path
    elif path in mount.served():
        plain, name = mount.served()[path], path
    else:
        plain, name, keep = _document(path.removeprefix("/") in FORM_PAGES), "index.html", "no-cache"
    small = plain if name.endswith(_COMPRESSED) else gzip.compress(plain, 6, mtime=0)
    kind = mimetypes.guess_type(name)[0] or "application/octet-stream"
    return File(small, True, kind, keep) if len(small) < len(plain) else File(plain, False, kind, keep)


@cache
def _static() -> Mapping[str, Path]:
    """The files of Streamlit's own by the path under which they are asked for."""
    folder = Path(file_util.get_static_dir())
    return {
        f"/{path.relative_to(folder).as_posix()}": path for path in (folder / "static").rglob("*") if path.is_file()
    }


def _document(with_form: bool) -> bytes:
    """Streamlit's page, its head naming what it will ask for later, but not the font that ours don't use."""
    page = _FONT.sub("", (Path(file_util.get_static_dir()) / "index.html").read_text(encoding="utf-8"))
    links = [f'<link rel="modulepreload" crossorigin href="{path}">' for path in _later(page)]
    if with_form:
        links += [f'<link rel="modulepreload" href="{path}">' for path in mount.served() if path.endswith(".js")]
        links += [f'<link rel="preload" as="style" href="{path}">' for path in mount.served() if path.endswith(".css")]
    return page.replace("</head>", f"{ADDRESS}{''.join(links)}</head>", 1).encode()


def _later(page: str) -> Iterator[str]:
    """The scripts of ``LATER`` and what they import, less what the page loads anyway."""
    scripts = {path.rpartition("/")[2]: path for path in _static() if path.startswith("/static/js/")}
    waiting = [name for name in scripts if name.partition(".")[0] in LATER]
    seen = {name for name in scripts if name in page}
    while waiting:
        name = waiting.pop()
        if name in scripts and name not in seen:
            seen.add(name)
            yield scripts[name]
            waiting += _IMPORTS.findall(_static()[scripts[name]].read_text(encoding="utf-8"))
