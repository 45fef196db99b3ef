"""Training: the same rows give the same bytes; its steps do what they say; bad files are told."""

from __future__ import annotations

import gzip
import json
import shutil
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from scipy.sparse import csr_matrix
from typer.testing import CliRunner

from app.cli.main import app
from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.model import DOMAINS, FILES, FOLDER, read_model, write_model
from pipeline.classifiers.linear import load
from pipeline.errors.files import FileProblem
from pipeline.own_thread import in_own_thread
from pipeline.protocols import Tokenizer
from pipeline.training.linear import aspects, domain, emotions, film, losses, restaurant, self_training, words
from pipeline.training.linear.card import add_losses, write_figures
from pipeline.training.linear.data import KOTE_LABELS, Judged, grouped, read_emotions, read_judged, read_ratings
from pipeline.training.linear.dense import fit_classes
from pipeline.training.linear.fit import fit
from pipeline.training.linear.pairs import inverse, pairs, weigh
from pipeline.training.linear.sentences import conjugated, written
from pipeline.training.linear.shrinking import FORMS, Form, Weighed
from pipeline.training.linear.train import Trained, facts_of, train
from pipeline.training.linear.written import INDIRECT, written_reviews
from pipeline.types import Opinion
from tests.pipeline.analysis.tiny import GOOD, material, nsmc_file, ratings, review_file, reviews


def silent(step: str) -> None:
    assert step


@pytest.fixture(scope="module")
def trained(kiwi: Tokenizer) -> Trained:
    return train(material(), kiwi, silent)


def write(made: Trained, folder: Path) -> Path:
    write_model(made.model, folder)
    write_figures(folder, made.figures, facts_of(material(), made.model), made.points)
    return folder


@pytest.mark.slow
def test_the_same_rows_give_the_same_bytes(trained: Trained, kiwi: Tokenizer, tmp_path: Path) -> None:
    one, other = write(trained, tmp_path / "a"), write(train(material(), kiwi, silent), tmp_path / "b")
    for name in (*FILES, "heads.json", "figures.json", "card.md"):
        assert (one / name).read_bytes() == (other / name).read_bytes()


def test_what_was_learned_is_known(trained: Trained, tmp_path: Path) -> None:
    made = load(ClassifierChoice(model=str(write(trained, tmp_path))))
    good, bad, both = made.classify(["국밥이 맛있어요", "직원이 불친절해요", "국밥은 맛있는데 직원이 불친절해요"])
    assert [found.label for found in (good, bad, both)] == ["positive", "negative", "mixed"]  # type: ignore[union-attr]
    of_films = load(ClassifierChoice(model=str(tmp_path), domain="film"))
    (found,) = of_films.classify([GOOD[0]], aspects=False)
    assert found.label == "positive"  # type: ignore[union-attr]


def test_a_model_is_measured_and_its_card_tells(trained: Trained, tmp_path: Path) -> None:
    folder = write(trained, tmp_path / "model")
    for name, file in (("nsmc_dev", nsmc_file(tmp_path)), ("blind", review_file(tmp_path))):
        done = CliRunner().invoke(app, ["train", "measure", name, str(file), "--model", str(folder)])
        assert done.exit_code == 0, done.output
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert "학습에 쓰지 않은 다른 영화" in card
    assert "블라인드 후기" in card
    assert "| 긍정·부정 글의 균형 정확도 | 1.000 (1.000–1.000) |" in card
    again = CliRunner().invoke(app, ["train", "measure", "else", str(tmp_path), "--model", str(folder)])
    assert again.exit_code == 2
    assert "nsmc_dev, blind" in again.stderr


