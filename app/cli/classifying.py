"""The options that name a classifier, and the classifier that they come to."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from pipeline.protocols import Classifier

ClassifierOption = Annotated[
    str,
    typer.Option(
        "--classifier", metavar="이름", help="linear, electra, llm, ensemble, cascade · Which classifier."
    ),
]
EndpointOption = Annotated[
    str,
    typer.Option(
        "--endpoint", metavar="주소", envvar="HANSANG_LLM_URL", show_default=False,
        help="llm: OpenAI 호환 주소. 예) http://127.0.0.1:8000/v1 · Its endpoint.",
    ),
]  # fmt: skip
ModelOption = Annotated[
    str,
    typer.Option(
        "--model", metavar="이름|폴더", envvar="HANSANG_LLM_MODEL", show_default=False,
        help="llm: 모델 이름, electra: 모델 폴더, ensemble·cascade: 설정 파일 · Its model or file.",
    ),
]  # fmt: skip


@contextmanager
def chosen(name: str, *, endpoint: str = "", model: str = "") -> Iterator[Classifier]:
    """The classifier of that name, ready; what it holds open is closed afterwards.

    Raises:
        BackendNotFound: there is none.
        BackendUnavailable, BadSetting: it lacks what it needs.
    """
    from pipeline.analysis.choices import ClassifierChoice
    from pipeline.judging import load_classifier  # heavy: numpy, scipy

    made = load_classifier(ClassifierChoice(name, endpoint=endpoint, model=model))
    try:
        yield made
    finally:
        close = getattr(made, "close", None)
        if close:
            close()
