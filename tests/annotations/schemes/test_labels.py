"""Labels against their scheme: what is refused, by name; what is kept, in one form."""

from __future__ import annotations

import json
import math
import unicodedata
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from annotations.schemes.graphemes import boundaries, trimmed, widened
from annotations.schemes.labels import asked, canonical, check_context, texts_only, validate, validate_draft
from annotations.schemes.preference import alternatives, chosen, place_of, shown_order
from annotations.schemes.scheme import Scheme, load_scheme
from annotations.types import Labels
from pipeline.errors.schemes import BadContext, BadLabels
from tests.annotations.demo import demo_rows

REVIEW, ANSWER = load_scheme("review"), load_scheme("answer")
TEXT = "맛은 있는데 웨이팅이 두 시간이라 다시는 못 갈 듯. 그래도 불맛은 인정"
ENOUGH: dict[str, Any] = {"sentiment": "mixed", "intensity": 2, "emotions": [{"label": "annoyance", "strength": 2}]}
GRADES: dict[str, Any] = {"correctness": 5, "faithfulness": 5, "relevance": 4, "errors": [{"label": "none"}]}
PAIR = {"alternatives": [{"id": "t1/extractive", "text": "세 시입니다."}, {"id": "t1/llm", "text": "네 시입니다."}]}


def span(label: str, quote: str, polarity: str = "negative", text: str = TEXT) -> dict[str, Any]:
    start = text.index(quote)
    return {"label": label, "polarity": polarity, "start": start, "end": start + len(quote), "quote": quote}


def refused(labels: object, text: str = TEXT, scheme: Scheme = REVIEW, **more: Any) -> BadLabels:
    with pytest.raises(BadLabels) as caught:
        validate(scheme, labels, text, **more)
    for sentence in (caught.value.korean, caught.value.english):
        assert str(caught.value.fields["field"]) in sentence
        assert len(sentence) < 500
    return caught.value


# --- what is kept


def test_the_demo_gold_labels_are_valid_and_stay_as_they_are() -> None:
    reviews = demo_rows("reviews")
    assert len(reviews) >= 360
    for review in reviews.values():
        labels = validate(REVIEW, review["labels"], review["text"])
        written = {field: value for field, value in review["labels"].items() if value != []}
        assert {**labels, "emotions": by_label(labels)} == {**written, "emotions": by_label(written)}, review["id"]
        assert validate(REVIEW, labels, review["text"]) == labels


def by_label(labels: Any) -> list[Any]:
    return sorted(labels["emotions"], key=lambda emotion: emotion["label"])


def test_labels_come_back_in_the_order_of_the_scheme() -> None:
    late, early = span("food", "불맛은 인정", "positive"), span("waiting", "웨이팅이 두 시간")
    backwards = {
        "note": "  한 줄\r\n두 줄 ",
        "aspects": [late, early],
        "emotions": [{"strength": 1, "label": "sadness"}, {"label": "joy", "strength": 3}],
        "intensity": 2,
        "sentiment": "mixed",
    }
    labels = validate(REVIEW, backwards, TEXT)
    assert list(labels) == ["sentiment", "intensity", "emotions", "aspects", "note"]
    assert labels["emotions"] == [{"label": "joy", "strength": 3}, {"label": "sadness", "strength": 1}]
    assert labels["aspects"] == [early, late]
    assert labels["note"] == "한 줄\n두 줄"


def test_empty_fields_are_absent() -> None:
    assert validate(REVIEW, {**ENOUGH, "aspects": [], "note": " \n\u3000"}, TEXT) == ENOUGH
    assert "errors" not in validate_draft(ANSWER, {"errors": []}, "답")


def test_equal_labels_are_equal_strings() -> None:
    one = validate(REVIEW, {**ENOUGH, "aspects": [span("food", "불맛"), span("value", "두 시간")]}, TEXT)
    two = validate(REVIEW, {"aspects": [span("value", "두 시간"), span("food", "불맛")], **ENOUGH}, TEXT)
    assert canonical(one) == canonical(two)
    assert json.loads(canonical(one)) == one
    assert "불맛" in canonical(one)
    assert ": " not in canonical(one)


def test_none_has_no_strength_of_its_own() -> None:
    labels = validate(REVIEW, {**ENOUGH, "emotions": [{"label": "none", "strength": 3}]}, TEXT)
    assert labels["emotions"] == [{"label": "none", "strength": 1}]


def test_space_at_the_ends_of_a_span_is_left_out() -> None:
    wide = {"label": "food", "polarity": "positive", "start": 2, "end": 7, "quote": TEXT[2:7]}
    assert TEXT[2:7] == " 있는데 "
    labels = validate(REVIEW, {**ENOUGH, "aspects": [wide]}, TEXT)
    assert labels["aspects"] == [{**wide, "start": 3, "end": 6, "quote": "있는데"}]


