"""What can go wrong, said once and clearly: every known error becomes a sentence with its cure and an exit code."""

from __future__ import annotations

import sqlite3
import sys
from pathlib import Path
from typing import Any

from typer import Exit
from typer.core import TyperCommand

from app.cli.console import clean, print_json, stderr
from pipeline.errors.base import HansangError, MachineError
from pipeline.errors.machine import DiskFull, NotWritable
from pipeline.storage import clear_errors

_OURS = ("annotations", "app", "pages", "pipeline")
_UNWRITABLE = (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM)


class PackageMissing(MachineError):
    """A package that a command needs isn't installed."""

    code = "package-missing"
    ko = "{package} 패키지가 없습니다. 저장소에서 `pip install -e .`를 실행하세요."
    en = "Package {package} is missing. Run `pip install -e .` in the repository."


class PeersMissing(PackageMissing):
    """What a benchmark is to compare us with isn't installed."""

    ko = "견줄 것이 없습니다({package}). 저장소에서 `pip install -e '.[peers]'`를 실행하세요."
    en = "What to compare with is missing ({package}). Run `pip install -e '.[peers]'` in the repository."


class SystemRefused(MachineError):
    """The operating system refused something, and nothing better is known of it."""

    code = "system"
    ko = "운영 체제가 거절했습니다: {reason}. `hansang doctor`로 이 컴퓨터를 점검하세요."
    en = "The operating system refused: {reason}. Check this machine with `hansang doctor`."


class Command(TyperCommand):
    """A command whose known errors are one sentence on standard error, or with ``--json`` one value on the output."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command."""
        try:
            result = super().invoke(ctx)
            if sys.stdout:
                sys.stdout.flush()  # here, so that a full disk is told like any other
        except BrokenPipeError:
            raise
        except (HansangError, OSError, sqlite3.OperationalError, ModuleNotFoundError) as error:
            known = understood(error)
            report(known, as_json=bool(ctx.params.get("as_json")))
            raise Exit(known.exit_code) from error
        return result


def understood(error: Exception) -> HansangError:
    """The error as one with a cure. A module of our own that is missing is a bug, and stays one."""
    if isinstance(error, HansangError):
        return error
    if isinstance(error, ModuleNotFoundError):
        package = (error.name or "").partition(".")[0]
        if package in _OURS:
            raise error
        return PackageMissing(package=package)
    if isinstance(error, sqlite3.OperationalError):
        return _of_sqlite(error)
    return _of_system(error)


def _of_sqlite(error: sqlite3.OperationalError) -> HansangError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF  # without the extension in the upper bits
    if code == sqlite3.SQLITE_FULL:
        return DiskFull(path="HANSANG_HOME")
    if code in _UNWRITABLE:
        return NotWritable(path="HANSANG_HOME", reason=error)
    return SystemRefused(reason=error)


def _of_system(error: Exception) -> HansangError:
    path = getattr(error, "filename", None)
    if path is None:  # the output, say: nothing of ours was half-written
        return SystemRefused(reason=error)
    try:
        with clear_errors(Path(path)):
            raise error
    except HansangError as known:
        return known
    except OSError as unknown:
        return SystemRefused(reason=unknown)


def report(error: HansangError, *, as_json: bool) -> None:
    """Say what went wrong, in Korean with English under it."""
    if as_json:
        try:
            print_json({"error": {"code": error.code, "message": error.korean, "message_en": error.english}})
            sys.stdout.flush()
            return
        except OSError:  # the output itself is what failed
            pass
    console = stderr()
    console.print(clean(error.korean, "bold red"), soft_wrap=True)
    console.print(clean(error.english, "dim"), soft_wrap=True)
