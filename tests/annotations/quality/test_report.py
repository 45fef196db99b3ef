"""The quality report: which answers count for what, and figures worked out by hand."""

from __future__ import annotations

import json
import math
import random
import time
from dataclasses import asdict, replace
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.quality.agreement import Rating, alpha
from annotations.quality.bootstrap import Estimate
from annotations.quality.field_values import closeness, named, value_of
from annotations.quality.people import wilson
from annotations.quality.report import quality, version_of
from annotations.quality.selection import chains, day, select, week
from annotations.quality.types import Filters, QualityReport
from annotations.quality.words import EXCLUSIONS, METRICS, REASONS, no_interval, reading
from annotations.schemes.scheme import Field, load_scheme
from annotations.types import Labels, Snapshot
from tests.annotations.snapshots import Book, renamed, review

REVIEW = load_scheme("review")
ANSWER = load_scheme("answer")
EVERYTHING = Filters()


def field(id: str) -> Field:
    found = REVIEW.field(id)
    assert found
    return found


def report(book: Book, filters: Filters = EVERYTHING, resamples: int = 0) -> QualityReport:
    return quality(book.snapshot(), REVIEW, filters, resamples)


def of(found: QualityReport, id: str) -> Estimate:
    return next(each for each in found.fields if each.field == id).measures[0].alpha


def two(book: Book, one: Labels, other: Labels, **more: str) -> int:
    task = book.task()
    book.say("kim", task, one, **more)  # type: ignore[arg-type]
    book.say("lee", task, other, **more)  # type: ignore[arg-type]
    return task


# What an answer is to statistics


def test_values_under_each_distance() -> None:
    labels = review(
        "negative", 2, {"anger": 3, "doubt": 1}, [("waiting", "negative", 7, 11), ("food", "positive", 0, 2)]
    )
    assert value_of(field("sentiment"), labels, "nominal") == "negative"
    assert value_of(field("intensity"), labels, "ordinal") == 2
    assert value_of(field("emotions"), labels, "masi") == ("anger", "doubt")
    assert value_of(field("emotions"), labels, "strengths") == (("anger", 3), ("doubt", 1))
    assert value_of(field("aspects"), labels, "masi") == ("food:positive", "waiting:negative")
    assert named(field("aspects"), labels) == ("food", "waiting")


def test_what_was_left_empty_is_missing_unless_none_is_an_answer() -> None:
    assert value_of(field("sentiment"), {}, "nominal") is None
    assert value_of(field("emotions"), {}, "masi") is None
    assert value_of(field("aspects"), {}, "masi") == ()


def test_saying_that_there_is_no_emotion_is_the_empty_set_but_a_label_of_its_own() -> None:
    nothing = review(emotions={"none": 1})
    assert value_of(field("emotions"), nothing, "masi") == ()
    assert value_of(field("emotions"), nothing, "strengths") == ()
    assert named(field("emotions"), nothing) == ("none",)


def test_closeness_of_each_kind() -> None:
    here, there = review("mixed", 1, {"joy": 1, "anger": 1}), review("negative", 4, {"joy": 3})
    assert closeness(field("sentiment"), here, there) == 0
    assert closeness(field("sentiment"), here, review("mixed")) == 1
    assert closeness(field("intensity"), here, there) == pytest.approx(1 - 3 / 4)
    assert closeness(field("emotions"), here, there) == pytest.approx(1 / 2 * 2 / 3)
    assert closeness(field("aspects"), here, there) == 1
    assert closeness(field("emotions"), here, {}) is None


def test_preferences_go_by_the_order_of_ids_and_not_by_the_place_on_the_screen() -> None:
    preference = next(each for each in ANSWER.fields if each.kind == "preference")
    left = {preference.id: {"chosen": "y", "shown": ["y", "x"]}}
    right = {preference.id: {"chosen": "y", "shown": ["x", "y"]}}
    tie = {preference.id: {"chosen": "tie", "shown": ["x", "y"]}}
    assert [value_of(preference, each, "nominal") for each in (left, right, tie)] == ["B", "B", "tie"]  # type: ignore[arg-type]


# Which answers count


