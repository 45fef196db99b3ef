"""Engines without Ray: order, what travels, what the cache spares; and what is said where Ray is missing."""

from __future__ import annotations

import importlib.util
import pickle
import re
import tomllib
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.cli.engines import engine_of
from pipeline.analysis.choices import ClassifierChoice
from pipeline.checksums import read_sums
from pipeline.classifying import Classifying
from pipeline.config import load_profile, with_overrides
from pipeline.engines.local import Local
from pipeline.engines.ray import PACKAGE, RayEngine, _differences, _knock
from pipeline.engines.work import In, Out, Work
from pipeline.errors.base import HansangError
from pipeline.errors.engines import EngineDiffers, EngineUnavailable
from pipeline.errors.machine import BackendUnavailable
from pipeline.errors.settings import BadSetting
from pipeline.evaluation.asking import ask_whole
from pipeline.evaluation.elsewhere import Questioning, ask_by
from pipeline.evaluation.records import from_line, to_line
from pipeline.evaluation.runs import Gate
from pipeline.index_work import Analysing, Encoding, Split, Splitting, analysed_passages
from pipeline.indexing import Job, build_index
from pipeline.morpheme_cache import CachedTokenizer
from pipeline.protocols import Tokenizer
from pipeline.service import Home, Request, Service
from pipeline.settings import Settings
from pipeline.types import Document, Question, Sample, Source
from tests.app.cli_runs import failure, run, write_reviews
from tests.pipeline.corpora import build, documents
from tests.pipeline.engines.works import Measuring

ROOT = Path(__file__).parents[3]
FIELDS = st.lists(st.lists(st.text(max_size=4), max_size=4), max_size=8)


class Ahead:
    """An engine that takes batches ahead and works on the last of them first, as a cluster may."""

    name = "ahead"

    def __init__(self, ahead: int = 3) -> None:
        self.ahead = ahead
        self.given: list[Any] = []

    def map(self, work: Work[In, Out], batches: Iterable[Sequence[In]]) -> Iterator[Sequence[Out]]:
        do, waiting = work.ready(), iter(batches)
        while taken := [batch for _, batch in zip(range(self.ahead), waiting, strict=False)]:
            self.given += [item for batch in taken for item in batch]
            made = [pickle.loads(pickle.dumps(do(batch))) if batch else [] for batch in reversed(taken)]
            yield from reversed(made)


@given(FIELDS)
def test_results_come_in_the_order_of_the_batches(batches: list[list[str]]) -> None:
    wanted = [[(text, len(text)) for text in batch] for batch in batches]
    for engine in (Local(), Ahead()):
        assert [list(each) for each in engine.map(Measuring(), batches)] == wanted


def test_nothing_is_loaded_for_nothing() -> None:
    class Never(Measuring):
        def ready(self) -> Callable[[Sequence[str]], list[tuple[str, int]]]:
            raise AssertionError("models were loaded")

    assert list(Local().map(Never(), [[], [], []])) == [[], [], []]
    with pytest.raises(AssertionError):
        list(Local().map(Never(), [[], ["글"]]))


TEXTS = [
    "갈비가 부드러워요. 주차는 두 시간 무료예요.",
    "웨이팅이 길어요.",
    "냉면이 시원했습니다. 사장님이 친절하세요. 다시 올게요. 아이와 함께 갔는데 의자도 있고 좋았어요. 강추합니다.",
    "",
    "ㅋㅋㅋ 👍",
]


