from __future__ import annotations

import pytest

from pipeline.index import Index
from pipeline.strengths.ground import Ground, open_ground
from tests.pipeline.restaurants.corpus import make_index, oracle


@pytest.fixture(scope="package")
def index(tmp_path_factory: pytest.TempPathFactory) -> Index:
    return make_index(tmp_path_factory.mktemp("restaurants"))


@pytest.fixture
def ground(index: Index) -> Ground:
    return open_ground(index, oracle())
