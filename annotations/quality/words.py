"""What the figures of a quality report mean, in Korean and English; the same for the page and the command line."""

from __future__ import annotations

from collections.abc import Mapping

from annotations.quality.bootstrap import MIN_ITEMS_FOR_INTERVAL, Estimate, Reason
from annotations.quality.distances import Metric
from annotations.quality.types import Exclusion
from annotations.schemes.scheme import Scheme, Wording

TENTATIVE, RELIABLE = 0.667, 0.8
"""Krippendorff (2004), "Reliability in Content Analysis", Human Communication Research 30(3): rely on α ≥ .800; between
.667 and .800 draw tentative conclusions only."""

REASONS: Mapping[Reason, Wording] = {
    "": Wording("", ""),
    "too-few": Wording("견줄 과제가 모자람", "too few tasks to compare"),
    "unanimous": Wording("모두 같은 값이라 우연과 견줄 수 없음", "all values equal: nothing to compare chance with"),
    "unstable": Wording("다른 답이 너무 드물어 구간을 못 냄", "differences too rare for an interval"),
    "not-asked": Wording("구간을 내지 않음", "no interval asked for"),
}
NO_INTERVAL = Wording(
    f"과제 {MIN_ITEMS_FOR_INTERVAL}개부터 구간을 냄", f"intervals from {MIN_ITEMS_FOR_INTERVAL} tasks on"
)
EXCLUSIONS: Mapping[Exclusion, Wording] = {
    "other-version": Wording("라벨 체계의 다른 판으로 한 과제", "another version of the scheme"),
    "other-batch": Wording("고르지 않은 묶음", "a batch that isn't chosen"),
    "other-date": Wording("고른 기간 밖", "outside the chosen dates"),
    "adjudicated": Wording("조정자의 결정(독립된 답이 아님)", "an adjudicator's decision, not an independent answer"),
    "spare": Wording("자리가 다른 사람에게 간 뒤에 온 답", "came after its seat had gone to somebody else"),
    "assisted-only": Wording("제안을 보기 전의 답이 없음", "no answer from before a suggestion was seen"),
    "repeat": Wording("다시 보여 준 과제(자기 일치도에만 씀)", "a silent repeat, used for self-agreement only"),
    "gold": Wording("정답이 있는 과제(정답률에만 씀)", "a gold task, used for accuracy only"),
    "single": Wording("한 사람만 답한 과제(견줄 상대가 없음)", "only one answer: nobody to compare with"),
}
METRICS: Mapping[Metric, Wording] = {
    "nominal": Wording("명목", "nominal"),
    "ordinal": Wording("서열", "ordinal"),
    "interval": Wording("등간", "interval"),
    "masi": Wording("집합(MASI)", "sets (MASI)"),
    "strengths": Wording("세기까지", "with strengths"),
}
_PREFERENCES = {
    "A": Wording("id가 앞선 답변", "answer of the lower id"),
    "B": Wording("id가 뒤진 답변", "answer of the higher id"),
    "tie": Wording("비슷함", "tie"),
}


class Names:
    """What the fields and labels of a scheme are called; what it doesn't know keeps its id."""

    def __init__(self, scheme: Scheme) -> None:
        self._fields = {field.id: field.title for field in scheme.fields}
        self._labels = {(f.id, option.id): Wording(option.ko, option.en) for f in scheme.fields for option in f.options}

    def field(self, id: str) -> Wording:
        """The title of a field."""
        return self._fields.get(id, Wording(id, id))

    def label(self, field: str, id: str) -> Wording:
        """The name of a label of a field."""
        return self._labels.get((field, id), _PREFERENCES.get(id, Wording(id, id)))


def reading(estimate: Estimate) -> Wording:
    """What an alpha allows, by Krippendorff's thresholds."""
    if estimate.value is None:
        return REASONS[estimate.reason]
    if estimate.value >= RELIABLE:
        return Wording("믿고 쓸 만함", "reliable")
    if estimate.value >= TENTATIVE:
        return Wording("잠정적인 결론까지만", "tentative conclusions only")
    if estimate.value > 0:
        return Wording("결론에 쓰지 않기: 지침을 다듬을 것", "draw no conclusions: mend the guideline")
    return Wording("우연과 다르지 않거나 그보다 못함", "no better than chance")


def no_interval(estimate: Estimate) -> Wording:
    """Why there is no interval; empty where there is one."""
    too_few = estimate.value is not None and estimate.interval_reason == "too-few"
    return NO_INTERVAL if too_few else REASONS[estimate.interval_reason]
