"""Fingerprints tell models of one name apart, and are the same for the same one."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.analysis.fingerprints import digest, digest_of_files, fingerprint
from pipeline.analysis.model import Model, read_model
from pipeline.analysis.prompts import read_prompt
from pipeline.classifiers.cascade import CascadeClassifier
from pipeline.classifiers.ensemble import EnsembleClassifier
from pipeline.classifiers.linear import LinearClassifier
from pipeline.classifiers.llm import LlmClassifier
from pipeline.endpoint import Endpoint
from pipeline.protocols import Classifier
from tests.pipeline.classifiers.judges import HashJudge, WordJudge


@given(st.lists(st.binary(max_size=4), max_size=4), st.lists(st.binary(max_size=4), max_size=4))
def test_a_digest_is_of_the_parts_and_of_where_they_end(one: list[bytes], other: list[bytes]) -> None:
    assert (digest(one) == digest(other)) == (one == other)


def linear(model: Model, domain: str = "restaurant") -> LinearClassifier:
    return LinearClassifier(model, lambda: pytest.fail("nobody asked for opinions"), domain)


def of(classifier: Classifier) -> str:
    return fingerprint(classifier, aspects=False)


def test_a_trained_model_is_told_by_every_weight() -> None:
    shipped = read_model()
    columns = shipped.emotion.table.columns.copy()
    columns[len(columns) // 2, 0] += 1e-3
    table = replace(shipped.emotion.table, columns=columns)
    retrained = replace(shipped, emotion=replace(shipped.emotion, table=table))
    assert of(linear(shipped)) == of(linear(read_model()))
    found = [linear(shipped), linear(retrained), linear(replace(shipped, opinion=0.9)), linear(shipped, "film")]
    assert len({of(each) for each in found}) == len(found)


def test_what_tells_nothing_of_itself_is_asked_a_few_texts() -> None:
    probes = [WordJudge("w", ["맛있"]), WordJudge("w", ["질겨"]), WordJudge("w", ["맛있"], sure=0.8)]
    assert len({fingerprint(each) for each in probes}) == 3
    assert fingerprint(probes[0]) == fingerprint(WordJudge("w", ["맛있", "없는 말"]))


def test_a_language_model_is_told_by_its_prompt_and_asked_nothing() -> None:
    prompt, nobody = read_prompt("review-1"), Endpoint("http://127.0.0.1:1/v1", "m")
    changed = replace(prompt, system=f"{prompt.system} ")
    first = of(LlmClassifier(nobody, prompt))
    assert first == of(LlmClassifier(nobody, prompt, requests=2))
    assert first != of(LlmClassifier(nobody, changed))


def test_of_several_it_is_that_of_all_and_of_how_they_are_joined() -> None:
    a, b, again = HashJudge("a"), HashJudge("b"), HashJudge("b", fingerprint="2")
    found: list[Classifier] = [
        EnsembleClassifier([a, b], "mean"),
        EnsembleClassifier([a, again], "mean"),
        EnsembleClassifier([a, b], "vote"),
        EnsembleClassifier([a, b], "weighted", (0.3, 0.7)),
        EnsembleClassifier([a, b], "weighted", (0.4, 0.6)),
        CascadeClassifier(a, b, 0.5),
        CascadeClassifier(b, a, 0.5),
        CascadeClassifier(a, b, 0.6),
        CascadeClassifier(a, again, 0.5),
    ]
    assert len({fingerprint(each) for each in found}) == len(found)
    assert (a.asked, b.asked, again.asked) == (0, 0, 0)


def test_files_are_told_by_name_and_content(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    one.write_bytes(b"ab")
    other.write_bytes(b"ab")
    before = digest_of_files([one])
    assert before != digest_of_files([other])
    one.write_bytes(b"ac")
    assert digest_of_files([one]) != before
