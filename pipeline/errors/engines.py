"""Clusters that batch work can't be given to, or that could not finish it."""

from __future__ import annotations

from pipeline.errors.base import Conflict, MachineError


class EngineUnavailable(MachineError):
    """A cluster that can't be joined, or can't be started here."""

    code = "engine-unavailable"
    ko = "Ray에 이어지지 못했습니다({address}: {reason}). 주소(RAY_ADDRESS)와 토큰(RAY_AUTH_MODE=token, RAY_AUTH_TOKEN)을 확인하거나 `--engine local`로 하세요."
    en = "Ray could not be joined ({address}: {reason}). Check the address (RAY_ADDRESS) and the token (RAY_AUTH_MODE=token, RAY_AUTH_TOKEN), or use `--engine local`."


class EngineDiffers(Conflict):
    """A worker whose programs are of other versions: what it makes would not be the same."""

    code = "engine-differs"
    ko = "다른 기계의 프로그램이 여기와 다릅니다({changed}). 같은 결과가 나오지 않으니 모든 기계에 같은 판을 설치하세요(`pip install -r requirements.txt`)."
    en = "A worker's programs differ from those here ({changed}), so its results would, too. Install the same versions on every machine (`pip install -r requirements.txt`)."


class EngineBroke(MachineError):
    """Work that a cluster could not bring to an end."""

    code = "engine-broke"
    ko = "Ray가 일을 끝내지 못했습니다: {reason}. 한 묶음이 작업자를 거듭 쓰러뜨렸거나 기계가 모두 사라졌을 수 있습니다. 기계의 메모리를 확인하고 다시 하면 이어서 합니다(`--actors`로 작업자를 줄이거나 `--engine local`)."
    en = "Ray could not finish: {reason}. A batch may have brought down one worker after the other, or the machines may be gone. Check their memory and run again, which goes on from here (fewer workers by `--actors`, or `--engine local`)."
