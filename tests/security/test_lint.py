"""The tools that look for weaknesses: what they are told to leave out, and what is made of their answers."""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path

import pytest

from tests.security.audit_packages import verdict

ROOT = Path(__file__).parents[2]
BASELINE = Path(__file__).with_name("bandit.json")


def audited(*packages: tuple[str, list[str] | None]) -> str:
    rows = [
        {"name": name, "version": "1", "vulns": [{"id": hole} for hole in holes]}
        if holes is not None
        else {"name": name, "skip_reason": f"{name} not found"}
        for name, holes in packages
    ]
    return json.dumps({"dependencies": rows})


@pytest.mark.parametrize(
    ("output", "complaint", "code", "said"),
    [
        (audited(("a", []), ("b", None)), "", 0, "1 packages without a known vulnerability, 1 not audited"),
        (audited(("a", ["CVE-1"]), ("b", None)), "", 1, "a 1: CVE-1"),
        (audited(("a", None), ("b", None)), "", 0, "nothing was audited: a not found"),
        ("", "Traceback\nConnectionError: no route", 0, "nothing was audited: ConnectionError: no route"),
        ("", "", 0, "nothing was audited: no output"),
        ("[]", "", 0, "nothing was audited"),
    ],
)
def test_what_is_made_of_an_audit(output: str, complaint: str, code: int, said: str) -> None:
    found, told = verdict(output, complaint)
    assert (found, said in told) == (code, True)


def test_lint_runs_both() -> None:
    (lint,) = re.findall(r"^lint:.*?\n\n", (ROOT / "Makefile").read_text(), flags=re.MULTILINE | re.DOTALL)
    assert "bandit -q -c pyproject.toml -b tests/security/bandit.json -r annotations app pages pipeline" in lint
    assert "tests.security.audit_packages" in lint


def test_what_bandit_leaves_out_has_a_reason_beside_it() -> None:
    text = (ROOT / "pyproject.toml").read_text("utf-8")
    for skipped in tomllib.loads(text)["tool"]["bandit"]["skips"]:
        assert re.search(rf'"{skipped}", # .{{20,}}', text)


def test_the_findings_that_were_looked_at_are_none_of_high_severity() -> None:
    found = json.loads(BASELINE.read_text("utf-8"))["results"]
    assert found
    assert {each["issue_severity"] for each in found} <= {"LOW", "MEDIUM"}
