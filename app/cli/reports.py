"""What the benchmarks print: tables for people, a progress bar while they run."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from app.cli.console import stderr

if TYPE_CHECKING:
    from annotations.bench import AnnotationsReport, Spread
    from app.load import ChatTimes
    from pipeline.evaluation.retrieval_bench import Quality, RetrievalReport


@contextmanager
def counting(total: int) -> Iterator[Callable[[str, int], None]]:
    """A progress bar on standard error; what is yielded counts one step each time it is called."""
    console = stderr()
    with Progress(console=console, transient=True, disable=not console.is_terminal) as shown:
        task = shown.add_task("재는 중 (Measuring)", total=total)
        yield lambda what, done: shown.advance(task)


def show_report(console: Console, report: RetrievalReport, ourselves: Sequence[str]) -> None:
    """Quality by stage and by peer, then times, then what became of the answers. ``ourselves`` are the peers we are."""
    console.print(f"단락 {report.passages:,}개 · 질문 {report.questions:,}개")
    table = Table("", "MRR@10", "nDCG@10", "R@1", "R@5", "R@10", "R@50")
    for name, quality in report.quality.items():
        table.add_row(name, *_figures(quality))
    for name, (quality, _) in report.peers.items():
        table.add_row(name, *_figures(quality))
    console.print(table)
    times = Table("ms", "p50", "p95")
    for name, timing in report.timings.items():
        times.add_row(name, f"{timing.p50:.2f}", f"{timing.p95:.2f}")
    console.print(times)
    if report.peers:
        console.print(_peer_times(report, ourselves))
    if report.answers:
        a = report.answers
        console.print(f"가장 나은 문장이 답을 담음 (best sentence holds the answer): {a.best_sentence:.3f}")
        console.print(f"나은 두 문장 (best two): {a.best_two:.3f}")
        console.print(f"정답 단락을 뺐을 때와의 AUROC (abstention): {a.abstention_auroc:.3f}")
        console.print(
            f"답이 있는데 기권 (abstained): {a.abstained:.3f} · 답이 없는데 대답 (answered): {a.wrongly_answered:.3f}"
        )


def _peer_times(report: RetrievalReport, ourselves: Sequence[str]) -> Table:
    """Times of all that were asked in one run, and how many times as long each took as each of ours."""
    table = Table("같은 실행에서 (ms)", "p50", "p95", *(f"÷ {name}" for name in ourselves))
    for name, (_, timing) in report.peers.items():
        times = (f"{timing.p50 / report.peers[ours][1].p50:.2f}×" for ours in ourselves)
        table.add_row(name, f"{timing.p50:.2f}", f"{timing.p95:.2f}", *times)
    return table


def _figures(quality: Quality) -> list[str]:
    return [f"{value:.4f}" for value in (quality.mrr10, quality.ndcg10, *quality.recall.values())]


def show_chat(console: Console, found: Mapping[int, ChatTimes]) -> None:
    """Milliseconds from the question to contexts, to the first sentence and to the end, by number of users."""
    table = Table("사용자 (users)", "질문", "오류", "근거 p50", "p95", "첫 문장 p50", "p95", "끝 p50", "p95")
    for users, times in found.items():
        pairs = (times.contexts, times.first, times.end)
        cells = [f"{value:.0f}" for timing in pairs for value in (timing.p50, timing.p95)]
        table.add_row(str(users), str(times.questions), str(times.errors), *cells)
    console.print(table)


def show_annotations(console: Console, report: AnnotationsReport) -> None:
    """Loads, then the next task, beside bare SQLite."""
    console.print(
        f"과제 {report.tasks:,}개 · {report.journal} 저널 · 맨 SQLite {report.bare_commits_per_second:,.0f} 커밋/초"
    )
    table = Table(
        "작업자", "저장/초", "받기 p50/p95/p99 ms", "저장 p50/p95/p99 ms", "오류", "두 번 준 자리", "메모리 MiB"
    )
    for load in report.loads:
        errors = ", ".join(f"{code} {count}" for code, count in load.errors.items()) or "0"
        table.add_row(
            str(load.annotators), f"{load.saves_per_second:,.0f}", _spread(load.take), _spread(load.save), errors,
            str(load.doubled), f"{load.memory_mib:,.0f}",
        )  # fmt: skip
    console.print(table)
    console.print(f"{report.answered_before:,}개를 끝낸 사람의 다음 과제: {_spread(report.next_ms)} ms")


def _spread(spread: Spread) -> str:
    return f"{spread.p50:.1f} / {spread.p95:.1f} / {spread.p99:.1f}"
