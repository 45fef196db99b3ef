"""The same questions over several models of one endpoint: each model is a run of its own, to be taken up again.

Whether a model may be used is asked before its run; one that is refused is told with what it needs, the others go on.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import httpx
import numpy as np

from pipeline.endpoint import FOR_ALL, Endpoint, Named, checked_endpoint, complaint, is_here
from pipeline.errors.endpoints import EndpointDown
from pipeline.errors.settings import BadSetting
from pipeline.evaluation.compare import difference, holm, paired
from pipeline.evaluation.comparison import Difference
from pipeline.evaluation.llm_gate import OF_A_MODEL
from pipeline.evaluation.records import Record
from pipeline.evaluation.summary import MEASURES, Summary
from pipeline.evaluation.sweep import interval
from pipeline.setting_groups.models import Llm

HUB = "https://huggingface.co"
KNOCK_S = 60.0  # a model may have to be loaded first
_NAMED = Named("llm.url", "--models")


@dataclass(frozen=True, slots=True)
class Refusal:
    """A model that the endpoint doesn't let us use: what it said, and what the model needs, in Korean and English."""

    model: str
    status: int
    reason: str
    ko: str
    en: str


@dataclass(frozen=True, slots=True)
class Row:
    """A model in the table. ``accuracy`` is the mean with its 95 % bootstrap interval, times are milliseconds.

    ``counted`` are questions that were answered by counting reviews: no model wrote those answers.
    """

    model: str
    run: str
    questions: int
    success: float
    accuracy: tuple[float, float, float]
    f1: float | None
    abstained: float
    sound: float | None
    mean_ms: float | None
    p95_ms: float | None
    counted: int = 0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two models on the same questions; ``difference`` is other − one in the share of right outcomes."""

    one: str
    other: str
    difference: Difference


def read_models(text: str) -> list[str]:
    """``a,b,c`` as names.

    Raises:
        BadSetting: there is none, or one twice.
    """
    names = [name.strip() for name in text.split(",")]
    if not all(names) or len(set(names)) < len(names):
        raise BadSetting(
            name="--models", value=text,
            expected="서로 다른 이름을 쉼표로 적어 주세요. 예) --models a,b,c",
            expected_en="Write different names with commas: --models a,b,c",
        )  # fmt: skip
    return names


def run_names(prefix: str, models: Sequence[str]) -> list[str]:
    """The names of the runs: the prefix and what can stand in a name of the model's; a number where two are alike."""
    names: list[str] = []
    for model in models:
        plain = re.sub(r"[^\w가-힣.-]+", "-", model).strip("-.") or "model"
        name = f"{prefix}-{plain}"[:76]
        names.append(name if name not in names else f"{name}-{len(names) + 1}")
    return names


def knock(llm: Llm, model: str, key: str = "") -> Refusal | None:
    """Ask a model for one token; None when it may be used.

    Raises:
        EndpointDown: nobody answers at the address.
        BadSetting: the address or the name can't be one.
    """
    endpoint = checked_endpoint(Endpoint(llm.url, model, key), _NAMED)
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    body = {"model": endpoint.model, "messages": [{"role": "user", "content": "안녕하세요"}], "max_tokens": 1}
    try:
        with httpx.Client(headers=headers, timeout=KNOCK_S, trust_env=not is_here(endpoint.url)) as http:
            reply = http.post(f"{endpoint.url}/chat/completions", json=body)
    except httpx.HTTPError as error:
        raise EndpointDown(url=endpoint.url, reason=str(error) or type(error).__name__) from error
    if reply.status_code not in FOR_ALL:
        return None  # what else is wrong shows in the answers, and is counted there
    said = complaint(reply, endpoint.key)
    return Refusal(model, reply.status_code, said, *needed(endpoint.url, model, reply.status_code))


def needed(url: str, model: str, status: int) -> tuple[str, str]:
    """What a model that was refused needs: its name as the server has it, its licence agreed to, a token."""
    page = f"{HUB}/{model}" if model.count("/") == 1 else ""
    agree = (
        f"이용 조건이 걸린 모델이면 {page} 에서 동의하고, 모델 서버를 그 계정의 토큰(HF_TOKEN)으로 다시 켜세요."
        if page
        else "이용 조건에 동의해야 하는 모델인지 모델을 낸 곳의 쪽에서 확인하고, 모델 서버에 그 토큰을 주세요."
    )
    agree_en = (
        f"If it is gated, accept its licence at {page} and start the server again with that account's token (HF_TOKEN)."
        if page
        else "See whether its publisher wants a licence accepted, and give the server that token."
    )
    if status == 404:
        return (
            f"서버가 '{model}'을(를) 모릅니다. 서버가 부르는 이름은 {url}/models 에 있습니다. {agree}",
            f"The server doesn't know '{model}'. The names it has are at {url}/models. {agree_en}",
        )
    return (
        f"'{model}'을(를) 쓸 권한이 없습니다. 이 주소의 열쇠를 환경 변수 HANSANG_LLM_KEY에 넣으세요. {agree}",
        f"'{model}' may not be used. Put the key of this endpoint into HANSANG_LLM_KEY. {agree_en}",
    )