def test_spans_of_different_options_may_overlap() -> None:
    both = [span("food", "불맛은 인정", "positive"), span("value", "불맛은 인정", "positive")]
    assert validate(REVIEW, {**ENOUGH, "aspects": both}, TEXT)["aspects"] == both


# --- what is refused


@pytest.mark.parametrize("labels", [None, [], "긍정", 3, math.nan, [["sentiment", "positive"]], {1, 2}])
def test_labels_must_be_a_table(labels: object) -> None:
    assert refused(labels).fields["field"] == "labels"


@pytest.mark.parametrize("name", ["emotion", "", "outcome", "__class__", 3, None, ("a",)])
def test_an_unknown_field_is_named(name: Any) -> None:
    error = refused({**ENOUGH, name: "x"})
    assert repr(name) in error.korean
    assert "sentiment, intensity, emotions, aspects, note" in error.korean


@pytest.mark.parametrize("missing", ["sentiment", "intensity", "emotions"])
def test_a_required_field_left_empty_is_named(missing: str) -> None:
    error = refused({id: value for id, value in ENOUGH.items() if id != missing})
    assert error.fields["field"] == missing
    assert "비어" in error.korean
    assert error.exit_code == 2


def test_a_required_list_left_empty_is_missing() -> None:
    assert refused({**ENOUGH, "emotions": []}).fields["field"] == "emotions"


@pytest.mark.parametrize("value", ["happy", "", "긍정", "Positive", 1, None, True, ["positive"], {"label": "positive"}])
def test_an_option_outside_the_scheme(value: object) -> None:
    error = refused({**ENOUGH, "sentiment": value})
    assert error.fields["field"] == "sentiment"
    assert "감성" in error.korean
    assert "positive, neutral, negative, mixed" in error.korean


@pytest.mark.parametrize("value", [0, 6, -1, 3.0, 2.5, math.nan, math.inf, True, "3", None, [3], 10**40])
def test_a_score_out_of_range(value: object) -> None:
    error = refused({**ENOUGH, "intensity": value})
    assert error.fields["field"] == "intensity"
    assert "1–5" in error.korean
    assert "whole numbers from 1 to 5" in error.english


@pytest.mark.parametrize("value", [0, 4, True, 2.0, math.nan, "2", None, [1]])
def test_a_strength_out_of_range(value: object) -> None:
    error = refused({**ENOUGH, "emotions": [{"label": "joy", "strength": value}]})
    assert error.fields["field"] == "emotions"
    assert "1–3" in error.korean


@pytest.mark.parametrize(
    "value",
    [
        "joy",
        {"label": "joy", "strength": 1},
        ["joy"],
        [None],
        [{"label": "joy"}],
        [{"strength": 1}],
        [{"label": "joy", "strength": 1, "start": 0}],
        [{"label": "love", "strength": 1}],
        [{"label": ["joy"], "strength": 1}],
        [{"label": "joy", "strength": 1}, {"label": "joy", "strength": 2}],
        [{"label": "joy", "strength": 1}, {"label": "none", "strength": 1}],
        None,
        7,
    ],
)
def test_emotions_of_another_shape(value: object) -> None:
    assert refused({**ENOUGH, "emotions": value}).fields["field"] == "emotions"


def test_what_stands_alone_is_said_by_its_name() -> None:
    error = refused(GRADES | {"errors": [{"label": "none"}, {"label": "negation"}]}, scheme=ANSWER)
    assert "'없음'" in error.korean
    assert "'none'" in error.english


@pytest.mark.parametrize(
    "change",
    [
        {"start": -1},
        {"end": len(TEXT) + 1},
        {"start": 5},
        {"start": 6},
        {"start": 0, "end": 0, "quote": ""},
        {"start": 2, "end": 3, "quote": " "},
        {"quote": "맛은 "},
        {"quote": None},
        {"quote": ["맛은", "있"]},
        {"start": "0"},
        {"start": 0.0},
        {"start": False},
        {"end": math.nan},
        {"label": "taste"},
        {"polarity": "+"},
        {"polarity": None},
        {"label": {}},
    ],
)
def test_a_span_that_is_not_of_the_text(change: dict[str, object]) -> None:
    good = {"label": "food", "polarity": "positive", "start": 0, "end": 5, "quote": TEXT[:5]}
    assert validate(REVIEW, {**ENOUGH, "aspects": [good]}, TEXT)
    assert refused({**ENOUGH, "aspects": [{**good, **change}]}).fields["field"] == "aspects"


