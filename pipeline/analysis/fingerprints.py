"""Names for what a classifier answers, so that what two of them said isn't taken for the word of one.

A model that was trained again keeps its name and has another fingerprint.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from pathlib import Path

from pipeline.analysis.records import to_json
from pipeline.protocols import Classifier

PROBE = (
    "국물이 진하고 맛있어요. 웨이팅은 두 시간이라 힘들었어요.",
    "친절한데 고기가 질겨요",
    "별로였습니다 ㅠㅠ",
    "10시에 엽니다.",
)
_DIGEST = 6  # bytes
_CHUNK = 1 << 20  # bytes


def fingerprint(classifier: Classifier, *, aspects: bool = True) -> str:
    """A name for what a classifier answers: its own ``fingerprint`` where it has one, else how it judges a few texts.

    What it says it is ``made_of``, such as a digest of its weights, counts too: few texts don't show every weight.
    Those that are dear to ask, or don't say the same twice, have a ``fingerprint`` of their own.
    """
    own = getattr(classifier, "fingerprint", "")
    if own:
        return f"{classifier.name}-{own}"
    said = [to_json("", text, a) for text, a in zip(PROBE, classifier.classify(PROBE, aspects=aspects), strict=True)]
    made_of = getattr(classifier, "made_of", "")
    return f"{classifier.name}-{digest((made_of.encode(), json.dumps(said).encode()))}"


def digest(parts: Iterable[bytes | memoryview]) -> str:
    """A short digest of some bytes; where one part ends and the next begins counts."""
    whole = hashlib.blake2b(digest_size=_DIGEST)
    for part in parts:
        whole.update(len(part).to_bytes(8, "little"))
        whole.update(part)
    return whole.hexdigest()


def digest_of_files(paths: Iterable[Path]) -> str:
    """A short digest of what some files are called and hold."""
    whole = hashlib.blake2b(digest_size=_DIGEST)
    for path in paths:
        whole.update(f"{path.name}\0{path.stat().st_size}\0".encode())
        with path.open("rb") as file:
            while chunk := file.read(_CHUNK):
                whole.update(chunk)
    return whole.hexdigest()
