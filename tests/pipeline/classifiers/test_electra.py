"""Fine-tuned sequence classifiers: proven with tiny random ELECTRA models that the real library makes and loads."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from pipeline.analysis.choices import ClassifierChoice
from pipeline.analysis.label_names import meaning_of
from pipeline.analysis.labels import EMOTIONS, KOTE_OF
from pipeline.classifiers import electra
from pipeline.errors.neural import ModelUnusable
from pipeline.errors.settings import BadSetting
from pipeline.limiting import TOGETHER

ROOT = Path(__file__).parents[3]


def python_with_transformers() -> str:
    """A Python that can import transformers; skips the test where there is none."""
    if importlib.util.find_spec("transformers"):
        return sys.executable
    beside = ROOT / ".venv" / "with" / "models" / "bin" / "python"
    if not beside.exists():
        pytest.skip("transformers is not installed: `make test-models` installs it")
    return str(beside)


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> Any:
    done = subprocess.run(
        [python_with_transformers(), "-m", "tests.pipeline.classifiers.electra_program", tmp_path_factory.mktemp("e")],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env=os.environ | {"HF_HUB_OFFLINE": "1", "CUDA_VISIBLE_DEVICES": "", "PYTHONPATH": str(ROOT)},
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout.splitlines()[-1])


def close(one: Any, other: Any) -> bool:
    """Equal but for the last digits, which padding may change."""
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(close(one[name], other[name]) for name in one)
    if isinstance(one, list):
        return len(one) == len(other) and all(map(close, one, other))
    return bool(one == pytest.approx(other, abs=1e-5)) if isinstance(one, float) else bool(one == other)


@pytest.mark.models
def test_scores_are_those_of_the_library_and_in_range(found: Any) -> None:
    negative, neutral, positive = found["by_hand"]
    first = found["all"][0]
    assert close(first["sentiment"], {"positive": positive, "neutral": neutral, "negative": negative, "mixed": 0.0})
    for each in found["all"]:
        if "error" in each:
            continue
        assert sum(each["sentiment"].values()) == pytest.approx(1, abs=1e-5)
        assert sum(each["intensity"]) == pytest.approx(1, abs=1e-5)
        assert all(0 <= score <= 1 for score in each["emotions"].values())
        assert each["opinions"] == 0
        assert each["classifier"] == "electra:sentiment+stars+kote"


@pytest.mark.models
def test_the_order_and_the_company_of_texts_are_irrelevant(found: Any) -> None:
    assert close(found["all"], found["reversed"][::-1])
    assert close(found["all"], found["alone"])
    assert found["none"] == []


@pytest.mark.models
def test_odd_texts_have_a_defined_answer(found: Any) -> None:
    assert found["all"][1] == {"error": "empty-text"}
    assert [each.get("note") for each in found["all"]] == [
        "",
        None,
        "",
        "no-words",
        "not-korean",
        "orders",
        "cut",
        "",
        "",
    ]


@pytest.mark.models
def test_emotions_of_kote_become_ours(found: Any) -> None:
    first = found["all"][0]
    assert set(first["emotions"]) == {"annoyance", "joy", "none"}
    felt = [name for name in EMOTIONS if name != "none" and first["emotions"].get(name, 0) >= electra.THRESHOLD]
    assert first["felt"] == (felt or ["none"])


@pytest.mark.models
def test_stars_tell_the_sentiment_where_nothing_else_does(found: Any) -> None:
    told = found["stars_only"]
    assert told["sentiment"]["positive"] == pytest.approx(sum(told["intensity"][3:]))
    assert (told["emotions"], told["felt"]) == ({}, [])


@pytest.mark.models
def test_labels_that_only_a_file_explains(found: Any) -> None:
    assert set(found["named"]["sentiment"]) == {"positive", "neutral", "negative", "mixed"}
    assert found["named"]["sentiment"]["neutral"] == 0
    assert found["named"]["intensity"] == []


@pytest.mark.models
def test_batches_of_several_models_hold_places_of_the_devices_limiter(found: Any) -> None:
    told = found["bounded"]
    assert told["batches"] >= 3 * 3
    assert 1 <= told["least"] <= told["most"] <= TOGETHER
    assert told["after"] == 0


@pytest.mark.models
def test_a_review_that_the_model_fails_for_fails_alone(found: Any) -> None:
    assert "error" not in found["well"][20]
    assert found["one bad"][20] == {"error": "model-failed"}
    rest = [row for row in range(41) if row != 20]
    assert close([found["one bad"][row] for row in rest], [found["well"][row] for row in rest])


@pytest.mark.models
def test_memory_that_runs_out_makes_batches_smaller_and_nothing_else(found: Any) -> None:
    assert close(found["little memory"], found["well"])


@pytest.mark.models
def test_a_model_that_fails_for_all_is_told_instead_of_failures(found: Any) -> None:
    assert "device-side assert" in found["nothing goes"]["en"]
    assert "hansang doctor" in found["nothing goes"]["ko"]


@pytest.mark.models
def test_another_model_has_another_fingerprint(found: Any) -> None:
    first, same, other = found["fingerprints"]
    assert first == same != other


@pytest.mark.models
@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("numbered", "LABEL_0"),
        ("not fine-tuned", "classifier."),
        ("broken", "can't be read"),
        ("missing", "config.json"),
        ("emotions only", "no model tells sentiment"),
        ("the same twice", "two models tell the same"),
    ],
)
def test_models_that_cannot_be_used_are_refused_with_the_cure(found: Any, name: str, said: str) -> None:
    told = found["refused"][name]
    assert said in told["en"]
    assert "쓸 수 없습니다" in told["ko"]


def test_without_the_library_the_error_names_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torch", None)  # as if it were not installed
    with pytest.raises(ModelUnusable, match="pip install torch") as told:
        electra.load(ClassifierChoice("electra", model=str(tmp_path)))
    assert "package torch is missing" in told.value.english
    with pytest.raises(BadSetting, match="--model"):
        electra.load(ClassifierChoice("electra", model=" , "))


def test_labels_are_known_by_name_only(tmp_path: Path) -> None:
    assert meaning_of(("부정", "긍정"), tmp_path).names == ("negative", "positive")
    assert meaning_of(("1", "2", "3점", "4 stars", "5"), tmp_path).field == "intensity"
    kote = tuple(label for labels in KOTE_OF.values() for label in labels)
    assert set(meaning_of((*kote, "비장함"), tmp_path).names) == {*EMOTIONS, ""}
    for labels in (("LABEL_0", "LABEL_1"), ("positive", "joy"), ("비장함",), ("좋아요", "싫어요")):
        with pytest.raises(ModelUnusable, match=r"labels\.json"):
            meaning_of(labels, tmp_path)


@pytest.mark.parametrize("content", ["[1]", "{", '{"LABEL_0": "good"}'])
def test_a_file_of_labels_that_is_none_is_refused(tmp_path: Path, content: str) -> None:
    (tmp_path / "labels.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelUnusable, match=r"labels\.json"):
        meaning_of(("LABEL_0",), tmp_path)