@pytest.mark.parametrize(
    ("read", "content"),
    [
        (read_ratings, b"no gzip"),
        (read_emotions, b"one\ttwo\n"),
        (read_emotions, b"1\ttext\t99\n"),
        (read_judged, b"[]"),
    ],
)
def test_files_that_are_none_are_told(read: Callable[[Path], object], content: bytes, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(content)
    with pytest.raises(FileProblem, match="file"):
        read(tmp_path / "file")
    with pytest.raises(FileProblem, match="nothing"):
        read(tmp_path / "nothing")


def test_the_command_tells_what_is_missing(tmp_path: Path) -> None:
    missing = ["--nsmc", str(tmp_path / "no.gz"), "--kote", str(tmp_path / "no.tsv"), "--demo", str(tmp_path)]
    done = CliRunner().invoke(app, ["train", "linear", *missing, "--out", str(tmp_path / "out")])
    assert done.exit_code == 2
    assert "no.gz" in done.stderr
    assert not (tmp_path / "out").exists()


def test_films_are_held_out_as_wholes() -> None:
    films = np.arange(500)
    folds = film.folds_of(films)
    assert set(folds.tolist()) == set(range(film.FOLDS))
    assert np.array_equal(folds, film.folds_of(films))


def test_ratings_count_alike() -> None:
    stars = np.array([1, 1, 1, 10])
    even = film.evenly(stars)
    assert even[:3].sum() == pytest.approx(even[3])


def test_a_heavy_share_wins_and_no_share_is_not_seen() -> None:
    x = csr_matrix(np.eye(3, dtype=np.float32))
    targets = np.array([[1], [0], [1]], dtype=np.float32)
    shares = np.array([[1], [1], [0]], dtype=np.float32)
    heads = fit(x, targets, shares, epochs=20)
    assert heads.weights[0, 0] > 0 > heads.weights[1, 0]
    assert heads.weights[2, 0] == 0


@pytest.mark.parametrize("kept", [[0, 1, 2, 3, 4], [0, 2, 3, 4], [1, 4]])
def test_ridge_over_pairs_is_the_ridge_of_the_textbook(kept: list[int]) -> None:
    texts = ["가나다라마", "가나다바사", "라마바사아", "가바라아자", "나다가자아"]
    given = pairs(texts, least=1)
    targets = np.array([[1, -1], [-1, 1], [1, 1], [-1, -1], [1, -1]], dtype=np.float32)
    shares = np.array([1, 2, 1, 0.5, 1], dtype=np.float32)
    ridge = 0.4
    rows = np.array(kept)
    signs = np.zeros(2, dtype=np.float32)
    scored = weigh(given, inverse(given, shares, ridge), rows, targets, 10_000, signs).scored()
    every = np.concatenate((given.x.toarray(), np.ones((5, 1))), axis=1)
    x, targets, shares = every[rows], targets[rows], shares[rows]
    held = np.diag([ridge] * (x.shape[1] - 1) + [0])
    left, right = x.T @ np.diag(shares) @ x + held, x.T @ np.diag(shares) @ targets
    exact = in_own_thread(np.linalg.solve, left, right)
    assert scored.intercepts == pytest.approx(exact[-1], abs=1e-4)
    told = emotions.scores_of(scored, texts)[rows]
    assert told == pytest.approx(x @ exact, abs=0.1)  # the table's weights are of eight bits


def test_a_head_finds_classes_and_weights_count() -> None:
    features = np.array([[0.0], [0.1], [1.0], [1.1]], dtype=np.float32)
    head = fit_classes(features, np.eye(2, dtype=np.float32)[[0, 0, 1, 1]], np.ones(4, dtype=np.float32), 0.01)
    assert head.classes(features).argmax(axis=1).tolist() == [0, 0, 1, 1]
    tilted = fit_classes(
        features, np.eye(2, dtype=np.float32)[[0, 1, 0, 1]], np.array([9, 1, 9, 1], dtype=np.float32), 0.01
    )
    assert (tilted.classes(features)[:, 0] > 0.5).all()


def test_the_best_threshold_of_a_label_is_found() -> None:
    told = np.array([[0.9], [0.8], [0.4], [0.3], [0.1]])
    gold = np.array([[1], [1], [0], [1], [0]], dtype=np.float32)
    held = emotions.HeldEmotions(told, gold, np.array([0, 1, 0, 1, 0]))
    by_gold, by_told = 0.3, 0.4  # F1 6/7 of the labels; the sums of the probabilities are best from .4 on
    assert emotions.best_thresholds(held).tolist() == [pytest.approx((by_gold + by_told) / 2)]


def test_labels_of_kote_are_joined() -> None:
    labels = np.zeros((2, 44), dtype=np.float32)
    labels[0, KOTE_LABELS.index("행복")] = 1
    joined = grouped(labels, {"joy": ("기쁨", "행복"), "sadness": ("슬픔",)})
    assert joined.tolist() == [[1, 0], [0, 0]]


def test_what_lies_between_marked_clauses_judges_nothing() -> None:
    review = Judged(
        "a", "a", "오늘 갔는데 맛있어요 그리고 집에 왔다", "positive", 4, ("joy",), (("food", "positive", 7, 11),)
    )
    assert [(c.text, c.aspect, c.polarity) for c in domain.labelled(review)] == [
        ("오늘 갔는데", "", ""),
        ("맛있어요", "food", "positive"),
        ("그리고 집에 왔다", "", ""),
    ]


def test_opinions_count_as_right_where_span_aspect_and_polarity_are() -> None:
    review = Judged(
        "a", "a", "0123456789", "positive", 4, ("joy",), (("food", "positive", 0, 4), ("value", "negative", 5, 9))
    )
    found = [
        (Opinion("food", "positive", (1, 4)), Opinion("value", "positive", (5, 9)), Opinion("food", "positive", (5, 9)))
    ]
    figures = aspects.figures([review, review], found * 2)
    assert figures["opinion_f1"].value == pytest.approx(2 * 1 / (2 + 3))
    assert figures["aspect_f1"].value == 1
    assert figures["polarity_accuracy"].value == pytest.approx(0.5)


def test_the_lexicon_conjugates_the_same_each_time(kiwi: Tokenizer) -> None:
    join = kiwi.join  # type: ignore[attr-defined]
    one, other = conjugated(join, each=1), conjugated(join, each=1)
    assert one == other
    assert {clause.polarity for clause in one} == {"positive", "negative"}
    denied = [clause for clause in one if " 안 " in clause.text or "지 않" in clause.text]
    assert denied


def test_reviews_written_for_training_count_less_than_those_of_the_demo() -> None:
    written = written_reviews()
    shares = restaurant.shares_of([*written[:2], written[-1], *reviews("r", ("가",))])
    assert shares.tolist() == pytest.approx([restaurant.SHARE] * 2 + [restaurant.ROUNDABOUT] + [1] * 6)
    assert 0 < restaurant.ROUNDABOUT < restaurant.SHARE < 1


def test_what_a_review_counts_moves_the_heads() -> None:
    features = np.array([[0.0], [0.0], [1.0], [1.0]] * 2, dtype=np.float32)
    held = restaurant.Held([], features, np.array([0] * 4 + [1] * 4))
    targets = np.eye(2, dtype=np.float32)[[0, 1, 0, 1] * 2]
    shares = np.array([1, 0.1, 1, 0.1] * 2, dtype=np.float32)
    assert (restaurant.cross_fitted(held, targets, shares, 0.01)[:, 0] > 0.8).all()


def test_what_is_written_for_training_is_sound() -> None:
    reviews = written_reviews()
    assert len(reviews) >= 400
    for review in reviews:
        ends = 0
        for _, _, start, end in review.aspects:
            assert ends <= start < end <= len(review.text)
            ends = end
        assert "[" not in review.text
    clauses = written()
    assert {clause.polarity for clause in clauses} == {"positive", "negative", "neutral", ""}


def test_the_shipped_model_is_of_the_shape_that_training_writes() -> None:
    model = read_model()
    assert model.film.table.weights.shape[1] == len(film.SCORES)
    assert model.restaurant.table.weights.shape[1] == len(domain.SCORES)
    assert model.emotion.table.weights.shape[1] == len(KOTE_LABELS)


def test_ratings_of_the_tiny_file_read_back(tmp_path: Path) -> None:
    read = read_ratings(nsmc_file(tmp_path))
    assert read.texts == ratings().texts
    assert read.ratings.tolist() == ratings().ratings.tolist()


def test_reviews_that_mean_more_than_they_say_count_less_in_the_table() -> None:
    given = written_reviews()
    plain, roundabout = given[0], next(review for review in given if review.id.startswith(INDIRECT))
    weights = {example.review: example.weight for example in domain.examples([plain, roundabout], [], [])}
    assert weights[1] == pytest.approx(domain.ROUNDABOUT * weights[0])
    assert 0 < domain.ROUNDABOUT < 1


@pytest.mark.slow
def test_what_shrinking_costs_is_measured_and_told_in_the_card(
    trained: Trained, kiwi: Tokenizer, tmp_path: Path
) -> None:
    folder = write(trained, tmp_path / "model")
    before = {name: (folder / name).read_bytes() for name in (*FILES, "heads.json")}
    found = losses.of_all(material(), ratings(), trained.model.film, silent)
    assert set(found) == {"film", "emotions", "restaurant"}
    for each in found.values():
        assert each.grams[0] >= each.grams[1] == each.grams[2] > 0
        for loss in each.figures.values():
            assert loss.change.value == pytest.approx(loss.values[2] - loss.values[0])
            assert loss.change.low <= loss.change.high
    add_losses(folder, found)
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert f"| **영화 표 (학습에 쓰지 않은 영화)** n-그램 | {found['film'].grams[0]:,} |" in card
    assert {name: (folder / name).read_bytes() for name in before} == before


@pytest.mark.parametrize("form", FORMS)
def test_pruning_keeps_the_worthiest_and_storing_keeps_what_a_byte_can_hold(form: Form) -> None:
    known = np.array([5, 70, 600, 8_000, 90_000], dtype=np.uint32)
    weights = np.array([[3.0], [-1.0], [0.1], [0.0], [2.0]], dtype=np.float32)
    weighed = Weighed(known, weights, np.ones(5, dtype=np.float32), np.abs(weights[:, 0]), weights[0], weights[0], 2)
    table = weighed.scored(form).table
    assert table.hashes.tolist() == ([5, 70, 600, 90_000] if form == "whole" else [5, 90_000])
    exact, within = [3, -1, 0.1, 2] if form == "whole" else [3, 2], 3 / 127 if form == "stored" else 1e-6
    assert table.weights[:, 0].tolist() == pytest.approx(exact, abs=within)


def test_a_difference_is_of_the_same_rows() -> None:
    gold = np.array([1.0, 0.0, 1.0, 1.0])
    figures = {
        form: {"x": lambda rows, shift=shift: float(gold[rows].mean() + shift)} for shift, form in enumerate(FORMS)
    }
    (loss,) = losses.compared(figures, ["x"], np.array([0, 0, 1, 2])).values()
    assert loss.values == (0.75, 1.75, 2.75)
    assert (loss.change.value, loss.change.low, loss.change.high) == pytest.approx((2, 2, 2))


def test_phrases_are_heard_with_and_without_restaurants_and_told_in_the_card(trained: Trained, tmp_path: Path) -> None:
    folder = write(trained, tmp_path)
    done = CliRunner().invoke(app, ["train", "words", "--model", str(folder), "--json"])
    assert done.exit_code == 0, done.output
    rows = json.loads(done.stdout)
    assert [row["phrase"] for row in rows] == list(words.PHRASES)
    (asked,) = words.heard(trained.model, ["국밥이 맛있어요"])
    judges = [load(ClassifierChoice(model=str(folder), domain=domain)) for domain in DOMAINS]
    said = [judge.classify(["국밥이 맛있어요"], aspects=False)[0] for judge in judges]
    assert list(asked.sentiment) == [each.label for each in said]  # type: ignore[union-attr]
    assert asked.intensity == pytest.approx([each.expected_intensity for each in said])  # type: ignore[union-attr]
    card = (folder / "card.md").read_text(encoding="utf-8")
    assert all(f"| {phrase} | " in card for phrase in words.PHRASES)


@pytest.mark.parametrize("content", [None, "[]", "{", '{"facts": {}, "figures": {}, "reliability": {}}'])
def test_figures_are_added_to_a_model_only_and_that_is_seen_before_the_work(
    tmp_path: Path, content: str | None
) -> None:
    shutil.copytree(FOLDER, tmp_path, dirs_exist_ok=True)
    (tmp_path / "figures.json").unlink()
    if content is not None:
        (tmp_path / "figures.json").write_text(content, encoding="utf-8")
    files = [each for name in ("nsmc", "dev", "kote", "demo") for each in (f"--{name}", str(tmp_path / name))]
    for arguments in (["words"], ["losses", *files]):
        done = CliRunner().invoke(app, ["train", *arguments, "--model", str(tmp_path)])
        assert done.exit_code == 2, done.output
        assert "figures.json" in done.stderr
        assert "hansang train linear" in done.stderr


def test_no_film_is_in_two_parts_of_self_training() -> None:
    films = np.repeat(np.arange(400), 3)
    parts = self_training.parts_of(films)
    every = (parts.labelled, parts.unlabelled, parts.heads, parts.test)
    assert sorted(np.concatenate(every).tolist()) == list(range(len(films)))
    kinds = [set(films[rows].tolist()) for rows in every]
    assert all(kinds)
    assert not any(one & other for place, one in enumerate(kinds) for other in kinds[:place])


def test_self_training_shows_what_it_gains_on_films_it_did_not_use(tmp_path: Path) -> None:
    done = CliRunner().invoke(app, ["train", "self-training", "--nsmc", str(many_films(tmp_path)), "--json"])
    assert done.exit_code == 0, done.output
    base, every, surer, true = json.loads(done.stdout)
    assert base["reviews"] < surer["reviews"] < every["reviews"] == true["reviews"]
    assert all(gain == {"value": 0, "low": 0, "high": 0} for gain in base["gains"].values())
    for each in (every, surer, true):
        for name, gain in each["gains"].items():
            assert gain["value"] == pytest.approx(each["figures"][name] - base["figures"][name])


def many_films(folder: Path) -> Path:
    """The tiny ratings of so many films that each part of self-training has some."""
    given, path = ratings(), folder / "films.jsonl.gz"
    with gzip.open(path, "wt", encoding="utf-8") as lines:
        for film_ in range(16):
            for text, rating in zip(given.texts[:40], given.ratings.tolist(), strict=False):
                row = {"id": "1", "movie": film_, "text": f"{text} {film_}", "rating": rating}
                lines.write(json.dumps(row) + "\n")
    return path
