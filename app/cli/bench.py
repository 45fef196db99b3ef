"""``hansang bench``: how well the pipeline finds and answers, measured."""

from __future__ import annotations

import typer

bench = typer.Typer(
    help="검색과 답변의 품질을 잽니다. · Measures how well passages are found and questions answered.",
    no_args_is_help=True,
)
