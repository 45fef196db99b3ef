"""What several classifiers say of one review, as one analysis. Knows no classifiers, only what they said.

A member counts where it tells something: one without emotions has no part in the emotions. Of one member alone the
result is what it said.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TypeVar

from pipeline.analysis.combinations import How
from pipeline.analysis.labels import NO_EMOTION
from pipeline.types import Analysis, Opinion, Polarity, Sentiment, Unanalysed

HALF = 0.5 - 1e-9

K = TypeVar("K", bound=Hashable)
Weighted = Sequence[tuple[float, Analysis]]


def join(
    said: Sequence[Analysis | Unanalysed], weights: Sequence[float], how: How, classifier: str
) -> Analysis | Unanalysed:
    """What the members said of one review, in their order, as one: the first one's failure where all failed."""
    heard = [(weight, each) for weight, each in zip(weights, said, strict=True) if isinstance(each, Analysis)]
    if not any(weight > 0 for weight, _ in heard):
        failed = next((each for each in said if isinstance(each, Unanalysed)), None)
        if failed:
            return replace(failed, classifier=classifier)
    joined = voted(heard, classifier) if how == "vote" else pooled(heard, classifier)
    return joined if len(heard) == len(said) or joined.note else replace(joined, note="partial")


def pooled(found: Weighted, classifier: str) -> Analysis:
    """The weighted mean of what the members say (a linear opinion pool). Weights are taken as shares of their sum."""
    return _joined(found, found, classifier)


def voted(found: Weighted, classifier: str) -> Analysis:
    """Sentiment and intensity as the members see them that are in the majority, one vote each; the rest of all.

    Sides of equal size are told apart by the probability that all give them together.
    """
    labels = [analysis.label for _, analysis in found]
    total = _shares([(1.0, analysis.sentiment) for _, analysis in found])
    winner = max(dict.fromkeys(labels), key=lambda label: (labels.count(label), total[label]))
    equal = [(1.0, analysis) for _, analysis in found]
    return _joined([each for each in equal if each[1].label == winner], equal, classifier)


def _joined(judges: Weighted, found: Weighted, classifier: str) -> Analysis:
    levels = [(weight, dict(enumerate(analysis.intensity))) for weight, analysis in judges if analysis.intensity]
    first = max(found, key=lambda each: (bool(each[1].parts), each[0]))[1]
    return Analysis(
        classifier=classifier,
        sentiment=_sentiments(judges),
        intensity=tuple(_shares(levels).values()),
        emotions=_shares([(weight, analysis.emotions) for weight, analysis in found if analysis.emotions]),
        felt=_felt([(weight, analysis.felt) for weight, analysis in found if analysis.felt]),
        opinions=_opinions([(weight, analysis.opinions) for weight, analysis in found if analysis.opinions]),
        parts=first.parts,
        note=next((analysis.note for _, analysis in found if analysis.note), ""),
    )


def _sentiments(judges: Weighted) -> dict[Sentiment, float]:
    return _shares([(weight, analysis.sentiment) for weight, analysis in judges])


def _shares(told: Sequence[tuple[float, Mapping[K, float]]]) -> dict[K, float]:
    """The weighted mean of each name over those that tell it, in the order in which names come up."""
    sums: dict[K, float] = {}
    weights: dict[K, float] = {}
    for weight, scores in told:
        for name, score in scores.items():
            sums[name] = sums.get(name, 0.0) + weight * score
            weights[name] = weights.get(name, 0.0) + weight
    if len(told) == 1:
        return dict(told[0][1])  # as it was said, without rounding
    return {name: total / weights[name] if weights[name] else 0.0 for name, total in sums.items()}


def _felt(told: Sequence[tuple[float, tuple[str, ...]]]) -> tuple[str, ...]:
    """The emotions that at least half of the weight feels."""
    if not told:
        return ()
    total = sum(weight for weight, _ in told)
    names = dict.fromkeys(name for _, felt in told for name in felt if name != NO_EMOTION)
    kept = (name for name in names if sum(weight for weight, felt in told if name in felt) >= HALF * total)
    return tuple(kept) or (NO_EMOTION,)


@dataclass(slots=True)
class _Cluster:
    """Opinions of several members that are one: at most one of each, of one aspect, over common words."""

    opinions: list[tuple[float, int, Opinion]]

    def takes(self, member: int, opinion: Opinion) -> bool:
        """Whether a member's opinion is the same."""
        start, end = opinion.span
        return all(
            each.aspect == opinion.aspect and from_ != member and each.span[0] < end and start < each.span[1]
            for _, from_, each in self.opinions
        )

    def likeness(self, opinion: Opinion) -> tuple[int, bool]:
        """How many characters the first of the cluster has in common, and whether it has the same polarity."""
        _, _, first = self.opinions[0]
        common = min(first.span[1], opinion.span[1]) - max(first.span[0], opinion.span[0])
        return common, first.polarity == opinion.polarity


def _opinions(told: Sequence[tuple[float, tuple[Opinion, ...]]]) -> tuple[Opinion, ...]:
    """The opinions that at least half of the weight has, among the members that have any."""
    if len(told) == 1:
        return told[0][1]
    total = sum(weight for weight, _ in told)
    clusters: list[_Cluster] = []
    for member, (weight, opinions) in enumerate(told):
        for opinion in opinions:
            fitting = [cluster for cluster in clusters if cluster.takes(member, opinion)]
            same = max(fitting, key=lambda cluster: cluster.likeness(opinion), default=None)
            if same is None:
                clusters.append(same := _Cluster([]))
            same.opinions.append((weight, member, opinion))
    kept = [c for c in clusters if sum(weight for weight, _, _ in c.opinions) >= HALF * total]
    return tuple(sorted((_agreed(cluster, total) for cluster in kept), key=lambda opinion: opinion.span))


def _agreed(cluster: _Cluster, total: float) -> Opinion:
    """The surest of the cluster, with the polarity that weighs most and the weighted score."""
    sides: dict[Polarity, float] = {}
    for weight, _, opinion in cluster.opinions:
        sides[opinion.polarity] = sides.get(opinion.polarity, 0.0) + weight * opinion.score
    side = max(sides, key=sides.__getitem__)
    best = max((each for _, _, each in cluster.opinions if each.polarity == side), key=lambda opinion: opinion.score)
    return replace(best, score=sides[side] / total if total else 0.0)


def unsure(found: Analysis | Unanalysed, threshold: float) -> bool:
    """Whether a cheap classifier's word is not enough: it is less sure than the threshold, or could say nothing.

    An empty text stays empty whoever looks at it.
    """
    if isinstance(found, Unanalysed):
        return found.code != "empty-text"
    return found.confidence < threshold


def passed_on(cheap: Analysis | Unanalysed, dear: Analysis | Unanalysed) -> Analysis | Unanalysed:
    """What stands of a review that was passed on: the dear one's word, or the cheap one's where that one failed."""
    if isinstance(dear, Unanalysed) and isinstance(cheap, Analysis):
        return replace(cheap, note=cheap.note or "partial")
    return dear
