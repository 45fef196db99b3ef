"""Steps A–H as one graph: each restaurant's chain, the competitors' beside it, and what they come to together.

A → B → C of every candidate → D is a chain of one restaurant; E and the chains of its competitors (F) run beside it;
G waits for all, H for G. A restaurant's chain is run once, however many ask for it.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace

from pipeline.errors.base import HansangError, UnexpectedFault
from pipeline.strengths.checking import merge_claims, widen
from pipeline.strengths.collecting import collect, minimum_of, propose
from pipeline.strengths.comparing import QUOTES_LEAST, compare_group, distinguish, rank
from pipeline.strengths.graph import Graph, Node, critical_path
from pipeline.strengths.ground import Ground
from pipeline.strengths.group_cache import GroupCache
from pipeline.strengths.types import (
    Checked,
    Collected,
    Competitor,
    Distinct,
    GroupClaim,
    Problem,
    Ranked,
    Sign,
    Strengths,
)
from pipeline.strengths.writing import Written, problem_of, propose_with, rewrite_with

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Chain:
    """Steps A–D of a restaurant: the tasks that end them, and what a writer couldn't do."""

    collected: Node[Collected]
    checked: Node[tuple[Checked, ...]]
    problems: tuple[Problem, ...]


class Run:
    """One look for strengths, or weaknesses, of one or several restaurants within a graph."""

    def __init__(self, graph: Graph, ground: Ground, sign: Sign, cache: GroupCache | None) -> None:
        self._graph = graph
        self._ground = ground
        self._sign = sign
        self._cache = cache
        self._chains: dict[str, asyncio.Task[Chain]] = {}

    async def of(self, restaurant: str) -> Strengths:
        """The strengths of a restaurant.

        Raises:
            HansangError: a step failed for the restaurant itself; a competitor's is a problem in the result.
        """
        add = self._graph.add
        compared = add(f"E {restaurant}", compare_group, self._ground, restaurant)
        own = asyncio.create_task(self._chain(restaurant))
        competitors: tuple[Competitor, ...] = await compared
        found = await asyncio.gather(
            *(self._claims_of(c.restaurant, compared) for c in competitors), return_exceptions=True
        )
        nodes = [one for one in found if isinstance(one, Node)]
        failed = [(c, e) for c, e in zip(competitors, found, strict=True) if isinstance(e, BaseException)]
        chain = await own
        distinct = add(f"G {restaurant}", _distinguished, chain.checked, nodes, after=(compared,))
        ranked = add(f"H {restaurant}", rank, distinct)
        best: Ranked = await ranked
        problems = (*chain.problems, *(_problem(c.restaurant, error) for c, error in failed))
        collected: Collected = await chain.collected
        return self._result(collected, best, competitors, problems, ranked)

    def _result(
        self, collected: Collected, best: Ranked, group: tuple[Competitor, ...], problems: tuple[Problem, ...],
        last: Node[Ranked],
    ) -> Strengths:  # fmt: skip
        minimum = minimum_of(collected.reviews)
        missing = f"같은 말을 하는 후기가 {minimum}건 이상인 것이 없습니다"
        if best.few:
            missing = f"인용을 {QUOTES_LEAST}개 이상 댈 수 있는 말이 아직 없습니다"
        note = "" if best.found or (best.common and not best.few) else f"근거 부족: {missing}"
        return Strengths(
            collected.restaurant, self._ground.restaurants.category(collected.restaurant), self._sign,
            collected.reviews, minimum, best.found, best.common, group, problems, note, self._graph.timings(),
            critical_path(last), best.few,
        )  # fmt: skip

    async def _chain(self, restaurant: str) -> Chain:
        if restaurant not in self._chains:
            self._chains[restaurant] = asyncio.create_task(self._steps(restaurant))
        return await self._chains[restaurant]

    async def _steps(self, restaurant: str) -> Chain:
        """Steps A–D."""
        add, ground, writer = self._graph.add, self._ground, self._ground.writer
        collected = add(f"A {restaurant}", collect, ground, restaurant, self._sign)
        proposed = add(f"B {restaurant}", propose, ground, collected)
        problems: list[Problem | None] = []
        candidates = await proposed
        if writer:
            proposed = add(f"B+ {restaurant}", propose_with, writer, collected, proposed)
            written: Written = await proposed
            candidates = written.candidates
            problems.append(written.problem)
        checked = [
            add(f"C {restaurant} {i}", widen, ground, collected, candidate, after=(proposed,))
            for i, candidate in enumerate(candidates, start=1)
        ]
        merged = add(f"D {restaurant}", merge_claims, ground, collected, checked, after=(proposed,))
        await merged
        if writer:
            worded = add(f"D+ {restaurant}", rewrite_with, writer, ground, collected, merged)
            problems.append((await worded).problem)
            merged = add(f"D {restaurant}", _worded, worded)
        return Chain(collected, merged, tuple(one for one in problems if one))

    async def _claims_of(self, restaurant: str, compared: Node[tuple[Competitor, ...]]) -> Node[tuple[GroupClaim, ...]]:
        """Step F of one competitor: from the cache, or by its own chain."""
        kept = self._cache.read(restaurant) if self._cache else None
        if kept is not None:
            node = self._graph.add(f"F {restaurant}", _kept, kept, after=(compared,))
        else:
            chain = await self._chain(restaurant)
            keep = None if chain.problems else self._cache  # what only a failing writer left isn't worth keeping
            node = self._graph.add(f"F {restaurant}", _as_group, restaurant, chain.checked, keep)
        await node
        return node


