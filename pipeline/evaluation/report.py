"""The report of a run for people: one HTML file that opens without a network. Nothing is computed here."""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence

import plotly.graph_objects as go
from plotly.offline import get_plotlyjs

from pipeline.evaluation.blame import Verdict
from pipeline.evaluation.judged_report import section
from pipeline.evaluation.records import Record
from pipeline.evaluation.runs import Plan
from pipeline.evaluation.summary import GOALS, Answered, Latency, Retrieved, Summary, reciprocal

WORST = 20
STAGES = {"bm25": "BM25", "vector": "벡터", "fused": "융합", "final": "최종(리랭커)"}
PARTS = {
    "understand": "질문 이해", "bm25": "BM25", "vector": "벡터", "window": "문장", "sparse": "희소",
    "colbert": "ColBERT", "fuse": "융합", "rerank": "리랭커", "generate": "답변", "total": "전체",
}  # fmt: skip
MEASURES = {"mrr10": "MRR@10", "recall5": "상위 5위 적중", "accuracy": "정답률", "f1": "글자 F1(기권은 0)"}
FAULTS = {"number": "숫자", "date": "날짜", "name": "이름", "negation": "부정", "uncited": "인용 없음"}
COLOURS = {
    Verdict.NOT_INDEXED: "#000000", Verdict.MISSED: "#D55E00", Verdict.FUSION: "#E69F00", Verdict.RERANKER: "#CC79A7",
    Verdict.CUT: "#F0E442", Verdict.WRONG: "#999999", Verdict.SHOULD_ABSTAIN: "#56B4E9", Verdict.REFUSED: "#0072B2",
    Verdict.RIGHT: "#009E73",
}  # fmt: skip
_STYLE = """
:root { color-scheme: light dark; --line: #8886; }
body { font: 16px/1.7 system-ui, 'Apple SD Gothic Neo', 'Malgun Gothic', 'Noto Sans KR', NanumGothic, sans-serif;
  max-width: 68rem; margin: 0 auto; padding: 1.5rem 1rem 4rem; word-break: keep-all; overflow-wrap: anywhere; }
h1 { font-size: 1.6rem } h2 { font-size: 1.25rem; margin-top: 2.5rem } .wide { overflow-x: auto }
table { border-collapse: collapse; min-width: 20rem } caption { text-align: left; font-weight: 700; padding: .5rem 0 }
th, td { border-bottom: 1px solid var(--line); padding: .3rem .8rem; text-align: right } th:first-child,
td:first-child, td.text { text-align: left } .goal { font-weight: 700 } dl { display: grid;
  grid-template-columns: max-content 1fr; gap: .2rem 1rem } dt { font-weight: 700 } dd { margin: 0 }
.note { font-size: .9rem }
"""


def report(name: str, plan: Plan, summary: Summary, records: Sequence[Record]) -> str:
    """The report as HTML."""
    parts = [
        f"<h1>평가 보고서 · {_text(name)}</h1>",
        _facts(plan, summary),
        _goals(summary),
        _latency(summary.latency),
        _retrieval(summary),
        _answers(summary),
        section(summary.judged, _table, _text),
        _blame(summary),
        _small(summary),
        _slices(summary, records),
        _worst(records),
        _settings(plan),
    ]
    return (
        '<!doctype html><html lang="ko"><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width, initial-scale=1">'
        f"<title>평가 보고서 · {_text(name)}</title><style>{_STYLE}</style><script>{get_plotlyjs()}</script>"
        f"<body>{''.join(parts)}</body></html>"
    )


def _text(value: object) -> str:
    return html.escape(str(value))


def _table(caption: str, head: Sequence[str], rows: Iterable[Sequence[str]], text: Sequence[int] = ()) -> str:
    """A table of texts, escaped here. ``text`` are columns that aren't numbers."""

    def cell(column: int, value: str) -> str:
        return f"<td{' class=text' if column in text else ''}>{_text(value)}</td>"

    made = "".join(f"<tr>{''.join(cell(*item) for item in enumerate(row))}</tr>" for row in rows)
    titles = "".join(f"<th scope=col>{_text(title)}</th>" for title in head)
    return f'<div class="wide"><table><caption>{_text(caption)}</caption><tr>{titles}</tr>{made}</table></div>'


def _figure(figure: go.Figure) -> str:
    clear = "rgba(0,0,0,0)"
    figure.update_layout(paper_bgcolor=clear, plot_bgcolor=clear, font={"size": 14, "color": "#888"})
    made: str = figure.to_html(full_html=False, include_plotlyjs=False, config={"displaylogo": False})
    return made


