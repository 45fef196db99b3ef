"""Each of the steps A–H on cases whose result is known."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from pipeline.protocols import Tokenizer
from pipeline.restaurants.remarks import Remark
from pipeline.strengths.checking import merge_claims, recency, widen
from pipeline.strengths.claims import predicates, write_claim
from pipeline.strengths.collecting import accepted, collect, drafted, minimum_of, propose, sample
from pipeline.strengths.comparing import chosen, compare_group, distinguish, rank, score
from pipeline.strengths.facets import facets, rest_of
from pipeline.strengths.ground import Ground
from pipeline.strengths.types import LONGEST, SHORTEST, Candidate, Checked, GroupClaim, Sign, Topic
from pipeline.types import Morpheme
from tests.pipeline.strengths.test_merging import at

BROTH = Topic("food", "국물", "국밥")


def test_every_claim_of_the_table_has_the_length_of_one() -> None:
    for facet in facets():
        for claim in facet.claims.values():
            assert SHORTEST <= len(claim) <= LONGEST, claim
        for form in facet.many.values():
            assert len(form.format("가나")) <= LONGEST, form


def test_every_aspect_but_food_has_a_facet_that_takes_what_is_left() -> None:
    aspects = {facet.aspect for facet in facets()} - {"food"}
    assert aspects == {"value", "service", "ambience", "hygiene", "waiting", "location"}
    for aspect in aspects:
        (rest,) = [facet for facet in facets() if facet.aspect == aspect and not facet.words]
        assert rest.name == rest_of(aspect)
        assert {"positive", "negative"} == set(rest.claims)


def test_a_collects_one_sign_newest_first(ground: Ground) -> None:
    found = collect(ground, "길남국밥", "positive")
    assert [remark.review_id for remark in found.remarks] == ["r1", "r1", "r2", "r3", "r3"]
    assert {remark.polarity for remark in found.remarks} == {"positive"}
    assert {remark.review_id for remark in found.against} == {"r2", "r4"}
    assert found.vectors.shape[0] == 5
    assert np.allclose(np.linalg.norm(found.vectors, axis=1), 1, atol=1e-4)
    assert (found.reviews, found.newest) == (5, "2026-09-01")
    assert {topic.name for topic in found.topics} == {"국물", "친절함"}


def test_a_samples_the_middle_and_the_edges() -> None:
    middle = [[1.0, 0.0, 0.0]] * 5
    vectors = np.array([*middle, [0, 1, 0], [0, 0, 1], [0.9, 0.43, 0]], dtype=np.float32)
    taken = sample(vectors, representative=2, diverse=2)
    assert len(set(taken)) == 4
    assert {5, 6} <= set(taken)
    assert sample(vectors[:3], 2, 2) == (0, 1, 2)


def test_b_proposes_what_several_reviews_say(ground: Ground) -> None:
    found = collect(ground, "길남국밥", "positive")
    by_name = {c.topic.name: c for c in propose(ground, found)}
    assert by_name.keys() == {"국물", "친절함"}
    assert by_name["친절함"].claim == "직원 응대가 친절하다는 칭찬"
    assert by_name["국물"].claim == "돼지국밥 국물이 진하고 시원하다는 평"
    assert {found.remarks[p].review_id for p in by_name["국물"].evidence} == {"r1", "r2", "r3"}


def test_b_takes_what_few_say_together_by_aspect(ground: Ground) -> None:
    found = collect(ground, "순이국밥", "positive")
    assert [c.topic.name for c in propose(ground, found)] == ["친절함"]  # 김치: one review, and nothing beside it
    two = replace(found, topics=(Topic("service", "덤"), Topic("service", "빠르기"), *found.topics[2:]))
    (pooled,) = propose(ground, two)
    assert pooled.topic == Topic("service", "손님맞이")
    assert pooled.claim in ("덤·빠르기 등 서비스가 좋다는 칭찬", "빠르기·덤 등 서비스가 좋다는 칭찬")


def said(tokenizer: Tokenizer, *quotes: str) -> dict[str, Sequence[Sequence[Morpheme]]]:
    return {str(n): [one.morphemes] for n, one in enumerate(tokenizer.analyse(list(quotes)))}


@pytest.mark.parametrize(
    ("topic", "sign", "quotes", "claim"),
    [
        (BROTH, "positive", ("국물이 진해요", "국물이 진하고"), "국밥 국물이 진하다는 평이 있다"),
        (BROTH, "positive", ("국물 진해요", "인정", "좋아요"), "국밥 국물이 진하다는 등의 칭찬"),
        (Topic("food", "향", "분짜"), "positive", ("향 최고", "향 제대로"), "분짜 향이 좋다는 칭찬이 있다"),
        (Topic("food", "품절"), "negative", ("또 품절",), "먹으려던 메뉴가 품절됐다는 불만"),
        (Topic("food", "속살", "통닭"), "positive", ("속살이 퍽퍽하지 않고",) * 2, "통닭 속살이 퍽퍽하지 않다는 평"),
        (Topic("food", "짬뽕", "짬뽕"), "negative", ("짬뽕이 미지근해요",) * 2, "짬뽕이 미지근하다는 불만이 있다"),
        (Topic("food", "짬뽕", "짬뽕"), "positive", ("짬뽕 최고", "짬뽕 존맛"), "짬뽕 맛이 좋다는 칭찬이 있다"),
        (Topic("service", "친절함"), "negative", ("무뚝뚝",), "직원 응대가 불친절하다는 불만"),
        (Topic("hygiene", "이물질"), "positive", ("없어요",), ""),
    ],
)  # fmt: skip
def test_claims_say_what_the_quotes_say(
    kiwi: Tokenizer, topic: Topic, sign: Sign, quotes: tuple[str, ...], claim: str
) -> None:
    assert write_claim(topic, sign, said(kiwi, *quotes)) == claim


@pytest.mark.parametrize(
    ("quote", "sign", "found"),
    [
        ("국물이 진하고 시원해요", "positive", ["진하", "시원하"]),
        ("속살이 퍽퍽하지 않고", "positive", ["퍽퍽하지 않"]),
        ("많이 안 달아서", "positive", ["안 달"]),
        ("누린내가 하나도 안 난다", "positive", ["누린내가 없"]),
        ("새콤한 소스에 고기가 부드럽고", "positive", ["부드럽"]),
        ("눅눅하고 질겨요", "positive", []),
        ("국물이 제 입에 좀 짰는데 진해요", "positive", ["진하"]),
        ("싱겁고 느끼해요", "positive", []),
        ("안 짜고 담백해요", "positive", ["안 짜", "담백하"]),
        ("바삭하고 고소해요", "negative", []),
        ("바삭하지 않아요", "negative", ["바삭하지 않"]),
        ("눅눅하고 질겨요", "negative", ["눅눅하", "질기"]),
    ],
)
def test_predicates_with_what_denies_them(kiwi: Tokenizer, quote: str, sign: Sign, found: list[str]) -> None:
    (analysed,) = kiwi.analyse([quote])
    assert predicates(analysed.morphemes, sign) == found


def test_c_counts_reviews_and_drops_what_has_too_few(ground: Ground) -> None:
    found = collect(ground, "길남국밥", "positive")
    broth = next(c for c in propose(ground, found) if c.topic.name == "국물")
    alone = replace(broth, evidence=broth.evidence[:1])  # widened by topic to what the others say
    checked = widen(ground, found, alone)
    assert checked is not None
    assert (checked.support, checked.ratio, checked.against) == (3, 0.6, 0)
    assert checked.rating == pytest.approx(14 / 3)
    strange = Candidate(Topic("value", "값"), "값을 생각하면 만족스럽다는 평", broth.evidence[:1])
    assert widen(ground, found, strange) is None  # one review


def test_c_drops_what_more_reviews_deny(ground: Ground) -> None:
    found = collect(ground, "길남국밥", "positive")
    broth = next(c for c in propose(ground, found) if c.topic.name == "국물")
    against = tuple(replace(found.against[0], review_id=f"x{n}") for n in range(4))
    denied = replace(found, against=against, topics_against=(broth.topic,) * 4)
    assert widen(ground, denied, broth) is None
    assert widen(ground, replace(denied, against=against[:3], topics_against=(broth.topic,) * 3), broth) is not None


def remark(id_: str, date: str, quote: str = "맛있다") -> Remark:
    return Remark(id_, "food", "positive", (0, len(quote)), quote, quote, (0, len(quote)), 5, date, 0, 0)


def test_recency_halves_with_each_year_and_counts_a_review_once() -> None:
    assert recency([remark("a", "2026-10-01")], "2026-10-01") == 1
    assert recency([remark("a", "2025-10-01")], "2026-10-01") == 0.5
    twice = [remark("a", "2025-10-01"), remark("a", "2025-10-01"), remark("b", "2026-10-01")]
    assert recency(twice, "2026-10-01") == 0.75
    assert recency([remark("a", "")], "2026-10-01") == 1


def test_minimum_is_two_where_there_are_few_reviews() -> None:
    assert [minimum_of(n) for n in (0, 30, 31)] == [2, 2, 3]


def test_d_joins_the_evidence_and_counts_anew(ground: Ground) -> None:
    found = collect(ground, "길남국밥", "positive")
    broth = next(c for c in propose(ground, found) if c.topic.name == "국물")
    checked = widen(ground, found, broth)
    assert checked is not None
    half = replace(checked, evidence=checked.evidence[:1], support=1, claim="다른 말로 한 같은 이야기")
    rest = replace(checked, evidence=checked.evidence[1:], support=2)
    (joined,) = merge_claims(ground, found, [half, None, rest])
    assert joined.support == 3
    assert joined.review_ids == checked.review_ids
    assert joined.claim == checked.claim
    assert np.allclose(joined.centroid, checked.centroid)


def test_e_compares_with_the_same_kind_first_and_fills_up_with_others(ground: Ground) -> None:
    group = compare_group(ground, "길남국밥")
    assert [(one.restaurant, one.same) for one in group] == [("순이국밥", True), ("바다횟집", False)]
    assert all(-1 <= one.near <= 1.001 for one in group)


def test_g_is_one_minus_the_greatest_similarity() -> None:
    claims = [GroupClaim("가", "먼 말", at(0.1).vector), GroupClaim("나", "가까운 말", at(0.6).vector)]
    (found,) = distinguish([at(1)], claims)
    assert found.distinctness == pytest.approx(0.4, abs=1e-6)
    assert found.nearest is not None
    assert found.nearest.restaurant == "나"
    (alone,) = distinguish([at(1)], [])
    assert (alone.distinctness, alone.nearest) == (1.0, None)


def test_h_scores_by_the_formula() -> None:
    assert score(3, 0.5, 0.4) == pytest.approx(math.log(4) * 0.5 * 1.4)
    assert score(3, 0.5, 0.4, alpha=0) == pytest.approx(math.log(4) * 0.5)
    assert score(0, 1, 1) == 0


def supported(support: int, vector: float, claim: str) -> Checked:
    said = (
        "국물이 진해요",
        "고기가 부드럽다",
        "김치 시원",
        "면발 쫄깃함",
        "밥이 고슬고슬",
        "반찬 정갈",
        "양 넉넉",
        "불향 최고",
    )
    evidence = tuple(remark(f"{claim}{n}", "2026-01-01", said[n]) for n in range(support))
    return replace(at(vector, claim=claim), evidence=evidence, support=support)


def test_h_tells_apart_what_can_be_quoted_three_times_and_what_cannot() -> None:
    ranked = rank(distinguish([supported(3, 0.1, "셋"), supported(2, 0.2, "둘")], []))
    assert [(one.claim, len(one.quotes)) for one in ranked.found] == [("셋", 3)]
    assert [(one.claim, len(one.quotes)) for one in ranked.few] == [("둘", 2)]


def test_h_names_kinds_orders_by_score_and_leaves_out_the_common() -> None:
    group = [GroupClaim("가", "말", at(1).vector)]
    often_common, often_own = supported(8, 0.9, "흔함"), supported(7, 0.1, "둘다")
    rare_own, rare_common = supported(3, 0.3, "고유"), supported(3, 0.95, "뺌")
    ranked = rank(distinguish([often_common, often_own, rare_own, rare_common], group))
    assert [(one.claim, one.kind) for one in ranked.found] == [
        ("둘다", "both"),
        ("흔함", "representative"),
        ("고유", "distinct"),
    ]
    assert (ranked.few, ranked.common) == ((), 1)
    assert [one.score for one in ranked.found] == sorted((one.score for one in ranked.found), reverse=True)


def test_quotes_are_of_different_reviews_and_no_two_alike() -> None:
    evidence = [
        remark("a", "2026-01-01", "국물이 정말 진해요"),
        remark("b", "2026-02-01", "국물이 정말 진해요!"),
        remark("c", "2026-03-01", "고기가 부드럽습니다"),
        remark("c", "2026-03-01", "깍두기도 시원하네요"),
        *(
            remark(f"d{n}", "2025-01-01", quote)
            for n, quote in enumerate(("가나다라", "마바사아", "자차카타", "파하거너"))
        ),
    ]
    taken = chosen(evidence)
    assert [one.review_id for one in taken] == ["c", "b", "d0", "d1", "d2"]
    assert [one.quote for one in chosen(evidence[2:4])] == ["고기가 부드럽습니다", "깍두기도 시원하네요"]


def test_a_reply_of_a_model_is_held_to_what_is_known(ground: Ground) -> None:
    found = collect(ground, "길남국밥", "positive")
    (draft, *_) = drafted(found, propose(ground, found))["candidates"]

    def kept(**change: object) -> int:
        return len(accepted(found, {"candidates": [{**draft, **change}]}, lambda claim: len(claim) > 3))

    assert kept() == 1
    assert kept(claim="짧다") == 0
    assert kept(claim=None) == 0
    assert kept(aspect="food" if draft["aspect"] != "food" else "value") == 0
    assert kept(evidence=[99]) == 0
    assert kept(evidence=["1"]) == 0
    assert accepted(found, {"candidates": "no"}, bool) == ()
    assert accepted(found, {}, bool) == ()
