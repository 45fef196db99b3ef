"""Timing a language model's server: the figures as sums, then against a server that streams, fails or stands still."""

from __future__ import annotations

import itertools
import math
import threading
from collections.abc import Iterator, Sequence

import pytest
from hypothesis import given
from hypothesis import strategies as st

from pipeline.endpoint import Endpoint
from pipeline.errors.llm import LlmDown, LlmRejected
from pipeline.evaluation.llm_bench import (
    Load,
    Server,
    Spread,
    Timed,
    load,
    needed,
    portions,
    ratio,
    reached,
    server_at,
    summed,
    timed,
    warm,
)
from pipeline.evaluation.llm_limits import known_card, llama_3_8b
from pipeline.evaluation.llm_prompts import room_at
from pipeline.llm_line import Line, Turns
from pipeline.prompting.files import read_prompt
from pipeline.setting_groups.models import Llm
from pipeline.types import Passage, Source
from tests.pipeline.generators.llm_server import Json, LlmServer, Say

TURNS: Turns = [{"role": "system", "content": "규칙"}, {"role": "user", "content": "주차?"}]
LIMITS = Llm(first_token_s=30, next_token_s=30)


def at(running: LlmServer, tokens: int = 32, limits: Llm = LIMITS) -> Server:
    return server_at(Endpoint(running.url, "test-model"), tokens, limits)


@pytest.fixture
def running() -> Iterator[LlmServer]:
    with LlmServer(Say(("주차", " 2시간", " 무료"), usage=(120, 9))) as server:
        yield server


def nothing(what: str, done: int) -> None:
    """Hear of progress."""


def test_one_answer_is_timed_by_its_first_and_its_last_piece(running: LlmServer) -> None:
    ticks = itertools.count(100.0)
    found = timed(at(running), TURNS, lambda: next(ticks))
    assert (found.tokens_in, found.tokens_out, found.counted, found.error) == (120, 9, True, "")
    assert 0 < found.first_s <= found.whole_s
    assert running.bodies[0]["max_tokens"] == 32
    assert running.bodies[0]["temperature"] == 0


def test_each_further_token_is_the_rest_of_the_time_by_the_rest_of_the_tokens() -> None:
    assert Timed(0.5, 2.5, 100, 9).token_s == pytest.approx(0.25)
    assert math.isnan(Timed(0.5, 0.5, 100, 1).token_s)
    assert math.isnan(Timed(0.5, 0.5, 100, 9).token_s)  # all in one piece: nothing to be told apart


def test_a_server_that_does_not_count_has_its_pieces_counted(running: LlmServer) -> None:
    running.say = Say(("주차", " 2시간"), usage=None)
    found = timed(at(running), TURNS)
    assert (found.tokens_out, found.counted) == (2, False)


@pytest.mark.parametrize(
    ("said", "code"),
    [
        (Say(("주차",), then="drop"), "llm-broken"), (Say(("주차",), then="error"), "llm-broken"),
        (Say(()), "reply-empty"), (Say(status=503, message="busy"), "llm-busy"),
        (Say(status=400, message="maximum context length is 5"), "prompt-too-long"),
        (Say(status=404, message="no such model"), "llm-refused"),
    ],
)  # fmt: skip
def test_what_fails_is_counted_by_its_code_and_asked_once(running: LlmServer, said: Say, code: str) -> None:
    running.say = said
    assert timed(at(running), TURNS).error == code
    assert len(running.bodies) == 1


def test_a_server_that_stands_still_is_given_up(running: LlmServer) -> None:
    running.say = Say((), then="hang")
    assert timed(at(running, limits=Llm(first_token_s=0.2)), TURNS).error == "llm-slow"


def test_so_many_are_asked_at_once_and_no_more(running: LlmServer) -> None:
    meet, lock, inside, most = threading.Barrier(3), threading.Lock(), [0], [0]

    def say(body: Json) -> Say:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        meet.wait(30)  # nobody is answered before three are there
        with lock:
            inside[0] -= 1
        return Say(("주차", " 무료"), usage=(50, 4))

    running.say = say
    steps: list[int] = []
    found = load(at(running), [TURNS] * 9, 3, lambda what, done: steps.append(done))
    assert most[0] == 3
    assert (found.together, found.requests, found.errors) == (3, 9, {})
    assert (found.prompt_tokens, found.answer_tokens) == (50, 4)
    assert found.out_per_s == pytest.approx(9 * 4 / found.whole_s)
    assert found.in_per_s == pytest.approx(9 * 50 / found.whole_s)
    assert sum(steps) == 9


