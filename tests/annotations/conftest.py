"""A desk for tests that need one."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.annotations.desks import HandDesk, assert_sound


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[HandDesk]:
    """An empty desk, sound at the end whatever the test did."""
    with HandDesk(tmp_path / "labels.db") as opened:
        yield opened
        assert_sound(opened)
