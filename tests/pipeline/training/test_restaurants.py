"""What answerability learns from restaurants' questions, and that no restaurant judges itself."""

from __future__ import annotations

import json

import numpy as np
import pytest

from pipeline.evidence.answerability import RESTAURANTS, model
from pipeline.question.concepts import concepts
from pipeline.training import restaurants
from pipeline.training.restaurants import USED, Sample, fit, leave_one_out


def samples(count: int = 60, seed: int = 0) -> list[Sample]:
    random = np.random.default_rng(seed)
    made = []
    for i in range(count):
        answerable = bool(i % 4)
        share = float(np.clip(random.normal(0.8 if answerable else 0.3, 0.15), 0, 1))
        place = f"집{i % 6}"
        made.append(Sample(dict.fromkeys(USED, share), answerable, answerable, False, frozenset({place}), place))
    return made


def test_more_of_what_is_asked_is_surer() -> None:
    weights, intercept = fit(samples())
    assert (weights >= 0).all()
    assert weights.sum() * 0.8 + intercept > 0 > weights.sum() * 0.2 + intercept


def test_fitting_is_deterministic() -> None:
    first, second = fit(samples()), fit(samples())
    assert first[0].tolist() == second[0].tolist()
    assert first[1] == second[1]


def test_figures_count_every_question_once_and_none_taken_out() -> None:
    made = samples()
    taken_out = [Sample(s.features, False, True, True, s.restaurants, s.held_out) for s in made if s.answerable]
    found = leave_one_out([*made, *taken_out])
    assert (found.answerable, found.unanswerable) == (45, 15)
    assert found.auroc > 0.9
    assert found.right <= found.answered


def test_a_restaurant_never_judges_itself(monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[set[str]] = []
    real = restaurants.fit

    def spy(given: list[Sample]) -> tuple[np.ndarray, float]:
        seen.append({place for sample in given for place in sample.restaurants})
        return real(given)

    monkeypatch.setattr(restaurants, "fit", spy)
    leave_one_out(samples())
    assert len(seen) == 6
    assert all(f"집{number}" not in places for number, places in enumerate(seen))


def test_the_shipped_weights_are_of_this_model_and_these_concepts() -> None:
    shipped = model(RESTAURANTS)
    assert set(shipped.weights) == set(USED)
    assert all(weight >= 0 for weight in shipped.weights.values())
    assert json.loads(RESTAURANTS.read_text(encoding="utf-8"))["concepts"] == concepts().version
