"""``hansang classifiers``: classifiers measured on labelled reviews, and put together: ensembles and cascades."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from time import perf_counter
from typing import TYPE_CHECKING, Annotated, Literal

import typer
from rich.table import Table

from app.cli.classifying import (
    ClassifierOption,
    EndpointOption,
    ModelOption,
    PromptOption,
    RequestsOption,
    TimeoutOption,
    choice_of,
    made,
    parse_member,
)
from app.cli.console import clean, note, print_json, stdout, waiting
from app.cli.failures import Command
from app.cli.options import JsonOption
from pipeline.analysis.choices import ClassifierChoice
from pipeline.errors.analysing import WeightsSeenTest
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.analysis.combinations import Member
    from pipeline.combining.curve import Chosen
    from pipeline.combining.figures import Figures
    from pipeline.combining.labelled import Labelled
    from pipeline.combining.weights import Fitted
    from pipeline.types import Analysis, Unanalysed

classifiers = typer.Typer(
    name="classifiers",
    help="분류기를 라벨에 대 보고, 합치고, 잇습니다. · Measure, combine and chain classifiers.",
    no_args_is_help=True,
)

LabelledArgument = Annotated[
    Path,
    typer.Argument(metavar="라벨파일", show_default=False, help="라벨이 달린 후기(JSONL) · Labelled reviews."),
]
OutOption = Annotated[
    Path,
    typer.Option("--out", metavar="파일", show_default=False, help="설정 파일(.json) · The settings, for --model."),
]


@classifiers.command("measure", cls=Command)
def measure(
    file: LabelledArgument,
    classifier: ClassifierOption = "linear",
    endpoint: EndpointOption = "",
    model: ModelOption = "",
    prompt: PromptOption = "review-1",
    requests: RequestsOption = 8,
    timeout: TimeoutOption = 60.0,
    as_json: JsonOption = False,
) -> None:
    """라벨이 달린 후기에서 분류기 하나를 잽니다. · How well a classifier tells what people told.

    가중치나 문턱을 배운 후기로는 재지 않습니다. · Refuses reviews that weights were learned on.

    예) hansang classifiers measure test.jsonl --classifier ensemble --model ensemble.json
    """
    from pipeline.combining.figures import figures  # heavy: numpy
    from pipeline.combining.labelled import read_labelled

    choice = choice_of(classifier, endpoint=endpoint, model=model, prompt=prompt, requests=requests, timeout=timeout)
    gold = read_labelled(file)
    _refuse_seen(choice, gold)
    found, seconds = _classified(choice, gold)
    told = figures(gold, found)
    if as_json:
        print_json({"classifier": found[0].classifier, **asdict(told), "seconds": round(seconds, 3)})
        return
    stdout().print(_table([(found[0].classifier, told)]))
    stdout().print(f"후기 {told.reviews:,}건 · {seconds:.1f}초 · 실패 {told.failed:,}")


def _refuse_seen(choice: ClassifierChoice, gold: Sequence[Labelled]) -> None:
    from pipeline.analysis.combinations import combination_of, digest_of

    if choice.name not in ("ensemble", "cascade"):
        return
    combination = combination_of(choice, "ensemble" if choice.name == "ensemble" else "cascade")
    seen = [review.id for review in gold if digest_of(review.text) in combination.seen]
    if seen:
        raise WeightsSeenTest(total=len(gold), seen=len(seen), example=seen[0])
    for member in combination.members:
        _refuse_seen(member.choice(choice), gold)


def _classified(choice: ClassifierChoice, gold: Sequence[Labelled]) -> tuple[list[Analysis | Unanalysed], float]:
    judge = made(choice)
    with waiting(f"{judge.name}: 후기 {len(gold):,}건을 분석하는 중 … (Analysing)"):
        before = perf_counter()
        found = judge.classify([review.text for review in gold], aspects=False)
        return found, perf_counter() - before


def _table(rows: Sequence[tuple[str, Figures]]) -> Table:
    table = Table("분류기", "정확도", "macro-F1", "로그 손실", "보정 오차", "강도 오차", "실패")
    for name, told in rows:
        intensity = "–" if told.intensity_error is None else f"{told.intensity_error:.3f}"
        table.add_row(
            clean(name),
            f"{told.accuracy:.3f}",
            f"{told.macro_f1:.3f}",
            f"{told.log_loss:.3f}",
            f"{told.calibration_error:.3f}",
            intensity,
            f"{told.failed:,}",
        )
    return table


@classifiers.command("fit", cls=Command)
def fit(
    file: LabelledArgument,
    members: Annotated[
        list[str],
        typer.Option(
            "--member",
            metavar="이름[:모델]",
            show_default=False,
            help="합칠 분류기(여러 번). 예) linear, llm:qwen3 · A member; repeatable.",
        ),
    ],
    out: OutOption,
    how: Annotated[
        Literal["weighted", "mean", "vote"],
        typer.Option("--how", help="배운 가중 평균, 평균, 다수결 · Learned weights, mean or vote."),
    ] = "weighted",
    endpoint: EndpointOption = "",
    prompt: PromptOption = "review-1",
    requests: RequestsOption = 8,
    timeout: TimeoutOption = 60.0,
    as_json: JsonOption = False,
) -> None:
    """개발용 라벨로 앙상블을 만들고, 하나만 쓸 때보다 얼마나 나은지 말합니다. · An ensemble, and what it gains.

    예) hansang classifiers fit dev.jsonl --member linear --member llm:qwen3 --out ensemble.json
    """
    from pipeline.analysis import combinations  # heavy, as those below: numpy
    from pipeline.combining.labelled import digests, read_labelled
    from pipeline.combining.weights import fit as learn

    _json_only(out)
    whole = choice_of("ensemble", endpoint=endpoint, prompt=prompt, requests=requests, timeout=timeout)
    parts = [_member(text, prompt) for text in members]
    gold = read_labelled(file)
    found = [_classified(part.choice(whole), gold)[0] for part in parts]
    fitted = learn(gold, found, how)
    combination = combinations.Combination(
        tuple(parts),
        how,
        fitted.weights,
        learned_on=file.name,
        seen=digests(gold) if how == "weighted" else frozenset(),
    )
    combinations.write_combination(combination, out)
    if as_json:
        print_json({"out": str(out), "members": [asdict(part) for part in parts], "fitted": asdict(fitted)})
    else:
        _show_fitted(fitted, [each[0].classifier for each in found], out)


def _json_only(out: Path) -> None:
    if out.suffix.lower() != ".json" or out.is_dir():
        raise BadSetting(
            name="--out", value=out.name,
            expected=".json으로 끝나는 파일 이름을 적어 주세요.", expected_en="Name a .json file.",
        )  # fmt: skip


def _member(text: str, prompt: str) -> Member:
    from pipeline.analysis.combinations import Member

    name, model = parse_member(text)
    return Member(name, model, prompt=prompt if name == "llm" else "")


def _show_fitted(fitted: Fitted, names: Sequence[str], out: Path) -> None:
    rows = [
        (f"{name} × {weight:.2f}", told)
        for name, weight, told in zip(names, fitted.weights, fitted.members, strict=True)
    ]
    stdout().print(_table([*rows, ("앙상블 (교차 검증 · cross-validated)", fitted.ensemble)]))
    mean, low, high = fitted.gain
    sure = "낫습니다" if low > 0 else "못합니다" if high < 0 else "낫다고 할 수 없습니다"
    stdout().print(
        clean(
            f"가장 나은 하나({names[fitted.best]})보다 정확도 {mean:+.3f} (95 % {low:+.3f} ~ {high:+.3f}): {sure}."
            f" macro-F1 {fitted.ensemble.macro_f1 - fitted.members[fitted.best].macro_f1:+.3f}."
        )
    )
    use = f"hansang analyze 후기.csv --out 분석.jsonl --classifier ensemble --model {out}"
    note(f"쓰기: {use}", f"Use it: {use}")


@classifiers.command("cascade", cls=Command)
def cascade(
    file: LabelledArgument,
    cheap: Annotated[str, typer.Option("--cheap", metavar="이름[:모델]", help="먼저 보는 분류기 · Asked first.")],
    dear: Annotated[
        str, typer.Option("--dear", metavar="이름[:모델]", help="자신 없는 것을 넘겨받는 분류기 · Asked when unsure.")
    ],
    out: OutOption,
    within: Annotated[
        float,
        typer.Option("--within", min=0, max=1, help="가장 높은 정확도보다 이만큼까지 낮아도 됨 · Accuracy given up."),
    ] = 0.005,
    plot: Annotated[
        Path | None, typer.Option("--plot", metavar="파일", show_default=False, help="곡선 HTML · The curve.")
    ] = None,
    endpoint: EndpointOption = "",
    prompt: PromptOption = "review-1",
    requests: RequestsOption = 8,
    timeout: TimeoutOption = 60.0,
    as_json: JsonOption = False,
) -> None:
    """싼 분류기가 자신 없는 후기만 비싼 것에 넘깁니다. 문턱은 비용–정확도 곡선에서 고릅니다. · A cascade and its curve.

    예) hansang classifiers cascade dev.jsonl --cheap linear --dear llm:qwen3 --out cascade.json --plot 곡선.html
    """
    from pipeline.analysis import combinations  # heavy, as those below: numpy
    from pipeline.combining.curve import choose
    from pipeline.combining.labelled import digests, read_labelled

    _json_only(out)
    whole = choice_of("cascade", endpoint=endpoint, prompt=prompt, requests=requests, timeout=timeout)
    parts = [_member(text, prompt) for text in (cheap, dear)]
    gold = read_labelled(file)
    (first, _), (second, seconds) = (_classified(part.choice(whole), gold) for part in parts)
    chosen = choose(gold, first, second, within)
    combination = combinations.Combination(
        tuple(parts), threshold=chosen.point.threshold, learned_on=file.name, seen=digests(gold)
    )
    combinations.write_combination(combination, out)
    names = first[0].classifier, second[0].classifier
    if plot:
        _draw(chosen, names, plot)
    if as_json:
        print_json({"out": str(out), **asdict(chosen), "dear_seconds": round(seconds / len(gold), 4)})
    else:
        _show_chosen(chosen, names, seconds / len(gold), out)


def _draw(chosen: Chosen, names: tuple[str, str], plot: Path) -> None:
    from pipeline.combining.drawing import draw_curve  # brings plotly
    from pipeline.storage import clear_errors, write_atomically

    with clear_errors(plot):
        plot.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(plot, draw_curve(chosen, *names))
    note(f"곡선: {plot}", f"The curve: {plot}")


def _show_chosen(chosen: Chosen, names: tuple[str, str], seconds: float, out: Path) -> None:
    held_out = (f"잇기 (교차 검증 · cross-validated, {chosen.held_out_share:.0%} 넘김)", chosen.held_out)
    stdout().print(_table([(names[0], chosen.cheap), (names[1], chosen.dear), held_out]))
    table = Table("문턱", "넘김", "정확도", "macro-F1", "", title="비용–정확도 곡선")
    step = max(1, len(chosen.points) // 10)
    for point in sorted({*chosen.points[::step], chosen.point, chosen.points[-1]}, key=lambda point: point.threshold):
        mark = "← 고름" if point == chosen.point else ""
        bar = "█" * round(point.accuracy * 30)
        table.add_row(
            f"{point.threshold:.3f}", f"{point.share:.0%}", f"{point.accuracy:.3f} {bar}", f"{point.macro_f1:.3f}", mark
        )
    stdout().print(table)
    stdout().print(
        f"문턱 {chosen.point.threshold:.3f}: 후기의 {chosen.point.share:.1%}를 넘깁니다"
        f"(1,000건에 {chosen.point.share * seconds * 1_000:,.0f}초)."
    )
    use = f"hansang analyze 후기.csv --out 분석.jsonl --classifier cascade --model {out}"
    note(f"쓰기: {use}", f"Use it: {use}")
