"""What is known here of a collection: where it is, what it holds and whose it is."""

from __future__ import annotations

import hashlib
import json
import re
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Literal

from pipeline.storage import write_json

RECORD = "milvus.json"  # in an analyser's folder of a version


@dataclass(frozen=True, slots=True)
class Record:
    """A collection: where it is, what it holds, which version of an index it belongs to.

    ``terms`` is the size of the vocabulary: the dimension after it marks passages without terms.
    """

    uri: str
    collection: str
    version: str
    passages: int
    dimensions: int
    terms: int
    kind: Literal["exact", "hnsw"]

    def write(self, path: Path) -> None:
        """Keep it as JSON."""
        path.parent.mkdir(parents=True, exist_ok=True)
        write_json(path, asdict(self))


def read(path: Path) -> Record:
    """A record that was kept.

    Raises:
        OSError, ValueError, KeyError, TypeError: there is none, or it is none.
    """
    return Record(**json.loads(path.read_text(encoding="utf-8")))


def collection_name(index: str, version: str, analyser: str) -> str:
    """A name that Milvus takes (letters, digits and ``_``), the same for no two builds.

    >>> collection_name("demo", "20261123T010203000000", "kiwi")
    'hansang_demo_89e49580_20261123T010203000000_kiwi'
    """
    readable = re.sub(r"[^A-Za-z0-9]+", "_", index).strip("_")[:40]
    digest = hashlib.blake2b(index.encode(), digest_size=4).hexdigest()
    return "_".join(part for part in ("hansang", readable, digest, version, analyser) if part)