def row(model: str, run: str, records: Sequence[Record], summary: Summary, seed: int = 0) -> Row:
    """A finished run as a line of the table."""
    has, value = MEASURES["accuracy"]
    right = np.array([value(record) for record in records if has(record)])
    total = summary.latency.get("total")
    return Row(
        model,
        run,
        summary.questions,
        summary.success,
        interval(right, np.random.default_rng(seed)) if len(right) else (0.0, 0.0, 1.0),
        summary.answers.f1,
        sum(record.abstained for record in records) / max(1, len(records)),
        summary.citations.sound if summary.citations else None,
        total.mean if total else None,
        total.p95 if total else None,
        sum(record.status == "ok" and record.kind not in OF_A_MODEL for record in records),
    )


def pairs(found: Mapping[str, Sequence[Record]], seed: int = 0) -> list[Pair]:
    """Every two models against each other, corrected for being many.

    Raises:
        RunsNotComparable: they weren't asked the same questions.
    """
    names, made = list(found), []
    for one, other in combinations(names, 2):
        if gap := difference("accuracy", paired(one, other, found[one], found[other]), seed):
            made.append((one, other, gap))
    return [Pair(one, other, gap) for (one, other, _), gap in zip(made, holm([gap for *_, gap in made]), strict=True)]


def in_words(rows: Sequence[Row], pairs: Sequence[Pair]) -> tuple[str, str]:
    """The choice in a sentence, in Korean and English: which models nothing that was asked tells from the best one."""
    if not rows:
        return "쓸 수 있는 모델이 없어 고를 수 없습니다.", "No model could be used, so there is nothing to choose."
    (ko, en), (counted, counted_en) = _choice(rows, pairs), _counted(rows)
    return f"{ko}{counted}", f"{en}{counted_en}"


def _counted(rows: Sequence[Row]) -> tuple[str, str]:
    """How many of the answers were no model's, which makes models look more alike than they are."""
    most = max(row.counted for row in rows)
    if not most:
        return "", ""
    return (
        f" 이 가운데 질문 {most:,}개는 모델이 아니라 후기를 센 결과가 답해, 어느 모델에서나 같습니다.",
        f" {most:,} of the questions were answered by counting reviews and not by a model, alike for every model.",
    )


def _choice(rows: Sequence[Row], pairs: Sequence[Pair]) -> tuple[str, str]:
    best = max(rows, key=lambda row: row.accuracy[0])
    value, low, high = best.accuracy
    numbers = f"{value:.3f}(95 % {low:.3f}–{high:.3f}, 질문 {best.questions:,}개)"
    numbers_en = f"{value:.3f} (95 % {low:.3f}–{high:.3f}, {best.questions:,} questions)"
    against = [pair for pair in pairs if best.model in (pair.one, pair.other)]
    close = [pair.other if pair.one == best.model else pair.one for pair in against if not pair.difference.is_clear]
    if not close:
        return f"정답률은 {best.model}이(가) 가장 높습니다: {numbers}.", f"{best.model} is best: {numbers_en}."
    names = ", ".join(close)
    return (
        f"정답률은 {best.model}이(가) 가장 높지만({numbers}) {names}와(과)의 차이는 우연일 수 있습니다. "
        "질문을 늘리거나 속도로 고르세요.",
        f"{best.model} is best ({numbers_en}), but {names} may differ from it by chance only. "
        "Ask more questions, or choose by speed.",
    )


def overrides_for(model: str, overrides: Mapping[str, object]) -> dict[str, object]:
    """The settings of a model's run."""
    return {**overrides, "generator": "openai", "llm.model": model}


def usable(models: Sequence[str], ask: Callable[[str], Refusal | None]) -> tuple[list[str], list[Refusal]]:
    """The models that may be used, and those that may not."""
    found = {model: ask(model) for model in models}
    return [m for m in models if found[m] is None], [refusal for refusal in found.values() if refusal]
