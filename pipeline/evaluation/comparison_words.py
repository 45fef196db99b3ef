"""What comparing two runs found, as a paragraph that somebody can act on, in Korean and in English.

Nothing is called better or worse without its interval.
"""

from __future__ import annotations

from collections.abc import Mapping

from pipeline.evaluation.comparison import Comparison, Difference
from pipeline.evaluation.judged_report import TITLES

NAMES: Mapping[str, str] = {
    "mrr10": "MRR@10", "recall5": "상위 5위 적중률", "accuracy": "정답률", "f1": "글자 F1(기권은 0)", **TITLES
}  # fmt: skip
_ENGLISH: Mapping[str, str] = {
    "mrr10": "MRR@10", "recall5": "recall in the first 5", "accuracy": "accuracy",
    "f1": "character F1 (abstentions 0)", "answer_relevancy": "answer relevancy", "faithfulness": "faithfulness",
    "context_recall": "context recall", "context_precision": "context precision",
}  # fmt: skip

Said = tuple[str, str]  # in Korean and in English


def in_words(comparison: Comparison) -> Said:
    """The verdict, in Korean and in English."""
    a, b = comparison.a, comparison.b
    said = [_sentence(d, a, b) for d in comparison.differences]
    flips = (
        f"{b}만 맞힌 질문은 {len(comparison.better)}개, {a}만 맞힌 질문은 {len(comparison.worse)}개입니다.",
        f"Only {b} got {len(comparison.better)} right, only {a} {len(comparison.worse)}.",
    )
    sentences = [*said, *_judge_said(comparison), flips, _advice(comparison)]
    return " ".join(ko for ko, _ in sentences), " ".join(en for _, en in sentences)


def _sentence(d: Difference, a: str, b: str) -> Said:
    name, english = NAMES[d.measure], _ENGLISH[d.measure]
    english = english[0].upper() + english[1:]
    values = f"{d.a:.3f} → {d.b:.3f}"
    bounds = f"95 % 구간 {d.low:+.3f} ~ {d.high:+.3f}, 질문 {d.questions:,}개"
    bounds_en = f"95 % interval {d.low:+.3f} to {d.high:+.3f}, {d.questions:,} questions"
    if d.is_clear:
        direction, direction_en = ("높습니다", "higher") if d.difference > 0 else ("낮습니다", "lower")
        return (
            f"{name}은(는) {b}이(가) {a}보다 {abs(d.difference):.3f} {direction}({values}, {bounds}).",
            f"{english} is {abs(d.difference):.3f} {direction_en} in {b} than in {a} ({values}; {bounds_en}).",
        )
    if d.low == d.high == 0:
        return (
            f"{name}은(는) 두 실행이 같습니다({d.a:.3f}, 질문 {d.questions:,}개).",
            f"{english} is the same in both ({d.a:.3f}, {d.questions:,} questions).",
        )
    doubt, doubt_en = (
        ("측정 여럿을 함께 보면 아직 확실하지 않습니다", "isn't certain yet, over several measures")
        if d.low > 0 or d.high < 0
        else ("우연일 수 있습니다", "may be chance")
    )
    return (
        f"{name}의 차이 {d.difference:+.3f}은(는) {doubt}({values}, {bounds}).",
        f"{english}: the difference of {d.difference:+.3f} {doubt_en} ({values}; {bounds_en}).",
    )


def _judge_said(comparison: Comparison) -> list[Said]:
    """Who judged, and which measures can't be compared and what to do about it."""
    a, b, said = comparison.a, comparison.b, []
    if any(d.measure in TITLES for d in comparison.differences):
        said.append(
            (
                f"{', '.join(TITLES.values())}은(는) {comparison.judge}의 채점입니다.",
                f"{', '.join(_ENGLISH[name] for name in TITLES).capitalize()} are judged by {comparison.judge}.",
            )
        )
    for each in comparison.uneven:
        why, why_en = (
            (f"프롬프트가 달라({', '.join(each.prompts)})", f"other prompts: {', '.join(each.prompts)}")
            if each.prompts
            else (
                f"질문 {each.questions:,}개 가운데 {a} {each.a:,}개, {b} {each.b:,}개만 채점되어",
                f"of {each.questions:,} questions {each.a:,} are judged in {a}, {each.b:,} in {b}",
            )
        )
        said.append(
            (
                f"{TITLES[each.measure]}은(는) {why} 견주지 않았습니다. 두 실행을 `hansang judge`로 마저 채점하세요.",
                f"{_ENGLISH[each.measure].capitalize()} isn't compared ({why_en}): judge both with `hansang judge`.",
            )
        )
    return said


def _advice(comparison: Comparison) -> Said:
    a, b = comparison.a, comparison.b
    clear = [d for d in comparison.differences if d.is_clear]
    ups, downs = [d for d in clear if d.difference > 0], [d for d in clear if d.difference < 0]
    if ups and downs:
        return (
            "좋아진 것과 나빠진 것이 함께 있으니 어느 쪽이 중요한지 정해야 합니다.",
            "Some got better and some worse: decide which counts.",
        )
    if ups:
        return f"따라서 {b}(으)로 바꾸는 편이 낫습니다.", f"So {b} is the better choice."
    if downs:
        return f"따라서 {a}을(를) 그대로 두는 편이 낫습니다.", f"So stay with {a}."
    return _undecided(comparison)


def _undecided(comparison: Comparison) -> Said:
    if all(d.needed is None for d in comparison.differences):
        return (
            "지금 질문으로는 둘을 가를 차이가 보이지 않습니다.",
            "These questions show no difference between the two.",
        )
    if any(d.needed == 0 for d in comparison.differences):
        return (
            "차이가 있어 보이지만 확실하지 않습니다. 바꾸기 전에 질문을 늘려 다시 견주세요.",
            "There seems to be a difference, but it isn't certain: compare again over more questions before changing.",
        )
    more = min(d.more for d in comparison.differences if d.needed)
    return (
        f"판단하기에는 모자랍니다. 이만한 차이가 참인지 알려면 질문이 약 {more:,}개 더 필요합니다.",
        f"Not enough to tell: about {more:,} more questions would show whether a difference of this size is real.",
    )
