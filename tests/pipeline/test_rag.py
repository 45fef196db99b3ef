"""The way of a question: what each stage may and may not do."""

import datetime
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.config import load_profile, with_overrides
from pipeline.errors.indexes import AnalyserNotIndexed, IndexDamaged, IndexNotFound, PassageNotFound
from pipeline.errors.machine import DiskFull
from pipeline.errors.questions import QuestionEmpty, QuestionTooLong, TraceNotFound
from pipeline.errors.settings import BackendNotFound
from pipeline.index import current_folder
from pipeline.rag import Clock
from pipeline.service import Home, Request, Service, clean_question
from pipeline.settings import Settings
from pipeline.types import Trace
from tests.pipeline.corpora import REVIEWS, build, documents

TODAY = datetime.date(2026, 8, 20)


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory):
    home = Home(tmp_path_factory.mktemp("home"))
    build(home)
    service = Service(home, load_profile(), today=lambda: TODAY)
    yield service
    service.close()


def ask(service: Service, question: str, **fields) -> Trace:
    *_, last = service.ask(Request(question, "small", **fields))
    return last


def test_traces_grow_and_never_lose(service: Service) -> None:
    traces = list(service.ask(Request("주차 편한 고깃집 있어?", "small")))
    states = list(dict.fromkeys(trace.state for trace in traces))
    assert states == ["understood", "retrieved", "reranked", "answering", "done"]
    for before, after in pairwise(traces):
        assert set(before.timings_ms) <= set(after.timings_ms)
        kept = {c.passage.id: c.scores for c in after.candidates}
        assert all(kept[c.passage.id].items() >= c.scores.items() for c in before.candidates)


def test_finds_answers_and_cites(service: Service) -> None:
    trace = ask(service, "숯골갈비 주차 무료인가요?")
    assert trace.candidates[0].passage.id == "r1"
    assert trace.answer is not None
    assert not trace.answer.abstained
    texts = {c.passage.id: c.passage.text for c in trace.candidates if c.in_prompt}
    for citation in trace.answer.citations:
        assert texts[citation.passage_id][citation.start : citation.end] == citation.sentence


def test_every_candidate_has_every_first_stage_score(service: Service) -> None:
    for candidate in ask(service, "주차 되나요?").candidates:
        assert {"bm25", "vector", "window", "fused"} <= candidate.scores.keys()
        assert candidate.scores.keys() == candidate.ranks.keys()


def test_a_named_restaurant_is_a_filter_and_can_be_taken_off(service: Service) -> None:
    trace = ask(service, "연탄집 주차 되나요?")
    assert {c.passage.source.restaurant for c in trace.candidates} == {"연탄집"}
    (chip,) = trace.understanding.chips
    without = ask(service, "연탄집 주차 되나요?", removed=(chip.id,))
    assert {c.passage.source.restaurant for c in without.candidates} > {"연탄집"}
    assert without.understanding.removed == (chip,)


def test_scores_do_not_depend_on_what_filters_let_through(service: Service) -> None:
    """BM25 and cosine of a passage are its own; only what is scaled over the set may change with the set."""
    free = {c.passage.id: c.scores for c in ask(service, "주차 되나요?").candidates}
    for candidate in ask(service, "주차 되나요?", overrides={"retrieval.depth": 2}).candidates:
        for stage in ("bm25", "vector", "window", "fused"):
            assert candidate.scores[stage] == pytest.approx(free[candidate.passage.id][stage])


def test_follow_up_inherits_the_restaurant_visibly(service: Service) -> None:
    first = ask(service, "숯골갈비 주차 무료인가요?")
    second = ask(service, "거기 웨이팅은?", previous=first.id)
    assert {c.passage.source.restaurant for c in second.candidates} == {"숯골갈비"}
    assert [chip.inherited for chip in second.understanding.chips if chip.kind == "restaurant"] == [True]
    assert second.previous == first.id


def test_question_about_many_is_spread_over_restaurants(service: Service) -> None:
    trace = ask(service, "주차 편한 곳 있어?", overrides={"retrieval.spread": 1, "retrieval.k": 3})
    restaurants = [c.passage.source.restaurant for c in trace.candidates if c.in_prompt]
    assert len(restaurants) == len(set(restaurants)) == 3


def test_a_word_for_restaurants_answers_nothing(tmp_path: Path) -> None:
    said = ("무슨 구내식당 온 줄 알았어요.", "손님 차를 보고 받는 식당이라니 참.", "식당 앞에 콘센트가 있어요.")
    build(Home(tmp_path), documents([("연탄집", 2, "2026-02-01", text) for text in said]))
    service = Service(Home(tmp_path), Settings())
    *_, nothing = service.ask(Request("리모델링한 식당", "small"))
    assert nothing.answer is not None
    assert nothing.answer.abstained
    assert "‘리모델링’에 대해" in nothing.answer.text
    *_, found = service.ask(Request("콘센트 있는 식당", "small"))
    assert found.answer is not None
    assert found.answer.text.startswith(said[2])
    service.close()


