"""The guidelines: their examples are in the demo with their gold labels, and they say what the schemes say."""

from __future__ import annotations

import re
from collections import Counter
from typing import Any

import pytest

from annotations.schemes.labels import validate
from annotations.schemes.scheme import Field, Option, guideline, load_scheme
from annotations.types import Labels
from tests.annotations.demo import Row, demo_rows

REVIEW, ANSWER = load_scheme("review"), load_scheme("answer")
REVIEWS, QUESTIONS = demo_rows("reviews"), demo_rows("questions")

REVIEW_EXAMPLE = re.compile(
    r"^> \*\*(?P<id>r\d\d-\d\d)\*\* ★(?P<rating>[1-5])(?P<reply> 답글)? 「(?P<text>[^」]+)」\n"
    r">\n"
    r"> 감성 \*\*(?P<sentiment>\S+)\*\* / 강도 \*\*(?P<intensity>[1-5])\*\*"
    r" / 감정 (?P<emotions>.+) / 속성 (?P<aspects>.+)$",
    re.MULTILINE,
)
ANSWER_EXAMPLE = re.compile(
    r"^> \*\*(?P<id>q\d{3})\*\* (?P<question>.+)\n>\n"
    r"> 근거 (?P<passages>.+)\n>\n"
    r"> 답변 「(?P<text>[^」]+)」\n>\n"
    r"> 정답성 \*\*(?P<correctness>[1-5])\*\* / 충실성 \*\*(?P<faithfulness>[1-5])\*\*"
    r" / 적합성 \*\*(?P<relevance>[1-5])\*\*"
    r" / 오류 (?P<errors>[^/\n]+?)(?: / 근거 없는 문장 (?P<unsupported>.+))?$",
    re.MULTILINE,
)
ASPECT = re.compile(r"(?P<name>\S+) (?P<sign>[+0−]) 「(?P<quote>[^」]+)」")


def field(scheme_field: Field | None) -> Field:
    assert scheme_field is not None
    return scheme_field


def named(options: tuple[Option, ...], ko: str) -> str:
    (found,) = (option.id for option in options if option.ko == ko)
    return found


def review_examples() -> dict[str, re.Match[str]]:
    return {match["id"]: match for match in REVIEW_EXAMPLE.finditer(guideline(REVIEW))}


def answer_examples() -> list[re.Match[str]]:
    return list(ANSWER_EXAMPLE.finditer(guideline(ANSWER)))


def stated_review_labels(match: re.Match[str]) -> dict[str, Any]:
    emotions, aspects = field(REVIEW.field("emotions")), field(REVIEW.field("aspects"))
    weights = [re.fullmatch(r"(\S+?)(?: ([1-3]))?", each) for each in match["emotions"].split(", ")]
    found = ASPECT.findall(match["aspects"])
    assert match["aspects"] == (", ".join(f"{name} {sign} 「{quote}」" for name, sign, quote in found) or "없음")
    spans, start = [], 0
    for name, sign, quote in found:
        start = match["text"].index(quote, start)
        (polarity,) = (each.id for each in aspects.polarities if each.sign == sign)
        label = named(aspects.options, name)
        spans.append({"label": label, "polarity": polarity, "start": start, "end": start + len(quote), "quote": quote})
    return {
        "sentiment": named(field(REVIEW.field("sentiment")).options, match["sentiment"]),
        "intensity": int(match["intensity"]),
        "emotions": [
            {"label": named(emotions.options, each[1]), "strength": int(each[2] or 1)} for each in weights if each
        ],
        "aspects": spans,
    }


def stated_answer_labels(match: re.Match[str]) -> Labels:
    errors = field(ANSWER.field("errors")).options
    labels: dict[str, Any] = {
        **{id: int(match[id]) for id in ("correctness", "faithfulness", "relevance")},
        "errors": [{"label": named(errors, name)} for name in match["errors"].split(", ")],
        "unsupported": [],
    }
    for quote in re.findall(r"「([^」]+)」", match["unsupported"] or ""):
        start = match["text"].index(quote)
        labels["unsupported"].append({"label": "sentence", "start": start, "end": start + len(quote), "quote": quote})
    return validate(ANSWER, labels, match["text"])


# --- review


def test_there_are_many_examples_and_none_is_written_in_another_way() -> None:
    examples = review_examples()
    assert len(examples) >= 20
    assert len(examples) == guideline(REVIEW).count("> **r")
    assert len(examples) == guideline(REVIEW).count("> 감성")


@pytest.mark.parametrize("id", review_examples())
def test_an_example_is_the_review_of_the_demo_with_its_gold_labels(id: str) -> None:
    match, review = review_examples()[id], REVIEWS[id]
    assert match["text"] == review["text"]
    assert int(match["rating"]) == review["rating"]
    assert bool(match["reply"]) == (review["reply_to"] is not None)
    gold = validate(REVIEW, review["labels"], review["text"])
    assert validate(REVIEW, stated_review_labels(match), match["text"]) == gold


def test_every_choice_is_shown_by_an_example() -> None:
    shown: Counter[tuple[str, object]] = Counter()
    for match in review_examples().values():
        labels = stated_review_labels(match)
        shown["sentiment", labels["sentiment"]] += 1
        shown["intensity", str(labels["intensity"])] += 1
        for emotion in labels["emotions"]:
            shown["emotions", emotion["label"]] += 1
            shown["strength", emotion["strength"]] += 1
        for aspect in labels["aspects"]:
            shown["aspects", aspect["label"]] += 1
            shown["polarity", aspect["polarity"]] += 1
    choices: set[tuple[str, object]] = {(each.id, option.id) for each in REVIEW.fields for option in each.options}
    choices |= {("strength", strength) for strength in (1, 2, 3)}
    choices |= {("polarity", polarity.id) for polarity in field(REVIEW.field("aspects")).polarities}
    assert choices - set(shown) == set()


