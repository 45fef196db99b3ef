"""What the page draws from a trace: answers, cards, chips, comparisons, X-rays, figures."""

from __future__ import annotations

import re
from dataclasses import replace
from io import StringIO
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from app.chat.answer import answer_block, cited_text, facts, places, sentences
from app.chat.cards import evidence, shown
from app.chat.compare import comparison, moves
from app.chat.morphemes import morpheme_panel
from app.chat.options import read_form, settings_panel, stored_overrides
from app.chat.plots import inert, rank_figure, stage_times, time_figure
from app.chat.session import Session, Turn
from app.chat.stages import COLOURS, lift, number, percent, widths, worked_ms
from app.chat.text import escape, plain
from app.chat.turns import conversation, local_time
from app.chat.words import _WORDS, word
from app.cli.answers import candidate_table, show_answer
from pipeline.errors.settings import BadSetting
from pipeline.protocols import Tokenizer
from pipeline.question.mentions import chip_of
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.traces import Feedback
from pipeline.types import Answer, Chip, Citation, Morpheme, Question, Understanding
from pipeline.xray import Contribution, Xray
from tests.app.chat_traces import TEXTS, cited, make_trace
from tests.app.test_chat_text import HOSTILE, read
from tests.pipeline.corpora import build


def talk(turn: Turn, lang: str = "ko") -> str:
    session = Session(lang="en" if lang == "en" else "ko", index="demo", turns=[turn])
    return conversation(session, Settings(), ("kiwi",), ())


def test_every_citation_of_the_answer_has_its_card_and_its_characters() -> None:
    trace = cited(make_trace(), 0, 1)
    answer, panel = answer_block(trace, "ko"), evidence(trace, {}, "ko")
    assert re.findall(r'class="cite" data-cites="(\d+)"', answer) == ["0", "1"]
    assert re.findall(r'class="card cited-card" data-passage="(\w+)" data-cites="([\d ]+)"', panel) == [
        ("p1", "0"),
        ("p2", "1"),
    ]
    quoted = re.findall(r'class="quote" data-cites="\d">(.*?)</span>', panel)
    assert [read(q).text for q in quoted] == ["지하 주차장 2시간 무료라 편했어요.", "주차가 불편합니다."]
    assert panel.count("근거로 쓰임") == 2


def test_a_sentence_on_two_passages_has_two_numbers_and_one_span() -> None:
    trace = make_trace()
    answer = Answer("둘 다 있다.", (Citation("둘 다 있다.", "p1", 0, 3), Citation("둘 다 있다.", "p3", 0, 3)))
    html = cited_text(answer, places(trace), "ko")
    assert html.count('class="sentence"') == 1
    assert read(html).text == "둘 다 있다.[1][3]"


def test_a_citation_whose_sentence_was_reworded_keeps_its_number() -> None:
    answer = Answer("다르게 썼다.", (Citation("원래 문장", "p2", 0, 3),))
    assert read(cited_text(answer, places(make_trace()), "ko")).text == "다르게 썼다.[2]"


def test_a_citation_of_no_candidate_is_not_a_dead_link() -> None:
    answer = Answer("말.", (Citation("말.", "elsewhere", 0, 1),))
    assert "<button" not in cited_text(answer, places(make_trace()), "ko")


@given(
    st.lists(st.sampled_from(["가.", "나다.", " ", "<b>", "가.가."]), max_size=6),
    st.lists(st.integers(0, 5), max_size=4),
)
def test_pieces_join_to_the_answer_and_no_citation_is_lost(parts: list[str], chosen: list[int]) -> None:
    cites = tuple(Citation(parts[i % len(parts)] if parts else "x", "p1", 0, 1) for i in chosen)
    answer = Answer("".join(parts), cites)
    found = list(sentences(answer))
    assert "".join(piece for piece, _ in found) == answer.text
    assert sorted(n for _, numbers in found for n in numbers) == list(range(len(cites)))


