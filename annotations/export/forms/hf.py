"""A folder that ``datasets.load_dataset(folder)`` opens: Parquet under ``data/`` and a card that types every feature.

Fields of kind ``single`` are ``ClassLabel``; the context is JSON text, as its keys are free.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from annotations.export.arrow_rows import Classes, read_parquet, write_parquet
from annotations.export.form import Drop
from annotations.export.item_rows import Choice, ListOf, Struct, Type, column, columns, rows
from annotations.export.types import Item, Recipe, Record
from annotations.schemes.scheme import Field, Scheme, Wording

TITLE = Wording("Hugging Face 데이터셋 폴더", "a Hugging Face dataset folder")
DATA, CARD = "data/train-00000-of-00001.parquet", "README.md"
_VALUES = {"string": "string", "name": "string", "json": "string", "int": "int64", "float": "float64", "bool": "bool"}


def unfit(scheme: Scheme) -> Wording | None:
    """Every scheme can be written so."""
    return None


def records(items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
    """The items as rows."""
    return rows(items, recipe.scheme)


def write(records: Iterable[Record], to: Path, recipe: Recipe) -> None:
    """Write the rows and the card."""
    (to / DATA).parent.mkdir()
    write_parquet(records, to / DATA, columns(recipe.scheme), _classes(recipe.scheme))
    (to / CARD).write_text(card(recipe), encoding="utf-8")


def read(folder: Path, recipe: Recipe) -> Iterator[Record]:
    """Read the rows back."""
    return read_parquet(folder / DATA, columns(recipe.scheme), _classes(recipe.scheme))


def _classes(scheme: Scheme) -> Classes:
    return {
        column(field): tuple(option.id for option in field.options) for field in scheme.fields if field.kind == "single"
    }


def card(recipe: Recipe) -> str:
    """The dataset card: what ``datasets`` reads between the lines of dashes, then what people read."""
    scheme, classes = recipe.scheme, _classes(recipe.scheme)
    features = [{"name": name} | _feature(type, classes.get(name)) for name, type in columns(scheme).items()]
    told = {
        "pretty_name": f"{scheme.title.ko} ({scheme.title.en})",
        "language": ["ko"],
        "configs": [{"config_name": "default", "data_files": [{"split": "train", "path": "data/train-*.parquet"}]}],
        "dataset_info": {"config_name": "default", "features": features},
    }
    return f"---\n{_yaml(told)}---\n\n{_prose(recipe)}"


def _feature(type: Type, classes: tuple[str, ...] | None = None) -> dict[str, Any]:
    """A type as the card of a dataset names it."""
    if classes is not None:
        return {"dtype": {"class_label": {"names": {str(number): name for number, name in enumerate(classes)}}}}
    if isinstance(type, Struct):
        return {"struct": [{"name": key} | _feature(inner) for key, inner in type.keys.items()]}
    if isinstance(type, ListOf):
        inner = _feature(type.each)
        return {"list": inner["dtype"] if "dtype" in inner else inner.get("struct", inner)}
    return {"dtype": "string" if isinstance(type, Choice) else _VALUES[type]}


def _yaml(value: Any, indent: str = "") -> str:
    """Mappings and lists as YAML; a string of JSON is a string of YAML."""
    if isinstance(value, Mapping):
        return "".join(_entry(f"{indent}{key}:", each, indent) for key, each in value.items())
    lines = []
    for each in value:
        if isinstance(each, Mapping):
            # The first key stands behind the dash, the others below it.
            lines.append(f"{indent}- {_yaml(each, indent + '  ').lstrip()}")
        else:
            lines.append(f"{indent}- {json.dumps(each, ensure_ascii=False)}\n")
    return "".join(lines)


def _entry(head: str, value: Any, indent: str) -> str:
    if isinstance(value, Mapping | list):
        return f"{head}\n{_yaml(value, indent + '  ')}"
    return f"{head} {json.dumps(value, ensure_ascii=False)}\n"


def _prose(recipe: Recipe) -> str:
    scheme, settings = recipe.scheme, recipe.settings
    fields = "".join(_field(field) for field in scheme.fields)
    return f"""# {scheme.title.ko} · {scheme.title.en}

한상으로 만든 라벨입니다. 체계 `{scheme.id}` {scheme.version}판, SHA-256 `{scheme.digest}`.
무엇을 언제 누가 어떤 조건으로 내보냈는지는 `manifest.json`, 빠진 항목과 이유는 `dropped.jsonl`에 있습니다.
라벨링한 사람은 가명으로만 나옵니다.

Labels made with Hansang. Scheme `{scheme.id}`, version {scheme.version}. `manifest.json` says what was exported when
and under which settings, `dropped.jsonl` what was left out and why. Annotators appear by pseudonym only.

```python
from datasets import load_dataset
data = load_dataset("이 폴더", split="train")
```

| 열 · column | 종류 · kind | 값 · values |
|---|---|---|
{fields}
`…_soft`는 사람들의 답을 0–1로 나타낸 것입니다. single과 scale은 표의 몫, multi는 모든 사람의
세기/최고 세기의 평균입니다. `…_agreement`는 그 값에 찬성한 몫입니다.
라벨은 `{settings.basis}` 단계의 답으로만 만들었습니다(`stage` 열). `annotations`에는 모든 답이 단계와 함께 있습니다.

`…_soft` holds the answers as numbers from 0 to 1: shares of the votes, for multi the mean of strength / highest
strength over all annotators. `…_agreement` is the share that is for the value. Labels are made of answers of stage
`{settings.basis}` only; `annotations` holds every answer with its stage.

## 지침 · Guideline

{scheme.guide}
"""


def _field(field: Field) -> str:
    values = ", ".join(f"`{option.id}` {option.ko}" for option in field.options)
    return f"| `{column(field)}` {field.title.ko} · {field.title.en} | {field.kind} | {values} |\n"