@pytest.mark.parametrize("left_out", ["label", "polarity", "start", "end", "quote"])
def test_a_span_has_all_its_parts(left_out: str) -> None:
    whole = span("food", "불맛")
    del whole[left_out]
    assert "모양" in refused({**ENOUGH, "aspects": [whole]}).korean


def test_spans_of_one_option_do_not_overlap() -> None:
    error = refused({**ENOUGH, "aspects": [span("food", "불맛은 인정", "positive"), span("food", "인정", "neutral")]})
    assert "겹칩니다" in error.korean
    touching = [span("food", "불맛은", "positive"), span("food", "인정", "neutral")]
    assert validate(REVIEW, {**ENOUGH, "aspects": touching}, TEXT)["aspects"] == touching


def test_offsets_of_another_counting_are_found_by_the_quote() -> None:
    # JavaScript counts UTF-16: behind an emoji its places are one too high.
    text = "최고👍 국물도"
    moved = {"label": "food", "polarity": "positive", "start": 5, "end": 7, "quote": "국물"}
    assert "인용" in refused({**ENOUGH, "aspects": [moved]}, text).korean


@pytest.mark.parametrize("value", [None, 3, True, ["메모"], {"ko": "메모"}, math.nan, "\ud800", "가" * 1001])
def test_a_note_that_is_no_note(value: object) -> None:
    assert refused({**ENOUGH, "note": value}).fields["field"] == "note"


def test_a_note_may_have_as_many_characters_as_are_allowed() -> None:
    assert validate(REVIEW, {**ENOUGH, "note": " " + "가" * 1000 + "\n"}, TEXT)["note"] == "가" * 1000
    assert "1,001자" in refused({**ENOUGH, "note": "가" * 1001}).korean


def test_what_was_given_is_cut_to_a_readable_length() -> None:
    assert len(refused({**ENOUGH, "sentiment": "x" * 100_000}).korean) < 300
    assert len(refused({**ENOUGH, "emotions": [[[[[[["x"] * 1000]]]]]] * 1000}).korean) < 500


# --- graphemes

CLUSTERS = [
    ("👨‍👩‍👧‍👦", "a family"),
    ("👍🏽", "a skin colour"),
    ("🇰🇷", "a flag"),
    ("❤️", "a variation selector"),
    ("1️⃣", "a keycap"),
    ("e\u0301", "a combining mark"),
    (unicodedata.normalize("NFD", "각"), "decomposed Hangul"),
    (unicodedata.normalize("NFD", "뷁"), "decomposed Hangul with three finals"),
    ("\r\n", "a line end"),
    ("🏴󠁧󠁢󠁥󠁮󠁧󠁿", "tags"),
]


@pytest.mark.parametrize(("cluster", "what"), CLUSTERS)
def test_no_span_cuts_through_what_looks_like_one_character(cluster: str, what: str) -> None:
    text = f"맛{cluster}집"
    inside = range(2, 1 + len(cluster))
    assert len(cluster) > 1
    assert boundaries(text) == {0, 1, 1 + len(cluster), 2 + len(cluster)}
    for place in inside:
        for start, end in ((0, place), (place, len(text))):
            cut = {"label": "food", "polarity": "positive", "start": start, "end": end, "quote": text[start:end]}
            assert "가운데" in refused({**ENOUGH, "aspects": [cut]}, text).korean, what
        assert widened(text, place, place) == (1, 1 + len(cluster))
    whole = {"label": "food", "polarity": "positive", "start": 0, "end": 1 + len(cluster), "quote": text[:-1]}
    assert validate(REVIEW, {**ENOUGH, "aspects": [whole]}, text)


def test_two_flags_are_two_characters() -> None:
    assert boundaries("🇰🇷🇯🇵") == {0, 2, 4}


@given(st.text(max_size=30), st.data())
def test_a_widened_span_is_a_valid_one(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(text)))
    end = data.draw(st.integers(start, len(text)))
    wide = widened(text, start, end)
    assert wide[0] <= start <= end <= wide[1]
    assert set(wide) <= boundaries(text)
    assert widened(text, *wide) == wide
    narrow = trimmed(text, *wide)
    assert wide[0] <= narrow[0] <= narrow[1] <= wide[1]
    assert set(narrow) <= boundaries(text)
    assert trimmed(text, *narrow) == narrow


# --- drafts, unjudgeable


def test_a_draft_needs_nothing_but_what_it_has_is_checked() -> None:
    assert validate_draft(REVIEW, {}, TEXT) == {}
    assert validate_draft(REVIEW, {"intensity": 4}, TEXT) == {"intensity": 4}
    with pytest.raises(BadLabels):
        validate_draft(REVIEW, {"intensity": 9}, TEXT)


