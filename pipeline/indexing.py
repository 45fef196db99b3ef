"""From documents to a complete index on disk. A crash at any moment leaves the former version in use."""

from __future__ import annotations

import datetime
import hashlib
import json
import shutil
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, field, replace
from functools import partial
from pathlib import Path

from pipeline import backends
from pipeline.assemble import ANSWERABLE, CALIBRATION, TERMS, Encode, build_part, load_tokenizer, open_retrievers
from pipeline.engines.local import Local
from pipeline.engines.work import Engine
from pipeline.errors.base import HansangError
from pipeline.errors.files import NothingToIndex
from pipeline.errors.settings import BadSetting
from pipeline.evidence.answerability import Calibration
from pipeline.evidence.calibration import calibrate, calibrate_relevance
from pipeline.index import (
    CURRENT,
    LEXICON,
    PASSAGES,
    Index,
    Manifest,
    check_name,
    current_folder,
    write_manifest,
)
from pipeline.index_work import Analysing, Encoding, Splitting, analysed_passages, encode
from pipeline.morpheme_cache import CachedTokenizer
from pipeline.passages import PassageStore, PassageWriter
from pipeline.question.lexicon import build_lexicon
from pipeline.settings import Settings
from pipeline.storage import UNFINISHED, building, locked, write_atomically, write_json
from pipeline.storing import check_store, collections_of, drop_old, store_parts, stored_in
from pipeline.termstore import TermStore, TermStoreWriter
from pipeline.types import Document, Reject
from pipeline.versions import versions

SPLITTER = "kiwi"  # finds the sentences of every index; its terms are always there
CALIBRATED_RERANKER = "linear"  # for every index, so that it can always be chosen; beside it the configured one
REJECTS = "rejects.jsonl"
KEEP = 2  # versions kept: the one in use and the one before, which a running server may still be opening
SWITCH = "switch"  # the last stage: the new version answers from now on
_STEP = 500

Progress = Callable[[str, int], None]
"""Called with the stage and how many passages it has done."""


Remarks = Callable[[], Iterable[Mapping[str, object]]]
"""Called when all documents were read: what there is to say of the files they are from."""


def _silent(stage: str, done: int) -> None:
    pass


def _nothing() -> tuple[()]:
    return ()


@dataclass(frozen=True, slots=True)
class Job:
    """What to index, where and how. ``fingerprint`` names the input: the same input isn't built twice.

    ``engine`` runs what costs: analysing texts and encoding them. The index is the same, whoever does it.
    """

    root: Path
    name: str
    settings: Settings
    analysers: tuple[str, ...]
    cache: Path
    sources: tuple[dict[str, object], ...] = ()
    engine: Engine = field(default_factory=Local)

    @property
    def model(self) -> dict[str, object]:
        """The encoder's model and its revision, empty where it needs none.

        Raises:
            BackendUnavailable: it isn't here.
        """
        model: dict[str, object] = backends.load("encoder", self.settings.encoder).identity(self.settings)
        return model

    @property
    def fingerprint(self) -> str:
        """A hash of the inputs and of all that shapes the index: settings, and the versions of what analyses."""
        indexing = asdict(self.settings.indexing)
        shape: list[object] = [self.sources, self.analysers, self.settings.encoder, indexing, dict(versions())]
        shape += [of for of in (self.model, _calibrated_beside(self.settings), stored_in(self.settings)) if of]
        return hashlib.blake2b(json.dumps(shape, sort_keys=True).encode(), digest_size=16).hexdigest()


def describe_source(path: Path) -> dict[str, object]:
    """A file's name, size and SHA-256, as the manifest keeps them; of a folder, of every file in it."""
    digest = hashlib.sha256()
    files = sorted(p for p in path.rglob("*") if p.is_file()) if path.is_dir() else [path]
    for file in files:
        with file.open("rb") as stream:
            while block := stream.read(1 << 20):
                digest.update(block)
    return {"file": path.name, "bytes": sum(f.stat().st_size for f in files), "sha256": digest.hexdigest()}


