"""Schemes: the folder as registry, versions, digests, refusals of bad files, keys, what the page gets."""

from __future__ import annotations

import json
import shutil
import tomllib
from collections.abc import Callable
from pathlib import Path
from typing import get_args

import pytest

from annotations.schemes.keys import GLOBAL, press
from annotations.schemes.scheme import FOLDER, Kind, as_json, check_unedited, guideline, load_scheme, schemes, versions
from annotations.schemes.scheme_file import PREFERENCE, read
from pipeline.errors.base import HansangError
from pipeline.errors.schemes import BadScheme, SchemeEdited, UnknownScheme, UnknownSchemeVersion

Write = Callable[..., Path]

SMALL = """
id = "taste"
version = 1
title = { ko = "맛", en = "Taste" }

[[fields]]
id = "verdict"
kind = "single"
title = { ko = "판정", en = "Verdict" }
options = [{ id = "good", ko = "맛있다", en = "good", key = "1" }, { id = "bad", ko = "맛없다", en = "bad", key = "2" }]
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "taste.toml").write_text(SMALL, encoding="utf-8")
    (tmp_path / "taste.md").write_text("# 맛 지침\n\n맛있으면 맛있다.\n", encoding="utf-8")
    return tmp_path


def rewritten(folder: Path, old: str, new: str) -> Path:
    assert SMALL.count(old) >= 1
    (folder / "taste.toml").write_text(SMALL.replace(old, new), encoding="utf-8")
    return folder


# --- the shipped schemes


def test_both_schemes_are_there() -> None:
    assert schemes() == ["answer", "review"]


@pytest.mark.parametrize("id", ["answer", "review"])
def test_shipped_versions_load_with_their_guidelines(id: str) -> None:
    for version in versions(id):
        scheme = load_scheme(id, version)
        assert (scheme.id, scheme.version) == (id, version)
        assert guideline(scheme).startswith("# ")
        assert len(scheme.digest) == 64


def test_the_review_scheme_asks_what_the_issue_says() -> None:
    scheme = load_scheme("review")
    assert [(field.id, field.kind, field.optional) for field in scheme.fields] == [
        ("sentiment", "single", False),
        ("intensity", "scale", False),
        ("emotions", "multi", False),
        ("aspects", "spans", True),
        ("note", "text", True),
    ]
    emotions, aspects = scheme.field("emotions"), scheme.field("aspects")
    assert emotions is not None
    assert aspects is not None
    assert len(emotions.options) == 13
    assert emotions.strength == (1, 3)
    assert [option.id for option in emotions.options if option.alone] == ["none"]
    assert len(aspects.options) == 7
    assert [polarity.sign for polarity in aspects.polarities] == ["+", "0", "−"]


def test_the_answer_scheme_asks_what_the_issue_says() -> None:
    scheme = load_scheme("answer")
    assert [(field.id, field.kind) for field in scheme.fields if not field.optional] == [
        ("correctness", "scale"),
        ("faithfulness", "scale"),
        ("relevance", "scale"),
        ("errors", "multi"),
        ("preference", "preference"),
    ]
    for id in ("correctness", "faithfulness", "relevance"):
        field = scheme.field(id)
        assert field is not None
        assert [option.id for option in field.options] == ["1", "2", "3", "4", "5"]
        assert all(option.anchor and option.anchor.ko and option.anchor.en for option in field.options)
    errors, unsupported, preference = (scheme.field(id) for id in ("errors", "unsupported", "preference"))
    assert errors is not None
    assert unsupported is not None
    assert preference is not None
    assert [option.ko for option in errors.options] == [
        *["근거 없음", "근거와 다름", "질문과 무관", "숫자·이름 오류"],
        *["부정 누락", "불완전", "기권했어야 함", "불필요한 기권", "없음"],
    ]
    assert errors.strength is None
    assert not unsupported.polarities
    assert preference.needs == "alternatives"
    assert tuple(option.id for option in preference.options) == PREFERENCE


# --- keys


@pytest.mark.parametrize("id", ["answer", "review"])
def test_every_option_has_a_key_of_its_own_that_the_page_does_not_use(id: str) -> None:
    options = [o for field in load_scheme(id).fields for o in (*field.options, *field.polarities)]
    pressed = [press(option.key) for option in options]
    assert None not in pressed
    assert len(set(pressed)) == len(options)
    used = {"KeyS", "Digit0", "KeyF", "Enter", "Slash", "KeyZ"}
    assert not used & {each.code for each in pressed if each}
    # Streamlit keeps C and R for itself, with any modifier.
    assert not {"KeyC", "KeyR"} & {each.code for each in pressed if each}


def test_the_keys_of_the_page_are_those_that_are_left_out() -> None:
    assert set(GLOBAL.values()) == {"S", "0", "F", "Enter", "?", "/", "Ctrl+Z"}
    for key in GLOBAL.values():
        assert press(key) is None


@pytest.mark.parametrize(
    "key", ["", "q", "ㅂ", "F1", "Ctrl+Q", "Shift+", "Shift+S", "S", "0", "Z", "C", "R", "é", "Ｑ", "١"]
)
def test_what_is_no_key_of_an_option(key: str) -> None:
    assert press(key) is None


def test_a_key_is_a_place_on_the_keyboard() -> None:
    assert [(p.code, p.shift) for key in ("Q", "1", "Shift+1") if (p := press(key))] == [
        ("KeyQ", False),
        ("Digit1", False),
        ("Digit1", True),
    ]


# --- one file adds a scheme


def test_one_toml_and_one_guideline_add_a_scheme(folder: Path) -> None:
    assert schemes(folder) == ["taste"]
    scheme = load_scheme("taste", folder=folder)
    assert [option.ko for option in scheme.fields[0].options] == ["맛있다", "맛없다"]
    assert guideline(scheme).startswith("# 맛 지침")


def test_other_files_are_not_schemes(folder: Path) -> None:
    for name in ("README.md", "Taste.toml", "taste.0.toml", "taste.toml.bak", "taste..toml"):
        (folder / name).write_text("", encoding="utf-8")
    assert schemes(folder) == ["taste"]
    assert versions("taste", folder) == [1]


def test_older_versions_stay_readable(folder: Path) -> None:
    for suffix in ("toml", "md"):
        shutil.copy(folder / f"taste.{suffix}", folder / f"taste.1.{suffix}")
    (folder / "taste.md").write_text("# 새 지침\n", encoding="utf-8")
    rewritten(folder, "version = 1", "version = 2")
    assert versions("taste", folder) == [1, 2]
    assert load_scheme("taste", folder=folder).version == 2
    assert load_scheme("taste", 2, folder).guide.startswith("# 새 지침")
    assert load_scheme("taste", 1, folder).guide.startswith("# 맛 지침")


def test_the_newest_file_must_have_the_highest_version(folder: Path) -> None:
    for suffix in ("toml", "md"):
        shutil.copy(folder / f"taste.{suffix}", folder / f"taste.1.{suffix}")
    with pytest.raises(BadScheme, match="1보다 커야"):
        load_scheme("taste", folder=folder)


# --- what is not there


@pytest.mark.parametrize("id", ["reviews", "", "../scheme", "review.1", "Review", "review\n"])
def test_an_unknown_scheme_names_those_that_exist(id: str) -> None:
    with pytest.raises(UnknownScheme, match="answer, review") as caught:
        load_scheme(id)
    assert caught.value.exit_code == 3
    assert "answer, review" in caught.value.english


@pytest.mark.parametrize("version", [0, -1, 99])
def test_an_unknown_version_names_those_that_exist(version: int) -> None:
    with pytest.raises(UnknownSchemeVersion, match=f"{version}판이 없습니다.*있는 판: 1") as caught:
        load_scheme("review", version)
    assert f"review.{version}.toml" in caught.value.english


# --- a used version is never edited


def test_the_digest_is_of_the_content(folder: Path) -> None:
    before = load_scheme("taste", folder=folder)
    rewritten(folder, 'id = "taste"', '# a remark\nid    =   "taste"')
    (folder / "taste.md").write_bytes("\r\n# 맛 지침  \r\n\r\n맛있으면 맛있다.\r\n\r\n".encode())
    check_unedited(load_scheme("taste", folder=folder), before.digest)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("맛있다", "맛남"),
        ('key = "1"', 'key = "3"'),
        ('id = "good"', 'id = "fine"'),
        ('en = "Taste"', 'en = "Flavour"'),
    ],
)
def test_an_edited_scheme_is_refused_with_the_way_to_a_new_version(folder: Path, old: str, new: str) -> None:
    before = load_scheme("taste", folder=folder)
    rewritten(folder, old, new)
    with pytest.raises(SchemeEdited, match=r"taste\.1\.toml.*version을 2") as caught:
        check_unedited(load_scheme("taste", folder=folder), before.digest)
    assert "version = 2" in caught.value.english


def test_an_edited_guideline_is_an_edit_too(folder: Path) -> None:
    before = load_scheme("taste", folder=folder)
    (folder / "taste.md").write_text("# 맛 지침\n\n애매하면 맛없다.\n", encoding="utf-8")
    with pytest.raises(SchemeEdited):
        check_unedited(load_scheme("taste", folder=folder), before.digest)


# --- files that can't be used

BAD = {
    "no TOML": ("id = ", "id == ", "TOML"),
    "another id": ('id = "taste"', 'id = "smell"', "파일 이름"),
    "no version": ("version = 1\n", "", "version"),
    "version 0": ("version = 1", "version = 0", "version"),
    "version as text": ("version = 1", 'version = "1"', "version"),
    "version true": ("version = 1", "version = true", "version"),
    "no title": ('title = { ko = "맛", en = "Taste" }', "", "title"),
    "title in one language": ('title = { ko = "맛", en = "Taste" }', 'title = { ko = "맛" }', "en"),
    "title as text": ('title = { ko = "맛", en = "Taste" }', 'title = "맛"', "title"),
    "unknown entry": ("version = 1", "version = 1\nauthor = 1", "author"),
    "no fields": (SMALL[SMALL.index("[[fields]]") :], "", "fields"),
    "fields as a table": ("[[fields]]", "[fields]", "fields"),
    "unknown kind": ('kind = "single"', 'kind = "singel"', "singel"),
    "entry of another kind": ('kind = "single"', 'kind = "single"\nmax_length = 3', "max_length"),
    "bad field id": ('id = "verdict"', 'id = "Ver dict"', "Ver dict"),
    "no options": ('id = "good", ko = "맛있다", en = "good", key = "1" }, {', "", "2개"),
    "an option twice": ('id = "bad"', 'id = "good"', "두 번"),
    "a key twice": ('key = "2"', 'key = "1"', "이미"),
    "a key of the page": ('key = "2"', 'key = "S"', "S, F, 0"),
    "a key in small letters": ('key = "2"', 'key = "q"', "A~Z"),
    "a blank name": ('ko = "맛있다"', 'ko = " "', "ko"),
    "alone in a single": ('key = "2"', 'key = "2", alone = true', "alone"),
    "optional as text": ('kind = "single"', 'kind = "single"\noptional = "yes"', "optional"),
    "text without a limit": (
        SMALL[SMALL.index('kind = "single"') :],
        'kind = "text"\ntitle = {ko="ㄱ", en="a"}',
        "max_len",
    ),
    "a scale with gaps": ('kind = "single"', 'kind = "scale"', "이어지는"),
    "a preference with other options": ('kind = "single"', 'kind = "preference"', "first, second, tie"),
    "strength turned round": ('kind = "single"', 'kind = "multi"\nstrength = [3, 1]', "strength"),
    "a polarity without a sign": (
        'kind = "single"',
        'kind = "spans"\npolarities = [{ id = "plus", ko = "긍정", en = "positive" }]',
        "sign",
    ),
}


@pytest.mark.parametrize("name", BAD)
def test_a_bad_file_is_refused_by_place_and_cure(folder: Path, name: str) -> None:
    old, new, said = BAD[name]
    rewritten(folder, old, new)
    with pytest.raises(BadScheme) as caught:
        load_scheme("taste", folder=folder)
    assert said in caught.value.korean
    assert "taste.toml" in caught.value.korean
    assert "고친 뒤" in caught.value.korean
    assert caught.value.english.endswith("Correct it and try again.")


def test_a_file_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "taste.toml").write_bytes(SMALL.encode("cp949"))
    with pytest.raises(BadScheme, match="TOML"):
        load_scheme("taste", folder=folder)


@pytest.mark.parametrize("text", [None, b"", b"  \n", "지침".encode("cp949")])
def test_a_scheme_needs_its_guideline(folder: Path, text: bytes | None) -> None:
    (folder / "taste.md").unlink()
    if text is not None:
        (folder / "taste.md").write_bytes(text)
    with pytest.raises(BadScheme, match=r"taste\.md.*지침"):
        load_scheme("taste", folder=folder)


def test_an_old_file_must_be_of_the_version_in_its_name(folder: Path) -> None:
    for suffix in ("toml", "md"):
        shutil.copy(folder / f"taste.{suffix}", folder / f"taste.2.{suffix}")
    rewritten(folder, "version = 1", "version = 3")
    with pytest.raises(BadScheme, match=r"taste\.2\.toml.*version은 2"):
        load_scheme("taste", 2, folder)


def test_a_correction_is_seen_without_a_restart(folder: Path) -> None:
    rewritten(folder, 'kind = "single"', 'kind = "singel"')
    with pytest.raises(HansangError):
        load_scheme("taste", folder=folder)
    rewritten(folder, "맛있다", "맛남")
    assert load_scheme("taste", folder=folder).fields[0].options[0].ko == "맛남"


# --- for the page


@pytest.mark.parametrize("id", ["answer", "review"])
def test_the_page_gets_every_option_with_its_key(id: str) -> None:
    scheme = load_scheme(id)
    given = json.loads(json.dumps(as_json(scheme), allow_nan=False))
    assert given["digest"] == scheme.digest
    assert given["keys"]["undo"] == "Ctrl+Z"
    assert [field["id"] for field in given["fields"]] == [field.id for field in scheme.fields]
    for field, said in zip(scheme.fields, given["fields"], strict=True):
        assert [option["id"] for option in said["options"]] == [option.id for option in field.options]
        for option in said["options"] + said["polarities"]:
            assert option["code"] in {f"Key{option['key'][-1]}", f"Digit{option['key'][-1]}"}
            assert option["shift"] == option["key"].startswith("Shift+")


def test_every_kind_can_be_written_in_a_file() -> None:
    kinds = {field.kind for id in schemes() for field in load_scheme(id).fields}
    assert kinds == set(get_args(Kind))


def test_the_file_is_read_as_it_stands() -> None:
    root, _ = read(FOLDER / "review.toml")
    assert root.values == tomllib.loads((FOLDER / "review.toml").read_text(encoding="utf-8"))
