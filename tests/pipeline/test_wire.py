"""JSON on its way to and from models: read or refused, never a crash, and always fit to be written down."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.wire import dumps, loads, whole

ANY_TEXT = st.text(st.characters())  # halves of surrogate pairs among them
VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | ANY_TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(ANY_TEXT, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
def test_whatever_comes_can_be_sent_on(value: object) -> None:
    found = loads(json.dumps(value))
    assert loads(dumps(found)) == found
    assert loads(dumps(value)) == found or "\ufffd" in json.dumps(found, ensure_ascii=False)


@given(st.text())
def test_a_text_without_broken_characters_stays_as_it_is(text: str) -> None:
    assert whole(text) == text
    assert loads(dumps(text)) == text


def test_half_an_emoji_becomes_a_mark_and_a_whole_one_stays() -> None:
    assert loads('{"a\\udc00": ["맛\\ud83d", "\\ud83d\\ude00"]}') == {"a\ufffd": ["맛\ufffd", "😀"]}
    assert dumps(["\ud83d"]) == '["\ufffd"]'.encode()


@pytest.mark.parametrize("text", ["[" * 100_000, '{"a":' * 100_000, b"[" * 100_000, "", "[1", b"\xff", "네"])
def test_what_is_no_json_is_a_value_error(text: str | bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        loads(text)


def test_nan_is_read_unless_it_must_not_be() -> None:
    assert loads("[Infinity]") == [float("inf")]
    with pytest.raises(ValueError, match="NaN"):
        loads("[NaN]", strict=True)