def unchanged(job: Job) -> Manifest | None:
    """The manifest of the version in use if it was built from the same input in the same way, and is as it was."""
    try:
        index = Index(current_folder(job.root, job.name))
        if index.manifest.fingerprint != job.fingerprint:
            return None
        index.check()
    except HansangError:  # none, damaged or outdated: each is a reason to build
        return None
    return index.manifest


def build_index(
    job: Job, documents: Iterable[Document | Reject], progress: Progress = _silent, remarks: Remarks = _nothing
) -> Manifest:
    """Build a new version of an index and put it in use.

    Raises:
        NothingToIndex: not one document could be used; the rejects are in ``<root>/<name>/rejects.jsonl``.
        DiskFull, NotWritable, HomeLocked: nothing was changed.
    """
    check_name(job.name)
    _check_scores(job.settings, job.model)  # what is missing is told before the work
    target = job.root / job.name
    name = datetime.datetime.now(datetime.UTC).strftime("%Y%m%dT%H%M%S%f")
    check_store(job.settings)
    with locked(target / ".lock"), collections_of(target), building(target / name) as folder:
        _sweep(target, keep=folder)
        manifest = replace(_fill(folder, job, name, documents, progress), remarks=tuple(remarks()))
        write_manifest(folder, manifest)
    progress(SWITCH, manifest.passages)
    write_atomically(target / CURRENT, manifest.version)
    _forget_old(target, manifest.version)
    drop_old(target)
    return manifest


def _check_scores(settings: Settings, model: Mapping[str, object]) -> None:
    """Make sure that the encoder has the scores that the index shall hold.

    Raises:
        BadSetting: it has not.
    """
    asked = settings.models.scores
    if asked not in ("dense", model.get("scores")):
        raise BadSetting(
            name="models.scores", value=asked,
            expected="이 점수는 인코더 bge_m3에만 있습니다. `--set encoder=bge_m3`로 하세요.",
            expected_en="Only the encoder bge_m3 has these scores: `--set encoder=bge_m3`.",
        )  # fmt: skip


def _fill(
    folder: Path, job: Job, version_name: str, documents: Iterable[Document | Reject], progress: Progress
) -> Manifest:
    rejected: list[Reject] = []
    tokenizers = {name: _cached(name, job) for name in job.analysers}
    splitter = tokenizers[SPLITTER]
    counted = _Kept(documents, rejected)
    terms = {SPLITTER: _write_passages(folder, counted, splitter, job, progress)}
    _write_rejects(folder / REJECTS, rejected)
    if not len(terms[SPLITTER]):
        shutil.copy(folder / REJECTS, job.root / job.name / REJECTS)
        raise NothingToIndex(rejected=len(rejected), rejects=job.root / job.name / REJECTS)
    store = PassageStore(folder / PASSAGES)
    lexicon = build_lexicon(store.sources(), splitter.analyse(passage.text for passage in store))
    write_json(folder / LEXICON, lexicon.to_json())
    for name in job.analysers:
        if name not in terms:
            terms[name] = _write_terms(folder / name / TERMS, name, store, tokenizers[name], progress)
        progress(f"build:{name}", len(store))
        built = folder / job.analysers[0] if name != job.analysers[0] else None
        build_part(store, terms[name], folder / name, job.settings, built, _encoder(job))
        progress(f"calibrate:{name}", len(store))
        _calibrate(store, terms[name], folder / name, job.settings)
    store_parts(folder, job.root / job.name, version_name, job.analysers, job.settings, progress)
    return Manifest(
        name=job.name,
        version=version_name,
        created=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        passages=len(store),
        documents=counted.documents,
        rejected=len(rejected),
        analysers=job.analysers,
        encoder=job.settings.encoder,
        model=job.model,
        sources=job.sources,
        settings=job.settings.flat(),
        versions=dict(versions()),
        fingerprint=job.fingerprint,
    )