def _facts(plan: Plan, summary: Summary) -> str:
    errors = ", ".join(f"{code} {count}" for code, count in summary.errors.items()) or "없음"
    rows = {
        "질문": f"{summary.questions:,}개",
        "색인": f"{plan.index} ({plan.index_version})",
        "성공률": f"{summary.success:.1%}",
        "오류": errors,
        "판": ", ".join(f"{name} {version}" for name, version in plan.versions.items()),
    }
    return "<dl>" + "".join(f"<dt>{_text(k)}</dt><dd>{_text(v)}</dd>" for k, v in rows.items()) + "</dl>"


def _goals(summary: Summary) -> str:
    wanted = {
        "success": ("성공률", f"≥ {GOALS['success']:.0%}"),
        "mean_latency_ms": ("평균 응답 시간", f"≤ {GOALS['mean_latency_ms'] / 1000:.0f}초"),
        "ragas_mean": ("RAGAS 평균", f"≥ {GOALS['ragas_mean']:g}"),
    }
    rows = []
    for key, (title, goal) in wanted.items():
        met = summary.goals.get(key)
        unknown = "빠진 채점에 달림" if key == "ragas_mean" and summary.judged else "아직 재지 않음"
        rows.append((title, goal, unknown if met is None else "통과" if met else "미달"))
    return _table("목표", ("목표", "기준", "결과"), rows)


def _latency(latency: Mapping[str, Latency]) -> str:
    rows = [
        (PARTS.get(name, name), f"{t.mean:,.1f}", f"{t.p50:,.1f}", f"{t.p95:,.1f}", f"{t.p99:,.1f}")
        for name, t in latency.items()
    ]
    return "<h2>시간</h2>" + _table("단계별 시간 (ms)", ("단계", "평균", "p50", "p95", "p99"), rows)


def _row(title: str, found: Retrieved) -> tuple[str, ...]:
    return (
        title, f"{found.questions:,}", f"{found.mrr10:.4f}", f"{found.ndcg10:.4f}",
        *(f"{value:.4f}" for value in found.recall.values()),
    )  # fmt: skip


def _retrieval(summary: Summary) -> str:
    if not summary.retrieval:
        return "<h2>검색</h2><p>정답 단락을 아는 질문이 없습니다.</p>"
    head = ("단계", "질문", "MRR@10", "nDCG@10", "R@1", "R@5", "R@10", "R@50")
    stages = [_row(STAGES[stage], found) for stage, found in summary.retrieval.items()]
    made = _table("단계별 검색 품질", head, stages)
    if summary.by_type:
        kinds = [_row(kind, found) for kind, found in summary.by_type.items()]
        made += _table("질문 종류별(최종 순위)", ("종류", *head[1:]), kinds)
    return f"<h2>검색</h2>{made}"


def _share(value: float | None) -> str:
    return "–" if value is None else f"{value:.3f}"


def _answer_row(title: str, found: Answered) -> tuple[str, ...]:
    return (
        title, f"{found.questions:,}", _share(found.accuracy), _share(found.precision), _share(found.exact),
        _share(found.f1),
    )  # fmt: skip


def _answers(summary: Summary) -> str:
    head = ("종류", "질문", "정답률", "답한 것 중 정답", "완전 일치", "글자 F1")
    rows = [_answer_row("전체", summary.answers)]
    rows += [_answer_row(kind, found) for kind, found in summary.answers_by_type.items()]
    words = {"answerable": "답이 있음", "unanswerable": "답이 없음"}
    came = {"answered": "답함", "abstained": "기권", "failed": "실패"}
    matrix = summary.answers.matrix
    cells = [(words[truth], *(f"{matrix.get(f'{truth}-{what}', 0):,}" for what in came)) for truth in words]
    return (
        "<h2>답변</h2>"
        + _table("답변 품질 (기권이 맞은 것도 정답)", head, rows)
        + _table("기권", ("질문", *came.values()), cells)
        + _citations(summary)
    )


def _citations(summary: Summary) -> str:
    found = summary.citations
    if found is None:
        return ""
    said = ", ".join(f"{FAULTS[kind]} {count:,}" for kind, count in found.faults.items()) or "없음"
    row = (f"{found.answers:,}", f"{found.sentences:,}", f"{found.sound:.3f}", said)
    return _table(
        "인용 확인 (숫자, 날짜, 이름, 부정)", ("답변", "문장", "어긋남 없는 답변", "어긋남"), [row], text=(3,)
    )