def test_failures_are_left_out_of_the_times_and_told() -> None:
    good = [Timed(0.1 * n, 0.1 * n + 1, 100, 11) for n in range(1, 11)]
    found = summed([*good, Timed(error="llm-slow"), Timed(error="llm-slow"), Timed(error="llm-busy")], 4, 2.0)
    assert found.errors == {"llm-slow": 2, "llm-busy": 1}
    assert found.requests == 13
    assert found.first_ms == Spread(pytest.approx(550), pytest.approx(955))
    assert found.token_ms == Spread(pytest.approx(100), pytest.approx(100))
    assert (found.in_per_s, found.out_per_s) == (500, 55)


def test_when_all_fail_there_are_no_times() -> None:
    found = summed([Timed(error="llm-down")] * 3, 1, 1.0)
    assert found.first_ms == found.token_ms == Spread(None, None)
    assert found.out_per_s == 0
    assert ratio(found, found).first is None
    assert reached(found, llama_3_8b(), known_card("H100")) is None


times = st.floats(0.001, 10)
answers = st.lists(st.builds(lambda f, w, n: Timed(f, f + w, 10, n), times, times, st.integers(2, 50)), min_size=1)


@given(answers, st.floats(0.1, 100))
def test_figures_lie_within_what_was_measured(found: list[Timed], whole: float) -> None:
    total = summed(found, 1, whole)
    for spread, values in (
        (total.first_ms, [1000 * one.first_s for one in found]),
        (total.token_ms, [1000 * one.token_s for one in found]),
    ):
        assert spread.p50 is not None
        assert spread.p95 is not None
        assert min(values) - 1e-6 <= spread.p50 <= spread.p95 + 1e-6 <= max(values) + 2e-6
    assert total.out_per_s * whole == pytest.approx(sum(one.tokens_out for one in found))


def made(first: float, token: float, out: float, together: int = 1) -> Load:
    spreads = (Spread(first, first), Spread(token, token))
    return Load(together, 8, {}, *spreads, 1.0, out, 1_000.0, 100.0, 10.0, True)


def test_a_ratio_above_one_is_better_in_each_of_them() -> None:
    found = ratio(made(100, 10, 50), made(200, 15, 40))
    assert (found.first, found.token, found.out_per_s) == (2.0, 1.5, 1.25)


def test_shares_of_the_limit_are_the_limit_by_what_was_measured() -> None:
    model, card = llama_3_8b(), known_card("H100")
    found = reached(made(100, 10, 50), model, card)
    assert found is not None
    assert found.token == pytest.approx(found.limits.token_s / 0.010)
    assert found.first == pytest.approx(found.limits.first_s / 0.100)
    assert 0.4 < found.token < 0.5  # 15 GB at 3.35 TB/s are 4.5 ms
    assert found.limits.token_bound == "bandwidth"


@given(st.lists(st.integers(1, 20), min_size=1, max_size=4), st.integers(1, 40))
def test_no_prompt_comes_twice_while_there_are_enough(loads: list[int], requests: int) -> None:
    stock: list[Turns] = [[{"role": "user", "content": str(n)}] for n in range(needed(loads, requests) - 1)]
    parts = list(portions(stock, loads, requests))
    assert [together for together, _ in parts] == loads
    assert [turns for _, part in parts for turns in part] == stock
    assert all(len(part) >= max(requests, 2 * together) for together, part in parts)


def test_too_few_prompts_come_again() -> None:
    parts = list(portions([TURNS], [1, 2], 3))
    assert [len(part) for _, part in parts] == [3, 4]


def test_warming_up_learns_what_a_server_does_not_take(running: LlmServer) -> None:
    def say(body: Json) -> Say:
        if body["messages"][0]["role"] == "system":
            return Say(status=400, message="System role not supported")
        if "max_tokens" in body:
            return Say(status=400, message="use max_completion_tokens instead")
        return Say(("네",))

    running.say = say
    server = at(running)
    warm(server, TURNS)
    asked = len(running.bodies)
    assert timed(server, TURNS).error == ""
    assert len(running.bodies) == asked + 1
    assert running.bodies[-1]["max_completion_tokens"] == 32


def test_what_can_not_be_learned_is_told(running: LlmServer) -> None:
    running.say = Say(status=422, message="no")
    with pytest.raises(LlmRejected):
        warm(at(running), TURNS)
    with pytest.raises(LlmDown):
        warm(server_at(Endpoint("http://127.0.0.1:9/v1", "m"), 8, LIMITS), TURNS)


def test_a_prompt_has_the_sources_that_the_window_leaves_room_for(running: LlmServer) -> None:
    prompt = read_prompt("answer@2")
    sources = [Passage(f"p{n}", "가" * 100, Source("d")) for n in range(5)]
    line = Line(Endpoint(running.url, "test-model"), LIMITS)

    def kept(window: int) -> Sequence[Passage]:
        running.window = window  # a token a character
        return room_at(line, LIMITS, 16)("주차?", sources, prompt)

    assert list(kept(8_000)) == sources
    some = list(kept(700))
    assert 0 < len(some) < 5
    assert some == sources[: len(some)]
