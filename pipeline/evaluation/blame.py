"""Where a question was lost: one verdict from the path of its right passages through the stages. Pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a question. The order is that of the stages."""

    NOT_INDEXED = "not-indexed"
    MISSED = "missed"
    FUSION = "fusion"
    RERANKER = "reranker"
    CUT = "cut"
    WRONG = "wrong"
    SHOULD_ABSTAIN = "should-abstain"
    REFUSED = "refused"
    RIGHT = "right"

    @property
    def ko(self) -> str:
        """The verdict as people read it."""
        return _KOREAN[self]


_KOREAN = {
    Verdict.NOT_INDEXED: "색인에 없음",
    Verdict.MISSED: "두 검색 모두 놓침",
    Verdict.FUSION: "융합에서 밀림",
    Verdict.RERANKER: "리랭커가 밀어냄",
    Verdict.CUT: "k에서 잘림",
    Verdict.WRONG: "근거는 있으나 오답",
    Verdict.SHOULD_ABSTAIN: "기권했어야 함",
    Verdict.REFUSED: "불필요한 기권",
    Verdict.RIGHT: "정답",
}


@dataclass(frozen=True, slots=True)
class GoldPath:
    """A right passage's way: its rank (from 1) over all allowed passages at each stage that ranked it.

    ``ranks`` has ``bm25``, ``vector`` and ``fused`` for every passage that the question's filters allow and ``rerank``
    for those that the reranker saw; it is empty for a passage that a filter shut out. ``candidate`` says whether a
    retriever brought it.
    """

    passage_id: str
    indexed: bool
    ranks: Mapping[str, int]
    candidate: bool = False
    in_prompt: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What was asked and what came of it."""

    answerable: bool
    abstained: bool
    correct: bool
    paths: Sequence[GoldPath]
    k: int
    depth: int


def blame(outcome: Outcome) -> Verdict:
    """The one verdict on a question.

    A right answer is right wherever it came from, and a question that can't be answered is judged by the abstention
    alone. Else the right passage that came furthest decides, since one of them is enough. ``k`` passages go into the
    prompt, the reranker sees the first ``depth`` of the fused ranking.
    """
    if not outcome.answerable:
        return Verdict.RIGHT if outcome.abstained else Verdict.SHOULD_ABSTAIN
    if outcome.correct and not outcome.abstained:
        return Verdict.RIGHT
    if not outcome.paths or any(path.in_prompt for path in outcome.paths):
        return Verdict.REFUSED if outcome.abstained else Verdict.WRONG
    if not any(path.indexed for path in outcome.paths):
        return Verdict.NOT_INDEXED
    candidates = [path for path in outcome.paths if path.candidate]
    if not candidates:
        return Verdict.MISSED
    return max((_lost(path, outcome) for path in candidates), key=_STAGES.index)


_STAGES = (Verdict.FUSION, Verdict.RERANKER, Verdict.CUT)


def _lost(path: GoldPath, outcome: Outcome) -> Verdict:
    """Which stage lost a candidate that isn't in the prompt."""
    fused, reranked = path.ranks["fused"], path.ranks.get("rerank")
    if reranked is not None:
        return Verdict.RERANKER if fused <= outcome.k < reranked else Verdict.CUT
    reached = min(path.ranks[name] for name in ("bm25", "vector"))
    return Verdict.FUSION if fused > outcome.depth or reached <= outcome.k < fused else Verdict.CUT