def _blame(summary: Summary) -> str:
    verdicts = [Verdict(name) for name in summary.blame]
    rows = [(v.ko, f"{summary.blame[v]:,}", f"{summary.blame[v] / max(1, summary.questions):.1%}") for v in verdicts]
    kinds = ["전체", *summary.blame_by_type]
    counts = [summary.blame, *summary.blame_by_type.values()]
    bars = go.Figure()
    for verdict in verdicts:
        shares = [count.get(verdict.value, 0) / max(1, sum(count.values())) for count in counts]
        bars.add_bar(name=verdict.ko, y=kinds, x=shares, orientation="h", marker_color=COLOURS[verdict])
    bars.update_layout(barmode="stack", height=140 + 46 * len(kinds), xaxis_tickformat=".0%", margin={"l": 90, "t": 20})
    bars.update_yaxes(autorange="reversed")
    also = f'<p class="note">정답으로 적히지 않은 단락도 답의 말을 담은 질문: {summary.also_holds:,}개</p>'
    return f"<h2>어디에서 놓쳤나</h2>{_table('판정', ('판정', '질문', '몫'), rows)}{_figure(bars)}{also}"


def _small(summary: Summary) -> str:
    if not summary.small_samples:
        return ""
    rows = [
        (MEASURES[name], f"{found.value:.3f}", f"{found.low:.3f} – {found.high:.3f}")
        for name, found in summary.small_samples.items()
    ]
    size = next(iter(summary.small_samples.values())).size
    table = _table(f"질문 {size}개로만 쟀다면", ("측정", "전체에서", "표본의 범위"), rows)
    note = f"질문 {size}개만 뽑으면 100번에 95번은 이 범위의 어떤 값이든 나옵니다. 작은 표본 하나로 판단하지 마세요."
    return f'<h2>작은 표본의 위험</h2>{table}<p class="note">{note}</p>'


def _slices(summary: Summary, records: Sequence[Record]) -> str:
    """Accuracy by length of the question and by the restaurant that came first."""
    groups: dict[str, list[Record]] = {}
    for record in records:
        if not record.verdict:
            continue
        length = len(record.question)
        key = "15자 이하" if length <= 15 else "16–30자" if length <= 30 else "31자 이상"
        groups.setdefault(f"질문 길이 {key}", []).append(record)
        if record.restaurant:
            groups.setdefault(f"가게 {record.restaurant}", []).append(record)
    rows = []
    for key, members in sorted(groups.items()):
        right = sum(r.verdict == Verdict.RIGHT for r in members) / len(members)
        found = [reciprocal(r) for r in members if r.gold]
        rows.append((key, f"{len(members):,}", f"{right:.3f}", f"{sum(found) / len(found):.3f}" if found else "–"))
    rows.sort(key=lambda row: (not row[0].startswith("질문"), row[2], row[0]))
    return "<h2>나누어 보기</h2>" + _table("정답률이 낮은 것부터", ("조각", "질문", "정답률", "MRR@10"), rows[:40])


def worst(records: Sequence[Record], count: int = WORST) -> list[Record]:
    """The questions that went worst: failures first, then by stage where they were lost, then by rank."""
    order = {verdict.value: place for place, verdict in enumerate(Verdict)}
    bad = [r for r in records if r.status == "error" or r.verdict not in ("", Verdict.RIGHT)]
    return sorted(bad, key=lambda r: (r.status == "ok", order.get(r.verdict, -1), reciprocal(r), r.id))[:count]


def _worst(records: Sequence[Record]) -> str:
    rows = []
    for record in worst(records):
        verdict = Verdict(record.verdict).ko if record.verdict else record.problem
        answer, reference = record.answer[:120] or "–", record.reference[:80]
        rows.append((record.id, record.question, verdict, _path(record), answer, reference))
    head = ("아이디", "질문", "판정", "정답 단락의 순위", "답변", "참고 답")
    return f"<h2>가장 나쁜 {len(rows)}개</h2>" + _table("", head, rows, text=(1, 2, 3, 4, 5))


def _path(record: Record) -> str:
    ranks = record.paths[0].ranks if record.paths else {}
    stages = {**STAGES, "rerank": "리랭커"}
    return " → ".join(f"{stages[name]} #{ranks[name]}" for name in stages if name in ranks) or "–"


def _settings(plan: Plan) -> str:
    rows = [(name, str(value)) for name, value in plan.settings.items()]
    return "<h2>설정</h2>" + _table("", ("설정", "값"), rows)