def test_an_abstention_cites_nothing_and_names_the_nearest_three() -> None:
    answer = Answer("후기에 없습니다.", abstained=True, kind="abstention", confidence=0.12, note="비트코인 결제")
    html = answer_block(replace(make_trace(), answer=answer), "ko")
    assert "data-cites" not in html
    assert "answer abstention" in html
    assert "비트코인 결제" in html
    assert "찾아본 말</b> 주차 편한" in answer_block(replace(make_trace(), answer=replace(answer, note="")), "ko")
    assert re.findall(r'data-go="(\w+)"', html) == ["p1", "p2", "p3"]
    assert "12 %" in html


def test_a_name_that_may_have_been_meant_is_asked_of_with_a_click() -> None:
    answer = Answer("없습니다.", abstained=True, kind="abstention", note="찾은 것")
    near = ("길남<이>", "길남")
    chip = Chip("restaurant:길남식당", "restaurant", ("길남식당",), "가게", unknown=("길남식당",), near=near)
    trace = replace(make_trace(), question=Question("q", "길남식당 어때?"), candidates=(), answer=answer)
    html = answer_block(replace(trace, understanding=Understanding("어때?", (chip,))), "ko")
    assert re.findall(r'data-text="([^"]*)"', html) == [escape("길남<이> 어때?"), "길남 어때?"]
    assert "‘길남<이>’에 대해 묻기" in read(html).text
    two = replace(chip, unknown=("길남식당", "모름"))
    assert "data-text" not in answer_block(replace(trace, understanding=Understanding("어때?", (two,))), "ko")
    respelled = replace(trace, question=Question("q", "길남 식당 어때?"), understanding=Understanding("어때?", (chip,)))
    assert "data-text" not in answer_block(respelled, "ko")


def test_where_nothing_is_near_the_terminal_shows_nothing_as_near() -> None:
    answer = Answer("‘가’의 후기는 이 색인에 없습니다.", abstained=True, kind="abstention")
    shown = []
    for trace in (replace(make_trace(), answer=answer), replace(make_trace(), answer=answer, candidates=())):
        console = Console(record=True, width=100, file=StringIO())
        show_answer(console, trace)
        shown.append(console.export_text())
    assert "가장 가까운 후기" in shown[0]
    assert "단락" in shown[0]
    assert answer.text in shown[1]
    assert "가장 가까운 후기" not in shown[1]
    assert "단락" not in shown[1]


@pytest.mark.parametrize(("confidence", "said"), [(0.95, "높음"), (0.7, "보통"), (0.4, "낮음")])
def test_confidence_is_said_in_words_and_per_cent(confidence: float, said: str) -> None:
    trace = cited(make_trace(), 0)
    assert trace.answer is not None
    html = answer_block(replace(trace, answer=replace(trace.answer, confidence=confidence)), "ko")
    assert f"확신 {said}" in html
    assert f"{confidence * 100:.0f} %" in html


def test_the_line_of_facts() -> None:
    assert read(facts(cited(make_trace(), 0, 1), "ko")).text == "근거 2곳 · 후보 4 · 20 ms"


@pytest.mark.parametrize("hostile", HOSTILE)
def test_hostile_reviews_and_questions_add_no_tag_anywhere(hostile: str) -> None:
    def page(text: str) -> str:
        trace = cited(make_trace(text, *TEXTS), 0)
        source = replace(trace.candidates[0].passage.source, restaurant=text, district=text, date=text)
        first = replace(trace.candidates[0], passage=replace(trace.candidates[0].passage, source=source))
        chips = (Chip("x", "dish", (text,), text, "boost", approximate=True),)
        trace = replace(
            trace, candidates=(first, *trace.candidates[1:]), understanding=Understanding(text, chips, removed=chips)
        )
        turn = Turn(text, trace=trace, other=replace(trace, id="b"), form="reasons")
        return talk(turn) + evidence(trace, {}, "ko", True) + morpheme_panel(trace, "p1", None, "ko")

    reader, harmless = read(page(hostile)), read(page("얌전한 글"))
    assert reader.tags == harmless.tags
    assert plain(hostile) in reader.text


def test_hostile_text_is_inert_in_a_figure() -> None:
    assert inert("<a href='javascript:x'>%{y}&amp;") == "&lt;a href='javascript:x'&gt;% {y}&amp;amp;"


def test_cards_are_those_of_the_prompt_and_those_cited_until_all_are_asked_for() -> None:
    trace = cited(make_trace(prompt=2), 3)
    assert [place for place, _ in shown(trace, False)] == [1, 2, 4]
    assert [place for place, _ in shown(trace, True)] == [1, 2, 3, 4]


