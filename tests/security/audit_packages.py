"""pip-audit over the pinned packages, where it can reach its data; else the reason, said plainly. For ``make lint``.

Exits with 1 only when a package has a known vulnerability: a machine without a way out must still be able to lint.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]


def verdict(output: str, complaint: str) -> tuple[int, str]:
    """The exit code, and what to say, from what pip-audit wrote to its two streams."""
    try:
        found: list[Mapping[str, Any]] = json.loads(output)["dependencies"]
    except (ValueError, KeyError, TypeError):
        last = (complaint.strip() or "no output").splitlines()[-1]
        return 0, f"pip-audit could not reach its data, so nothing was audited: {last[:200]}"
    holes = [f"{each['name']} {each['version']}: {hole['id']}" for each in found for hole in each.get("vulns", ())]
    skipped = [each for each in found if "skip_reason" in each]
    if holes:
        return 1, "known vulnerabilities:\n" + "\n".join(holes)
    if len(skipped) == len(found):
        reason = skipped[0]["skip_reason"] if skipped else "no package"
        return 0, f"pip-audit could not reach its data, so nothing was audited: {reason}"
    return (
        0,
        f"pip-audit: {len(found) - len(skipped)} packages without a known vulnerability, {len(skipped)} not audited",
    )


def main() -> int:
    """Run it."""
    command = [sys.executable, "-m", "pip_audit", "-r", "requirements.txt", "--no-deps", "--disable-pip", "-f", "json"]
    command += ["--progress-spinner", "off"]
    try:
        ran = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=300)
        code, said = verdict(ran.stdout, ran.stderr)
    except subprocess.TimeoutExpired:
        code, said = verdict("", "no answer within five minutes")
    sys.stdout.write(said + "\n")
    return code


if __name__ == "__main__":
    sys.exit(main())
