"""``hansang train``: the models that are trained here, and how good they are on files that they didn't see."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from app.cli.console import clean, print_json, stderr, stdout, waiting
from app.cli.failures import Command
from app.cli.options import JsonOption
from pipeline.errors import BadSetting

if TYPE_CHECKING:
    from pipeline.training.linear.measures import Measure

train = typer.Typer(
    help="내장 모델을 학습하고 잽니다. · Trains and measures the embedded models.", no_args_is_help=True
)
OutOption = Annotated[
    Path, typer.Option("--out", metavar="폴더", show_default=False, help="모델과 카드를 쓸 폴더 · Where to write it.")
]


@train.command("linear", cls=Command)
def linear(
    nsmc: Annotated[
        Path, typer.Option("--nsmc", metavar="파일", show_default=False, help="NSMC 별점(jsonl.gz) · Film ratings.")
    ],
    kote: Annotated[
        Path, typer.Option("--kote", metavar="파일", show_default=False, help="KOTE 감정(tsv) · Emotions.")
    ],
    demo: Annotated[
        Path,
        typer.Option("--demo", metavar="폴더", show_default=False, help="라벨이 있는 후기의 폴더 · Labelled reviews."),
    ],
    out: OutOption,
    as_json: JsonOption = False,
) -> None:
    """감성·강도·감정·속성의 내장 분류기를 학습합니다. 십여 분 걸립니다. · Trains the embedded review classifier.

    예) hansang train linear --nsmc nsmc_train.jsonl.gz --kote kote_val.tsv --demo data/demo --out models/review-linear
    """
    from pipeline.analysis.model import write_model  # heavy: numpy, scipy; help must answer at once
    from pipeline.storage import clear_errors
    from pipeline.tokenizers.kiwi import load
    from pipeline.training.linear.card import write_figures
    from pipeline.training.linear.train import facts_of, material, train

    tokenizer = load()
    given = material(nsmc, kote, demo / "reviews.jsonl", tokenizer.join)
    with clear_errors(out):
        out.mkdir(parents=True, exist_ok=True)  # now, not after a quarter of an hour
    console = stderr()
    with waiting("학습하는 중 … (Training)") as shown:

        def told(step: str) -> None:
            shown.say(f"학습하는 중: {step} (Training)")
            if not console.is_terminal:
                console.print(clean(step))

        made = train(given, tokenizer, told)
    with clear_errors(out):
        write_model(made.model, out)
        write_figures(out, made.figures, facts_of(given, made.model), made.points)
    if as_json:
        print_json({name: _values(measures) for name, measures in made.figures.items()})
    else:
        stdout().print(clean(f"{out}: 모델과 카드(card.md)를 썼습니다. · Model and card written."))


@train.command("measure", cls=Command)
def measure(
    name: Annotated[
        str, typer.Argument(metavar="이름", show_default=False, help="카드에서의 이름: nsmc_dev, blind · Its name.")
    ],
    file: Annotated[
        Path,
        typer.Argument(
            metavar="파일", show_default=False, help="별점(jsonl.gz)이나 라벨이 있는 후기(jsonl) · Ratings or labels."
        ),
    ],
    model: Annotated[
        Path, typer.Option("--model", metavar="폴더", show_default=False, help="재려는 모델의 폴더 · The model.")
    ],
    as_json: JsonOption = False,
) -> None:
    """학습에 쓰지 않은 파일로 모델을 재고 카드에 적습니다. · Measures a model on a file it didn't learn from.

    예) hansang train measure nsmc_dev nsmc_dev.jsonl.gz --model models/review-linear
    """
    from pipeline.analysis.choices import ClassifierChoice  # heavy, as above
    from pipeline.analysis.model import read_model
    from pipeline.classifiers.linear import load
    from pipeline.training.linear.card import MEASURED, add_figures
    from pipeline.training.linear.measure import measure_films, measure_reviews

    if name not in MEASURED:
        raise BadSetting(name="이름", value=name, expected=f"쓸 수 있는 이름(known): {', '.join(MEASURED)}")
    with waiting("재는 중 … (Measuring)"):
        if MEASURED[name] == "film":
            measures = measure_films(read_model(model), file)
        else:
            measures = measure_reviews(load(ClassifierChoice("linear", model=str(model))), file)
    add_figures(model, name, measures)
    if as_json:
        print_json(_values(measures))
    else:
        for label, found in measures.items():
            stdout().print(clean(f"{label}: {found}"))


def _values(measures: dict[str, Measure]) -> dict[str, list[float]]:
    return {name: [m.value, m.low, m.high] for name, m in measures.items()}
