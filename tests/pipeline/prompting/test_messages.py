"""Prompts as files, and the conversation made of them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.llm import PromptNotFound, PromptUnfit
from pipeline.prompting.files import known, parse, read_prompt
from pipeline.prompting.messages import messages, without_system
from pipeline.types import Passage, Source

GOOD = """
note="n"
marker="m"
system="s {marker}"
source="{number}{about}{text}"
question="{sources}{question}"
none="x"
"""


def passage(text: str, **known_of_it: object) -> Passage:
    return Passage("p", text, Source("p", **known_of_it))  # type: ignore[arg-type]


@pytest.mark.parametrize("name", known())
def test_every_shipped_prompt_asks_for_the_marker_and_numbers_its_sources(name: str) -> None:
    prompt = read_prompt(name)
    turns = messages("주차 돼요?", [passage("주차장 넓어요"), passage("발렛만 됨")], prompt)
    assert turns[0]["role"] == "system"
    assert prompt.marker in turns[0]["content"]
    assert turns[-1]["role"] == "user"
    assert [turn["role"] for turn in turns[1:]] == ["user", "assistant"] * len(prompt.examples) + ["user"]
    said = turns[-1]["content"]
    assert said.index('번호="1"') < said.index("주차장 넓어요") < said.index('번호="2"') < said.index("발렛만 됨")
    assert said.count("주차 돼요?") == 1
    for example in prompt.examples:
        assert {int(n) for n in re.findall(r"\[(\d+)\]", example.answer)} <= set(range(1, len(example.sources) + 1))


def test_there_are_versions() -> None:
    assert {"answer@1", "answer@2"} <= set(known())
    assert len(str(read_prompt("answer@2"))) < len(str(read_prompt("answer@1"))) / 2


@pytest.mark.parametrize("name", ["answer@99", "", "../errors", "/etc/passwd", "answer@1.toml"])
def test_an_unknown_prompt_lists_the_known(name: str) -> None:
    with pytest.raises(PromptNotFound) as caught:
        read_prompt(name)
    for one in known():
        assert one in str(caught.value)
        assert one in caught.value.english


@pytest.mark.parametrize(
    "text",
    ["not toml", GOOD.replace('note="n"', ""), GOOD.replace("{text}", "{txt}"), GOOD.replace('"m"', '""'),
     GOOD.replace('"m"', "3"), GOOD + '\n[[examples]]\nquestion="q"', GOOD.replace("{sources}", "{0}")],
)  # fmt: skip
def test_a_file_that_is_no_prompt(text: str) -> None:
    assert parse("x", GOOD).marker == "m"
    with pytest.raises(PromptUnfit, match="x"):
        parse("x", text)


def test_what_is_known_of_a_review_goes_with_it() -> None:
    one = passage("맛있어요", restaurant='숯"골<갈비', rating=4.5, date="2026-03-14")
    said = messages("?", [one], read_prompt("answer@1"))[-1]["content"]
    assert '가게="숯″골‹갈비" 별점="4.5" 날짜="2026-03-14"' in said


def test_without_sources_it_says_so() -> None:
    prompt = read_prompt("answer@1")
    assert prompt.none in messages("?", [], prompt)[-1]["content"]


@given(st.text(), st.lists(st.text(), max_size=4))
def test_strangers_open_no_tag_and_speak_as_users_only(question: str, texts: list[str]) -> None:
    prompt = read_prompt("answer@1")
    plain = messages("?", [passage("x") for _ in texts], prompt)
    turns = messages(question, [passage(text, restaurant=text) for text in texts], prompt)
    assert turns[:-1] == plain[:-1]
    for tag in ("<후기 번호=", "</후기>", "<질문>", "</질문>"):
        assert turns[-1]["content"].count(tag) == plain[-1]["content"].count(tag)


def test_a_model_without_a_system_role_gets_the_rules_first() -> None:
    turns = messages("주차?", [passage("x")], read_prompt("answer@1"))
    folded = without_system(turns)
    assert [turn["role"] for turn in folded] == [turn["role"] for turn in turns[1:]]
    assert folded[0]["content"].startswith(turns[0]["content"])
    assert without_system(folded) == folded
