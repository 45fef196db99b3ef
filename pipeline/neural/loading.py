"""Loading a model: where it runs and how precisely, whether it fits, and what libraries say as errors of ours."""

from __future__ import annotations

import importlib.util
import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pipeline.errors.neural import ModelTooLarge, ModelUnusable
from pipeline.machine import available_memory
from pipeline.neural.folders import weights
from pipeline.neural.hub import Found
from pipeline.setting_groups.models import Models

T = TypeVar("T")
Precision = Literal["fp32", "fp16", "bf16"]

BYTES: dict[Precision, int] = {"fp32": 4, "fp16": 2, "bf16": 2}
GIB = 1 << 30
KEPT = 2  # models of a role that stay loaded: the one in use and the one before
_ROOM = 1.15  # a loaded model needs this much more than its weights before it has read anything


@dataclass(frozen=True, slots=True)
class Place:
    """Where a model runs (``cpu``, ``cuda``) and how precisely."""

    device: str
    precision: Precision


def require(**modules: str) -> None:
    """Make sure that packages are installed, without importing them: ``require(torch="torch")``, module and package.

    Raises:
        ModelUnusable: one is missing.
    """
    missing = [package for module, package in modules.items() if not importable(module)]
    if missing:
        raise ModelUnusable(
            name=", ".join(missing), reason="설치되어 있지 않습니다", reason_en="not installed",
            cure="`make gpu`로 환경을 만들거나 `pip install -r requirements-gpu.txt`를 실행하세요",
            cure_en="Run `make gpu`, or `pip install -r requirements-gpu.txt`",
        )  # fmt: skip


def importable(module: str) -> bool:
    """Whether a package is installed, without importing it."""
    try:
        return importlib.util.find_spec(module) is not None
    except (ImportError, ValueError):  # ValueError: it has been put away as missing
        return False


def place(models: Models) -> Place:
    """The device and precision that settings mean on this machine.

    Raises:
        ModelUnusable: ``cuda`` is asked for and isn't there.
    """
    import torch  # an optional extra, seconds to import

    there = torch.cuda.is_available()
    if models.device == "cuda" and not there:
        raise ModelUnusable(
            name="models.device=cuda", reason="CUDA GPU가 보이지 않습니다", reason_en="no CUDA GPU is seen",
            cure="`hansang doctor`로 드라이버를 확인하거나 `--set models.device=cpu`로 하세요",
            cure_en="Check the driver with `hansang doctor`, or use `--set models.device=cpu`",
        )  # fmt: skip
    device = "cuda" if there and models.device != "cpu" else "cpu"
    if models.precision != "auto":
        return Place(device, models.precision)
    return Place(device, "fp16" if device == "cuda" else "fp32")


def dtype(precision: Precision) -> Any:
    """The type of torch of that precision."""
    import torch

    return {"fp32": torch.float32, "fp16": torch.float16, "bf16": torch.bfloat16}[precision]


def check_room(name: str, where: Place, needed: int, free: int) -> None:
    """Make sure that a model fits before it is read. Both in bytes.

    Raises:
        ModelTooLarge: it doesn't.
    """
    if needed * _ROOM > free:
        raise ModelTooLarge(
            name=name, device=where.device, needed=f"{needed * _ROOM / GIB:,.1f} GiB", free=f"{free / GIB:,.1f} GiB"
        )


def free_memory(device: str) -> int:
    """Bytes that a model may take on a device."""
    if device == "cpu":
        return available_memory()
    import torch

    return int(torch.cuda.mem_get_info()[0])


@contextmanager
def loading(found: Found, where: Place) -> Iterator[None]:
    """Check that a model fits, and turn what its library says while it loads into errors with a cure.

    Raises:
        ModelTooLarge: there is not enough memory.
        ModelUnusable: the library can't make a model of the folder.
    """
    import torch
    from transformers.utils import logging

    logging.disable_progress_bar()  # its bars would run through ours and through the logs
    needed = weights(found.folder, found.name).needed(BYTES[where.precision])
    check_room(found.name, where, needed, free_memory(where.device))
    try:
        yield
    except (MemoryError, torch.OutOfMemoryError) as error:
        raise _too_large(found, where, needed) from error
    except RuntimeError as error:
        if "allocate memory" in str(error) or "out of memory" in str(error):  # how PyTorch's CPU allocator says it
            raise _too_large(found, where, needed) from error
        raise _unusable(found, error) from error
    except (OSError, ValueError, KeyError, TypeError, AttributeError, ImportError) as error:
        raise _unusable(found, error) from error


def _too_large(found: Found, where: Place, needed: int) -> ModelTooLarge:
    free = free_memory(where.device)
    return ModelTooLarge(
        name=found.name, device=where.device, needed=f"{needed * _ROOM / GIB:,.1f} GiB", free=f"{free / GIB:,.1f} GiB"
    )


def _unusable(found: Found, error: Exception) -> ModelUnusable:
    said = f"{type(error).__name__}: {(str(error) or '?').splitlines()[0][:200]}"
    return ModelUnusable(
        name=found.name,
        reason=f"라이브러리가 열지 못했습니다 ({said})", reason_en=f"the library can't open it ({said})",
        cure="폴더가 온전한지, 모델의 종류가 맞는지 확인하세요",
        cure_en="Check that the folder is whole and the model is of the right kind",
    )  # fmt: skip


class Shelf:
    """Models of one role that are loaded, each once in the process however many indexes use it; the last few stay."""

    def __init__(self, most: int = KEPT) -> None:
        self._most = most
        self._made: OrderedDict[Hashable, Any] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """What was made for a key, made now if it is the first time; nobody else makes anything meanwhile."""
        with self._lock:
            if key not in self._made:
                self._made[key] = make()
                if len(self._made) > self._most:
                    self._made.popitem(last=False)
            self._made.move_to_end(key)
            found: T = self._made[key]
        return found
