"""The injections, and what they are tried on: an index that holds them all, a page in which they are shown."""

from __future__ import annotations

import json
from dataclasses import dataclass
from html.parser import HTMLParser
from pathlib import Path

from pipeline.types import Document, Source
from tests.pipeline.corpora import documents

FILE = Path(__file__).with_name("injections.jsonl")
HARMLESS = "주차 되나요?"


@dataclass(frozen=True, slots=True)
class Injection:
    """One try: where it stands, what it is after."""

    id: str
    place: str
    kind: str
    text: str

    @property
    def question(self) -> str:
        """The question with which it is tried."""
        return self.text if self.place == "question" else HARMLESS


def injections(place: str = "") -> list[Injection]:
    """Those of a place, or all."""
    rows = [json.loads(line) for line in FILE.read_text("utf-8").splitlines()]
    made = [Injection(row["id"], row["in"], row["kind"], row["text"]) for row in rows]
    return [each for each in made if place in ("", each.place)]


def poisoned() -> list[Document]:
    """The small corpus with every injected review in it."""
    return [
        *documents(),
        *(Document(each.text, _of(each)) for each in injections("review")),
    ]


def _of(each: Injection) -> Source:
    return Source(each.id, 0, len(each.text), "", "숯골갈비", "고깃집", "마포", None, 5, "2026-05-05")


class Seen(HTMLParser):
    """The elements and attributes that a browser would find in a page, and where its links lead."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.marks: set[str] = set()
        self.targets: set[str] = set()
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.marks |= {tag, *(f"{tag} {name}" for name, _ in attrs)}
        self.targets |= {value or "" for name, value in attrs if name in ("href", "src", "action", "srcset")}
