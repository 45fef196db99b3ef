"""The model's figures as a file, and its card for people, which is made of them alone.

Training writes the figures of held-out sources; measuring adds those of files that nothing was learned from.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from pipeline.errors.files import FileProblem
from pipeline.storage import clear_errors
from pipeline.training.linear.losses import Losses
from pipeline.training.linear.measures import Measure, drawn
from pipeline.training.linear.words import Heard

FIGURES = "figures.json"
CARD = "card.md"
DIGITS = 4

NAMES = {
    "binary_accuracy": "두 갈래(1–4 부정, 9–10 긍정) 정확도",
    "binary_balanced": "두 갈래 균형 정확도",
    "binary_ece": "두 갈래 보정 오차(ECE)",
    "three_macro_f1": "세 갈래(5–8 중립) macro-F1",
    "three_accuracy": "세 갈래 정확도",
    "three_swaps": "긍정과 부정이 뒤바뀜",
    "three_ece": "세 갈래 보정 오차",
    "five_mae": "다섯 단계 MAE",
    "five_kappa": "다섯 단계 제곱 가중 카파",
    "five_ece": "다섯 단계 보정 오차",
    "kote44_macro_f1": "KOTE 44라벨 macro-F1",
    "kote12_macro_f1": "감정 12묶음 macro-F1",
    "sides_balanced": "긍정·부정 글의 균형 정확도",
    "four_balanced": "네 갈래(긍정·중립·부정·복합) 균형 정확도",
    "four_accuracy": "네 갈래 정확도",
    "four_macro_f1": "네 갈래 macro-F1",
    "four_ece": "네 갈래 보정 오차",
    "intensity_mae": "강도 1–5 MAE",
    "intensity_kappa": "강도 제곱 가중 카파",
    "opinion_f1": "의견 F1 (구간이 반 넘게 겹치고 속성·극성이 맞음)",
    "aspect_f1": "글마다 나온 속성 F1",
    "aspect_polarity_f1": "글마다 나온 속성·극성 F1",
    "polarity_accuracy": "구간과 속성이 맞은 의견의 극성 정확도",
    "emotions_macro_f1": "감정 12가지 macro-F1 (나온 것만)",
}

SECTIONS = {
    "film": "영화 후기 (학습 자료, 영화를 겹치지 않게 나눈 교차 검증; 별점 열 가지에 같은 무게)",
    "nsmc_dev": "영화 후기 (학습에 쓰지 않은 다른 영화, 별점마다 약 2,000건)",
    "kote": "온라인 댓글 KOTE (5겹 교차 검증)",
    "demo": "데모 후기 (식당 하나씩 빼고 학습)",
    "demo_by_film": "같은 데모 후기를 영화 모델만으로: 식당 낱말이 없으면",
    "blind": "블라인드 후기 `data/blind` (만드는 동안 보지 않음, 마지막에 한 번)",
}

TABLES = {
    "film": "영화 표 (학습에 쓰지 않은 영화)",
    "emotions": "감정 표 (5겹)",
    "restaurant": "식당 표 (식당 하나씩 뺌)",
}
KOREAN = {"positive": "긍정", "neutral": "중립", "negative": "부정", "mixed": "복합"}

MEASURED = {"nsmc_dev": "film", "blind": "reviews"}
"""The files that a model may be measured on after it was trained, and what is in them."""


def write_figures(
    folder: Path, figures: Mapping[str, Mapping[str, Measure]], facts: Mapping[str, int], points: Mapping[str, Any]
) -> None:
    """Write the figures of a training, and the card that they make."""
    value = {
        "facts": dict(facts),
        "figures": {name: _rows(measures) for name, measures in figures.items()},
        "reliability": {
            name: [[round(p, DIGITS), round(right, DIGITS), n] for p, right, n in each] for name, each in points.items()
        },
    }
    _write(folder, value)


def add_figures(folder: Path, name: str, measures: Mapping[str, Measure]) -> None:
    """Add the figures of one file to those of a model, and make its card anew.

    Raises:
        FileProblem: the folder has no figures.
    """
    _add(folder, "figures", {name: _rows(measures)})


def add_losses(folder: Path, losses: Mapping[str, Losses]) -> None:
    """Add what pruning and storing cost. Raises as ``add_figures`` does."""
    _add(folder, "losses", {name: _lost(each) for name, each in losses.items()})


def add_words(folder: Path, heard: Sequence[Heard]) -> None:
    """Add what phrases are taken for. Raises as ``add_figures`` does."""
    rows = {h.phrase: [list(h.sentiment), [round(level, DIGITS) for level in h.intensity]] for h in heard}
    _add(folder, "words", rows)


def _lost(losses: Losses) -> dict[str, Any]:
    return {
        "grams": list(losses.grams),
        "figures": {
            name: [[round(value, DIGITS) for value in loss.values], *_rows({"": loss.change}).values()]
            for name, loss in losses.figures.items()
        },
    }


def read_figures(folder: Path) -> dict[str, Any]:
    """The figures of a model, as they are stored.

    Raises:
        FileProblem: the folder has none.
    """
    try:
        value: dict[str, Any] = json.loads((folder / FIGURES).read_text(encoding="utf-8"))
        card(value, 0)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise FileProblem(
            path=folder / FIGURES, problem=f"모델의 수치로 읽지 못했습니다 ({error})",
            cure="`hansang train linear`로 모델을 다시 만드세요.",
            problem_en=f"it can't be read as a model's figures ({error})", cure_en="Train the model again.",
        ) from error  # fmt: skip
    return value


def _add(folder: Path, part: str, added: Mapping[str, Any]) -> None:
    value = read_figures(folder)
    value[part] = value.get(part, {}) | added
    with clear_errors(folder):
        _write(folder, value)


def _rows(measures: Mapping[str, Measure]) -> dict[str, list[float]]:
    return {name: [round(v, DIGITS) for v in (m.value, m.low, m.high)] for name, m in measures.items()}


def _write(folder: Path, value: Mapping[str, Any]) -> None:
    text = json.dumps(value, ensure_ascii=False, indent=1)
    (folder / FIGURES).write_text(text + "\n", encoding="utf-8")
    (folder / CARD).write_text(card(value, _size(folder)), encoding="utf-8")


def _size(folder: Path) -> float:
    return sum(path.stat().st_size for path in folder.iterdir() if path.name not in (CARD, FIGURES)) / 1e6


def card(value: Mapping[str, Any], megabytes: float) -> str:
    """The card of a model with these figures."""
    known = [name for name in SECTIONS if name in value["figures"]]
    sections = [_section(SECTIONS[name], value["figures"][name]) for name in known]
    sections += [_losses(value["losses"])] if "losses" in value else []
    sections += [_words(value["words"])] if "words" in value else []
    plots = [
        f"{SECTIONS[name]}\n```\n{drawn([(p, right, n) for p, right, n in points])}\n```"
        for name, points in value["reliability"].items()
    ]
    template = (Path(__file__).parent / "card.md").read_text(encoding="utf-8")
    return template.format(
        **value["facts"], megabytes=megabytes, sections="\n\n".join(sections), plots="\n\n".join(plots)
    )


def _section(title: str, measures: Mapping[str, Sequence[float]]) -> str:
    rows = [f"| {NAMES[name]} | {value:.3f} ({low:.3f}–{high:.3f}) |" for name, (value, low, high) in measures.items()]
    return "\n".join([f"### {title}", "| | |", "|---|---|", *rows])


def _losses(losses: Mapping[str, Any]) -> str:
    rows = []
    for name, told in losses.items():
        whole, pruned, stored = told["grams"]
        rows.append(f"| **{TABLES[name]}** n-그램 | {whole:,} | {pruned:,} | {stored:,} | |")
        for figure, (values, (change, low, high)) in told["figures"].items():
            said = " | ".join(f"{value:.4f}" for value in values)
            rows.append(f"| {NAMES[figure]} | {said} | {change:+.4f} ({low:+.4f} – {high:+.4f}) |")
    title = "### 줄이고 양자화하며 잃는 것 (같은 글의 짝지은 차이, 회귀는 표마다 다시 맞춤)"
    return "\n".join(
        [title, "| | 모두, 32비트 | 줄임, 32비트 | 줄임, 8비트(출하) | 차이 |", "|---|---|---|---|---|", *rows]
    )


def _words(words: Mapping[str, Any]) -> str:
    rows = []
    for phrase, (sentiment, intensity) in words.items():
        ours, film = (f"{KOREAN[name]} {level:.1f}" for name, level in zip(sentiment, intensity, strict=True))
        rows.append(f"| {phrase} | {film} | {ours} |")
    title = "### 식당 낱말이 바꾸는 것 (같은 말을 영화 모델과 식당 모델이 듣기; 감성, 강도)"
    return "\n".join([title, "| 말 | 영화 모델 | 식당 모델(출하) |", "|---|---|---|", *rows])
