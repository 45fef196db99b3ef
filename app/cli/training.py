"""``hansang train``: the models that are trained here, and how good they are on files that they didn't see."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.table import Table

from app.cli.console import clean, print_json, stderr, stdout, waiting
from app.cli.failures import Command
from app.cli.options import JsonOption
from pipeline.errors.settings import BadSetting

if TYPE_CHECKING:
    from pipeline.training.linear.measures import Measure

train = typer.Typer(
    help="내장 모델을 학습하고 잽니다. · Trains and measures the embedded models.", no_args_is_help=True
)
OutOption = Annotated[
    Path, typer.Option("--out", metavar="폴더", show_default=False, help="모델과 카드를 쓸 폴더 · Where to write it.")
]


NsmcOption = Annotated[
    Path, typer.Option("--nsmc", metavar="파일", show_default=False, help="NSMC 별점(jsonl.gz) · Film ratings.")
]
KoteOption = Annotated[
    Path, typer.Option("--kote", metavar="파일", show_default=False, help="KOTE 감정(tsv) · Emotions.")
]
DemoOption = Annotated[
    Path, typer.Option("--demo", metavar="폴더", show_default=False, help="라벨이 있는 후기의 폴더 · Labelled reviews.")
]
ModelOption = Annotated[
    Path, typer.Option("--model", metavar="폴더", show_default=False, help="재려는 모델의 폴더 · The model.")
]


@train.command("linear", cls=Command)
def linear(
    nsmc: NsmcOption,
    kote: KoteOption,
    demo: DemoOption,
    out: OutOption,
    as_json: JsonOption = False,
) -> None:
    """감성·강도·감정·속성의 내장 분류기를 학습합니다. 십여 분 걸립니다. · Trains the embedded review classifier.

    예) hansang train linear --nsmc nsmc_train.jsonl.gz --kote kote_val.tsv --demo data/demo --out models/review-linear
    """
    from pipeline.analysis.model import write_model  # heavy: numpy, scipy; help must answer at once
    from pipeline.storage import clear_errors
    from pipeline.tokenizers.kiwi import load
    from pipeline.training.linear.card import add_words, write_figures
    from pipeline.training.linear.train import facts_of, material, train
    from pipeline.training.linear.words import heard

    tokenizer = load()
    given = material(nsmc, kote, demo / "reviews.jsonl", tokenizer.join)
    with clear_errors(out):
        out.mkdir(parents=True, exist_ok=True)  # now, not after a quarter of an hour
    with _telling("학습하는 중 (Training)") as told:
        made = train(given, tokenizer, told)
    with clear_errors(out):
        write_model(made.model, out)
        write_figures(out, made.figures, facts_of(given, made.model), made.points)
        add_words(out, heard(made.model))
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
    model: ModelOption,
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
        known = ", ".join(MEASURED)
        raise BadSetting(
            name="measure", value=name, expected=f"쓸 수 있는 이름: {known}", expected_en=f"Known names: {known}"
        )
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


@train.command("losses", cls=Command)
def losses(
    nsmc: NsmcOption,
    dev: Annotated[
        Path,
        typer.Option("--dev", metavar="파일", show_default=False, help="학습에 쓰지 않은 별점 · Ratings held out."),
    ],
    kote: KoteOption,
    demo: DemoOption,
    model: ModelOption,
    as_json: JsonOption = False,
) -> None:
    """표를 줄이고 8비트로 담으며 잃는 정확도를 카드에 적습니다. 십여 분 걸립니다. · What pruning and quantising cost.

    예) hansang train losses --nsmc nsmc_train.jsonl.gz --dev nsmc_dev.jsonl.gz --kote kote_val.tsv --demo data/demo
    --model models/review-linear
    """
    from pipeline.analysis.model import read_model  # heavy, as above
    from pipeline.tokenizers.kiwi import load
    from pipeline.training.linear.card import add_losses, read_figures
    from pipeline.training.linear.data import read_ratings
    from pipeline.training.linear.losses import of_all
    from pipeline.training.linear.train import material

    read_figures(model)  # now, not after a quarter of an hour
    films, other = read_model(model).film, read_ratings(dev)
    given = material(nsmc, kote, demo / "reviews.jsonl", load().join)
    with _telling("재는 중 (Measuring)") as told:
        found = of_all(given, other, films, told)
    add_losses(model, found)
    if as_json:
        print_json({name: asdict(each) for name, each in found.items()})
        return
    for name, each in found.items():
        stdout().print(f"{name}: n-그램 {' → '.join(f'{count:,}' for count in each.grams)}")
        for figure, loss in each.figures.items():
            values = " → ".join(f"{value:.4f}" for value in loss.values)
            stdout().print(clean(f"  {figure}: {values} ({loss.change.low:+.4f} – {loss.change.high:+.4f})"))


@train.command("words", cls=Command)
def words(model: ModelOption, as_json: JsonOption = False) -> None:
    """식당 낱말(불맛, 웨이팅 …)을 영화 모델과 식당 모델이 어떻게 듣는지 카드에 적습니다. · What domain words change.

    예) hansang train words --model models/review-linear
    """
    from pipeline.analysis.model import read_model  # heavy, as above
    from pipeline.training.linear.card import KOREAN, add_words
    from pipeline.training.linear.words import heard

    found = heard(read_model(model))
    add_words(model, found)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    table = Table("말", "영화 모델", "식당 모델")
    for each in found:
        ours, film = (f"{KOREAN[n]} {level:.1f}" for n, level in zip(each.sentiment, each.intensity, strict=True))
        table.add_row(each.phrase, film, ours)
    stdout().print(table)


@train.command("self-training", cls=Command)
def self_training(nsmc: NsmcOption, as_json: JsonOption = False) -> None:
    """라벨 없는 후기에 스스로 단 라벨로 더 배우면 나은지 잽니다. 십 분쯤 걸립니다. · Whether self-training helps.

    예) hansang train self-training --nsmc nsmc_train.jsonl.gz
    """
    from pipeline.training.linear.card import NAMES  # heavy, as above
    from pipeline.training.linear.data import read_ratings
    from pipeline.training.linear.self_training import FIGURES, tried

    data = read_ratings(nsmc)
    with _telling("재는 중 (Measuring)") as told:
        found = tried(data, told)
    if as_json:
        print_json([asdict(each) for each in found])
        return
    table = Table("배운 것", "후기", *(NAMES[name] for name in FIGURES))
    for each in found:
        gains = (
            f"{each.figures[n]:.4f} · {g.value:+.4f} ({g.low:+.4f} – {g.high:+.4f})" for n, g in each.gains.items()
        )
        table.add_row(each.name, f"{each.reviews:,}", *gains)
    stdout().print(table)


@contextmanager
def _telling(what: str) -> Iterator[Callable[[str], None]]:
    """Each step on the terminal's line, or where there is no terminal on a line of its own."""
    console = stderr()
    with waiting(f"{what} …") as shown:

        def told(step: str) -> None:
            shown.say(f"{what}: {step}")
            if not console.is_terminal:
                console.print(clean(step))

        yield told


def _values(measures: dict[str, Measure]) -> dict[str, list[float]]:
    return {name: [m.value, m.low, m.high] for name, m in measures.items()}
