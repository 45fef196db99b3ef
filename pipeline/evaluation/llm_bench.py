"""How fast a language model's server is with our prompts: first token, each further one, tokens a second, by load.

Closed loop: so many callers at once, each asks again when it is answered. The server is whoever speaks OpenAI's HTTP.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import cycle, islice

from pipeline.endpoint import Endpoint
from pipeline.errors.base import HansangError
from pipeline.errors.llm import LlmRejected, LlmSlow
from pipeline.evaluation.llm_limits import Card, Limits, Model, Work, limits
from pipeline.evaluation.metrics import percentile
from pipeline.llm_line import Line, Turns
from pipeline.setting_groups.models import Llm
from pipeline.streaming import Patience, Stream, request_body

WAIT_S = 5.0
"""Seconds of one look at a stream; what comes is seen when it comes."""

Told = Callable[[str, int], None]
Clock = Callable[[], float]


@dataclass(frozen=True, slots=True)
class Timed:
    """One answered request: seconds to its first token and to its end, tokens asked and said.

    ``counted`` is false where the server didn't count, and the pieces that came stand for tokens. ``error`` is the code
    of what went wrong, with nothing else known then.
    """

    first_s: float = math.nan
    whole_s: float = math.nan
    tokens_in: int = 0
    tokens_out: int = 0
    counted: bool = True
    error: str = ""

    @property
    def token_s(self) -> float:
        """Seconds of each token after the first; NaN where there was none, or all came at once."""
        more = self.tokens_out - 1
        return (self.whole_s - self.first_s) / more if more > 0 and self.whole_s > self.first_s else math.nan


@dataclass(frozen=True, slots=True)
class Spread:
    """Percentiles; None where nothing was measured."""

    p50: float | None
    p95: float | None


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one number of callers. ``whole_s`` is from the first request to the last answer.

    ``errors`` counts codes of what failed; ``in_per_s`` and ``out_per_s`` are tokens of those that didn't.
    """

    together: int
    requests: int
    errors: dict[str, int]
    first_ms: Spread
    token_ms: Spread
    in_per_s: float
    out_per_s: float
    prompt_tokens: float
    answer_tokens: float
    whole_s: float
    counted: bool


@dataclass(frozen=True, slots=True)
class Server:
    """Somebody to time: an endpoint, in the shape of request that it takes, and how many tokens an answer may have."""

    line: Line
    tokens: int
    patience: Patience

    def body(self, turns: Turns) -> dict[str, object]:
        """A request."""
        return self.line.shaped(request_body(turns, tokens=self.tokens, temperature=0))


def server_at(endpoint: Endpoint, tokens: int, limits_: Llm) -> Server:
    """A server by its endpoint, asked once for each request: a try that failed is an error here."""
    once = Endpoint(endpoint.url, endpoint.model, endpoint.key, endpoint.timeout_s, tries=1)
    return Server(Line(once, limits_), tokens, Patience(limits_.first_token_s, limits_.next_token_s, limits_.answer_s))


def knock(server: Server) -> None:
    """Make sure that a server can be asked, as far as it says so quickly; one that is slow may be at work.

    Raises:
        NoAnswer: it isn't there, refuses us or lacks the model.
    """
    trouble = server.line.trouble()
    if trouble is not None and not isinstance(trouble, LlmSlow):
        raise trouble


def warm(server: Server, turns: Turns) -> None:
    """Ask once, so that nobody's first call counts, and learn what the server doesn't take.

    Raises:
        NoAnswer: it can't be asked, or doesn't answer.
    """
    for _ in range(4):  # a system's turn, the limit's name, temperature, usage: each may have to be learned
        body = server.body(turns)
        try:
            with Stream(server.line.endpoint, body, server.patience) as stream:
                while stream.read(WAIT_S) is not None:
                    pass
        except LlmRejected as error:
            if not server.line.learn(body, str(error.fields["reason"])):
                raise
        else:
            return


