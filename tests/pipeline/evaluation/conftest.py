"""A service over the small corpus."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from pipeline.service import Home, Service
from pipeline.settings import Settings
from tests.pipeline.corpora import build


@pytest.fixture(scope="package")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("evaluation"))
    build(home)
    made = Service(home, Settings())
    yield made
    made.close()