@settings(max_examples=12)
@given(
    st.lists(st.sampled_from(TEXTS), min_size=1, max_size=12),
    st.sets(st.sampled_from(TEXTS)),
    st.booleans(),
    st.integers(1, 4),
)
def test_passages_are_the_same_whatever_the_cache_knows_and_whoever_works(
    kiwi: Tokenizer,
    tmp_path_factory: pytest.TempPathFactory,
    texts: list[str],
    known: set[str],
    whole: bool,
    ahead: int,
) -> None:
    cache = CachedTokenizer(kiwi, tmp_path_factory.mktemp("cache") / "a.sqlite")
    work = Splitting("kiwi", limit=30, overlap=8)
    given_ = [Document(text, Source(f"r{n}", 0, len(text))) for n, text in enumerate(texts)]
    fresh = work.ready()(given_)
    for document, split in zip(given_, fresh, strict=True):
        if document.text in known:  # the document alone, or with its passages
            cache.keep([split.whole, *(analysed for _, analysed in split.parts if whole)])
    engine = Ahead(ahead)
    found = list(analysed_passages(given_, cache, engine, work))
    assert found == [part for split in fresh for part in split.parts]
    assert all(whole_of(split, cache) for split in fresh)  # kept for the next time
    spared = {document.text for document, split in zip(given_, fresh, strict=True) if whole or len(split.parts) == 1}
    assert not {document.text for document in engine.given} & known & spared
    cache.close()


def whole_of(split: Split, cache: CachedTokenizer) -> bool:
    texts = [split.whole.text, *(passage.text for passage, _ in split.parts)]
    return set(cache.known(texts)) == set(texts)


@settings(max_examples=25)
@given(st.lists(st.sampled_from(TEXTS), max_size=20), st.sets(st.sampled_from(TEXTS)))
def test_only_what_the_cache_lacks_is_analysed_elsewhere(
    kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory, texts: list[str], known: set[str]
) -> None:
    asked: list[str] = []
    own = {each.text: each for each in kiwi.analyse(TEXTS)}

    def elsewhere(batches: Iterable[list[str]]) -> Iterator[list[Any]]:
        for batch in batches:
            asked.extend(batch)
            yield [own[text] for text in batch]

    cached = CachedTokenizer(kiwi, tmp_path_factory.mktemp("cache") / "a.sqlite", elsewhere)
    cached.keep([own[text] for text in known])
    assert list(cached.analyse(iter(texts))) == [own[text] for text in texts]
    assert asked == [text for text in dict.fromkeys(texts) if text not in known]
    cached.close()


def test_an_index_is_the_same_by_an_engine_that_works_ahead(tmp_path: Path) -> None:
    home, other = Home(tmp_path / "one"), Home(tmp_path / "other")
    long = " ".join(document.text for document in documents())
    texts = [*documents(), Document(long, Source("long", 0, len(long))), *documents()]
    build(home, texts, indexing__passage_chars="60", indexing__overlap_chars="10", indexing__dimensions="8")
    engine = Ahead(2)
    wanted = Service(home, Settings()).index("small").manifest
    job = Job(other.indexes, "small", of(wanted.settings), ("kiwi",), other.cache, ({"file": "small"},), engine)
    made = build_index(job, texts)
    assert engine.given
    assert made.fingerprint == wanted.fingerprint
    one, two = (next((each / "small").glob("2*")) for each in (home.indexes, other.indexes))
    sums = read_sums(one)
    assert len(sums) > 20
    assert {file for file, _ in sums.items() ^ read_sums(two).items()} == {"manifest.json"}  # it says when it was made


def of(flat: Any) -> Settings:
    return with_overrides(Settings(), flat, indexing=True)


def test_records_are_the_same_by_an_engine_and_another_index_is_refused(tmp_path: Path) -> None:
    home = Home(tmp_path / "home")
    build(home)
    service = Service(home, Settings())
    words = ("숯골갈비 주차 무료예요?", "연탄집 사장님 친절해요?", "!!", "환전소 있나요?")
    samples = [Sample(Question(str(n), words[n % 4]), "무료", ("r1",)) for n in range(19)]
    request = Request("", "small", {"retrieval.k": 3}, keep=False)
    here = sorted(map(timeless, ask_whole(service, tmp_path, samples, request, Gate(1))))
    there = sorted(map(timeless, ask_by(Ahead(), service, tmp_path, samples, request, Gate(1))))
    assert there == here
    assert sum('"status":"error"' in line for line in there) == 5
    changed = Questioning(home.root, Settings(), request, "another", on_gpu=False)
    with pytest.raises(EngineDiffers, match="small another →"):
        list(Local().map(changed, [samples[:1]]))
    service.close()