def test_k_bounds_the_prompt(service: Service) -> None:
    trace = ask(service, "숯골갈비 고기 몇 그램이에요?", overrides={"retrieval.k": 2})
    assert sum(c.in_prompt for c in trace.candidates) == 2


def test_reranker_none_keeps_the_order_of_fusion(service: Service) -> None:
    trace = ask(service, "주차 편한 곳 있어?", overrides={"reranker": "none"})
    fused = [c.scores["fused"] for c in trace.candidates]
    assert fused == sorted(fused, reverse=True)


@pytest.mark.parametrize(
    "overrides", [{"fusion.method": "rrf"}, {"retrieval.bm25": "rank_bm25"}, {"fusion.window": 0}, {"fusion.weight": 1}]
)
def test_settings_of_one_call_are_in_its_trace_and_leave_the_next_alone(service: Service, overrides: dict) -> None:
    trace = ask(service, "주차 되나요?", overrides=overrides)
    assert overrides.items() <= trace.settings.items()
    assert ask(service, "주차 되나요?").settings == load_profile().flat()


@pytest.mark.parametrize("question", ["별점 2점 이하 후기", "별점 낮은 후기 보여줘"])
def test_a_question_of_conditions_only_lists_what_meets_them(service: Service, question: str) -> None:
    trace = ask(service, question)
    assert trace.answer is not None
    assert not trace.answer.abstained
    assert {c.passage.id for c in trace.candidates} == {"r2", "r4", "r8"}
    assert {c.passage_id for c in trace.answer.citations} == {"r2", "r4", "r8"}


def test_a_review_posted_twice_takes_one_place(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, documents([REVIEWS[0], *REVIEWS]))
    service = Service(home, load_profile())
    used = [c.passage.text for c in ask(service, "숯골갈비 주차 되나요?").candidates if c.in_prompt]
    assert len(used) == len(set(used))
    service.close()


def test_date_filter_counts_from_the_day_of_asking(service: Service) -> None:
    trace = ask(service, "지난달 이후 후기 중에 냄새 얘기 있어?")
    assert {c.passage.source.date for c in trace.candidates} == {"2026-07-30", "2026-08-05"}


def test_trace_is_stored_even_when_the_user_leaves(service: Service) -> None:
    traces = service.ask(Request("주차 되나요?", "small"))
    next(traces)
    seen = next(traces)
    traces.close()
    assert service.trace(seen.id).state == "retrieved"


def test_trace_that_is_not_to_be_kept_is_not(service: Service) -> None:
    with pytest.raises(TraceNotFound):
        service.trace(ask(service, "주차 되나요?", keep=False).id)


def test_a_stored_trace_is_what_was_shown(service: Service) -> None:
    shown = ask(service, "주차 되나요?")
    stored = service.trace(shown.id)
    assert (stored.candidates, stored.answer, stored.understanding) == (
        shown.candidates,
        shown.answer,
        shown.understanding,
    )


def test_a_new_index_is_picked_up_and_running_questions_finish_on_the_old(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home, documents()[:3])
    service = Service(home, load_profile())
    running = service.ask(Request("주차 되나요?", "small"))
    next(running)
    build(home)
    assert len(ask(service, "주차 되나요?").candidates) == 9
    *_, last = running
    assert len(last.candidates) == 3
    service.close()


@pytest.mark.parametrize(
    ("question", "error"),
    [("", QuestionEmpty), ("  \n\t ", QuestionEmpty), ("🍜🍣👍", QuestionEmpty), ("?!…", QuestionEmpty),
     ("\x00\x07", QuestionEmpty), ("가" * 20_000, QuestionTooLong)],
)  # fmt: skip
def test_questions_that_are_none(service: Service, question: str, error: type) -> None:
    with pytest.raises(error):
        service.ask(Request(question, "small"))


def test_control_characters_are_dropped_and_hangul_composed() -> None:
    assert clean_question("주\x00차\x1b[31m 돼요?\n진짜") == "주차[31m 돼요? 진짜"
    assert clean_question("주차") == "주차"


def test_english_is_a_question_too(service: Service) -> None:
    assert ask(service, "Is there free parking?").answer is not None


@pytest.mark.parametrize(
    ("fields", "error"),
    [({"overrides": {"tokenizer": "okt"}}, AnalyserNotIndexed),
     ({"overrides": {"tokenizer": "mecab"}}, BackendNotFound),
     ({"overrides": {"reranker": "bert"}}, BackendNotFound), ({"previous": "nope"}, TraceNotFound)],
)  # fmt: skip
def test_what_does_not_exist_is_said_before_the_first_trace(service: Service, fields: dict, error: type) -> None:
    with pytest.raises(error):
        service.ask(Request("주차 되나요?", "small", **fields))


def test_unknown_index_and_passage(service: Service) -> None:
    with pytest.raises(IndexNotFound):
        service.ask(Request("주차 되나요?", "nope"))
    with pytest.raises(PassageNotFound):
        service.explain(Request("주차 되나요?", "small"), "nope")