def test_unjudgeable_goes_with_a_note_and_nothing_else() -> None:
    assert validate(REVIEW, {}, TEXT, outcome="unjudgeable") == {}
    assert validate(REVIEW, {"note": "외국어"}, TEXT, outcome="unjudgeable") == {"note": "외국어"}
    full = {**ENOUGH, "note": "외국어"}
    assert refused(full, outcome="unjudgeable").fields["field"] == "sentiment"
    assert validate(REVIEW, texts_only(REVIEW, full), TEXT, outcome="unjudgeable") == {"note": "외국어"}


@pytest.mark.parametrize("outcome", ["", "skipped", None, 1, ["labelled"]])
def test_an_unknown_outcome_is_refused(outcome: Any) -> None:
    assert refused(ENOUGH, outcome=outcome).fields["field"] == "outcome"


# --- answers


def test_an_answer_is_graded() -> None:
    text = "오후 3시부터입니다. 주말에는 쉽니다."
    marked = {"label": "sentence", "start": 12, "end": 21, "quote": "주말에는 쉽니다."}
    given = GRADES | {"errors": [{"label": "incomplete"}, {"label": "unsupported"}], "unsupported": [marked]}
    labels = validate(ANSWER, given, text)
    assert labels["errors"] == [{"label": "unsupported"}, {"label": "incomplete"}]
    assert labels["unsupported"] == [marked]
    with_polarity = [{**marked, "polarity": "negative"}]
    assert "모양" in refused(given | {"unsupported": with_polarity}, text, ANSWER).korean
    with_strength = [{"label": "incomplete", "strength": 1}]
    assert "모양" in refused(given | {"errors": with_strength}, text, ANSWER).korean


def test_a_preference_is_asked_only_where_there_are_two_answers() -> None:
    assert "preference" not in [field.id for field in asked(ANSWER)]
    assert "preference" in [field.id for field in asked(ANSWER, PAIR)]
    assert validate(ANSWER, GRADES, "답") == GRADES
    given = GRADES | {"preference": {"chosen": "tie", "shown": ["t1/llm", "t1/extractive"]}}
    assert "없는 항목" in refused(given, "답", ANSWER).korean
    assert refused(GRADES, "답", ANSWER, context=PAIR).fields["field"] == "preference"
    assert validate(ANSWER, given, "답", PAIR) == given


@pytest.mark.parametrize("option", ["first", "second", "tie"])
@pytest.mark.parametrize("order", [["t1/extractive", "t1/llm"], ["t1/llm", "t1/extractive"]])
def test_a_preference_is_stored_by_id_and_drawn_as_it_was_shown(option: str, order: list[str]) -> None:
    value = chosen(option, (order[0], order[1]))
    labels = validate(ANSWER, GRADES | {"preference": value}, "답", PAIR)
    assert labels["preference"] == value
    assert place_of(value) == option
    assert value["chosen"] == {"first": order[0], "second": order[1], "tie": "tie"}[option]


@pytest.mark.parametrize(
    "value",
    [
        "first",
        None,
        [],
        {},
        {"chosen": "t1/llm"},
        {"chosen": "first", "shown": ["t1/llm", "t1/extractive"]},
        {"chosen": "t1/llm", "shown": ["t1/llm"]},
        {"chosen": "t1/llm", "shown": ["t1/llm", "t1/llm"]},
        {"chosen": "t1/llm", "shown": ["t1/llm", "t2/llm"]},
        {"chosen": "t1/llm", "shown": "t1/llm"},
        {"chosen": "t1/llm", "shown": [["t1/llm"], {}]},
        {"chosen": ["t1/llm"], "shown": ["t1/llm", "t1/extractive"]},
        {"chosen": "t1/llm", "shown": ["t1/llm", "t1/extractive"], "model": "gpt"},
    ],
)
def test_a_preference_of_another_shape(value: object) -> None:
    error = refused(GRADES | {"preference": value}, "답", ANSWER, context=PAIR)
    assert error.fields["field"] == "preference"


def test_the_order_shown_is_drawn_once_for_each_task_and_person() -> None:
    orders = {(task, name): shown_order(["a", "b"], task, name) for task in range(50) for name in ("kim", "lee")}
    assert orders == {key: shown_order(["b", "a"], *key) for key in orders}
    firsts = [order[0] for order in orders.values()]
    assert 30 < firsts.count("a") < 70
    assert any(orders[task, "kim"] != orders[task, "lee"] for task in range(50))