def test_own_corrections_before_a_suggestion_are_blind_and_after_it_never() -> None:
    book = Book()
    task = two(book, review("positive"), review("negative"))
    book.say("kim", task, review("mixed"), stage="edited")
    book.see("kim", task, book.suggest(task, review("negative")))
    book.say("kim", task, review("negative"), stage="edited")
    found = select(book.snapshot(), EVERYTHING)
    kim = next(each for each in found.compared if each.annotation.annotator == "kim")
    assert (kim.annotation.labels["sentiment"], kim.replaced) == ("mixed", 1)
    assert [each.annotation.labels["sentiment"] for each in found.assisted] == ["negative"]
    coverage = report(book).coverage
    assert (coverage.compared, coverage.revised) == (2, 1)


def test_blind_and_assisted_agreement_are_apart() -> None:
    book = Book()
    for n in range(12):
        task = two(book, review("positive" if n % 2 else "negative"), review("negative" if n % 3 else "positive"))
        suggestion = book.suggest(task, review("mixed" if n % 4 else "neutral"))
        for who in ("kim", "lee"):
            book.see(who, task, suggestion, kept=False)
            book.say(who, task, review("mixed" if n % 4 else "neutral"), stage="assisted")
    found = report(book)
    blind = [Rating(n, who, said) for n in range(12) for who, said in (
        ("kim", "positive" if n % 2 else "negative"), ("lee", "negative" if n % 3 else "positive"))]  # fmt: skip
    assert of(found, "sentiment").value == pytest.approx(alpha(blind, "nominal").value)
    assert found.assisted["sentiment"].value == 1


def test_every_answer_that_does_not_count_has_its_reason() -> None:
    book = Book()
    pair = two(book, review(), review())
    lonely = book.task()
    book.say("kim", lonely, review())
    gold = book.task(gold=review())
    book.say("kim", gold, review())
    repeat = book.task(repeat_of=pair)
    book.say("kim", repeat, review())
    book.say("park", pair, review(), seat=None)
    book.say("judge", pair, review(), stage="adjudicated")
    book.say("cho", pair, review(), stage="assisted")
    old = book.task(version=1, batch="old")
    book.say("kim", old, review(), at="2026-10-01T00:00:00.000+00:00")
    book.say("lee", old, review(), at="2026-10-01T00:00:00.000+00:00")
    found = report(book, Filters(since=date(2026, 11, 1)))
    assert found.excluded == {
        "adjudicated": 1, "assisted-only": 1, "gold": 1, "other-date": 2, "repeat": 1, "single": 1, "spare": 1,
    }  # fmt: skip
    assert found.coverage.answers == found.coverage.compared + sum(found.excluded.values()) == 10
    assert (found.coverage.compared, found.coverage.paired, found.coverage.people) == (2, 1, 2)
    batch = report(book, Filters(batches=("old",)))
    assert batch.excluded == {"other-batch": 8}
    assert (batch.coverage.tasks, batch.coverage.compared) == (1, 2)


def test_versions_are_not_mixed_and_the_newest_used_is_reported() -> None:
    book = Book()
    two(book, review(), review())
    new = book.task(version=2)
    book.say("kim", new, review("positive"))
    book.task(version=3)
    snapshot = book.snapshot()
    assert version_of(snapshot) == 2  # nobody has answered by version 3
    found = report(book)
    assert (found.version, found.versions, found.excluded) == (2, (1, 2), {"other-version": 2, "single": 1})
    assert report(book, Filters(version=1)).coverage.compared == 2
    assert version_of(replace(snapshot, tasks=(), annotations=())) is None


def test_days_and_weeks_are_those_of_korea() -> None:
    assert day("2026-11-01T14:59:59.999+00:00") == date(2026, 11, 1)
    assert day("2026-11-01T15:00:00.000+00:00") == date(2026, 11, 2)
    assert week("2026-11-01T15:00:00.000+00:00") == date(2026, 11, 2)
    assert week("2026-11-01T14:00:00.000+00:00") == date(2026, 10, 26)


# Figures by hand


