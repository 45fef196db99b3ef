"""A quality report as tables on a terminal. Every figure stands beside the number that it rests on."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from annotations.quality.bootstrap import Estimate
from annotations.quality.pulls import summed
from annotations.quality.types import Confusion, FieldAgreement, Pull, QualityReport, Score
from annotations.quality.words import EXCLUSIONS, METRICS, REASONS, RELIABLE, TENTATIVE, Names, no_interval, reading
from annotations.schemes.scheme import Scheme
from app.cli.console import clean

_WORST = 10  # rows of what would be a large square
_EXCERPT = 60  # characters of a text


def show_report(console: Console, report: QualityReport, scheme: Scheme) -> None:
    """Print the report. What takes more than a line a label or person is in the JSON and on the page."""
    names = Names(scheme)
    _coverage(console, report, scheme)
    tables = (
        _fields(report, names),
        _labels(report, names),
        _people(report, names),
        _pairs(report, names),
        *_confusions(report, names),
        _weeks(report, names),
        _scores("정답이 있는 과제 · Gold: 맞은 비율", report.gold, report, names),
        _scores("같은 과제를 다시 · Self-repeats: 같은 비율", report.repeats, report, names),
        _speed(report),
        _pulls("제안에 끌림, 라벨마다 · Pull by label", summed(report.pulls, "field", "label"), names),
        _pulls("제안에 끌림, 사람마다 · Pull by person", summed(report.pulls, "person"), names),
        _placings(report, names),
        _assisted(report, names),
        _remarks(report),
    )
    for table in tables:
        if table.row_count:
            console.print(table)
            console.print()
    console.print(
        clean(f"α ≥ {RELIABLE:.3f} 믿고 쓸 만함, {TENTATIVE:.3f}부터 잠정적으로만 (Krippendorff 2004)", "dim"),
        soft_wrap=True,
    )


def _coverage(console: Console, report: QualityReport, scheme: Scheme) -> None:
    of = report.coverage
    console.print(clean(f"{scheme.title.ko} ({report.scheme} {report.version}판) · 답 #{report.up_to:,}까지", "bold"))
    out, unsure = sum(report.excluded.values()), of.unjudgeable
    tasks = f"과제 {of.tasks:,} · 답한 과제 {of.answered:,} · 둘 이상 답한 과제 {of.paired:,} · 사람 {of.people:,}"
    answers = f"답 {of.answers:,} = 견준 답 {of.compared:,}(판단 불가 {unsure:,}) + 뺀 답 {out:,}"
    console.print(clean(f"{tasks}\n{answers}"))
    for reason, count in report.excluded.items():
        console.print(clean(f"  − {count:,}  {EXCLUSIONS[reason].ko} ({EXCLUSIONS[reason].en})", "dim"), soft_wrap=True)
    console.print()


def interval(estimate: Estimate) -> str:
    """The interval, or why there is none."""
    if estimate.low is None or estimate.high is None:
        return no_interval(estimate).ko
    return f"{estimate.low:.3f} – {estimate.high:.3f}"


def _value(estimate: Estimate) -> str:
    return "—" if estimate.value is None else f"{estimate.value:.3f}"


def _share(value: float | None) -> str:
    return "—" if value is None else f"{value:.0%}"


def _fields(report: QualityReport, names: Names) -> Table:
    table = _table("일치도 · Krippendorff's α", "항목", "거리", "α", "95 % 구간", "같은 답", "과제", "답", "읽기")
    rows = [(names.field(f.field).ko, METRICS[m.metric].ko, m.alpha) for f in report.fields for m in f.measures]
    rows += [(f"{names.field(f.field).ko} 표시한 자리", "F1", f.overlap) for f in report.fields if f.overlap]
    for name, metric, estimate in [*rows, ("판단할 수 있는지", METRICS["nominal"].ko, report.outcome)]:
        said = "" if metric == "F1" and estimate.value is not None else reading(estimate).ko
        cells = (name, metric, _value(estimate), interval(estimate), _share(estimate.same))
        table.add_row(*map(clean, (*cells, f"{estimate.items:,}", f"{estimate.ratings:,}", said)))
    return table


def _labels(report: QualityReport, names: Names) -> Table:
    table = _table("라벨마다 · α per label (named or not)", "항목", "라벨", "α", "95 % 구간", "같은 답", "과제")
    for field in report.fields:
        unnamed = [label for label, estimate in field.labels.items() if estimate.reason == "unanimous"]
        for label, estimate in field.labels.items():
            if label not in unnamed:
                cells = (
                    names.field(field.field).ko,
                    names.label(field.field, label).ko,
                    _value(estimate),
                    interval(estimate),
                )
                table.add_row(*map(clean, (*cells, _share(estimate.same), f"{estimate.items:,}")))
        if unnamed:
            told = ", ".join(names.label(field.field, label).ko for label in unnamed)
            table.add_row(*map(clean, (names.field(field.field).ko, told, "—", REASONS["unanimous"].ko, "100%")))
    return table


def _people(report: QualityReport, names: Names) -> Table:
    table = _table(
        "사람마다 · α against the others (구간, 과제)", "사람", *(names.field(f.field).ko for f in report.fields)
    )
    for person in report.people:
        cells = [field.people.get(person) for field in report.fields]
        if any(cells):
            table.add_row(*map(clean, (person, *(_brief(cell) for cell in cells))))
    return table


def _pairs(report: QualityReport, names: Names) -> Table:
    kappas: dict[tuple[str, str], dict[str, Estimate]] = {}
    for field in report.fields:
        for pair in field.pairs:
            kappas.setdefault((pair.one, pair.other), {})[field.field] = pair.kappa
    fields = [field.field for field in report.fields]
    ranked = sorted(kappas, key=lambda pair: _rank(kappas[pair].values()))
    title = "둘씩 · Cohen's κ (구간, 과제)" + (
        f": {len(ranked):,}쌍에서 낮은 {_WORST}쌍" if len(ranked) > _WORST else ""
    )
    table = _table(title, "둘", *(names.field(id).ko for id in fields))
    for both in ranked[:_WORST]:
        table.add_row(*map(clean, (" · ".join(both), *(_brief(kappas[both].get(id)) for id in fields))))
    return table


def _rank(kappas: Iterable[Estimate]) -> float:
    known = [kappa.value for kappa in kappas if kappa.value is not None]
    return sum(known) / len(known) if known else math.inf


def _brief(estimate: Estimate | None) -> str:
    if estimate is None:
        return "—"
    bounds = "" if estimate.low is None or estimate.high is None else f" [{estimate.low:.2f}, {estimate.high:.2f}]"
    return f"{_value(estimate)}{bounds} ({estimate.items:,})"


def _confusions(report: QualityReport, names: Names) -> Iterable[Table]:
    for field in report.fields:
        if field.confusion:
            yield _confusion(field, field.confusion, names)


def _confusion(field: FieldAgreement, confusion: Confusion, names: Names) -> Table:
    title = f"{names.field(field.field).ko}: 엇갈린 라벨 · Confusions (과제 {confusion.items:,})"
    table = _table(title, "한 사람", "다른 사람", "번", "그 라벨 가운데")
    columns = [names.label(field.field, label).ko for label in confusion.labels] + ["(대신 고른 것 없음)"]
    apart = [
        (count, x, y) for x, row in enumerate(confusion.cells) for y, count in enumerate(row) if x != y and count > 0
    ]
    for count, x, y in sorted(apart, key=lambda cell: (-cell[0], cell[1:]))[:_WORST]:
        table.add_row(*map(clean, (columns[x], columns[y], f"{count:g}", _share(count / sum(confusion.cells[x])))))
    return table


def _weeks(report: QualityReport, names: Names) -> Table:
    fields = [field.field for field in report.fields]
    table = _table("주마다 · α by week", "주 (월요일)", "답", *(names.field(id).ko for id in fields))
    for week in report.weeks:
        cells = (f"{_value(week.alpha[id])} ({week.alpha[id].items:,})" for id in fields)
        table.add_row(*map(clean, (f"{week.monday:%Y-%m-%d}", f"{week.answers:,}", *cells)))
    return table


def _scores(title: str, scores: Sequence[Score], report: QualityReport, names: Names) -> Table:
    fields = [field.field for field in report.fields]
    by = {(score.person, score.field): score for score in scores}
    table = _table(title, "사람", *(names.field(id).ko for id in fields))
    for person in dict.fromkeys(score.person for score in scores):
        table.add_row(*map(clean, (person, *(_score(by.get((person, id))) for id in fields))))
    return table


def _score(score: Score | None) -> str:
    if score is None:
        return "—"
    return f"{_share(score.exact / score.items)} [{score.low:.0%}, {score.high:.0%}] ({score.exact:,}/{score.items:,})"


def _speed(report: QualityReport) -> Table:
    table = _table("속도 · Speed (active seconds)", "사람", "가운데(초)", "사분위(초)", "시간당", "답", "시간 없음")
    for speed in report.speed:
        middle = "—" if speed.median is None else f"{speed.median:.1f}"
        quartiles = "—" if speed.quartiles is None else "{:.1f} – {:.1f}".format(*speed.quartiles)
        per_hour = "—" if speed.per_hour is None else f"{speed.per_hour:,.0f}"
        table.add_row(
            *map(clean, (speed.person, middle, quartiles, per_hour, f"{speed.answers:,}", f"{speed.untimed:,}"))
        )
    return table


def _pulls(title: str, pulls: Iterable[Pull], names: Names) -> Table:
    table = _table(title, "", "제안과 달랐음", "따라감", "제안과 같았음", "그래도 바꿈")
    for pull in pulls:
        name = pull.person or f"{names.field(pull.field).ko}: {names.label(pull.field, pull.label).ko}"
        followed = f"{pull.taken:,} ({_share(pull.taken / pull.differed)})" if pull.differed else "—"
        left = f"{pull.left:,} ({_share(pull.left / pull.agreed)})" if pull.agreed else "—"
        table.add_row(*map(clean, (name, f"{pull.differed:,}", followed, f"{pull.agreed:,}", left)))
    return table


def _placings(report: QualityReport, names: Names) -> Table:
    table = _table("왼쪽 답이 선호된 비율 · Left answer preferred", "항목", "왼쪽", "95 % 구간", "왼쪽/오른쪽/비김", "")
    for each in report.placings:
        verdict = "자리에 끌림 · position bias" if each.is_biased else ""
        counts = f"{each.first:,}/{each.second:,}/{each.ties:,}"
        cells = (names.field(each.field).ko, _share(each.share), f"{each.low:.0%} – {each.high:.0%}", counts, verdict)
        table.add_row(*map(clean, cells))
    return table


def _assisted(report: QualityReport, names: Names) -> Table:
    table = _table("제안을 본 뒤의 답끼리 · α, assisted only", "항목", "α", "95 % 구간", "과제")
    shown: Mapping[str, Estimate] = report.assisted if any(e.items for e in report.assisted.values()) else {}
    for id, estimate in shown.items():
        table.add_row(*map(clean, (names.field(id).ko, _value(estimate), interval(estimate), f"{estimate.items:,}")))
    return table


def _remarks(report: QualityReport) -> Table:
    many = f": {len(report.remarks):,}건에서 새것 {_WORST}건" if len(report.remarks) > _WORST else ""
    table = _table(f"표시와 건너뛰기 · Flags and skips{many}", "", "이유", "글", "사람")
    for each in report.remarks[:_WORST]:
        kind = "표시" if each.kind == "flag" else "건너뜀"
        table.add_row(*map(clean, (kind, each.said, each.text[:_EXCERPT], each.person)))
    return table


def _table(title: str, *columns: str) -> Table:
    table = Table(title=Text(title, "bold"), title_justify="left")
    for column in columns:
        table.add_column(column)
    return table
