"""Which code makes a run: a commit where the program lies in a git checkout, else the version of the package.

Only git is asked, and nothing over the network.
"""

from __future__ import annotations

import hashlib
import os
import subprocess
from functools import cache
from pathlib import Path

from pipeline.versions import versions

ROOT = Path(__file__).parents[1]
DECIDING = ("pipeline", "models")  # folders of the checkout: a commit that touches neither changes no answer
SECONDS = 10  # after which git is taken as not there
_ELSEWHERE = ("GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_NAMESPACE")


@cache
def code_version() -> str:
    """The version of the code that this process works with. Asked of git once.

    ``3f2a91c0b1d2`` is the last commit that changed what decides an answer. Where files were changed since, a digest of
    what they are now follows: ``3f2a91c0b1d2+5e3f9a01``. The version of the package without git or a checkout.
    """
    return code_in(ROOT) or versions().get("hansang", "unknown")


def code_in(root: Path) -> str:
    """The version of the code in a folder; empty where git can't tell."""
    commit = _git(root, "log", "-1", "--format=%h", "--abbrev=12", "--", *DECIDING)
    changed = _git(root, "status", "--porcelain", "--untracked-files=all", "--", *DECIDING)
    if not commit or changed is None:
        return ""
    return f"{commit.strip()}+{_digest(root)}" if changed else commit.strip()


def _digest(root: Path) -> str:
    """Of all files that git doesn't ignore: two states of a changed checkout are told apart, too."""
    names = _git(root, "ls-files", "-z", "--cached", "--others", "--exclude-standard", "--", *DECIDING) or ""
    found = hashlib.sha256()
    for name in sorted(set(names.split("\0")) - {""}):
        path = root / name
        if path.is_file():
            found.update(f"{name}\0{path.stat().st_size}\0".encode() + path.read_bytes())
    return found.hexdigest()[:8]


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None where there is none, no checkout, or one that it doesn't trust."""
    environment = {name: value for name, value in os.environ.items() if name not in _ELSEWHERE}
    try:
        done = subprocess.run(
            ["git", "--no-optional-locks", "-C", str(root), *arguments],
            capture_output=True, text=True, errors="surrogateescape", stdin=subprocess.DEVNULL, check=False,
            timeout=SECONDS, env=environment | {"GIT_NO_LAZY_FETCH": "1"},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired):
        return None
    return done.stdout if done.returncode == 0 else None