def test_xray_sums_to_the_score_and_says_why_not(service: Service) -> None:
    xray = service.explain(Request("주차 무료인가요?", "small"), "r1")
    assert xray.exact
    assert sum(c.score for c in xray.contributions) == pytest.approx(xray.scores["bm25"], abs=1e-4)
    assert "주차" in xray.matched
    assert xray.ranks["bm25"] == 1
    lost = service.explain(Request("주차 무료인가요?", "small"), "r5")
    assert any("하나도 없습니다" in sentence for sentence in lost.why)


@pytest.mark.parametrize(("question", "preferring"), [("요즘 주차 편한가요?", True), ("주차 편한가요?", False)])
def test_xray_agrees_with_the_trace_on_every_score_and_rank(service: Service, question: str, preferring: bool) -> None:
    trace = ask(service, question, overrides={"reranker": "none"})
    assert any(candidate.scores.get("boost") for candidate in trace.candidates) is preferring
    for candidate in trace.candidates:
        xray = service.explain(Request(question, "small"), candidate.passage.id)
        assert xray.scores == pytest.approx({s: v for s, v in candidate.scores.items() if s != "rerank"})
        assert xray.ranks == {stage: rank for stage, rank in candidate.ranks.items() if stage != "rerank"}


def test_what_a_preference_adds_is_ranked_among_what_the_conditions_allow(service: Service) -> None:
    trace = ask(service, "요즘 고깃집 주차 편한가요?")
    assert {chip.mode for chip in trace.understanding.chips} == {"filter", "boost"}
    assert len(trace.candidates) == 6
    assert sorted(c.ranks["boost"] for c in trace.candidates) == [1, 2, 3, 4, 5, 6]
    newest = max(trace.candidates, key=lambda c: c.passage.source.date)
    assert newest.ranks["boost"] == 1
    assert trace.extremes["boost"] == (min(b := [c.scores["boost"] for c in trace.candidates]), max(b))


def test_xray_of_a_passage_outside_the_filters(service: Service) -> None:
    xray = service.explain(Request("연탄집 주차 되나요?", "small"), "r1")
    assert xray.ranks == {}
    assert "연탄집" in xray.why[0]


def test_xray_without_a_bm25_that_explains_says_so(service: Service) -> None:
    asked = Request("주차 무료인가요?", "small", {"retrieval.bm25": "rank_bm25"})
    assert not service.explain(asked, "r1").exact


def test_a_dropped_passage_is_as_if_it_were_not_there(service: Service) -> None:
    free, without = ask(service, "주차 무료인가요?"), ask(service, "주차 무료인가요?", dropped=("r1", "unknown"))
    assert {c.passage.id for c in free.candidates} - {c.passage.id for c in without.candidates} == {"r1"}
    assert without.extremes["bm25"][1] < free.extremes["bm25"][1]


def test_time_that_whoever_looks_takes_is_not_the_pipelines() -> None:
    now = [0.0]

    def works() -> Iterator[str]:
        for item in "ab":
            now[0] += 1
            yield item

    clock = Clock(lambda: now[0])
    for _ in clock.each("generate", works()):
        now[0] += 100
    assert clock.read() == {"generate": 2000, "total": 2000}


def test_settings_make_one_pipeline_each(service: Service) -> None:
    assert service.rag("small") is service.rag("small")
    assert service.rag("small", {"retrieval.k": 9}) is not service.rag("small")
    assert with_overrides(Settings(), {}) == Settings()


@pytest.mark.parametrize("damage", [b"", b"junk" * 3])
def test_every_damaged_file_of_an_index_is_told_with_the_cure(tmp_path: Path, damage: bytes) -> None:
    home = Home(tmp_path)
    build(home)
    folder = current_folder(home.indexes, "small")
    harmless = {"rejects.jsonl", "params.index.json", "vocab.index.json", "features.txt"}
    files = [p for p in sorted(folder.rglob("*")) if p.is_file() and p.name not in harmless]
    assert len(files) > 15
    for path in files:
        kept = path.read_bytes()
        path.write_bytes(damage)
        service = Service(home, load_profile())
        with pytest.raises(IndexDamaged, match="hansang index"):
            ask(service, "숯골갈비 주차 되나요?")
        service.close()
        path.write_bytes(kept)


def test_full_disk_while_an_answer_is_kept(tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home)
    service = Service(home, load_profile())
    kept = ask(service, "주차 되나요?")
    pages = service._traces._database.execute("PRAGMA page_count").fetchone()[0]
    service._traces._database.execute(f"PRAGMA max_page_count = {pages}")
    seen = []
    with pytest.raises(DiskFull, match="디스크"):
        seen.extend(service.ask(Request("웨이팅은 얼마나 되나요?", "small")))
    assert seen[-1].state == "done"  # the answer was shown before it could not be kept
    assert service.trace(kept.id).answer == kept.answer
    service.close()
