"""Text that others wrote, made fit to stand in HTML. Every string of a review or a question passes through here."""

from __future__ import annotations

import html
import re
import unicodedata

REPLACEMENT = "\ufffd"
_BIDI = "\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069"
_UNSEEN = re.compile(f"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff{_BIDI}]")
_TEMPLATE = str.maketrans({"{": "&#123;", "}": "&#125;", "$": "&#36;", "`": "&#96;"})


def plain(text: str) -> str:
    """The text as a page may show it, character for character as long as the original.

    Control characters, lone surrogates and those that turn the direction of the text around become U+FFFD; a carriage
    return becomes a line feed, as HTML reads it.
    """
    return _UNSEEN.sub(REPLACEMENT, text.replace("\r", "\n"))


def escape(text: str) -> str:
    """Any text as HTML that shows it as typed, in an element or a quoted attribute.

    ``{``, ``}``, ``$`` and the backtick are entities too: Gradio's HTML component is a template in which they mean
    something.
    """
    return html.escape(plain(text), quote=True).translate(_TEMPLATE)


def excerpt(text: str, limit: int) -> str:
    """The beginning of a text in one line, with an ellipsis where it was cut. Not escaped."""
    line = " ".join(text.split())
    if len(line) <= limit:
        return line
    cut = limit - 1
    while cut and unicodedata.combining(line[cut]):
        cut -= 1
    return line[:cut].rstrip() + "…"


def attributes(**values: str | int | bool | None) -> str:
    """HTML attributes with a leading space. ``data_act`` is written ``data-act``, ``class_`` is ``class``.

    True is an attribute without a value; False and None leave it out.
    """
    written = []
    for name, value in values.items():
        key = name.rstrip("_").replace("_", "-")
        if value is True:
            written.append(f" {key}")
        elif value is not False and value is not None:
            written.append(f' {key}="{escape(str(value))}"')
    return "".join(written)


def button(label: str, **values: str | int | bool | None) -> str:
    """A button; the label is HTML, the attributes are text."""
    return f"<button{attributes(type='button', **values)}>{label}</button>"
