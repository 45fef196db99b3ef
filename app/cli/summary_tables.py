"""What ``summarize``, ``strengths`` and ``bench strengths`` show people: sentences with the reviews they rest on."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from rich.console import Console

from app.cli.console import clean
from pipeline.restaurants.quotes import Quote
from pipeline.restaurants.remarks import ASPECTS
from pipeline.restaurants.summaries import AspectSummary, Sentence, Summary
from pipeline.strengths.bench import BenchReport
from pipeline.strengths.types import Strength, Strengths, Timing

_KINDS = {"representative": "대표", "distinct": "고유", "both": "대표·고유"}
_TITLES = {"positive": "강점", "negative": "약점"}
_IDS_SHOWN = 6
_STEPS = "ABCDEFGH"


def show_summary(console: Console, summary: Summary) -> None:
    """Overall, the trend, then each aspect."""
    console.print(clean(_heading(summary.restaurant, summary.category, "요약"), "bold"))
    if summary.note:
        console.print(clean(summary.note))
    for sentence in (*summary.overall, *([summary.trend] if summary.trend else [])):
        _say(console, sentence)
    for aspect in summary.aspects:
        _show_aspect(console, aspect)
    if summary.failed:
        console.print(clean(f"분석하지 못한 후기 {summary.failed}건은 세지 않았습니다", "dim"))
    if summary.problem:
        console.print(clean(f"언어 모델 없이 썼습니다: {summary.problem}", "dim"))


def _heading(restaurant: str, category: str, title: str) -> str:
    return f"{restaurant}{f' ({category})' if category else ''} {title}"


def _say(console: Console, sentence: Sentence, indent: str = "") -> None:
    shown = " ".join(sentence.evidence[:_IDS_SHOWN])
    more = f" 외 {len(sentence.evidence) - _IDS_SHOWN}건" if len(sentence.evidence) > _IDS_SHOWN else ""
    line = clean(indent + sentence.text)
    console.print(line.append_text(clean(f"  [{shown}{more}]", "dim")), soft_wrap=True)


def _show_aspect(console: Console, aspect: AspectSummary) -> None:
    share = aspect.share.positive_share
    figures = f"긍정 {share:.0%} · 강도 {aspect.share.intensity:.1f}" if share is not None else "판단 없음"
    name = ASPECTS.get(aspect.share.aspect, aspect.share.aspect)
    console.print(clean(f"\n{name}  {figures}", "bold"))
    if aspect.note:
        console.print(clean(f"  {aspect.note}"))
        for quote in aspect.quotes:
            _quote(console, quote)
    for sentence in aspect.sentences:
        _say(console, sentence, "  ")
    if aspect.sentences and aspect.months:
        console.print(clean(f"  월별 {_months(aspect)}", "dim"), soft_wrap=True)


def _months(aspect: AspectSummary) -> str:
    return " · ".join(f"{m.month[2:]} +{m.positive}/−{m.negative}" for m in aspect.months)


def _quote(console: Console, quote: Quote) -> None:
    stars = f" ★{quote.rating:g}" if quote.rating is not None else ""
    line = clean(f"   “{quote.text}”")
    console.print(line.append_text(clean(f"  {quote.review_id}{stars} {quote.date}", "dim")), soft_wrap=True)


def show_strengths(console: Console, found: Strengths) -> None:
    """Each strength with its figures and quotes, then what it was compared with and how long it took."""
    console.print(clean(_heading(found.restaurant, found.category, _TITLES[found.sign]), "bold"))
    same = sum(one.same for one in found.group)
    others = f", 다른 업종 {len(found.group) - same}곳" if same < len(found.group) else ""
    console.print(clean(f"후기 {found.reviews}건 · 같은 업종 {same}곳{others}과 견줌", "dim"))
    if found.note:
        console.print(clean(found.note))
    elif not found.found:
        console.print(clean("이 조건에 맞는 것이 없습니다"))
    for number, one in enumerate(found.found, start=1):
        _show_strength(console, number, one)
    for one in found.few:
        console.print(clean(f"\n참고: {one.claim}", "bold").append_text(clean(f"  {_few(one)}", "dim")), soft_wrap=True)
        for quote in one.quotes:
            _quote(console, quote)
    if found.common:
        console.print(clean(f"\n드물게 말하고 다른 곳도 마찬가지인 {found.common}가지는 뺐습니다", "dim"))
    for problem in found.problems:
        console.print(clean(f"{problem.restaurant}: {problem.ko}", "yellow"), soft_wrap=True)
    _show_times(console, found)


def _few(one: Strength) -> str:
    return f"{ASPECTS.get(one.aspect, one.aspect)} · 후기 {one.support}건, 인용 {len(one.quotes)}개뿐이라 참고로만"


def _show_strength(console: Console, number: int, one: Strength) -> None:
    title = clean(f"\n{number}. {one.claim}", "bold")
    kind = f"  {ASPECTS.get(one.aspect, one.aspect)} · {_KINDS[one.kind]}"
    console.print(title.append_text(clean(kind, "dim")), soft_wrap=True)
    figures = [f"후기 {one.support}건({one.ratio:.0%})", f"반대 {one.against}건"]
    if one.rating is not None:
        figures.append(f"별점 {one.rating:.1f}")
    figures += [f"최근성 {one.recency:.2f}", f"독자성 {one.distinctness:.2f}", f"점수 {one.score:.2f}"]
    console.print(clean("   " + " · ".join(figures)), soft_wrap=True)
    if one.nearest_restaurant:
        console.print(
            clean(f"   가장 비슷한 곳: {one.nearest_restaurant} 「{one.nearest_claim}」", "dim"), soft_wrap=True
        )
    for quote in one.quotes:
        _quote(console, quote)


def _show_times(console: Console, found: Strengths) -> None:
    if not found.timings:
        return
    spent: defaultdict[str, float] = defaultdict(float)
    for timing in found.timings:
        spent[timing.task[0]] += timing.ended - timing.began
    steps = " · ".join(f"{step} {spent[step] * 1000:.0f}" for step in _STEPS if step in spent)
    total = max(timing.ended for timing in found.timings) * 1000
    console.print(clean(f"\n걸린 시간 {total:.0f} ms (단계별 합: {steps})", "dim"), soft_wrap=True)
    console.print(clean(f"임계 경로: {' → '.join(_path(found.critical_path, found.timings))}", "dim"), soft_wrap=True)


def _path(tasks: Sequence[str], timings: Sequence[Timing]) -> list[str]:
    spent = {timing.task: timing.ended - timing.began for timing in timings}
    return [f"{task} {spent[task] * 1000:.0f} ms" for task in tasks]


def show_bench(console: Console, report: BenchReport) -> None:
    """Both times, and how many times faster the graph is."""
    console.print(clean(f"식당 {report.restaurants}곳 · 작업 {report.tasks}개 · LLM 요청 {report.requests}번"))
    console.print(clean(f"하나씩 {report.one_by_one_s:.2f}초 · 그래프 {report.graph_s:.2f}초 · {report.ratio:.1f}배"))
    console.print(
        clean("두 결과가 같습니다" if report.same else "두 결과가 다릅니다!", "" if report.same else "bold red")
    )
