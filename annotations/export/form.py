"""What a form of export must do, and how it is found: each module in ``annotations/forms`` is a form of its name."""

from __future__ import annotations

import importlib
import json
import pkgutil
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Protocol, cast

from annotations.export import forms as folder
from annotations.export.types import Dropped, Item, Recipe, Record
from annotations.schemes.scheme import Scheme, Wording
from pipeline.errors.exports import FormNotFound

Drop = Callable[[Dropped], None]


class Form(Protocol):
    """A way to write items down. A module with these names is one.

    ``records`` are JSON values in the order of the items; ``read`` must give back what ``write`` was given, and is
    another program's reader where there is one.
    """

    TITLE: Wording

    def unfit(self, scheme: Scheme) -> Wording | None:
        """Why items of this scheme can't be written so; None when they can."""

    def records(self, items: Iterable[Item], recipe: Recipe, drop: Drop) -> Iterator[Record]:
        """What is to be written of the items; what is left out is handed to ``drop``."""

    def write(self, records: Iterable[Record], to: Path, recipe: Recipe) -> None:
        """Write the records into the folder ``to``, one after the other."""

    def read(self, folder: Path, recipe: Recipe) -> Iterator[Record]:
        """Read the records back."""


def available() -> tuple[str, ...]:
    """The names of all forms, sorted. Imports none of them."""
    return tuple(sorted(module.name for module in pkgutil.iter_modules(folder.__path__)))


def load_form(name: str) -> Form:
    """A form by its name.

    Raises:
        FormNotFound: there is none of that name.
    """
    if name not in available():
        raise FormNotFound(name=name, known=", ".join(available()))
    return cast(Form, importlib.import_module(f"{folder.__name__}.{name}"))


def write_lines(records: Iterable[Record], path: Path) -> None:
    """Records as JSON Lines."""
    with path.open("w", encoding="utf-8", newline="\n") as file:
        for record in records:
            file.write(json.dumps(record, ensure_ascii=False, allow_nan=False) + "\n")


def read_lines(path: Path) -> Iterator[Record]:
    """What ``write_lines`` wrote."""
    with path.open(encoding="utf-8", newline="\n") as file:
        for line in file:
            yield json.loads(line)