def _kept(claims: tuple[GroupClaim, ...]) -> tuple[GroupClaim, ...]:
    return claims


def _worded(written: Written) -> tuple[Checked, ...]:
    return written.checked


def _as_group(restaurant: str, checked: Sequence[Checked], cache: GroupCache | None) -> tuple[GroupClaim, ...]:
    claims = tuple(GroupClaim(restaurant, one.claim, one.vector) for one in checked)
    if cache:
        cache.write(restaurant, claims)
    return claims


def _distinguished(checked: Sequence[Checked], group: Sequence[Sequence[GroupClaim]]) -> tuple[Distinct, ...]:
    return distinguish(checked, [claim for claims in group for claim in claims])


def _problem(restaurant: str, error: BaseException) -> Problem:
    if isinstance(error, HansangError):
        return problem_of(restaurant, error)
    if not isinstance(error, Exception):
        raise error
    _log.error("strengths of %s", restaurant, exc_info=error)
    return problem_of(restaurant, UnexpectedFault(name=type(error).__name__))


async def find_all(
    ground: Ground, restaurants: Sequence[str], sign: Sign = "positive", *,
    cache: GroupCache | None = None, one_by_one: bool = False,
) -> list[Strengths]:  # fmt: skip
    """The strengths (or weaknesses) of restaurants, in order, in one graph; ``one_by_one`` runs it without overlap.

    Raises:
        HansangError: a step failed for one of the restaurants themselves.
    """
    async with Graph(one_by_one=one_by_one) as graph:
        run = Run(graph, ground, sign, cache)
        return list(await asyncio.gather(*(run.of(name) for name in restaurants)))


def find_strengths(
    ground: Ground, restaurant: str, sign: Sign = "positive", *, cache: GroupCache | None = None
) -> Strengths:
    """The strengths (or weaknesses) of one restaurant; see ``find_all``."""
    (found,) = asyncio.run(find_all(ground, [restaurant], sign, cache=cache))
    return found


def of_kind(found: Strengths, kind: str) -> Strengths:
    """Those of one kind: representative, distinct, or both, which are all."""
    if kind == "both":
        return found
    kept, few = (tuple(one for one in each if one.kind in (kind, "both")) for each in (found.found, found.few))
    return replace(found, found=kept, few=few)
