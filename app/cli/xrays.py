"""The morpheme X-ray on the terminal: both texts as morphemes, what each shared term gave, why the passage lost."""

from __future__ import annotations

from collections.abc import Iterable

from rich.console import Console
from rich.table import Table
from rich.text import Text

from app.chat.stages import number
from app.cli.answers import STAGES, origin
from app.cli.console import clean
from pipeline.types import Morpheme
from pipeline.xray import Xray


def show_xray(console: Console, xray: Xray) -> None:
    """Print an X-ray."""
    console.print(Text.assemble(("질문  ", "bold"), clean(xray.question)))
    console.print(morphemes(xray.question_morphemes, xray.matched))
    console.print(Text.assemble(("\n단락  ", "bold"), clean(f"{xray.passage.id} · {origin(xray.passage.source)}")))
    console.print(clean(xray.passage.text))
    console.print(morphemes(xray.passage_morphemes, xray.matched))
    console.print(Text("[ ] 안은 서로 맞은 형태소, 흐린 것은 검색에 쓰지 않는 형태소\n", "dim"))
    console.print(contribution_table(xray))
    console.print(stage_table(xray))
    for why in xray.why:
        console.print(clean(f"· {why}"))


def morphemes(found: Iterable[Morpheme], matched: frozenset[str]) -> Text:
    """Morphemes with their parts of speech; those that match stand in brackets, not by colour alone."""
    line = Text()
    for morpheme in found:
        word = f"{morpheme.form}/{morpheme.tag}"
        if morpheme.content and morpheme.form in matched:
            line.append("[").append_text(clean(word, "bold green")).append("] ")
        else:
            line.append_text(clean(word, "" if morpheme.content else "dim")).append(" ")
    return line


def contribution_table(xray: Xray) -> Table:
    """What each term of the question gave to the BM25 score, and the sum."""
    caption = "" if xray.exact else "이 BM25 구현은 낱말마다 준 점수를 알려 주지 않습니다."
    table = Table(caption=caption, caption_justify="left", show_footer=True)
    total = sum(c.score for c in xray.contributions)
    table.add_column("질문의 낱말", footer="합")
    table.add_column("종류")
    table.add_column("idf", justify="right")
    table.add_column("단락에", justify="right")
    table.add_column("BM25에 준 점수", justify="right", footer=number(total) if xray.exact else "–")
    for c in xray.contributions:
        table.add_row(
            clean(c.word),
            "두 글자" if c.is_bigram else "형태소",
            number(c.idf) if c.idf else "–",
            f"{c.count}번" if c.count else "없음",
            number(c.score) if xray.exact else "–",
            style="" if c.count else "dim",
        )
    return table


def stage_table(xray: Xray) -> Table:
    """The passage's score and rank at each stage."""
    table = Table("단계", "점수", "순위")
    for stage, label in STAGES.items():
        if stage in xray.scores:
            table.add_row(label, number(xray.scores[stage]), f"{xray.ranks[stage]:,}위")
    if not xray.scores:
        table.add_row("–", "–", "조건 밖")
    return table