def test_where_reviews_were_counted_those_cited_are_shown_alone_in_the_order_of_the_answer() -> None:
    trace = cited(make_trace(prompt=2), 3, 0)
    assert trace.answer is not None
    counted = replace(trace, answer=replace(trace.answer, kind="figures"))
    assert [place for place, _ in shown(counted, False)] == [4, 1]
    assert [place for place, _ in shown(counted, True)] == [1, 2, 3, 4]
    nothing = replace(counted, answer=Answer("후기는 0건입니다.", kind="figures"))
    assert [place for place, _ in shown(nothing, False)] == [1, 2]


def test_whose_review_it_is_stands_behind_a_sentence_where_neither_question_nor_answer_says_so() -> None:
    trace = cited(make_trace(), 0, 1)
    places_of = [candidate.passage.source.restaurant for candidate in trace.candidates[:2]]
    html = answer_block(trace, "ko")
    assert [read(html).text.count(name) for name in places_of] == [1, 1]
    for place in places_of:
        assert f'<small class="whose">{place}</small>' in html
    named = replace(trace, understanding=Understanding("주차", (chip_of("restaurant", ("숯골갈비",), span=None),)))
    assert "whose" not in answer_block(named, "ko")
    assert trace.answer is not None
    counted = replace(trace, answer=replace(trace.answer, kind="aspects"))
    assert "whose" not in answer_block(counted, "ko")


def test_a_restaurant_is_named_once_a_sentence() -> None:
    trace = make_trace()
    ids = [candidate.passage.id for candidate in trace.candidates[:3]]
    answer = Answer("한 문장.", tuple(Citation("한 문장.", id_, 0, 1) for id_ in ids))
    html = cited_text(answer, places(trace), "ko", {ids[0]: "가", ids[1]: "가", ids[2]: "<b>"})
    assert html.count(">가</small>") == 1
    assert "&lt;b&gt;</small>" in html


def test_before_the_reranker_the_first_k_are_shown_without_its_score() -> None:
    trace = make_trace(state="retrieved")
    early = tuple(
        replace(c, scores={s: v for s, v in c.scores.items() if s != "rerank"},
                ranks={s: v for s, v in c.ranks.items() if s != "rerank"}, in_prompt=False, relevance=None)
        for c in trace.candidates
    )  # fmt: skip
    html = evidence(replace(trace, candidates=early), {}, "ko")
    assert html.count('<article class="card"') == 4
    assert 'class="stage rerank"' not in html
    assert html.count("리랭커가 보지 않음") == 4


def test_raw_scores_are_never_percentages_and_a_negative_logit_stays_negative() -> None:
    html = evidence(make_trace(), {}, "ko")
    cells = re.findall(r'class="stage rerank">.*?class=.raw.>(.*?)<', html)
    assert cells == ["-0.500", "-1.00", "-1.50"]
    assert "관련 확률 83 %" in html


def test_matches_are_marked() -> None:
    assert "<mark>주차</mark>" in evidence(make_trace(), {"p2": [(0, 2)]}, "ko")


def test_nothing_asked_and_nothing_found_say_so() -> None:
    assert "질문을 하면" in evidence(None, {}, "ko")
    assert "조건에 맞는 후기가 없습니다" in evidence(replace(make_trace(), candidates=()), {}, "ko")


def test_bars_run_from_the_lowest_to_the_highest() -> None:
    assert widths(make_trace().candidates, "bm25") == {"p1": 100, "p2": 68, "p3": 36, "p4": 4}
    assert set(widths(make_trace().candidates, "window").values()) == {100}
    assert widths(make_trace().candidates, "boost") == {}


def test_numbers() -> None:
    assert [number(x) for x in (0.412, 7.3, -2.0, 123.4, float("-inf"))] == ["0.412", "7.30", "-2.00", "123", "–"]
    assert [percent(x) for x in (0, 0.004, 0.5, 0.999, 1)] == ["0", "<1", "50", ">99", "100"]
    assert lift(make_trace().candidates[0]) == 1


