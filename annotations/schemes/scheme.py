"""The label schemes. This folder is the registry: one TOML file and one Markdown guideline add a scheme.

``review.toml`` and ``review.md`` are the newest version; older ones stay as ``review.1.toml`` and ``review.1.md``. A
version that has been used is never edited: tasks store the digest of its content, and ``check_unedited`` compares.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Literal, cast

from annotations.schemes.checked_tables import Table
from annotations.schemes.keys import GLOBAL, press
from annotations.schemes.scheme_file import read, refused_versions
from pipeline.errors.schemes import SchemeEdited, UnknownScheme, UnknownSchemeVersion

Kind = Literal["single", "scale", "multi", "spans", "text", "preference"]
FOLDER = Path(__file__).parent

_FILE = re.compile(r"(?P<id>[a-z][a-z0-9_]*)(?:\.(?P<version>[1-9][0-9]*))?\.toml")


@dataclass(frozen=True, slots=True)
class Wording:
    """A name or a sentence for people, in both languages."""

    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Option:
    """One choice of a field, or one polarity of a ``spans`` field (``sign`` is how it is written in short).

    ``key`` is a key of the label page (``annotations.schemes.keys``), empty for none. ``alone`` excludes all others and
    is always stored with the lowest strength. ``anchor``
    says what a step of a scale means. ``kote`` are the labels of KOTE (Jeon et al. 2022) that an emotion stands for.
    """

    id: str
    ko: str
    en: str
    key: str = ""
    sign: str = ""
    alone: bool = False
    anchor: Wording | None = None
    kote: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One question that a scheme asks. ``annotations.types.Labels`` says what the value of each kind looks like.

    ``strength`` is the lowest and highest strength of a chosen ``multi`` option, None where it has none; ``max_length``
    counts the characters of a ``text``. A field with ``needs`` is asked only where the task's context has that key.
    """

    id: str
    kind: Kind
    title: Wording
    options: tuple[Option, ...] = ()
    polarities: tuple[Option, ...] = ()
    strength: tuple[int, int] | None = None
    max_length: int = 0
    optional: bool = False
    needs: str = ""
    hint: Wording | None = None

    def option(self, id: str) -> Option | None:
        """The option of that id."""
        return next((each for each in self.options if each.id == id), None)


@dataclass(frozen=True, slots=True)
class Scheme:
    """A version of a label scheme. ``digest`` is SHA-256 over the content of its two files; ``guide`` is Markdown."""

    id: str
    version: int
    title: Wording
    fields: tuple[Field, ...]
    digest: str
    guide: str

    def field(self, id: str) -> Field | None:
        """The field of that id."""
        return next((each for each in self.fields if each.id == id), None)


def schemes(folder: Path = FOLDER) -> list[str]:
    """Ids of all schemes, in alphabetical order."""
    return sorted(id for id, version in _files(folder) if version is None)


def versions(id: str, folder: Path = FOLDER) -> list[int]:
    """Versions of a scheme, oldest first. Raises UnknownScheme, BadScheme."""
    newest = load_scheme(id, folder=folder).version
    return [*_older(id, _files(folder)), newest]


def load_scheme(id: str, version: int | None = None, folder: Path = FOLDER) -> Scheme:
    """A scheme: the newest version, or the one that is named.

    Raises:
        UnknownScheme, UnknownSchemeVersion: there are no such files.
        BadScheme: a file can't be used; says where and why.
    """
    files = _files(folder)
    if (id, None) not in files:
        raise UnknownScheme(name=id, known=", ".join(schemes(folder)) or "-", folder=folder)
    newest = _read(files[id, None])
    older = _older(id, files)
    if older and older[-1] >= newest.version:
        raise refused_versions(files[id, None], older[-1])
    if version is None or version == newest.version:
        return newest
    if version not in older:
        known = ", ".join(map(str, [*older, newest.version]))
        raise UnknownSchemeVersion(name=id, version=version, known=known, folder=folder)
    return _read(files[id, version])


def guideline(scheme: Scheme) -> str:
    """The guideline of this version, in Markdown."""
    return scheme.guide


def check_unedited(scheme: Scheme, recorded_digest: str) -> None:
    """Compare with the digest that was stored when the first task of this version was added.

    Raises:
        SchemeEdited: the scheme file or the guideline has changed since; says how to make it a new version.
    """
    if scheme.digest != recorded_digest:
        raise SchemeEdited(name=scheme.id, version=scheme.version, next_version=scheme.version + 1)


