"""What belongs to whoever runs the server: nobody who asks makes it call another address or load another model."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from app.operation.operating import Operation
from pipeline.config import check_asked, server_only
from pipeline.errors.settings import BadSetting
from pipeline.service import Home, Request
from pipeline.settings import Settings, options
from tests.pipeline.corpora import build


@pytest.fixture(scope="module")
def operation(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operation]:
    home = Home(tmp_path_factory.mktemp("own"))
    build(home)
    made = Operation(home, Settings())
    yield made
    made.close()


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("llm.url", "http://169.254.169.254/latest/meta-data"),
        ("models.reranker", "/etc"),
        ("models.device", "cuda"),
        ("service.stage_s", 3_600),
        ("access.per_caller", 0),
        ("llm.concurrency", 10_000),
    ],
)
def test_a_question_cannot_change_what_is_the_servers(operation: Operation, name: str, value: object) -> None:
    chosen: dict[str, Any] = {name: value, "generator": "openai"}
    with pytest.raises(BadSetting, match="hansang serve"):
        list(operation.service.ask(Request("주차 되나요?", "small", chosen)))
    with pytest.raises(BadSetting, match="hansang serve"):
        operation.service.rag("small", chosen)


def test_what_it_is_already_may_be_said_again(operation: Operation) -> None:
    same = {option.name: option.value for option in options(Settings()) if server_only(option.name)}
    check_asked(same | {"retrieval.k": 3}, operation.service.settings)


def test_every_address_and_model_is_the_servers() -> None:
    own = {option.name for option in options(Settings()) if server_only(option.name)}
    assert {"llm.url", "models.encoder", "models.reranker", "access.trusted_proxies", "service.body_bytes"} <= own
    assert not own & {"retrieval.k", "fusion.weight", "answer.threshold", "tokenizer", "generator", "prompt"}