def timeless(record: Any) -> str:
    return re.sub(r'"timings_ms":\{[^}]*\}', "", to_line(from_line(to_line(record))))


@pytest.mark.parametrize("profile", ["embedded", "gpu"])
def test_work_travels(profile: str) -> None:
    chosen = load_profile(profile)
    request = Request("", "small", {"retrieval.k": 3}, keep=False)
    for work in (
        Splitting("kiwi", 600, 100), Analysing("okt"), Encoding(chosen), Measuring(),
        Classifying(ClassifierChoice("electra"), aspects=False),
        Questioning(Path("/home"), chosen, request, "v", on_gpu=True),
    ):  # fmt: skip
        assert pickle.loads(pickle.dumps(work)) == work
        assert work.memory >= 2**30
        assert len(pickle.dumps(work)) < 20_000


def every(kind: type[HansangError]) -> Iterator[type[HansangError]]:
    yield kind
    for other in kind.__subclasses__():
        yield from every(other)


def test_errors_travel() -> None:
    for kind in every(HansangError):
        names = set(re.findall(r"\{(\w+)", f"{kind.ko}{kind.en}")) - {"self"}
        error = kind(**dict.fromkeys(names, 7))
        back = pickle.loads(pickle.dumps(error))
        assert type(back) is kind
        assert (back.korean, back.english, back.code) == (error.korean, error.english, error.code)


def test_versions_that_differ_are_named() -> None:
    assert _differences({"a": "1", "b": "2"}, {"a": "1", "b": "2"}) == ""
    assert _differences({"a": "1", "b": "2", "c": "3"}, {"a": "1", "b": "9", "d": "4"}) == "b 2 → 9, c 3 → –, d – → 4"


def test_where_ray_is_missing_the_cure_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    with pytest.raises(BackendUnavailable, match=re.escape(f"pip install '{PACKAGE}'")):
        RayEngine()


@pytest.mark.parametrize("command", ["index", "analyze", "evaluate"])
def test_a_command_without_ray_says_so_and_leaves_all_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, command: str
) -> None:
    found = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None if name == "ray" else found(name))
    reviews, home, out = write_reviews(tmp_path), tmp_path / "home", tmp_path / "out.jsonl"
    words = {
        "index": ("index", str(reviews), "--name", "small"),
        "analyze": ("analyze", str(reviews), "--out", str(out)),
        "evaluate": ("evaluate", str(ROOT / "data" / "demo" / "questions.jsonl"), "--index", "small", "--run", "base"),
    }
    said = failure(run(home, *words[command], "--engine", "ray"), 5)
    assert f"pip install '{PACKAGE}'" in said
    assert not out.exists()
    assert not (home / "index").exists()
    assert not (home / "runs").exists()


@pytest.mark.parametrize("address", ["127.0.0.1:1", "127.0.0.1:99999", "[::1]:1"])
def test_where_nobody_listens_it_is_said_at_once(address: str) -> None:
    with pytest.raises(EngineUnavailable, match=re.escape(f"{address}: ")):
        _knock(address)


@pytest.mark.parametrize("address", ["", "auto", "local", "ray://127.0.0.1:1"])
def test_other_forms_of_address_are_left_to_ray(address: str) -> None:
    _knock(address)


def test_the_pin_is_that_of_the_extra_and_of_the_tests() -> None:
    extras = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["optional-dependencies"]
    assert extras["scale"] == [PACKAGE]
    assert f'"{PACKAGE}"' in (ROOT / "Makefile").read_text()


def test_engines_are_named() -> None:
    with engine_of("local") as engine:
        assert engine.name == "local"
    with pytest.raises(BadSetting, match="local, ray"), engine_of("dask"):
        pass