def as_json(scheme: Scheme) -> dict[str, object]:
    """The scheme for a page, without the guideline: JSON values only, each key also as ``code`` and ``shift``."""
    return {
        "id": scheme.id,
        "version": scheme.version,
        "digest": scheme.digest,
        "title": _wording_json(scheme.title),
        "keys": dict(GLOBAL),
        "fields": [_field_json(field) for field in scheme.fields],
    }


def _field_json(field: Field) -> dict[str, object]:
    return {
        "id": field.id,
        "kind": field.kind,
        "title": _wording_json(field.title),
        "hint": _wording_json(field.hint),
        "optional": field.optional,
        "needs": field.needs,
        "strength": list(field.strength) if field.strength else None,
        "max_length": field.max_length,
        "options": [_option_json(option) for option in field.options],
        "polarities": [_option_json(polarity) for polarity in field.polarities],
    }


def _option_json(option: Option) -> dict[str, object]:
    pressed = press(option.key)
    return {
        "id": option.id,
        "ko": option.ko,
        "en": option.en,
        "key": option.key,
        "code": pressed.code if pressed else "",
        "shift": pressed.shift if pressed else False,
        "sign": option.sign,
        "alone": option.alone,
        "anchor": _wording_json(option.anchor),
    }


def _wording_json(wording: Wording | None) -> dict[str, str] | None:
    return {"ko": wording.ko, "en": wording.en} if wording else None


def _files(folder: Path) -> Mapping[tuple[str, int | None], Path]:
    """Scheme files by id and version; the newest of an id has None."""
    matches = ((path, _FILE.fullmatch(path.name)) for path in folder.iterdir())
    return {
        (match["id"], int(match["version"]) if match["version"] else None): path for path, match in matches if match
    }


def _older(id: str, files: Mapping[tuple[str, int | None], Path]) -> list[int]:
    return sorted(version for name, version in files if name == id and version is not None)


def _read(path: Path) -> Scheme:
    guide = path.with_suffix(".md")
    stamps = tuple((each.stat().st_mtime_ns, each.stat().st_size) for each in (path, guide) if each.exists())
    return _parsed(path, stamps)


@lru_cache(maxsize=64)
def _parsed(path: Path, _stamps: tuple[tuple[int, int], ...]) -> Scheme:
    """A scheme is asked for at every save: read again only when one of its files has changed."""
    root, guide = read(path)
    return Scheme(
        id=root.text("id"),
        version=root.number("version"),
        title=_needed(root, "title"),
        fields=tuple(_field(table) for table in root.tables("fields")),
        digest=_digest(root.values, guide),
        guide=guide,
    )


def _digest(content: Mapping[str, object], guide: str) -> str:
    """Over what is said, not how it is written: comments, layout, line ends and space at line ends don't count."""
    lines = [line.rstrip() for line in guide.strip().splitlines()]
    said = json.dumps([content, lines], ensure_ascii=False, sort_keys=True, default=str)
    return hashlib.sha256(said.encode()).hexdigest()


def _field(table: Table) -> Field:
    kind = cast(Kind, table.text("kind"))  # scheme_file has seen to it
    return Field(
        id=table.text("id"),
        kind=kind,
        title=_needed(table, "title"),
        options=tuple(_option(each) for each in table.tables("options")),
        polarities=tuple(_option(each) for each in table.tables("polarities")),
        strength=table.span("strength"),
        max_length=table.number("max_length", 0),
        optional=table.flag("optional"),
        needs=table.text("needs", "alternatives" if kind == "preference" else ""),
        hint=_wording(table, "hint"),
    )


def _option(table: Table) -> Option:
    return Option(
        id=table.text("id"),
        ko=table.text("ko"),
        en=table.text("en"),
        key=table.text("key", ""),
        sign=table.text("sign", ""),
        alone=table.flag("alone"),
        anchor=_wording(table, "anchor"),
        kote=table.words("kote"),
    )


def _needed(table: Table, key: str) -> Wording:
    wording = _wording(table, key)
    if wording is None:
        raise table.refused(f"{key}이(가) 없습니다", f"{key} is missing")
    return wording


def _wording(table: Table, key: str) -> Wording | None:
    inner = table.table(key)
    return Wording(inner.text("ko"), inner.text("en")) if inner else None
