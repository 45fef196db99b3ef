"""The options that name a classifier, and the classifier that they come to."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Annotated

import typer

from pipeline.analysis.choices import ClassifierChoice
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.protocols import Classifier

ClassifierOption = Annotated[
    str,
    typer.Option("--classifier", metavar="이름", help="linear, electra, llm, ensemble, cascade · Which classifier."),
]
EndpointOption = Annotated[
    str,
    typer.Option(
        "--endpoint",
        metavar="주소",
        envvar="HANSANG_LLM_URL",
        show_default=False,
        help="llm: OpenAI 호환 주소. 예) http://127.0.0.1:8000/v1 · Its endpoint.",
    ),
]
ModelOption = Annotated[
    str,
    typer.Option(
        "--model",
        metavar="이름|폴더",
        show_default=False,
        help="llm: 모델 이름(기본 HANSANG_LLM_MODEL), electra: 폴더, ensemble·cascade: 설정 파일 · Its model or file.",
    ),
]
PromptOption = Annotated[
    str, typer.Option("--prompt", metavar="이름|파일", help="llm: 프롬프트와 판 · Its prompt, with the version.")
]
RequestsOption = Annotated[
    int, typer.Option("--requests", min=1, max=512, metavar="개", help="llm: 동시에 보내는 요청 · Requests at once.")
]
TimeoutOption = Annotated[
    float, typer.Option("--timeout", min=0.1, metavar="초", help="llm: 요청 하나를 기다리는 시간 · Seconds a request.")
]


def choice_of(
    name: str,
    *,
    endpoint: str = "",
    model: str = "",
    prompt: str = "review-1",
    requests: int = 8,
    timeout: float = 60.0,
) -> ClassifierChoice:
    """What the options say; an llm's model is that of the environment where none is named."""
    if name == "llm":
        model = model or os.environ.get("HANSANG_LLM_MODEL", "")
    return ClassifierChoice(name, endpoint=endpoint, model=model, prompt=prompt, requests=requests, timeout_s=timeout)


def made(choice: ClassifierChoice) -> Classifier:
    """The classifier that was chosen, ready.

    Raises:
        BackendNotFound: there is none of that name.
        BackendUnavailable, BadSetting: it lacks what it needs.
    """
    from pipeline.classifying import load_classifier  # heavy: numpy, scipy

    return load_classifier(choice)


def parse_member(text: str) -> tuple[str, str]:
    """``llm:qwen3`` as its classifier and its model; a classifier alone has none.

    Raises:
        BadSetting: there is no name.
    """
    name, _, model = text.partition(":")
    if not name.strip():
        raise BadSetting(
            name="--member",
            value=text,
            expected="`이름` 또는 `이름:모델`로 적어 주세요. 예) linear, llm:qwen3-8b",
            expected_en="Write `name` or `name:model`, such as linear or llm:qwen3-8b.",
        )
    return name.strip(), model.strip()
