"""What was measured of an engine, as a page that people read and as JSON."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.optimising.engines import Engine
from pipeline.optimising.gates import LIMITS, Figures, Spread
from pipeline.optimising.timing import ENGINE, PLAIN, REFERENCE, Speed

REPORT = "report.md"
MIB = 1 << 20
NAMES = {REFERENCE: "원래 모델(torch fp32)", PLAIN: "ONNX fp32", ENGINE: "엔진"}


@dataclass(frozen=True, slots=True)
class Report:
    """An engine with its gate's figures, its speeds and what it takes, in bytes; None where that couldn't be told.

    ``engine_memory`` and ``model_memory`` are what a process grows by that loads the one or the other and runs the
    largest batch of the race; ``model_bytes`` the model's weights in single precision.
    """

    engine: Engine
    speeds: tuple[Speed, ...]
    engine_memory: int | None
    model_memory: int | None
    model_bytes: int

    @property
    def passed(self) -> bool:
        """Whether the engine may be used."""
        return not self.engine.reasons

    def to_json(self) -> dict[str, Any]:
        """For programs."""
        return {
            "passed": self.passed,
            "reasons": [asdict(reason) for reason in self.engine.reasons],
            "limits": asdict(LIMITS),
            "id": self.engine.id,
            **asdict(self),
        }


Row = tuple[str, ...]


def gate_rows(figures: Figures) -> list[Row]:
    """What the gate measured: name, figure, what passes."""
    lost, recall = figures.recall.lost, figures.recall
    return [
        *_cosine_rows("단락", "passages", figures.passage_cosine),
        *_cosine_rows("질문", "questions", figures.question_cosine),
        ("recall@10 원래 모델 · the model", f"{recall.reference:.4f}", ""),
        ("recall@10 엔진이 질문만 읽음 · engine reads questions", f"{recall.searched:.4f}", ""),
        ("recall@10 엔진이 다 읽음 · engine reads both", f"{recall.whole:.4f} (원래 {recall.whole_reference:.4f})", ""),
        ("잃은 recall@10 포인트 · points lost", f"{lost:.2f}", f"≤ {LIMITS.points}"),
        ("원래 모델의 가까운 열 가운데 찾은 몫 · of its ten nearest", f"{figures.neighbours:.4f}", ""),
    ]


def _cosine_rows(ko: str, en: str, spread: Spread) -> Iterator[Row]:
    yield f"{ko} 코사인 평균 · mean cosine, {en}", f"{spread.mean:.5f}", f"≥ {LIMITS.mean}"
    yield f"{ko} 1백분위 · 1st percentile", f"{spread.p1:.5f}", f"≥ {LIMITS.low}"
    yield f"{ko} 최소 · 5 % · 50 %", f"{spread.least:.5f} · {spread.p5:.5f} · {spread.p50:.5f}", ""


def speed_rows(speeds: tuple[Speed, ...]) -> list[Row]:
    """Batch, then milliseconds of each network, then how often faster the engine is than the others."""
    return [
        (
            f"{speed.texts}x{speed.tokens}",
            *(f"{seconds * 1_000:,.1f}" for seconds in speed.seconds.values()),
            *(f"{speed.ratio(name):.2f}" for name in speed.seconds if name != ENGINE),
        )
        for speed in speeds
    ]


def speed_heads(speeds: tuple[Speed, ...]) -> Row:
    """The heads of ``speed_rows``."""
    names = list(speeds[0].seconds)
    return (
        "글x토큰 (texts x tokens)",
        *(f"{NAMES[name]} ms" for name in names),
        *(f"{NAMES[name]}의 몇 배 (×)" for name in names if name != ENGINE),
    )


def memory_rows(report: Report) -> list[Row]:
    """What engine and model take: on disk, and in a process that has run a batch."""
    return [
        ("디스크 · on disk", _mib(report.engine.bytes), _mib(report.model_bytes)),
        ("메모리 · resident", _mib(report.engine_memory), _mib(report.model_memory)),
    ]


def _mib(size: int | None) -> str:
    return "재지 못함 (not measured)" if size is None else f"{size / MIB:,.1f} MiB"


def verdict(report: Report) -> str:
    """One line."""
    if report.passed:
        return "관문을 지났습니다: 쓸 수 있습니다. (Passed: it may be used.)"
    reasons = "; ".join(f"{reason.ko} ({reason.en})" for reason in report.engine.reasons)
    return f"관문을 지나지 못했습니다: 쓰지 않습니다. (Refused: it isn't used.) {reasons}"


def ground_line(figures: Figures) -> str:
    """What the figures are of."""
    asked = "파일의 질문" if figures.asked == "file" else "색인이 스스로 만든 질문"
    read = "모두" if figures.sampled == figures.passages else f"{figures.sampled:,}개"
    return (
        f"색인 '{figures.index}' ({figures.version}) 단락 {figures.passages:,}개 중 {read} 읽음, {asked} "
        f"{figures.questions:,}개 ({figures.sampled:,} of {figures.passages:,} passages read, "
        f"{figures.questions:,} questions, {figures.asked})"
    )


def markdown(report: Report) -> str:
    """The page that lies in the engine's folder."""
    engine, figures = report.engine, report.engine.figures
    lines = [
        f"# 엔진 · Engine: {engine.build.said()}",
        "",
        f"**{verdict(report)}**",
        "",
        f"- 원래 모델 · source: {engine.source.name} ({engine.source.revision})",
        f"- {engine.source.dimensions:,}차원, {engine.source.tokens:,}토큰까지, {engine.source.pooling} 풀링, opset "
        f"{engine.build.opset}, {engine.made}",
        f"- {', '.join(f'{name} {version}' for name, version in engine.versions.items() if version)}",
    ]
    if figures is not None:
        lines += [f"- {ground_line(figures)}", ""]
        lines += _table(("관문 · gate", "수치 · figure", "통과 · passes"), gate_rows(figures))
    if report.speeds:
        lines += ["", *_table(speed_heads(report.speeds), speed_rows(report.speeds))]
    lines += ["", *_table(("", "엔진 · engine", "원래 모델 · model"), memory_rows(report)), ""]
    return "\n".join(lines)


def _table(heads: Row, rows: list[Row]) -> list[str]:
    return [f"| {' | '.join(row)} |" for row in (heads, ("---",) * len(heads), *rows)]