def test_agreement_on_every_field() -> None:
    book = Book()
    two(book, review("positive", 5, {"joy": 3}), review("positive", 4, {"joy": 1}))
    two(book, review("negative", 1, {"anger": 2, "doubt": 1}), review("negative", 2, {"anger": 2}))
    two(book, review("mixed", 3, {"none": 1}), review("neutral", 3, {"joy": 1}))
    found = report(book)
    sets = [("joy",), ("joy",), ("anger", "doubt"), ("anger",), (), ("joy",)]
    expected = alpha([Rating(n // 2, "kl"[n % 2], value) for n, value in enumerate(sets)], "masi")
    assert of(found, "emotions") == expected
    assert of(found, "intensity") == alpha(
        [Rating(n // 2, "kl"[n % 2], value) for n, value in enumerate([5, 4, 1, 2, 3, 3])], "ordinal"
    )
    emotions = next(each for each in found.fields if each.field == "emotions")
    assert [measure.metric for measure in emotions.measures] == ["masi", "strengths"]
    assert emotions.labels["anger"].value == 1
    assert emotions.labels["sadness"].reason == "unanimous"
    assert emotions.labels["joy"].same == pytest.approx(2 / 3)
    assert set(emotions.people) == {"kim", "lee"}
    assert emotions.people["kim"].value == pytest.approx(expected.value)
    assert [(each.one, each.other, each.kappa.items) for each in emotions.pairs] == [("kim", "lee", 3)]
    assert of(found, "aspects").reason == "unanimous"
    assert found.outcome.reason == "unanimous"


def test_marked_words() -> None:
    book = Book()
    two(book, review(aspects=[("food", "positive", 0, 4)]), review(aspects=[("food", "positive", 2, 6)]))
    two(book, review(aspects=[("food", "positive", 0, 4)]), review(aspects=[("food", "negative", 0, 4)]))
    two(book, review(aspects=[("food", "positive", 0, 4)]), review())
    two(book, review(), review())
    aspects = next(each for each in report(book).fields if each.field == "aspects")
    assert aspects.overlap
    assert aspects.overlap.value == pytest.approx((0.5 + 1 + 0) / 3)
    assert aspects.overlap.items == 3
    sets = [("f+",), ("f+",), ("f+",), ("f-",), ("f+",), (), (), ()]
    ratings = [Rating(n // 2, "kl"[n % 2], value) for n, value in enumerate(sets)]
    assert aspects.measures[0].alpha.value == pytest.approx(alpha(ratings, "masi").value)


def test_unjudgeable_is_an_outcome_and_no_value() -> None:
    book = Book()
    task = book.task()
    book.say("kim", task, outcome="unjudgeable")
    book.say("lee", task, review())
    two(book, review("positive"), review("negative"))
    two(book, review("positive"), review("positive"))
    found = report(book)
    assert of(found, "sentiment").items == 2
    assert found.outcome.items == 3
    assert found.outcome.value == pytest.approx(1 - (1 / 3) / (2 * 5 / 30))
    assert found.coverage.unjudgeable == 1


def test_confusion_says_what_the_other_said_instead() -> None:
    book = Book()
    two(book, review(emotions={"anger": 1, "joy": 1}), review(emotions={"doubt": 1, "joy": 1, "disgust": 2}))
    two(book, review(emotions={"anger": 1}), review(emotions={"anger": 2, "joy": 1}))
    confusion = next(each for each in report(book).fields if each.field == "emotions").confusion
    assert confusion
    at = {label: n for n, label in enumerate(confusion.labels)}
    cells = confusion.cells
    assert cells[at["joy"]][at["joy"]] == 2
    assert cells[at["anger"]][at["anger"]] == 2
    assert cells[at["anger"]][at["doubt"]] == cells[at["anger"]][at["disgust"]] == 0.5
    assert cells[at["doubt"]][at["anger"]] == cells[at["disgust"]][at["anger"]] == 1
    assert cells[at["joy"]][-1] == 1  # the other named nothing that wasn't shared
    assert [sum(row) for row in cells] == [{"joy": 3, "anger": 3, "doubt": 1, "disgust": 1}.get(e, 0) for e in at]


def test_three_people_weigh_like_two_in_the_confusion() -> None:
    book = Book()
    task = book.task()
    for who, said in (("kim", "positive"), ("lee", "positive"), ("park", "mixed")):
        book.say(who, task, review(said))
    confusion = next(each for each in report(book).fields if each.field == "sentiment").confusion
    assert confusion
    assert confusion.labels == ("positive", "neutral", "negative", "mixed")
    assert confusion.cells[0] == (1, 0, 0, 1, 0)
    assert confusion.cells[3] == (1, 0, 0, 0, 0)


def test_drift_by_week() -> None:
    book = Book()
    for n in range(4):
        two(book, review("positive" if n % 2 else "negative"), review("positive" if n % 2 else "negative"))
    later = "2026-11-09T03:00:00.000+00:00"
    for n in range(4):
        two(book, review("positive" if n % 2 else "mixed"), review("mixed" if n % 2 else "positive"), at=later)
    late = book.task()
    book.say("kim", late, review("mixed"))
    book.say("lee", late, review("mixed"), at=later)
    first, second = report(book).weeks
    assert (first.monday, second.monday) == (date(2026, 11, 2), date(2026, 11, 9))
    assert (first.answers, second.answers) == (9, 9)
    assert first.alpha["sentiment"].value == 1
    assert (first.alpha["sentiment"].items, second.alpha["sentiment"].items) == (4, 5)
    assert (second.alpha["sentiment"].value or 1) < 0
    assert first.shares["sentiment"] == {"positive": 4 / 9, "neutral": 0, "negative": 4 / 9, "mixed": 1 / 9}


def test_gold_is_scored_by_what_it_knows() -> None:
    book = Book()
    for n in range(10):
        task = book.task(gold={"sentiment": "mixed", "intensity": 2})
        if n < 8:
            book.say("kim", task, review("mixed", 2 if n < 5 else 4))
        else:
            book.say("kim", task, outcome="unjudgeable")
    sentiment, intensity = report(book).gold
    assert (sentiment.person, sentiment.field, sentiment.items, sentiment.exact) == ("kim", "sentiment", 10, 8)
    assert sentiment.closeness == 0.8
    assert (sentiment.low, sentiment.high) == pytest.approx((0.4902, 0.9433), abs=1e-4)
    assert (intensity.exact, intensity.closeness) == (5, pytest.approx((5 + 3 * 0.5) / 10))


def test_wilson_interval() -> None:
    # Newcombe (1998), "Two-sided confidence intervals for the single proportion", table I, method 3
    published = {
        (81, 263): (0.2553, 0.3662),
        (15, 148): (0.0624, 0.1605),
        (0, 20): (0, 0.1611),
        (1, 29): (0.0061, 0.1718),
    }
    for (hits, n), expected in published.items():
        assert wilson(hits, n) == pytest.approx(expected, abs=5e-5)
    assert wilson(5, 5)[1] == 1
    assert wilson(0, 0) == (0, 1)


def test_silent_repeats_are_compared_with_the_same_person_only() -> None:
    book = Book()
    task = two(book, review("mixed", 3), review("positive", 1))
    again = book.task(repeat_of=task)
    book.say("kim", again, review("mixed", 4, aspects=[("food", "positive", 0, 2)]))
    scores = {each.field: each for each in report(book).repeats}
    assert {each.person for each in scores.values()} == {"kim"}
    assert (scores["sentiment"].exact, scores["intensity"].exact, scores["emotions"].exact) == (1, 0, 1)
    assert scores["intensity"].closeness == 0.75
    assert scores["aspects"].exact == 0


def test_a_repeat_of_what_could_not_be_judged_is_compared_with_nothing() -> None:
    book = Book()
    task = book.task()
    book.say("kim", task, outcome="unjudgeable")
    book.say("kim", book.task(repeat_of=task), review())
    assert report(book).repeats == ()


def test_speed_counts_first_answers_and_leaves_out_what_was_not_timed() -> None:
    book = Book()
    for seconds in (10.0, 20.0, 60.0, 0.0):
        book.say("kim", book.task(), review(), seconds=seconds)
    book.say("kim", 1, review("positive"), stage="edited", seconds=500)
    book.say("lee", book.task(), review(), seconds=0)
    kim, lee = report(book).speed
    assert (kim.answers, kim.untimed, kim.median, kim.quartiles) == (4, 1, 20, (15, 40))
    assert kim.per_hour == pytest.approx(3 * 3600 / 90)
    assert (lee.answers, lee.median, lee.per_hour) == (1, None, None)


def test_pull_of_suggestions() -> None:
    book = Book()

    def seen(blind: str, suggested: str, last: str | None) -> None:
        task = book.task()
        book.say("kim", task, review(blind))
        book.see("kim", task, book.suggest(task, {"sentiment": suggested}), kept=last is None)
        if last:
            book.say("kim", task, review(last), stage="assisted")

    seen("positive", "mixed", "mixed")
    seen("positive", "mixed", None)
    seen("positive", "mixed", "neutral")
    seen("mixed", "mixed", None)
    seen("mixed", "mixed", "negative")
    unseen = book.task()
    book.say("kim", unseen, review("positive"))
    book.suggest(unseen, {"sentiment": "negative"})
    pulled = {each.label: each for each in report(book).pulls}
    assert {each.field for each in pulled.values()} == {"sentiment"}  # nothing was suggested of the rest
    mixed = pulled["mixed"]
    assert (mixed.person, mixed.differed, mixed.taken, mixed.agreed, mixed.left) == ("kim", 3, 1, 2, 1)
    positive = pulled["positive"]  # given up where the suggestion was without it, twice of three times
    assert (positive.differed, positive.taken, positive.agreed, positive.left) == (3, 2, 0, 0)
    assert (pulled["neutral"].agreed, pulled["neutral"].left) == (1, 1)


def test_only_the_first_suggestion_that_was_seen_pulls_a_blind_answer() -> None:
    book = Book()
    task = book.task()
    book.say("kim", task, review("positive"))
    book.see("kim", task, book.suggest(task, {"sentiment": "negative"}), kept=False)
    book.say("kim", task, review("negative"), stage="assisted")
    book.see("kim", task, book.suggest(task, {"sentiment": "mixed"}))
    pulled = {each.label: (each.differed, each.taken) for each in report(book).pulls}
    assert pulled == {"positive": (1, 1), "negative": (1, 1)}


def test_skips_and_statuses_are_counted() -> None:
    book = Book()
    book.task(status="disputed")
    book.task(status="complete")
    book.task(status="complete")
    assert report(book).coverage.statuses == {"disputed": 1, "complete": 2}


# As a whole


def test_nothing_labelled_is_a_report_without_numbers() -> None:
    book = Book()
    book.task()
    found = report(book, resamples=100)
    assert found.coverage.answers == 0
    assert all(measure.alpha.reason == "too-few" for each in found.fields for measure in each.measures)
    assert (found.weeks, found.people, found.gold) == ((), (), ())


def test_answer_scheme_is_reported_without_a_line_of_its_own() -> None:
    book = Book("answer")
    context = {"alternatives": [{"id": "x", "text": "가"}, {"id": "y", "text": "나"}]}
    for n in range(12):
        task = book.task(context=context)
        for who in ("kim", "lee"):
            labels = {"preference": {"chosen": "xy"[n % 2], "shown": ["y", "x"]}, "correctness": 1 + n % 5}
            book.say(who, task, labels)  # type: ignore[arg-type]
    found = quality(book.snapshot(), ANSWER, resamples=50)
    by_field = {each.field: each for each in found.fields}
    assert by_field["preference"].measures[0].alpha.value == 1
    assert by_field["correctness"].measures[0].alpha.value == 1
    assert all(each.kind != "text" for each in by_field.values())


def labels_at_random(random_: random.Random) -> Labels:
    felt = random_.sample(["joy", "anger", "doubt"], random_.randint(1, 2))
    return review(
        random_.choice(["positive", "negative", "mixed"]),
        random_.randint(1, 5),
        {label: random_.randint(1, 3) for label in felt},
        [("food", random_.choice(["positive", "negative"]), 0, random_.randint(1, 5))] * random_.randint(0, 1),
    )


def written_at_random(random_: random.Random, tasks: int) -> Snapshot:
    book = Book()
    for _ in range(tasks):
        task = book.task(gold=review() if random_.random() < 0.1 else None)
        for who in random_.sample(["kim", "lee", "park", "cho"], random_.randint(0, 3)):
            book.say(
                who, task, labels_at_random(random_), outcome="labelled" if random_.random() < 0.9 else "unjudgeable"
            )
            if random_.random() < 0.3:
                book.say(who, task, labels_at_random(random_), stage="edited")
            if random_.random() < 0.3:
                book.see(who, task, book.suggest(task, labels_at_random(random_)))
                book.say(who, task, labels_at_random(random_), stage=random_.choice(["assisted", "edited"]))
    return book.snapshot()


@settings(max_examples=12, deadline=None)
@given(st.randoms(use_true_random=False))
def test_laws_of_the_report(random_: random.Random) -> None:
    snapshot = written_at_random(random_, 20)
    found = quality(snapshot, REVIEW, resamples=20)
    assert found.coverage.answers == len(chains(snapshot)) == found.coverage.compared + sum(found.excluded.values())
    for value in numbers(asdict(found)):
        assert math.isfinite(value)
    seen = {(each.annotator, each.task_id): each.annotation_id for each in snapshot.seen}
    unaided = (a for a in snapshot.annotations if a.id <= seen.get((a.annotator, a.task_id), a.id))
    blind = replace(snapshot, annotations=tuple(unaided))
    assert quality(blind, REVIEW, resamples=20).fields == found.fields  # what came after help weighs nothing
    names = {"kim": "ahn", "lee": "bae", "park": "cha", "cho": "don"}
    other = quality(renamed(snapshot, names), REVIEW)
    without = quality(snapshot, REVIEW, resamples=0)
    for one, two_ in zip(without.fields, other.fields, strict=True):
        assert [m.alpha.value for m in one.measures] == pytest.approx([m.alpha.value for m in two_.measures])
        assert one.confusion == two_.confusion or one.confusion is not None


def numbers(value: object) -> list[float]:
    if isinstance(value, dict):
        return [n for each in value.values() for n in numbers(each)]
    if isinstance(value, list | tuple):
        return [n for each in value for n in numbers(each)]
    return [value] if isinstance(value, float) else []


def test_report_is_json() -> None:
    snapshot = written_at_random(random.Random(3), 40)
    text = json.dumps(asdict(quality(snapshot, REVIEW, resamples=20)), default=str, allow_nan=False)
    assert json.loads(text)["coverage"]["tasks"] == 40


def test_the_order_of_rows_changes_nothing() -> None:
    snapshot = written_at_random(random.Random(5), 40)
    turned = replace(snapshot, tasks=snapshot.tasks[::-1], annotations=snapshot.annotations[::-1])
    found, other = quality(snapshot, REVIEW, resamples=30), quality(turned, REVIEW, resamples=30)
    assert found.fields == other.fields
    assert found.weeks == other.weeks
    assert found.gold == other.gold


def test_thousands_of_tasks_take_seconds() -> None:
    snapshot = written_at_random(random.Random(7), 4_000)
    began = time.process_time()
    found = quality(snapshot, REVIEW, resamples=1_000)
    assert time.process_time() - began < 30  # 2 s on an idle core
    assert of(found, "emotions").low is not None


# What it is called


def test_reading_follows_krippendorff() -> None:
    def said(value: float | None) -> str:
        return reading(Estimate(value, 50, 100, reason="" if value is not None else "unanimous")).en

    assert said(0.8) == "reliable"
    assert said(0.7999) == said(0.667) == "tentative conclusions only"
    assert said(0.6669).startswith("draw no conclusions")
    assert said(-0.1) == said(0) == "no better than chance"
    assert said(None) == REASONS["unanimous"].en


def test_why_there_is_no_interval() -> None:
    assert no_interval(Estimate(0.5, 5, 10, interval_reason="too-few")).ko.startswith("과제 10개부터")
    assert no_interval(Estimate(0.5, 50, 100, interval_reason="")).ko == ""
    assert all(word.ko and word.en for word in (*EXCLUSIONS.values(), *METRICS.values()))