def test_borderline_cases_are_shown() -> None:
    rows = [REVIEWS[id] for id in review_examples()]
    assert sum(row["reply_to"] is not None for row in rows) >= 2
    assert sum(row["rating"] >= 4 and row["labels"]["sentiment"] == "negative" for row in rows) >= 3
    assert sum(row["rating"] <= 2 and row["labels"]["sentiment"] == "positive" for row in rows) >= 2
    assert sum(row["labels"]["sentiment"] == "neutral" and emotional(row) for row in rows) >= 2
    assert sum(row["labels"]["sentiment"] != "neutral" and not emotional(row) for row in rows) >= 1
    assert sum(not row["labels"]["aspects"] for row in rows) >= 3


def emotional(row: Row) -> bool:
    return all(emotion["label"] != "none" for emotion in row["labels"]["emotions"])


def test_the_rule_for_sentiment_and_intensity_is_that_of_the_gold() -> None:
    said = re.search(r"\*\*긍정은 4나 5, 중립은 3, 부정은 1이나 2, 복합은 2에서 4까지\*\*", guideline(REVIEW))
    assert said
    allowed = {"positive": {4, 5}, "neutral": {3}, "negative": {1, 2}, "mixed": {2, 3, 4}}
    for row in REVIEWS.values():
        assert row["labels"]["intensity"] in allowed[row["labels"]["sentiment"]]


# --- answer


def test_answers_are_graded_on_questions_of_the_demo() -> None:
    examples = answer_examples()
    assert len(examples) >= 12
    assert len(examples) == guideline(ANSWER).count("> **q")
    assert len(examples) == guideline(ANSWER).count("> 정답성")


@pytest.mark.parametrize("match", answer_examples(), ids=lambda match: f"{match['id']}-{match['text'][:12]}")
def test_an_example_asks_a_question_of_the_demo_and_is_graded_by_the_scheme(match: re.Match[str]) -> None:
    question = QUESTIONS[match["id"]]
    assert match["question"] == question["question"]
    passages = [] if match["passages"] == "없음" else match["passages"].split(", ")
    assert set(passages) <= set(REVIEWS)
    labels = stated_answer_labels(match)
    errors = {error["label"] for error in labels["errors"]}  # type: ignore[union-attr,index]
    # What the guideline says of errors that go together.
    if errors & {"number_or_name", "negation"}:
        assert "contradicted" in errors
    if "should_abstain" in errors:
        assert "unsupported" in errors
        assert not question["answerable"]
    if "needless_abstention" in errors:
        assert errors == {"needless_abstention"}
        assert set(question["passage_ids"]) & set(passages)
    assert bool(errors & {"unsupported", "contradicted"}) == ("unsupported" in labels)
    if labels["correctness"] == 5:
        assert errors == {"none"}


def test_every_step_and_every_error_is_shown_by_an_example() -> None:
    shown: set[tuple[str, object]] = set()
    for match in answer_examples():
        labels = stated_answer_labels(match)
        shown |= {(id, str(labels[id])) for id in ("correctness", "faithfulness", "relevance")}
        shown |= {("errors", error["label"]) for error in labels["errors"]}  # type: ignore[union-attr,index]
    fields = [field(ANSWER.field(id)) for id in ("correctness", "faithfulness", "relevance", "errors")]
    assert {(each.id, option.id) for each in fields for option in each.options} - shown == set()


def test_both_ways_to_abstain_and_both_mistakes_are_shown() -> None:
    graded = {(match["id"], stated_answer_labels(match)["correctness"]) for match in answer_examples()}
    assert {("q145", 5), ("q145", 1), ("q006", 1)} <= graded


# --- both


@pytest.mark.parametrize("scheme", [REVIEW, ANSWER], ids=["review", "answer"])
def test_the_guideline_says_what_the_scheme_says(scheme: Any) -> None:
    text = guideline(scheme)
    assert f"`{scheme.id}` {scheme.version}판" in text
    for each in scheme.fields:
        assert each.id == "note" or each.title.ko in text, each.id
        for option in (*each.options, *each.polarities):
            assert option.ko in text, option.id
            if option.anchor:
                assert f"| {option.id} {option.ko} | {option.anchor.ko} |" in text
    for heading in ("순서", "판단 불가, 건너뛰기, 표시", "자주 하는 실수", "English summary"):
        assert re.search(rf"^## .*{heading}$", text, flags=re.MULTILINE), heading


@pytest.mark.parametrize("scheme", [REVIEW, ANSWER], ids=["review", "answer"])
def test_every_id_that_is_mentioned_exists(scheme: Any) -> None:
    mentioned = set(re.findall(r"\b[rq]\d\d(?:-\d\d|\d)\b", guideline(scheme)))
    assert mentioned
    assert mentioned <= set(REVIEWS) | set(QUESTIONS)


@pytest.mark.parametrize("scheme", [REVIEW, ANSWER], ids=["review", "answer"])
def test_no_text_is_struck_through_by_markdown(scheme: Any) -> None:
    # Two tildes in one paragraph strike out what stands between them: 4~5, 1~2.
    paragraphs = guideline(scheme).split("\n\n")
    assert [part for part in paragraphs if len(re.findall("~+", part)) > 1] == []
    hints = [hint for each in scheme.fields if each.hint for hint in (each.hint.ko, each.hint.en)]
    assert [hint for hint in hints if "~" in hint] == []