class _Kept:
    """The documents of a stream; rejects are set aside, documents counted."""

    def __init__(self, stream: Iterable[Document | Reject], rejected: list[Reject]) -> None:
        self._stream = stream
        self._rejected = rejected
        self.documents = 0

    def __iter__(self) -> Iterator[Document]:
        for item in self._stream:
            if isinstance(item, Reject):
                self._rejected.append(item)
            else:
                self.documents += 1
                yield item


def _write_passages(
    folder: Path, documents: Iterable[Document], splitter: CachedTokenizer, job: Job, progress: Progress
) -> TermStore:
    passages, terms = PassageWriter(folder / PASSAGES), TermStoreWriter()
    how = job.settings.indexing
    work = Splitting(SPLITTER, how.passage_chars, how.overlap_chars)
    try:
        for done, (passage, analysed) in enumerate(analysed_passages(documents, splitter, job.engine, work), start=1):
            passages.add(passage, analysed.sentences)
            terms.add(analysed)
            if done % _STEP == 0:
                progress(f"analyse:{SPLITTER}", done)
    finally:
        passages.close()
    return terms.write(folder / SPLITTER / TERMS)


def _write_terms(
    folder: Path, name: str, store: PassageStore, tokenizer: CachedTokenizer, progress: Progress
) -> TermStore:
    writer = TermStoreWriter()
    for done, analysed in enumerate(tokenizer.analyse(passage.text for passage in store), start=1):
        writer.add(analysed)
        if done % _STEP == 0:
            progress(f"analyse:{name}", done)
    return writer.write(folder)


def _write_rejects(path: Path, rejected: Iterable[Reject]) -> None:
    with path.open("w", encoding="utf-8") as file:
        for reject in rejected:
            file.write(json.dumps(asdict(reject), ensure_ascii=False) + "\n")


def _cached(name: str, job: Job) -> CachedTokenizer:
    tokenizer = load_tokenizer(name)
    path = job.cache / f"analyses-{tokenizer.fingerprint}.sqlite"
    return CachedTokenizer(tokenizer, path, partial(job.engine.map, Analysing(name)))


def _encoder(job: Job) -> Encode | None:
    """Who encodes the passages: None is this process."""
    if isinstance(job.engine, Local) or backends.load("encoder", job.settings.encoder).READS != "texts":
        return None
    return partial(encode, engine=job.engine, work=Encoding(job.settings))


def _sweep(target: Path, keep: Path) -> None:
    """Remove what builds that were killed have left; the lock says that none of them runs."""
    for folder in target.glob(f"{UNFINISHED}*"):
        if folder != keep:
            shutil.rmtree(folder)


def _forget_old(target: Path, current: str) -> None:
    complete = sorted(path for path in target.iterdir() if path.is_dir() and not path.name.startswith("."))
    for folder in [path for path in complete if path.name <= current][:-KEEP]:
        shutil.rmtree(folder, ignore_errors=True)


def _calibrated_beside(settings: Settings) -> str:
    """What the configured reranker's calibration is kept as, empty if it has none or is that of every index."""
    name: str = backends.load("reranker", settings.reranker).calibrated_as(settings)
    return name if settings.reranker != CALIBRATED_RERANKER else ""


def _calibrate(passages: PassageStore, terms: TermStore, folder: Path, settings: Settings) -> None:
    """Learn what answerable questions and relevant passages look like in what ``build_part`` built; keep it there.

    Where too few pseudo-questions can be made to learn from, another reranker's line is left out: its logit then has
    no meaning as a probability.
    """
    retrievers = open_retrievers(folder, terms, settings.encoder, settings)
    learned = {ANSWERABLE: calibrate(passages, terms, retrievers)}
    for name in dict.fromkeys((CALIBRATED_RERANKER, settings.reranker)):
        module = backends.load("reranker", name)
        if kept_as := module.calibrated_as(settings):
            reranker = module.load(passages, terms, Calibration(), settings)
            line = calibrate_relevance(passages, terms, retrievers, reranker)
            if line != Calibration() or name == CALIBRATED_RERANKER:
                learned[kept_as] = line
    write_json(folder / CALIBRATION, {name: calibration.to_json() for name, calibration in learned.items()})
