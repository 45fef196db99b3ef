"""A trace on the terminal: the answer with numbered citations, the passages with every stage's score and rank."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.chat.answer import places, sentences, usage_line
from app.chat.stages import number, percent
from app.chat.words import word
from app.cli.console import clean
from pipeline.types import Answer, Chip, ScoredPassage, Source, Span, Trace

STAGES = {
    "bm25": "BM25",
    "vector": "벡터",
    "window": "문장",
    "sparse": "희소",
    "colbert": "ColBERT",
    "concept": "개념",
    "boost": "선호",
    "fused": "융합",
    "rerank": "리랭커",
}
_NEAREST = 3
_EXCERPT = 200


def show_answer(console: Console, trace: Trace) -> None:
    """Print the answer, what it cites, and the first passages."""
    _show_conditions(console, trace)
    if trace.answer is not None:
        _show_text(console, trace, trace.answer)
    k = int(str(trace.settings.get("retrieval.k", 5)))
    shown = [(place, c) for place, c in enumerate(trace.candidates, start=1) if place <= k or c.in_prompt]
    if shown:
        console.print(candidate_table(shown))
    _show_facts(console, trace)


def show_candidates(console: Console, trace: Trace, count: int) -> None:
    """Print the first ``count`` passages that were found."""
    _show_conditions(console, trace)
    console.print(candidate_table(list(enumerate(trace.candidates[:count], start=1)), with_text=True))
    _show_facts(console, trace)


def _show_conditions(console: Console, trace: Trace) -> None:
    if trace.understanding is None:
        return
    for chip in trace.understanding.chips:
        console.print(Text.assemble("조건  ", clean(_condition(chip)), "  ", clean(f"--without '{chip.id}'", "dim")))
    for chip in trace.understanding.removed:
        console.print(Text.assemble(("뺀 조건  ", "dim"), clean(chip.label, "dim strike")))


def _condition(chip: Chip) -> str:
    modes = {"filter": "", "boost": " (선호)", "exclude": " (제외)"}
    inherited = " (앞 질문에서)" if chip.inherited else ""
    return f"{'≈ ' if chip.approximate else ''}{chip.label}{modes[chip.mode]}{inherited}"


def _show_text(console: Console, trace: Trace, answer: Answer) -> None:
    numbers = places(trace)
    said = Text()
    for piece, cites in sentences(answer):
        said.append_text(clean(piece))
        cited = dict.fromkeys(numbers.get(answer.citations[cite].passage_id) for cite in cites)
        said.append("".join(f"[{place}]" for place in cited if place), style="bold cyan")
    heading = "답할 근거를 찾지 못했습니다" if answer.abstained else "답변"
    console.print(Text(f"\n{heading}", "bold yellow" if answer.abstained else "bold"))
    console.print(said)
    _show_wrong(console, answer)
    if answer.note:
        console.print(clean(answer.note, "dim"))
    if answer.confidence is not None:
        console.print(Text(f"답할 수 있을 확률 {percent(answer.confidence)} %", "dim"))
    console.print()
    if answer.abstained:
        _show_nearest(console, trace.candidates)
    else:
        _show_citations(console, trace, answer)


def _show_wrong(console: Console, answer: Answer) -> None:
    """What of a language model's answer isn't borne out, why there is none, and what it took."""
    for doubt in answer.doubts:
        about = word(f"doubt_{doubt.kind}", "ko", what=doubt.what).strip()
        console.print(Text.assemble(("⚠ ", "yellow"), clean(f"{about} — {doubt.sentence}", "yellow")))
    if answer.trouble is not None:
        console.print(clean(f"⚠ {answer.trouble.ko}", "bold red"))
        console.print(clean(answer.trouble.en, "dim"))
    if answer.usage is not None:
        console.print(clean(" · ".join(usage_line(answer.usage, "ko")), "dim"))


def _show_citations(console: Console, trace: Trace, answer: Answer) -> None:
    numbers = places(trace)
    spans: dict[int, dict[Span, None]] = {}
    for citation in answer.citations:
        place = numbers.get(citation.passage_id)
        if place:
            spans.setdefault(place, {})[citation.start, citation.end] = None
    for place, cited in spans.items():
        passage = trace.candidates[place - 1].passage
        console.print(Text.assemble((f"[{place}] ", "bold cyan"), clean(origin(passage.source))))
        for start, end in cited:
            console.print(Text.assemble("    “", clean(passage.text[start:end]), "”"))
    console.print()


def _show_nearest(console: Console, candidates: Sequence[ScoredPassage]) -> None:
    if not candidates:
        return
    console.print(Text("참고로, 가장 가까운 후기입니다.", "dim"))
    for place, candidate in enumerate(candidates[:_NEAREST], start=1):
        line = clean(f"{origin(candidate.passage.source)} · {_excerpt(candidate.passage.text)}")
        console.print(Text.assemble((f"[{place}] ", "bold cyan"), line))
    console.print()


def origin(source: Source) -> str:
    """Where a passage comes from, in one line."""
    rating = f"★{source.rating:g}" if source.rating is not None else ""
    name = source.restaurant or source.title or source.document_id
    return " · ".join(part for part in (name, source.district, rating, source.date) if part)


def candidate_table(candidates: Sequence[tuple[int, ScoredPassage]], *, with_text: bool = False) -> Table:
    """Passages by place, with each stage's raw score and rank, and what is known of their relevance."""
    stages = [stage for stage in STAGES if any(stage in c.scores for _, c in candidates)]
    table = Table(caption="점수 아래는 그 단계의 순위 · * 답변에 쓰임", caption_justify="left")
    table.add_column("#", justify="right")
    table.add_column("단락", ratio=1, overflow="fold")
    for stage in stages:
        table.add_column(STAGES[stage], justify="right", no_wrap=True)
    table.add_column("관련", justify="right", no_wrap=True)
    for place, candidate in candidates:
        table.add_row(*_cells(place, candidate, stages, with_text))
    return table


def _cells(place: int, candidate: ScoredPassage, stages: Sequence[str], with_text: bool) -> Iterator[Text]:
    yield Text(f"{place}{'*' if candidate.in_prompt else ''}")
    passage = candidate.passage
    described = Text.assemble(clean(passage.id, "bold"), "\n", clean(origin(passage.source)))
    if with_text:
        described.append("\n").append_text(clean(_excerpt(passage.text), "dim"))
    yield described
    for stage in stages:
        if stage in candidate.scores:
            yield Text(f"{number(candidate.scores[stage])}\n{candidate.ranks[stage]}위")
        else:
            yield Text("–")
    yield Text(f"{percent(candidate.relevance)} %" if candidate.relevance is not None else "–")


def _excerpt(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _EXCERPT else line[: _EXCERPT - 1] + "…"


def _show_facts(console: Console, trace: Trace) -> None:
    total = trace.timings_ms.get("total", 0.0)
    facts = f"색인 {trace.index} · 후보 {len(trace.candidates):,} · {total:,.0f} ms · 기록 {trace.id}"
    console.print(clean(facts, "dim"), soft_wrap=True)
    console.print(
        clean(f"이어 묻기: hansang ask '…' --index {trace.index} --previous {trace.id}", "dim"), soft_wrap=True
    )