def timed(server: Server, turns: Turns, now: Clock = time.perf_counter) -> Timed:
    """Ask one prompt, and look at the clock."""
    began, first, last, pieces, tokens = now(), math.nan, math.nan, 0, None
    try:
        with Stream(server.line.endpoint, server.body(turns), server.patience) as stream:
            while (chunks := stream.read(WAIT_S)) is not None:
                came = sum(bool(chunk.text) for chunk in chunks)
                if came:
                    last = now() - began
                    first = last if math.isnan(first) else first
                    pieces += came
                tokens = next((chunk.tokens for chunk in chunks if chunk.tokens), tokens)
    except HansangError as error:
        return Timed(error=error.code)
    if not pieces:
        return Timed(error="reply-empty")
    asked, said = tokens or (0, pieces)
    return Timed(first, last, asked, said, tokens is not None)


def load(server: Server, prompts: Sequence[Turns], together: int, told: Told, now: Clock = time.perf_counter) -> Load:
    """Ask all prompts, so many at once."""

    def ask(turns: Turns) -> Timed:
        found = timed(server, turns, now)
        told("request", 1)
        return found

    with ThreadPoolExecutor(together, thread_name_prefix="bench") as pool:
        began = now()
        found = list(pool.map(ask, prompts))
        whole = now() - began
    return summed(found, together, whole)


def summed(found: Sequence[Timed], together: int, whole_s: float) -> Load:
    """The figures of requests that were asked ``together`` at once within ``whole_s`` seconds."""
    good = [one for one in found if not one.error]
    errors: dict[str, int] = {}
    for one in found:
        if one.error:
            errors[one.error] = errors.get(one.error, 0) + 1
    asked, said = sum(one.tokens_in for one in good), sum(one.tokens_out for one in good)
    each = [one.token_s for one in good if not math.isnan(one.token_s)]
    count = max(1, len(good))
    return Load(
        together, len(found), errors, _spread([one.first_s for one in good]), _spread(each),
        asked / whole_s, said / whole_s, asked / count, said / count, whole_s, all(one.counted for one in good),
    )  # fmt: skip


def _spread(seconds: Sequence[float]) -> Spread:
    if not seconds:
        return Spread(None, None)
    return Spread(1000 * percentile(seconds, 0.5), 1000 * percentile(seconds, 0.95))


def portions(prompts: Sequence[Turns], loads: Sequence[int], requests: int) -> Iterator[tuple[int, list[Turns]]]:
    """For each number of callers its own prompts: none comes twice while there are enough, since servers remember.

    At least two for each caller, so that all of them are at work for a while.
    """
    stock = cycle(prompts)
    for together in loads:
        yield together, list(islice(stock, max(requests, 2 * together)))


def needed(loads: Sequence[int], requests: int) -> int:
    """Prompts that ``portions`` wants, one for the warm-up included."""
    return 1 + sum(max(requests, 2 * together) for together in loads)


@dataclass(frozen=True, slots=True)
class Ratio:
    """How many times as good as another server at the same load: over 1 is better in each of them; None: unknown."""

    first: float | None
    token: float | None
    out_per_s: float | None


def ratio(one: Load, other: Load) -> Ratio:
    """One server by another. Where either failed at anything there is no figure: fewer answers are quicker."""
    if one.errors or other.errors:
        return Ratio(None, None, None)
    return Ratio(
        _times(other.first_ms.p50, one.first_ms.p50), _times(other.token_ms.p50, one.token_ms.p50),
        _times(one.out_per_s, other.out_per_s),
    )  # fmt: skip


def _times(above: float | None, below: float | None) -> float | None:
    return above / below if above and below else None


@dataclass(frozen=True, slots=True)
class Reached:
    """Shares of what the card allows at this load (1: as fast as can be), with those limits."""

    limits: Limits
    first: float | None
    token: float | None
    whole: float | None


def reached(one: Load, model: Model, card: Card) -> Reached | None:
    """How near a load came to the card's limits; None where nothing was answered or tokens weren't counted."""
    if one.errors or not one.counted or not one.answer_tokens or not one.prompt_tokens:
        return None
    allowed = limits(model, card, Work(one.prompt_tokens, one.answer_tokens, one.together, one.requests))
    return Reached(
        allowed, _times(1000 * allowed.first_s, one.first_ms.p50), _times(1000 * allowed.token_s, one.token_ms.p50),
        _times(allowed.whole_s, one.whole_s),
    )  # fmt: skip
