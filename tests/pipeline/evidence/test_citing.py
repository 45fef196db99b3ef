"""A model's reply as sentences with citations, each held against its source."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.evidence.citing import Grounding, Reply, cited, overlap, read_reply, sentences, support
from pipeline.protocols import Tokenizer
from tests.pipeline.reviews import Reviews, make_reviews


@pytest.fixture(scope="module")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("reviews"), kiwi)


@pytest.fixture
def grounding(reviews: Reviews) -> Grounding:
    """Sources: [1] r0 (지하 주차 2시간 무료), [2] r3 (콜키지 병당 2만원), [3] r5 (웨이팅이 길어요)."""
    found = {c.passage.id: c for c in reviews.candidates(reviews.query("주차"))}
    sources = [found[name] for name in ("r0", "r3", "r5")]
    return Grounding(sources, reviews.passages, reviews.tokenizer, ("숯골갈비", "연탄집"))


@pytest.mark.parametrize(
    ("raw", "text", "marks"),
    [
        ("무료입니다.[1]", "무료입니다.", ((6, 1),)),
        ("무료입니다 [1][3].", "무료입니다.", ((5, 1), (5, 3))),
        ("가.[1, 2] 나.[2-4]", "가. 나.", ((2, 1), (2, 2), (5, 2), (5, 3), (5, 4))),
        ("【2】 무료", "무료", ((0, 2),)),
        ("무료[출처 1] [후기: 2번]", "무료", ((2, 1), (2, 2))),
        ("2시간[예약] 무료 [a]", "2시간[예약] 무료 [a]", ()),
        ("[9999]", "", ((0, 9999),)),
        ("[5-1] [1-900]", "", ((0, 5), (0, 1), (0, 1), (0, 900))),
    ],
)
def test_marks_are_read_in_the_forms_that_models_use(raw: str, text: str, marks: tuple[tuple[int, int], ...]) -> None:
    assert read_reply(raw) == Reply(text, marks)


@given(st.lists(st.sampled_from(["무료입니다.", "[1]", " ", "[2, 3]", "\n", "맛있어요!", "[", "1", "]"]), max_size=15))
def test_a_reply_that_comes_piece_by_piece_only_grows(pieces: list[str]) -> None:
    raw, seen = "", ""
    for piece in pieces:
        raw += piece
        now = read_reply(raw, coming=True).text
        assert read_reply(raw).text.startswith(now.rstrip())
        assert now.replace(" ", "").startswith(seen.replace(" ", ""))
        seen = now
        assert all(0 <= place <= len(read_reply(raw).text) for place, _ in read_reply(raw).marks)


@pytest.mark.parametrize(
    ("raw", "wanted"),
    [
        ("무료입니다.[1] 좁습니다.[2]", [("무료입니다.", (1,)), ("좁습니다.", (2,))]),
        ("무료입니다[1]. 좁습니다[2][1].", [("무료입니다.", (1,)), ("좁습니다.", (2, 1))]),
        ("[1] 무료입니다.\n[2] 좁습니다.", [("무료입니다.", (1,)), ("좁습니다.", (2,))]),
        ("무료입니다. 좁습니다.[1]", [("무료입니다.", ()), ("좁습니다.", (1,))]),
        ("무료입니다.[1][1]", [("무료입니다.", (1,))]),
    ],
)
def test_a_mark_belongs_to_the_sentence_before_it(
    kiwi: Tokenizer, raw: str, wanted: list[tuple[str, tuple[int, ...]]]
) -> None:
    reply = read_reply(raw)
    assert cited(reply, sentences(reply.text, kiwi)) == wanted


def test_a_sentence_borne_out_cites_the_sentence_of_the_review_that_says_it(grounding: Grounding) -> None:
    said = "숯골갈비는 건물 지하에 주차를 2시간 무료로 할 수 있습니다."
    (citation,), doubts = grounding.ground(said, (1,))
    assert (citation.passage_id, citation.start, citation.end) == ("r0", 0, 23)
    assert citation.sentence == said
    assert doubts == ()


@pytest.mark.parametrize(
    ("sentence", "numbers", "doubts"),
    [
        ("주차는 3시간 무료입니다.", (1,), [("number", "3시간")]),
        ("연탄집은 지하 주차가 무료입니다.", (1,), [("name", "연탄집")]),
        ("콜키지는 병당 2만원입니다.", (9, 2), [("unknown-source", "[9]")]),
        ("콜키지는 병당 2만원입니다.", (0,), [("unknown-source", "[0]"), ("uncited", "")]),
        ("콜키지는 병당 2만원입니다.", (), [("uncited", "")]),
        ("웨이팅이 길지 않아요.", (3,), [("negation", "길")]),
        ("토요일에 콜키지가 2만원입니다.", (2,), [("date", "토요일")]),
        ("사장님이 유쾌합니다.", (3,), [("unlike", "")]),
    ],
)
def test_what_a_source_does_not_bear_out_is_told(
    grounding: Grounding, sentence: str, numbers: tuple[int, ...], doubts: list[tuple[str, str]]
) -> None:
    citations, found = grounding.ground(sentence, numbers)
    assert [(doubt.kind, doubt.what) for doubt in found] == doubts
    assert all(doubt.sentence == sentence for doubt in found)
    assert len(citations) == sum(1 <= number <= 3 for number in numbers)


def test_a_fact_from_elsewhere_in_the_review_counts_and_the_whole_review_is_cited(grounding: Grounding) -> None:
    (citation,), doubts = grounding.ground("불맛이 좋고 갈비가 부드러우며 2시간 주차가 됩니다.", (1,))
    assert doubts == ()
    assert citation.start == 0
    assert citation.end > 40


def test_several_sources_bear_out_a_sentence_together(grounding: Grounding) -> None:
    citations, doubts = grounding.ground("주차는 2시간 무료이고 콜키지는 2만원입니다.", (1, 2))
    assert [c.passage_id for c in citations] == ["r0", "r3"]
    assert doubts == ()


@given(st.text(max_size=60), st.text(max_size=60))
def test_overlap_is_a_share(one: str, other: str) -> None:
    assert 0 <= overlap(one, other) <= 1
    assert overlap(one, one) == 1


@given(st.text(max_size=30), st.lists(st.integers(0, 50), max_size=6))
def test_the_support_is_made_of_the_sources_sentences(sentence: str, cuts: list[int]) -> None:
    text = "건물 지하에 주차 2시간 무료라 편했어요. 갈비가 부드럽고 불맛이 좋아요."
    places = sorted({0, len(text), *(min(cut, len(text)) for cut in cuts)})
    spans = list(pairwise(places))
    start, end = support(sentence, text, spans)
    assert start in places
    assert end in places
    assert start < end
