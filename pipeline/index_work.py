"""What an indexing hands to workers: splitting and analysing documents, analysing passages, encoding them.

The analyses that were made before are looked up here, where the cache is; only the rest travels.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipeline import backends
from pipeline.corpus.splitting import split_document
from pipeline.engines.work import GIB, Engine
from pipeline.morpheme_cache import CachedTokenizer
from pipeline.neural.encoding import CHUNK
from pipeline.passages import PassageStore
from pipeline.protocols import Tokenizer
from pipeline.settings import Settings
from pipeline.types import AnalysedText, Document, Passage

Analysed = tuple[Passage, AnalysedText]
DOCUMENTS = 500  # in a batch
JAVA = ("okt",)  # analysers that start a Java machine beside


@dataclass(frozen=True, slots=True)
class Split:
    """A document analysed, and its passages with their analyses."""

    whole: AnalysedText
    parts: tuple[Analysed, ...]


@dataclass(frozen=True, slots=True)
class Splitting:
    """Documents to their passages, each with its analysis: Work."""

    analyser: str
    limit: int
    overlap: int
    memory: int = GIB
    on_gpu: bool = False

    def ready(self) -> Callable[[Sequence[Document]], list[Split]]:
        """See Work."""
        tokenizer = _tokenizer(self.analyser)

        def split(documents: Sequence[Document]) -> list[Split]:
            analysed = list(tokenizer.analyse([document.text for document in documents]))
            return [self._split(*each, tokenizer) for each in zip(documents, analysed, strict=True)]

        return split

    def passages(self, document: Document, analysed: AnalysedText) -> list[Passage]:
        """The passages of an analysed document."""
        return split_document(document, analysed.sentences, limit=self.limit, overlap=self.overlap)

    def _split(self, document: Document, analysed: AnalysedText, tokenizer: Tokenizer) -> Split:
        passages = self.passages(document, analysed)
        if len(passages) == 1:
            return Split(analysed, ((passages[0], analysed),))
        parts = tokenizer.analyse([passage.text for passage in passages])
        return Split(analysed, tuple(zip(passages, parts, strict=True)))


@dataclass(frozen=True, slots=True)
class Analysing:
    """Texts to their analyses: Work."""

    analyser: str
    on_gpu: bool = False

    @property
    def memory(self) -> int:
        """See Work."""
        return 2 * GIB if self.analyser in JAVA else GIB

    def ready(self) -> Callable[[Sequence[str]], list[AnalysedText]]:
        """See Work."""
        tokenizer = _tokenizer(self.analyser)
        return lambda texts: list(tokenizer.analyse(list(texts)))


def _tokenizer(name: str) -> Tokenizer:
    made: Tokenizer = backends.load("tokenizer", name).load()
    return made


def analysed_passages(
    documents: Iterable[Document], cache: CachedTokenizer, engine: Engine, work: Splitting
) -> Iterator[Analysed]:
    """The passages of documents in order, each with its analysis; what the cache knows is done here."""
    looked: deque[tuple[list[Document], dict[int, list[Analysed]]]] = deque()

    def unknown() -> Iterator[list[Document]]:
        iterator = iter(documents)
        while batch := list(islice(iterator, DOCUMENTS)):
            found = _found(batch, cache, work)
            looked.append((batch, found))
            yield [document for at, document in enumerate(batch) if at not in found]

    for made in engine.map(work, unknown()):
        batch, found = looked.popleft()
        cache.keep([each for split in made for each in _new(split)])
        fresh = iter(made)
        for at in range(len(batch)):
            yield from found[at] if at in found else next(fresh).parts


def _found(batch: Sequence[Document], cache: CachedTokenizer, work: Splitting) -> dict[int, list[Analysed]]:
    """The passages of those documents of which the cache knows all, by their place in the batch."""
    whole = cache.known([document.text for document in batch])
    split = {at: work.passages(each, whole[each.text]) for at, each in enumerate(batch) if each.text in whole}
    texts = [part.text for parts in split.values() if len(parts) > 1 for part in parts]
    known = whole | cache.known(texts)
    return {
        at: [(part, known[part.text]) for part in parts]
        for at, parts in split.items()
        if all(part.text in known for part in parts)
    }


def _new(split: Split) -> list[AnalysedText]:
    parts = [analysed for _, analysed in split.parts]
    return parts if len(parts) == 1 else [split.whole, *parts]


@dataclass(frozen=True, slots=True)
class Encoded:
    """The vectors of a batch of texts, and the small files that the encoder keeps beside them."""

    vectors: NDArray[np.float16]
    files: dict[str, bytes]


@dataclass(frozen=True, slots=True)
class Encoding:
    """Texts to their vectors, by an encoder that reads texts and learns nothing from the corpus: Work."""

    settings: Settings
    memory: int = 4 * GIB
    on_gpu: bool = True

    def ready(self) -> Callable[[Sequence[str]], list[Encoded]]:
        """See Work."""
        module = backends.load("encoder", self.settings.encoder)

        def encode(texts: Sequence[str]) -> list[Encoded]:
            with TemporaryDirectory(prefix="hansang-encode-") as folder:
                vectors = module.build(_Texts(texts), None, Path(folder), self.settings)
                files = {path.name: path.read_bytes() for path in Path(folder).iterdir()}
            return [Encoded(vectors, files)]

        return encode


class _Texts:
    """Texts as an encoder asks a store of passages for them."""

    def __init__(self, texts: Sequence[str]) -> None:
        self._texts = texts

    def __len__(self) -> int:
        return len(self._texts)

    def __getitem__(self, row: int) -> Any:
        return _Text(self._texts[row])


@dataclass(frozen=True, slots=True)
class _Text:
    text: str


def encode(passages: PassageStore, folder: Path, engine: Engine, work: Encoding) -> NDArray[np.float16]:
    """The vectors of passages, made by an engine; the encoder's files are put in the folder.

    *Shape:* ``(passages, dimensions)``.
    """
    vectors: NDArray[np.float16] | None = None
    done = 0
    starts = range(0, len(passages), CHUNK)
    batches = ([passages[row].text for row in range(at, min(at + CHUNK, len(passages)))] for at in starts)
    for (made,) in engine.map(work, batches):
        if vectors is None:
            vectors = np.empty((len(passages), made.vectors.shape[1]), dtype=made.vectors.dtype)
            folder.mkdir(parents=True, exist_ok=True)
            for name, content in made.files.items():
                (folder / name).write_bytes(content)
        vectors[done : done + len(made.vectors)] = made.vectors
        done += len(made.vectors)
    assert vectors is not None, "an index has passages"
    return vectors
