"""How much room is left where everything is stored."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

MB = 1_000_000


class DiskWatch:
    """Watches the disk of a folder. ``wanted_mb`` is the least room (MB) with which anything is stored."""

    def __init__(
        self, folder: Path, wanted_mb: int, free: Callable[[Path], int] = lambda path: shutil.disk_usage(path).free
    ) -> None:
        self.folder = folder
        self.wanted_mb = wanted_mb
        self._free = free

    def free_bytes(self) -> int:
        """The room that is left."""
        return self._free(self.folder)

    @property
    def free_mb(self) -> int:
        """The same in MB, rounded down."""
        return self.free_bytes() // MB

    def low(self) -> bool:
        """Whether there is too little to store anything; one call of the system."""
        return self.free_bytes() < self.wanted_mb * MB
