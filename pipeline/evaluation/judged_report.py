"""The judged measures as they stand in the report: means with what they are over, never a mean alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from pipeline.evaluation.judged import ENOUGH, Judged, Mean
from pipeline.evaluation.judgements import MEASURES

TITLES = {
    "answer_relevancy": "답변 관련성", "faithfulness": "충실성", "context_recall": "근거 재현율",
    "context_precision": "근거 정밀도",
}  # fmt: skip
REASONS = {
    "abstained": "기권", "error": "서버 오류", "failed": "질문 실패", "needless-abstention": "불필요한 기권",
    "open": "아직 채점 전", "parse-fail": "읽을 수 없는 답", "rate-limited": "호출 제한", "timeout": "시간 초과",
}  # fmt: skip
HEAD = ("측정", "평균", "채점한 질문", "덮은 몫", "빠진 것이 모두 0이면", "모두 1이면", "빠진 까닭")

Table = Callable[..., str]


def row(title: str, found: Mean) -> tuple[str, ...]:
    """One measure as a row of texts, in the order of ``HEAD``."""
    return (
        title,
        "–" if found.mean is None else f"{found.mean:.3f}",
        f"{found.judged:,} / {found.wanted:,}",
        f"{found.coverage:.1%}",
        f"{found.low:.3f}",
        f"{found.high:.3f}",
        ", ".join(f"{REASONS[why]} {count:,}" for why, count in found.missing.items()) or "없음",
    )


def rows(one: Judged) -> list[tuple[str, ...]]:
    """Every measure of a judge, and their mean last where all four are there."""
    made = [row(TITLES[name], one.measures[name]) for name in MEASURES if name in one.measures]
    if one.overall:
        mean, low, high = one.overall.mean, one.overall.low, one.overall.high
        made.append(("RAGAS 평균", f"{mean:.3f}", "", "", f"{low:.3f}", f"{high:.3f}", ""))
    return made


def warning(one: Judged) -> tuple[str, str]:
    """What is to be known of a judge before its figures are believed (Korean, English); empty when it was checked."""
    if one.checked:
        return "", ""
    if not one.pairs:
        cure = "`hansang judge 실행 --people 폴더`로 확인하세요."
        return (
            f"주의: {one.judge}은(는) 사람의 채점과 견주어 본 적이 없습니다. {cure}",
            f"Mind: {one.judge} was never compared with people's grades; try `hansang judge RUN --people FOLDER`.",
        )
    return (
        f"주의: {one.judge}은(는) 답변 {one.pairs}개에서만 사람과 견주었습니다. {ENOUGH}개는 되어야 합니다.",
        f"Mind: {one.judge} was compared with people over {one.pairs} answers only; it should be {ENOUGH}.",
    )


def section(found: Mapping[str, Judged], table: Table, text: Callable[[object], str]) -> str:
    """The part of the report; empty where no judge was asked. ``table`` and ``text`` make and escape HTML."""
    parts = []
    for one in found.values():
        said, _ = warning(one)
        parts.append(table(f"채점 모델 {one.judge} ({', '.join(one.prompts)})", HEAD, rows(one), text=(6,)))
        if said:
            parts.append(f'<p class="note"><strong>{text(said)}</strong></p>')
    if not parts:
        return ""
    note = (
        "평균은 채점된 질문만의 값입니다. 빠진 것이 모두 0점이거나 1점이었을 때를 함께 적었으니"
        " 참값은 그 사이 어디든 될 수 있습니다."
        " 답이 없는 질문에 바르게 기권한 것은 0점이 아니라 위의 기권 표에서 셉니다."
    )
    return f'<h2>채점 모델의 평가</h2>{"".join(parts)}<p class="note">{text(note)}</p>'
