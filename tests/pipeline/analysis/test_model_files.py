"""The model's files: they read back, hold no pickle, and a damaged one is told with its cure."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from annotations.schemes.scheme import load_scheme
from pipeline.analysis.labels import ASPECTS, EMOTIONS, KOTE_OF, POLARITIES, SENTIMENTS, VERDICTS
from pipeline.analysis.model import FILES, FOLDER, read_model, write_model
from pipeline.errors.machine import BackendUnavailable
from pipeline.training.linear.data import KOTE_LABELS


def test_names_are_those_of_the_label_scheme() -> None:
    fields = {field.id: field for field in load_scheme("review", 1).fields}
    assert tuple(option.id for option in fields["sentiment"].options) == SENTIMENTS
    assert tuple(option.id for option in fields["aspects"].options) == ASPECTS
    assert set(POLARITIES) == {polarity.id for polarity in fields["aspects"].polarities}
    assert tuple(option.id for option in fields["emotions"].options) == EMOTIONS
    assert {level for _, level in VERDICTS} == {1, 2, 3, 4, 5}
    assert {
        name: tuple(option.kote) for name, option in zip(EMOTIONS, fields["emotions"].options, strict=True)
    } == dict(KOTE_OF)
    assert {label for labels in KOTE_OF.values() for label in labels} <= set(KOTE_LABELS)


def test_the_model_reads_back_what_was_written(tmp_path: Path) -> None:
    model = read_model()
    write_model(model, tmp_path)
    for name in (*FILES, "heads.json"):
        assert (tmp_path / name).read_bytes() == (FOLDER / name).read_bytes()


@pytest.mark.parametrize("name", FILES)
def test_no_pickle_is_in_the_files(name: str) -> None:
    with np.load(FOLDER / name, allow_pickle=False) as arrays:
        assert all(arrays[key].dtype.kind in "iuf" for key in arrays.files)


def damaged(folder: Path, name: str, content: bytes | None) -> Path:
    shutil.copytree(FOLDER, folder, dirs_exist_ok=True)
    if content is None:
        (folder / name).unlink()
    else:
        (folder / name).write_bytes(content)
    return folder


@pytest.mark.parametrize("name", [*FILES, "heads.json"])
@pytest.mark.parametrize("content", [None, b"", b"not this"])
def test_a_damaged_model_is_told_with_its_cure(tmp_path: Path, name: str, content: bytes | None) -> None:
    with pytest.raises(BackendUnavailable, match="hansang train linear"):
        read_model(damaged(tmp_path, name, content))


def test_a_file_cut_short_is_told(tmp_path: Path) -> None:
    whole = (FOLDER / FILES[0]).read_bytes()
    with pytest.raises(BackendUnavailable):
        read_model(damaged(tmp_path, FILES[0], whole[: len(whole) // 2]))


def test_another_version_is_refused(tmp_path: Path) -> None:
    value = json.loads((FOLDER / "heads.json").read_text()) | {"version": 99}
    with pytest.raises(BackendUnavailable, match="99"):
        read_model(damaged(tmp_path, "heads.json", json.dumps(value).encode()))


def test_the_card_is_made_of_the_figures_and_names_data_licence_split_and_command() -> None:
    from pipeline.training.linear.card import FIGURES, card

    value = json.loads((FOLDER / FIGURES).read_text(encoding="utf-8"))
    shown = (FOLDER / "card.md").read_text(encoding="utf-8")
    megabytes = sum(p.stat().st_size for p in FOLDER.iterdir() if p.name not in ("card.md", FIGURES)) / 1e6
    assert shown == card(value, megabytes)
    for said in ("CC0", "MIT", "교차 검증", "hansang train linear", "블라인드", "한계"):
        assert said in shown
    assert {"film", "nsmc_dev", "kote", "demo", "demo_by_film", "blind"} == set(value["figures"])
