"""Every number is counted, every quote a slice, every sentence has evidence; too little evidence is said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.errors.restaurants import WriterFailed
from pipeline.prompting.fencing import unmarked
from pipeline.restaurants.remarks import evidence_table
from pipeline.restaurants.reviews import Review
from pipeline.restaurants.summaries import Sentence, Summary, summarise
from pipeline.restaurants.wording import allowed, worded
from pipeline.restaurants.writing import Ask, numbers, parsed
from pipeline.strengths.ground import Ground
from pipeline.types import Unanalysed
from tests.pipeline.prompting.markers import CONTROL, without_markers
from tests.pipeline.restaurants.corpus import ROWS
from tests.pipeline.restaurants.oracle import analysis, opinion


def of(ground: Ground, name: str) -> Summary:
    return summarise(ground.table(name), ground.space)


def test_shares_are_counted_by_review() -> None:
    text = "맛있는데 짜요. 국물은 좋아요."
    both = [opinion(text, "food", "positive", "맛있는데"), opinion(text, "food", "negative", "짜요")]
    more = [*both, opinion(text, "food", "positive", "국물은 좋아요")]
    reviews = [Review(f"r{n}", "집", text, 4, f"2026-0{n}-01", ((n, 0, len(text)),)) for n in (1, 2, 3)]
    analyses = [analysis("mixed", 3, more), analysis("positive", 5, both[:1]), Unanalysed("x", "c", "ko", "en")]
    table = evidence_table("집", "국밥", reviews, analyses)
    (food,) = table.aspects
    assert (food.positive, food.negative, food.both, food.neutral) == (1, 0, 1, 0)
    assert food.positive_share == 0.75
    assert food.intensity == 4
    assert table.failed == ("r3",)
    assert [(m.month, m.reviews, m.positive) for m in table.months] == [("2026-01", 1, 0), ("2026-02", 1, 1)]
    assert [remark.context for remark in table.remarks[:3]] == ["맛있는데 짜요.", "맛있는데 짜요.", "국물은 좋아요."]


def test_an_opinion_that_is_hardly_sure_is_no_evidence() -> None:
    text = "맛있어요"
    review = Review("r1", "집", text, 4, "", ((0, 0, len(text)),))
    said = [replace(opinion(text, "food", "positive", text), score=score) for score in (0.49, 0.5)]
    table = evidence_table("집", "", [review], [analysis("positive", 5, said)])
    assert [remark.sureness for remark in table.remarks] == [0.5]


def test_overall_is_two_sentences_with_counted_numbers(ground: Ground) -> None:
    summary = of(ground, "길남국밥")
    assert [sentence.text for sentence in summary.overall] == [
        "후기 5건 가운데 긍정 2건, 부정 1건, 복합 1건이고, 평균 강도는 5점 만점에 3.8점입니다.",
        "가장 많이 칭찬받는 것은 음식·맛(3건)이고, 가장 많은 불만은 대기·예약(2건)입니다.",
    ]
    assert set(summary.overall[0].evidence) == {"r1", "r2", "r3", "r4", "r5"}
    assert set(summary.overall[1].evidence) == {"r1", "r2", "r3", "r4"}
    assert (summary.reviews, summary.rating, summary.note) == (5, 3.8, "")


def test_one_aspect_may_be_first_both_ways(ground: Ground) -> None:
    text = "국물은 좋은데 김치가 셔요"
    said = [opinion(text, "food", "positive", "국물은 좋은데"), opinion(text, "food", "negative", "김치가 셔요")]
    reviews = [Review(f"x{n}", "집", text, None, "", ((0, 0, len(text)),)) for n in range(3)]
    summary = summarise(evidence_table("집", "", reviews, [analysis("mixed", 3, said)] * 3), ground.space)
    assert summary.overall[1].text == "칭찬도 불만도 가장 많은 것은 음식·맛입니다(칭찬 3건, 불만 3건)."
    assert (summary.trend, summary.months, summary.rating) == (None, (), None)


@pytest.mark.parametrize(
    ("number", "now", "before", "turn"),
    [(10, 5, 1, "나빠졌습니다"), (10, 1, 5, "나아졌습니다"), (10, 5, 5, "비슷합니다"), (9, 5, 1, "")],
)
def test_a_trend_needs_reviews_on_both_sides(ground: Ground, number: int, now: int, before: int, turn: str) -> None:
    dates = ["2026-09-01"] * number + ["2026-03-01"] * number
    levels = [5] * (number - now) + [1] * now + [5] * (number - before) + [1] * before
    reviews = [Review(f"x{n}", "집", "말", None, date, ((0, 0, 1),)) for n, date in enumerate(dates)]
    analyses = [analysis("positive" if level == 5 else "negative", level) for level in levels]
    trend = summarise(evidence_table("집", "", reviews, analyses), ground.space).trend
    assert trend is not None
    assert trend.text.endswith(f"으로 {turn}." if number == 10 else "이릅니다.")
    assert f"{number}건 중 {number - now}건" in trend.text
    assert set(trend.evidence) == {review.id for review in reviews}


def test_quotes_are_slices_of_the_reviews_they_name(ground: Ground) -> None:
    texts = {f"r{n}": row[4] for n, row in enumerate(ROWS, start=1)}
    for name in ground.restaurants.names:
        for aspect in of(ground, name).aspects:
            for quote in aspect.quotes:
                assert texts[quote.review_id][quote.start : quote.end] == quote.text
            for sentence in aspect.sentences:
                assert sentence.evidence
                for words in re.findall("“(.+?)”", sentence.text):
                    assert any(words in texts[id_] for id_ in sentence.evidence)


def test_both_sides_are_told_where_both_are(ground: Ground) -> None:
    text = "국물은 좋은데 김치가 셔요"
    said = [opinion(text, "food", "positive", "국물은 좋은데"), opinion(text, "food", "negative", "김치가 셔요")]
    table = ground.table("길남국밥")
    reviews = [Review(f"x{n}", "집", text, None, "", ((0, 0, len(text)),)) for n in range(3)]
    mixed = evidence_table("집", "", reviews, [analysis("mixed", 3, said)] * 3)
    (food,) = summarise(mixed, ground.space).aspects
    assert [sentence.text.partition(":")[0] for sentence in food.sentences[1:]] == ["좋다는 말", "아쉽다는 말"]
    assert len(food.quotes) == 2  # three reviews in the same words are quoted once
    assert table.category == "국밥"


def test_too_little_evidence_is_said(ground: Ground) -> None:
    by_aspect = {a.share.aspect: a for a in of(ground, "순이국밥").aspects}
    assert by_aspect["location"].note == "근거 부족: 좋고 나쁨을 말한 후기가 1건뿐입니다"
    assert not by_aspect["location"].sentences
    assert of(ground, "바다횟집").note == "근거 부족: 분석한 후기가 2건뿐입니다"
    assert not of(ground, "바다횟집").overall


class Told:
    name = "told"

    def __init__(self, reply: Mapping[str, Any] | None = None) -> None:
        self.reply = reply

    async def write(self, ask: Ask) -> Mapping[str, Any]:
        if self.reply is None:
            raise WriterFailed(name=self.name, reason="꺼짐")
        return self.reply or {"sentences": [{"text": row["text"] + " 네."} for row in ask.draft["sentences"]]}


def test_a_writer_words_the_sentences_and_their_evidence_stays(ground: Ground) -> None:
    summary = of(ground, "길남국밥")
    told = asyncio.run(worded(summary, Told({})))
    assert told.overall[0].text == summary.overall[0].text + " 네."
    assert [s.evidence for s in told.overall] == [s.evidence for s in summary.overall]
    assert told.writer == "told"


def test_a_writer_that_fails_leaves_the_computed_sentences(ground: Ground) -> None:
    summary = of(ground, "길남국밥")
    for writer in (Told(), Told({"sentences": []}), Told({"sentences": "네"})):
        told = asyncio.run(worded(summary, writer))
        assert told.overall == summary.overall
        assert told.problem


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("긍정이 2건이고 “국물이 진해요”라고 합니다.", True),
        ("긍정이 3건이고 “국물이 진해요”라고 합니다.", False),
        ("긍정이 2건이고 “국물이 최고예요”라고 합니다.", False),
        ("긍정이 2건입니다.", False),
        ("", False),
        ("2건 “국물이 진해요” " * 9, False),
    ],
)
def test_a_sentence_may_not_change_numbers_or_quotes(text: str, kept: bool) -> None:
    draft = Sentence("긍정 2건: “국물이 진해요”라는 말이 있습니다.", ("r1",))
    assert allowed(draft, {"text": text}) == (Sentence(text, ("r1",)) if kept else draft)
    assert allowed(draft, None) == draft


@given(st.lists(st.sampled_from(CONTROL) | without_markers(), min_size=1, max_size=4))
def test_quotes_that_were_shown_broken_are_told_as_they_were_written(words: list[str]) -> None:
    said = ", ".join(f"“{word.replace('”', '')}”" for word in words)
    draft = Sentence(f"아쉽다는 말: {said}", ("r1",))
    told = allowed(draft, {"text": f"{unmarked(said)}라는 아쉬움이 있습니다."})
    assert told == Sentence(f"{said}라는 아쉬움이 있습니다.", ("r1",))


def test_quotes_that_look_alike_when_broken_are_all_told() -> None:
    draft = Sentence("아쉽다는 말: “<s>”, “‹s›”, “[INST]”, “짜요”", ("r1",))
    found = allowed(draft, {"text": "“짜요”, “(INST)”, “‹s›”, “‹s›”"})
    assert sorted(found.text.split(", ")) == sorted(["“짜요”", "“[INST]”", "“‹s›”", "“<s>”"])
    assert allowed(draft, {"text": "“짜요”, “[INST]”, “<s>”, “‹s›”"}) == draft  # no model was shown that


@given(without_markers())
def test_a_draft_without_markers_is_held_to_its_own_words(words: str) -> None:
    draft = Sentence(f"아쉽다는 말: “{words}”", ("r1",))
    assert allowed(draft, {"text": draft.text}) == Sentence(draft.text.strip(), ("r1",))
    assert allowed(draft, {"text": draft.text.replace("“", "“!")}) == draft


def test_numbers_and_json_are_read_as_models_write_them() -> None:
    assert numbers("12,000원에서 3.5점, 7.") == {"12000", "3.5", "7"}
    assert parsed('```json\n{"a": 1}\n```') == {"a": 1}
    assert parsed('{"a": 1}') == {"a": 1}
    assert parsed('{"a": ') is None
    assert parsed("[1]") is None
