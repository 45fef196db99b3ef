"""What is read of a language model's server: its model, its window, its room, its memory; and when nothing is."""

from __future__ import annotations

import os

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.endpoint import Endpoint
from pipeline.evaluation.llm_server import cache_tokens, look, resident
from tests.pipeline.generators.llm_server import LlmServer, Say

METRICS = """# TYPE vllm:cache_config_info gauge
vllm:cache_config_info{block_size="128",cache_dtype="auto",num_cpu_blocks="None",num_gpu_blocks="16384",x="a}b"} 1.0
vllm:num_requests_running{engine="0"} 0.0
"""


def test_the_room_for_keys_and_values_is_blocks_by_their_size() -> None:
    assert cache_tokens(METRICS) == 128 * 16_384


@pytest.mark.parametrize("text", ["", "vllm:cache_config_info 1.0", METRICS.replace('"16384"', '"None"')])
def test_what_the_metrics_do_not_tell_is_not_known(text: str) -> None:
    assert cache_tokens(text) is None


@given(st.text())
def test_nonsense_is_not_read_as_a_number(text: str) -> None:
    assert cache_tokens(text) is None


def test_a_server_that_tells_little_is_known_a_little() -> None:
    with LlmServer(Say(("네",))) as running:
        found = look(Endpoint(running.url, "test-model"))
    assert (found.root, found.window, found.cache_tokens) == (None, None, None)
    assert found.url == running.url
    assert found.gpu is None or found.gpu > 0
    assert found.resident is None or found.resident > 1_000_000  # it runs in this process


def test_the_memory_is_that_of_the_process_that_listens() -> None:
    with LlmServer(Say(("네",))) as running:
        found = resident(running.url)
    if os.path.exists("/proc/self/smaps_rollup"):  # noqa: PTH110  (Linux)
        assert found is not None
        assert found > 10_000_000


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/v1", "http://192.0.2.1:8000/v1", "https://example.com/v1"])
def test_nobody_here_listens_at_other_addresses(url: str) -> None:
    assert resident(url) is None


def test_a_server_that_is_gone_tells_nothing() -> None:
    found = look(Endpoint("http://127.0.0.1:9/v1", "m"))
    assert (found.root, found.window, found.cache_tokens, found.resident) == (None, None, None, None)