def test_chips_look_different_by_mode_and_can_be_taken_off_and_put_back() -> None:
    chips = (
        Chip("a", "district", ("마포",), "지역 마포", inherited=True),
        Chip("b", "dish", ("갈비",), "갈비", "boost"),
        Chip("c", "restaurant", ("x",), "가게 x", "exclude", approximate=True),
    )
    trace = replace(
        make_trace(), understanding=Understanding("q", chips, removed=(Chip("d", "rating", (">=4",), "별점 4+"),))
    )
    html = talk(Turn("질문", trace=trace))
    assert re.findall(r'<li class="chip (\w+)"', html) == ["filter", "boost", "exclude", "gone"]
    assert re.findall(r'data-act="remove" data-chip="(\w)"', html) == ["a", "b", "c"]
    assert 'data-act="restore" data-chip="d"' in html
    assert "<s>별점 4+</s>" in html
    assert "이어받음" in html
    assert "≈ 가게 x" in html


def test_the_stage_is_named_while_it_works() -> None:
    for state, said in (("understood", "검색 중"), ("retrieved", "재정렬 중"), ("reranked", "답변 작성 중")):
        html = talk(Turn("질문", trace=make_trace(state=state), working=True))  # type: ignore[arg-type]
        assert said in html
        assert 'class="acts"' not in html


def test_saved_feedback_a_stored_answer_and_its_settings_are_told() -> None:
    trace = replace(make_trace(), settings={**Settings().flat(), "fusion.weight": 0.4})
    html = talk(Turn("질문", trace=trace, stored=True, feedback=Feedback(7, trace.id, "", "down", "")))
    assert "의견 저장됨 #7" in html
    assert "저장된 답변" in html
    assert "0.4" in html
    assert 'href="v1/traces/abc123"' in html
    assert 'data-link="?trace=abc123"' in html


def test_an_error_is_korean_with_english_beside_it_on_the_english_page() -> None:
    error = BadSetting(name="retrieval.k", value="<99>", expected="1–50", expected_en="1–50")
    assert escape(error.korean) in talk(Turn("질문", error=error))
    assert error.english not in read(talk(Turn("질문", error=error))).text
    assert error.english in read(talk(Turn("질문", error=error), "en")).text


def test_two_answers_side_by_side_say_what_moved() -> None:
    first = make_trace(prompt=2)
    order = (first.candidates[1], first.candidates[3], first.candidates[0])
    second = replace(first, id="b", candidates=tuple(replace(c, in_prompt=n < 2) for n, c in enumerate(order)))
    assert [(m.passage.id, m.change, m.places) for m in moves(first, second)] == [
        ("p1", "gone", -2), ("p2", "up", 1), ("p4", "new", 2),
    ]  # fmt: skip
    html = comparison(cited(first, 0), cited(second, 0), "ko")
    assert html.count('class="side"') == 2
    assert "▲1" in html
    assert "새로 쓰임" in html
    assert "빠짐" in html


def test_settings_are_read_from_the_form_as_what_differs() -> None:
    defaults = Settings()
    form = {"fusion.weight": ["0.25"], "retrieval.k": ["99"], "tokenizer": ["kiwi"], "fusion.method": ["rrf"]}
    assert read_form(form, defaults) == {"fusion.method": "rrf", "retrieval.k": "99", "reranker": "none"}
    assert read_form({"reranker": ["on"]}, defaults) == {}
    html = settings_panel(
        defaults, {"retrieval.k": "99"}, ("kiwi", "okt"), BadSetting(name="k", value="99", expected="!"), "ko"
    )
    assert 'role="alert"' in html
    assert "<s>5</s> → <b>99</b>" in html
    assert '<option value="okt">okt</option>' in html


def test_a_stored_answer_gives_its_settings_again_but_for_those_of_the_index() -> None:
    trace = replace(make_trace(), settings={**Settings().flat(), "fusion.weight": 0.4, "indexing.k1": 2.0})
    assert stored_overrides(trace, Settings()) == {"fusion.weight": 0.4}


