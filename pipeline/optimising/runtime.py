"""ONNX Runtime, loaded so that it tells nobody what it runs. The only place that imports it."""

from __future__ import annotations

import os
from typing import Any

SILENCE = "ORT_DISABLE_TELEMETRY"


def keep_quiet() -> None:
    """Have ONNX Runtime report nothing, whoever imports it next in this process.

    Its Linux builds since 1.31 give the machine a number (``~/.cache/Microsoft``), collect events there and send them
    to their maker. Once it is loaded it is too late: ``disable_telemetry_events`` leaves the number and the store.
    """
    os.environ.setdefault(SILENCE, "1")


def onnx_runtime() -> Any:
    """The module ``onnxruntime``.

    Raises:
        ImportError: it isn't installed.
    """
    keep_quiet()
    import onnxruntime  # an optional extra

    return onnxruntime


def quantization() -> Any:
    """The module ``onnxruntime.quantization``.

    Raises:
        ImportError: it isn't installed.
    """
    keep_quiet()
    from onnxruntime import quantization as module  # an optional extra

    return module