@pytest.mark.parametrize(
    "given",
    [
        "two",
        [],
        [{"id": "a", "text": "가"}],
        [{"id": "a", "text": "가"}] * 2,
        [{"id": "a", "text": "가"}, {"id": "tie", "text": "나"}],
        [{"id": "a", "text": "가"}, {"id": "b", "text": " "}],
        [{"id": "a", "text": "가"}, {"id": 2, "text": "나"}],
        [{"id": "a", "text": "가"}, {"text": "나"}],
        [{"id": "a", "text": "가"}, "b"],
        [{"id": "a", "text": "가"}, {"id": "b", "text": "나"}, {"id": "c", "text": "다"}],
    ],
)
def test_a_task_that_could_never_be_answered_is_refused_when_it_comes_in(given: object) -> None:
    with pytest.raises(BadContext, match="alternatives"):
        check_context(ANSWER, {"alternatives": given})
    with pytest.raises(BadContext):
        validate(ANSWER, GRADES, "답", {"alternatives": given})


def test_any_other_context_is_fine() -> None:
    check_context(REVIEW, {"rating": 3})
    check_context(ANSWER, {"question": "언제?"})
    check_context(ANSWER, PAIR)
    assert alternatives(PAIR) == {"t1/extractive": "세 시입니다.", "t1/llm": "네 시입니다."}
    assert alternatives({}) is None


# --- laws

json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=12,
)
words = st.sampled_from(
    [
        *["sentiment", "intensity", "emotions", "aspects", "note", "preference", "errors", "unsupported", "better"],
        *[
            "label",
            "strength",
            "polarity",
            "start",
            "end",
            "quote",
            "chosen",
            "shown",
            "positive",
            "joy",
            "none",
            "food",
        ],
    ]
)
near_values = st.recursive(
    st.integers(-1, 6) | words | st.text(max_size=3) | st.none() | st.booleans(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(words, inner, max_size=5),
    max_leaves=20,
)


@settings(max_examples=300)
@given(
    labels=json_values | st.dictionaries(words, near_values, max_size=4),
    text=st.text(max_size=20),
    scheme=st.sampled_from([REVIEW, ANSWER]),
    context=st.sampled_from([None, {}, PAIR]),
)
def test_whatever_comes_in_is_refused_by_name_or_kept(
    labels: Any, text: str, scheme: Scheme, context: dict[str, object] | None
) -> None:
    said = "kept"
    try:
        kept = validate_draft(scheme, labels, text, context)
    except BadLabels as error:
        kept, said = {}, f"{error.korean} {error.english}"
        event("refused")
    assert "labels" in said.lower() or said == "kept"
    assert validate_draft(scheme, kept, text, context) == kept
    assert json.loads(canonical(kept)) == kept


letters = st.sampled_from([*"맛 집국ab\n\u3000", "👍🏽", "👨‍👩‍👧", "🇰🇷", "\u0301", "ᄀ", "ᅡ", "ᆨ"])


@st.composite
def tasks(draw: st.DrawFn) -> tuple[str, Labels]:
    """A text, and valid labels in any order."""
    text = "".join(draw(st.lists(letters, min_size=1, max_size=25)))
    emotions = draw(st.lists(st.sampled_from(["joy", "anger", "sadness"]), min_size=1, max_size=3, unique=True))
    labels: dict[str, Any] = {
        "note": draw(st.text(max_size=20)),
        "emotions": [{"strength": draw(st.integers(1, 3)), "label": label} for label in emotions],
        "intensity": draw(st.integers(1, 5)),
        "sentiment": draw(st.sampled_from(["positive", "neutral", "negative", "mixed"])),
    }
    places = sorted(boundaries(text))
    cuts = sorted(draw(st.lists(st.sampled_from(places), max_size=6, unique=True)))
    spans = [
        {"quote": text[a:b], "end": b, "start": a, "polarity": draw(st.sampled_from(["positive", "negative"]))}
        for a, b in pairwise(cuts)
        if not text[a:b].isspace()
    ]
    labels["aspects"] = [{**each, "label": draw(st.sampled_from(["food", "value"]))} for each in reversed(spans)]
    return text, labels


@settings(max_examples=200)
@given(tasks())
def test_validating_again_changes_nothing(task: tuple[str, Labels]) -> None:
    text, given = task
    labels = validate(REVIEW, given, text)
    assert validate(REVIEW, labels, text) == labels
    assert canonical(validate(REVIEW, json.loads(canonical(labels)), text)) == canonical(labels)
    for each in labels.get("aspects", []):  # type: ignore[union-attr]
        assert text[each["start"] : each["end"]] == each["quote"]  # type: ignore[index]
