"""Step F kept: the claims of a competitor, beside the version of the index that they were drawn from. Only a cache."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipeline.storage import clear_errors, write_atomically
from pipeline.strengths.ground import Ground
from pipeline.strengths.types import GroupClaim, Sign

FOLDER = "strengths"
STEPS = 2  # raised when the steps give other claims than before


class GroupCache:
    """Claims by restaurant, in a folder that goes with the index, the classifier, the writer and the steps."""

    def __init__(self, ground: Ground, sign: Sign, folder: Path | None = None) -> None:
        """``folder`` is where it is kept; beside the index when None."""
        writer = ground.writer.name if ground.writer else "embedded"
        root = folder or ground.restaurants.index.folder / FOLDER
        self.folder = root / f"{ground.analyses.key}-{writer}-{sign}-{STEPS}"

    def read(self, restaurant: str) -> tuple[GroupClaim, ...] | None:
        """The claims of a restaurant; None where they aren't kept, or can't be read."""
        try:
            rows = json.loads(self._path(restaurant).read_text(encoding="utf-8"))
            return tuple(GroupClaim(restaurant, r["claim"], np.array(r["vector"], dtype=np.float32)) for r in rows)
        except (OSError, ValueError, KeyError, TypeError):  # missing or damaged: they are drawn anew
            return None

    def write(self, restaurant: str, claims: Sequence[GroupClaim]) -> None:
        """Keep the claims of a restaurant.

        Raises:
            DiskFull, NotWritable: nothing was changed.
        """
        rows = [{"claim": c.claim, "vector": c.vector.tolist()} for c in claims]
        with clear_errors(self.folder):
            self.folder.mkdir(parents=True, exist_ok=True)
            write_atomically(self._path(restaurant), json.dumps(rows, ensure_ascii=False))

    def _path(self, restaurant: str) -> Path:
        return self.folder / f"{hashlib.blake2b(restaurant.encode(), digest_size=8).hexdigest()}.json"
