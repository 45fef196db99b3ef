"""What a scheme file must be like. Checks everything before ``annotations.schemes.scheme`` makes a Scheme of it.

A refusal is a BadScheme that names the file and the place in it.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

from annotations.schemes.checked_tables import Table
from annotations.schemes.keys import Press, press
from pipeline.errors.schemes import BadScheme

PREFERENCE = ("first", "second", "tie")
"""The options of a ``preference`` field, always these: by the place in which an answer was shown."""

_EVERY_FIELD = frozenset({"id", "kind", "title", "hint", "optional"})
_OWN: Mapping[str, frozenset[str]] = MappingProxyType(
    {
        "single": frozenset({"options"}),
        "scale": frozenset({"options"}),
        "multi": frozenset({"options", "strength"}),
        "spans": frozenset({"options", "polarities"}),
        "text": frozenset({"max_length"}),
        "preference": frozenset({"options", "needs"}),
    }
)
_EVERY_OPTION = frozenset({"id", "ko", "en", "key"})
_OWN_OF_OPTION: Mapping[str, frozenset[str]] = MappingProxyType(
    {"scale": frozenset({"anchor"}), "multi": frozenset({"alone", "kote"})}
)
_ID = re.compile(r"[a-z][a-z0-9_]*")


def read(path: Path) -> tuple[Table, str]:
    """A scheme file, checked, and the guideline beside it. Raises BadScheme."""
    whole = Table(path, "파일 전체(the file)", {})
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError, OSError) as error:
        raise whole.refused(f"TOML로 읽을 수 없습니다({error})", f"it can't be read as TOML ({error})") from error
    root = Table(path, "파일 전체(the file)", content)
    _check(root)
    return Table(path, "", content), _guide(path)


def _guide(path: Path) -> str:
    beside = path.with_suffix(".md")
    whole = Table(beside, "파일 전체(the file)", {})
    try:
        text = beside.read_text(encoding="utf-8")
    except (UnicodeDecodeError, OSError) as error:
        raise whole.refused(f"지침을 읽을 수 없습니다({error})", f"the guideline can't be read ({error})") from error
    if not text.strip():
        raise whole.refused("지침이 비어 있습니다", "the guideline is empty")
    return text


def _check(root: Table) -> None:
    root.only({"id", "version", "title", "fields"})
    name, _, version = root.path.stem.partition(".")
    if root.text("id") != name:
        raise root.refused(
            f"id가 파일 이름과 다릅니다. '{name}'이어야 합니다", f"id must be '{name}', as the file is named"
        )
    if version and root.number("version") != int(version):
        raise root.refused(f"version은 {version}이어야 합니다", f"version must be {version}, as the file is named")
    root.number("version")
    _check_wording(root, "title")
    fields = [table.at(f"fields[{table.values.get('id', '?')}]") for table in root.tables("fields")]
    if not fields:
        raise root.refused("fields가 비어 있습니다", "fields is empty")
    _check_ids(root, fields)
    for field in fields:
        _check_field(field)
    _check_keys(fields)


def _check_field(field: Table) -> None:
    kind = field.text("kind")
    if kind not in _OWN:
        kinds = ", ".join(_OWN)
        raise field.refused(
            f"kind '{kind}'은(는) 없습니다(있는 것: {kinds})", f"there is no kind '{kind}' (only {kinds})"
        )
    field.only(_EVERY_FIELD | _OWN[kind])
    _check_wording(field, "title")
    _check_wording(field, "hint", needed=False)
    field.flag("optional")
    field.text("needs", "")
    field.span("strength")
    if kind == "text":
        field.number("max_length")
        return
    options = field.tables("options")
    _check_options(field, kind, options)
    for polarity in field.tables("polarities"):
        polarity.only(_EVERY_OPTION | {"sign"})
        polarity.text("sign")
        _check_option(polarity)
    _check_ids(field, field.tables("polarities"))


def _check_options(field: Table, kind: str, options: tuple[Table, ...]) -> None:
    least = 1 if kind in {"multi", "spans"} else 2
    if len(options) < least:
        raise field.refused(f"options가 {least}개 이상 있어야 합니다", f"at least {least} options are needed")
    for option in options:
        option.only(_EVERY_OPTION | _OWN_OF_OPTION.get(kind, frozenset()))
        option.flag("alone")
        option.words("kote")
        _check_option(option)
        _check_wording(option, "anchor", needed=False)
    ids = [option.text("id") for option in options]
    if kind == "scale":
        _check_steps(field, ids)
    else:
        _check_ids(field, options)
    if kind == "preference" and tuple(ids) != PREFERENCE:
        wanted = ", ".join(PREFERENCE)
        raise field.refused(f"options의 id는 {wanted}이어야 합니다", f"the ids of options must be {wanted}")


def _check_steps(field: Table, ids: list[str]) -> None:
    first = int(ids[0]) if re.fullmatch(r"[0-9]|[1-9][0-9]", ids[0]) else 0
    if ids != [str(first + step) for step in range(len(ids))]:
        raise field.refused(
            "척도의 id는 1, 2, 3처럼 이어지는 수여야 합니다",
            "the ids of a scale must be numbers in a row, such as 1, 2, 3",
        )


def _check_option(option: Table) -> None:
    option.text("id")
    option.text("ko")
    option.text("en")
    key = option.text("key", "")
    if key and press(key) is None:
        raise option.refused(
            f"키 '{key}'은(는) 쓸 수 없습니다. A~Z나 1~9, 또는 그 앞에 Shift+를 붙인 것이어야 하고, "
            "S, F, 0, Z, C, R은 화면이 씁니다",
            f"key '{key}' can't be used: one of A–Z or 1–9, also with Shift+ before it; S, F, 0, Z, C and R belong to "
            "the page",
        )


def _check_wording(table: Table, key: str, *, needed: bool = True) -> None:
    wording = table.table(key)
    if wording is None:
        if needed:
            raise table.refused(f"{key}이(가) 없습니다", f"{key} is missing")
        return
    wording.only({"ko", "en"})
    wording.text("ko")
    wording.text("en")


def _check_ids(where: Table, tables: Iterable[Table]) -> None:
    seen = set()
    for table in tables:
        id = table.text("id")
        if not _ID.fullmatch(id):
            raise table.refused(
                f"id '{id}'은(는) 영문 소문자로 시작해 소문자, 숫자, _로만 지어야 합니다",
                f"id '{id}' must begin with a small letter and have only small letters, digits and _",
            )
        if id in seen:
            raise where.refused(f"id '{id}'이(가) 두 번 나옵니다", f"id '{id}' occurs twice")
        seen.add(id)


def _check_keys(fields: Iterable[Table]) -> None:
    seen: dict[Press, str] = {}
    for field in fields:
        for option in (*field.tables("options"), *field.tables("polarities")):
            pressed = press(option.text("key", ""))
            if pressed in seen:
                key, other = option.text("key"), seen[pressed]
                raise option.refused(f"키 {key}은(는) {other}에서 이미 씁니다", f"key {key} is already that of {other}")
            if pressed:
                seen[pressed] = option.place


def refused_versions(newest: Path, found: int) -> BadScheme:
    """The error for a newest file whose version is not above that of the older files beside it."""
    return Table(newest, "version", {}).refused(
        f"가장 새 파일의 version은 {found}보다 커야 합니다", f"the version of the newest file must be above {found}"
    )