def test_the_xray_dims_particles_numbers_matches_and_shares_the_score() -> None:
    xray = Xray(
        question="주차", passage=make_trace().candidates[0].passage, understanding=Understanding("주차"),
        question_morphemes=(Morpheme("주차", "NNG", 0, 2, True), Morpheme("는", "JX", 2, 3, False)),
        passage_morphemes=(Morpheme("주차", "NNG", 0, 2, True), Morpheme("는", "JX", 2, 3, False)),
        contributions=(
            Contribution("m:주차", 3.2, 1, 3.0),
            Contribution("b:주차", 2.0, 1, 1.0),
            Contribution("m:무료", 2.0, 0, 0.0),
        ),
        exact=True, scores={}, ranks={}, why=("이유 <하나>",),
    )  # fmt: skip
    html = morpheme_panel(make_trace(), "p1", xray, "ko")
    assert html.count('class="m dim"') == 2
    assert html.count('class="m match c0" data-match="1"') == 2
    assert re.findall(r"<td>(\d+) %", html) == ["75", "25", "0"]
    assert "이유 &lt;하나&gt;" in html
    assert "알려 주지 않습니다" in morpheme_panel(make_trace(), "p1", replace(xray, exact=False), "ko")


def test_the_rank_figure_has_a_thick_line_for_each_passage_of_the_prompt() -> None:
    figure = rank_figure(make_trace(), "ko")
    thick = [trace for trace in figure.data if trace.line.width == 4]
    assert [list(trace.y) for trace in thick] == [[1, 3, 1, 2, 1], [2, 4, 1, 3, 2], [3, 5, 1, 4, 3]]
    assert figure.layout.yaxis.autorange == "reversed"
    assert len(figure.data) == 4


def test_the_time_figure_has_a_piece_for_every_stage() -> None:
    trace = make_trace()
    assert list(stage_times(trace)) == ["understand", "bm25", "vector", "window", "fuse", "rerank", "generate"]
    assert sum(stage_times(trace).values()) == worked_ms(trace) == 20.0
    assert len(time_figure(trace, "en").data) == 7


def test_what_concepts_and_preferences_add_is_on_the_card_in_the_table_and_in_the_bar_of_time() -> None:
    plain = make_trace()
    first = plain.candidates[0].scored("concept", 0.4, 1).scored("boost", 0.1, 1)
    trace = replace(plain, candidates=(first, *plain.candidates[1:]), timings_ms={**plain.timings_ms, "concept": 2.0})
    card = re.findall(r'<div class="stage (\w+)"><dt>(.+?)</dt><dd><span class=.raw.>(.+?)<', evidence(trace, {}, "ko"))
    assert [stage for stage, _, _ in card[:7]] == ["bm25", "vector", "window", "concept", "boost", "fused", "rerank"]
    assert [name for _, name, _ in card[3:5]] == ["개념", "선호"]
    assert [score for _, _, score in card[3:5]] == ["0.400", "0.100"]
    assert 'class="stage concept"' not in evidence(plain, {}, "ko")
    table = candidate_table(list(enumerate(trace.candidates, start=1)))
    assert {"개념", "선호"} < {str(column.header) for column in table.columns}
    assert sum(stage_times(trace).values()) == worked_ms(trace) == 22.0
    assert "개념 2.0 ms" in {piece.name for piece in time_figure(trace, "ko").data}


def test_the_bar_of_time_has_a_piece_for_whatever_was_timed(kiwi: Tokenizer, tmp_path: Path) -> None:
    home = Home(tmp_path)
    build(home)
    service = Service(home, Settings())
    for question in ("주차 편한 고깃집 있어?", "숯골갈비 서비스 어때?", "고마워"):
        *_, trace = service.ask(Request(question, "small", keep=False))
        assert set(stage_times(trace)) == set(trace.timings_ms) - {"total"}
        assert set(stage_times(trace)) <= set(COLOURS)
    service.close()


def test_every_word_is_there_in_both_languages_with_the_same_fields() -> None:
    for korean, english in _WORDS.values():
        assert korean
        assert english
        assert sorted(re.findall(r"\{(\w+)\}", korean)) == sorted(re.findall(r"\{(\w+)\}", english))
    assert word("rank", "en", n=3) == "#3"


def test_a_time_that_is_none_is_shown_as_it_is() -> None:
    assert local_time("어제") == "어제"
    assert local_time("2026-11-22T05:00:00.000+00:00").startswith("2026-11-2")
