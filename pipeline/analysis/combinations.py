"""Files that say of which classifiers an ensemble or a cascade is made, and what it was learned on.

``hansang classifiers`` writes them. ``seen`` are digests of the reviews' texts, so that nobody measures on them.
"""

from __future__ import annotations

import hashlib
import json
import math
import unicodedata
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any, Literal, get_args

from pipeline.analysis.choices import ClassifierChoice
from pipeline.errors.files import FileProblem
from pipeline.errors.settings import BadSetting
from pipeline.storage import clear_errors, write_atomically

How = Literal["mean", "weighted", "vote"]
HOWS: tuple[How, ...] = get_args(How)
VERSION = 1


@dataclass(frozen=True, slots=True)
class Member:
    """A classifier of several. What it leaves empty is taken from the choice of the whole."""

    name: str
    model: str = ""
    endpoint: str = ""
    prompt: str = ""

    def choice(self, whole: ClassifierChoice) -> ClassifierChoice:
        """The member as a choice of its own."""
        return ClassifierChoice(
            self.name,
            domain=whole.domain,
            endpoint=self.endpoint or whole.endpoint,
            model=self.model,
            key_variable=whole.key_variable,
            prompt=self.prompt or whole.prompt,
            requests=whole.requests,
            timeout_s=whole.timeout_s,
        )


@dataclass(frozen=True, slots=True)
class Combination:
    """An ensemble (``how`` and ``weights``, one for each member) or a cascade (cheap, dear, and ``threshold``)."""

    members: tuple[Member, ...]
    how: How = "mean"
    weights: tuple[float, ...] = ()
    threshold: float | None = None
    learned_on: str = ""
    seen: frozenset[str] = field(default_factory=frozenset)

    @property
    def digest(self) -> str:
        """Eight letters that change with whatever changes its results."""
        decides = asdict(self)
        for name in ("learned_on", "seen"):
            del decides[name]
        return hashlib.blake2b(json.dumps(decides, sort_keys=True).encode(), digest_size=4).hexdigest()


def digest_of(text: str) -> str:
    """The digest of a review's text, the same however its letters are composed and whatever space is around it."""
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    return hashlib.blake2b(plain.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def write_combination(made: Combination, path: Path) -> None:
    """Write the file.

    Raises:
        NotWritable, DiskFull: it can't be written.
    """
    value = {"hansang": "combination", "version": VERSION, **asdict(made), "seen": sorted(made.seen)}
    with clear_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        write_atomically(path, json.dumps(value, ensure_ascii=False, indent=1) + "\n")


def combination_of(choice: ClassifierChoice, kind: Literal["ensemble", "cascade"]) -> Combination:
    """The settings of a chosen ensemble or cascade.

    Raises:
        BadSetting, FileProblem: no file is named, or it is no such file.
    """
    if not choice.model:
        command = f"`hansang classifiers {'fit' if kind == 'ensemble' else 'cascade'}`"
        raise BadSetting(
            name="--model", value="",
            expected=f"{command}가 만든 설정 파일을 적어 주세요.", expected_en=f"Name the file that {command} made.",
        )  # fmt: skip
    return read_combination(Path(choice.model), kind)


def read_combination(path: Path, kind: Literal["ensemble", "cascade"]) -> Combination:
    """Read the file of an ensemble or of a cascade.

    Raises:
        FileProblem: it is missing, or no such file.
    """
    try:
        value = json.loads(path.read_text(encoding="utf-8"))
        made = _combination(value)
        _check(made, kind)
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        command = "fit" if kind == "ensemble" else "cascade"
        raise FileProblem(
            path=path,
            problem=f"{kind} 설정 파일로 읽지 못했습니다 ({error})",
            cure=f"`hansang classifiers {command} 라벨파일 --out 설정.json`으로 만들어 --model에 주세요.",
            problem_en=f"it can't be read as the settings of a classifier '{kind}' ({error})",
            cure_en=f"Make it with `hansang classifiers {command} LABELLED --out SETTINGS.json`, give it by --model.",
        ) from error
    return made


def _combination(value: Mapping[str, Any]) -> Combination:
    if value["hansang"] != "combination" or value["version"] != VERSION:
        raise ValueError(f"version {value['version']}")
    threshold = value["threshold"]
    return Combination(
        members=tuple(Member(**member) for member in value["members"]),
        how=value["how"],
        weights=tuple(float(weight) for weight in value["weights"]),
        threshold=None if threshold is None else float(threshold),
        learned_on=str(value["learned_on"]),
        seen=frozenset(map(str, value["seen"])),
    )


def _check(made: Combination, kind: Literal["ensemble", "cascade"]) -> None:
    within = [member.name for member in made.members]
    # An ensemble has no members of their own kind, a cascade may have ensembles: so no file can lead back to itself.
    if "cascade" in within or (kind == "ensemble" and "ensemble" in within):
        raise ValueError(f"members: {', '.join(within)}")
    if kind == "cascade":
        if len(within) != 2 or made.threshold is None or not math.isfinite(made.threshold):
            raise ValueError("a cascade has two members and a threshold")
        return
    fits = len(made.weights) == len(within) and all(0 <= weight < math.inf for weight in made.weights)
    if made.threshold is not None or made.how not in HOWS or not within or not fits or not sum(made.weights):
        raise ValueError("an ensemble has members, with a weight each, and one of " + ", ".join(HOWS))
