"""Finds a model by name: a folder of this machine, the hub's cache, or the hub itself. Fetches what is missing."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from pipeline.errors.base import HansangError
from pipeline.errors.neural import ModelAbsent, ModelGated, ModelUnusable
from pipeline.neural.folders import Role, check, digest

_LEFT_OUT = ["onnx/*", "openvino/*", "*.onnx", "*.h5", "*.msgpack", "*.ot", "*.gguf", "*.tflite", "imgs/*", "*.png"]
_COMMIT = 40  # hexadecimal digits


@dataclass(frozen=True, slots=True)
class Found:
    """A model on this machine. ``revision`` is the hub's commit, or a hash of the files of a folder."""

    name: str
    revision: str
    folder: Path


def find(name: str, revision: str, role: Role) -> Found:
    """The folder of a model, whole and fit for a role. Asks the hub only for what isn't here.

    Raises:
        ModelAbsent: it is neither here nor can it be fetched.
        ModelGated: its owner asks for a licence to be accepted first.
        ModelUnusable: its folder is damaged or made for another task.
    """
    local = Path(name).expanduser()
    if local.is_dir():
        check(local, name, role)
        return Found(name, digest(local), local)
    if name.startswith((".", "/", "~")) or name.count("/") != 1:
        raise ModelAbsent(
            name=name, reason="그런 폴더가 없습니다", reason_en="there is no such folder",
            cure="폴더의 경로나 허브의 이름(예: BAAI/bge-m3)을 확인하세요",
            cure_en="Check the folder's path or the hub's name (such as BAAI/bge-m3)",
        )  # fmt: skip
    folder = _cached(name, revision, role) or _fetched(name, revision)
    check(folder, name, role)
    return Found(name, folder.name if len(folder.name) == _COMMIT else digest(folder), folder)


def _cached(name: str, revision: str, role: Role) -> Path | None:
    """The model in the hub's cache; None where it isn't, or not all of it."""
    from huggingface_hub import snapshot_download  # half a second to import, and only neural backends need it
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        folder = Path(snapshot_download(name, revision=revision, local_files_only=True, ignore_patterns=_LEFT_OUT))
        check(folder, name, role)
    except (LocalEntryNotFoundError, ModelUnusable):  # the hub may have what is missing
        return None
    except HFValidationError as error:
        raise _absent(name, "허브의 이름도 아닙니다", "it is no name of the hub either") from error
    return folder


def _fetched(name: str, revision: str) -> Path:
    """The model from the hub."""
    from httpx2 import HTTPError
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import GatedRepoError, HfHubHTTPError, RevisionNotFoundError

    try:
        return Path(snapshot_download(name, revision=revision, ignore_patterns=_LEFT_OUT))
    except GatedRepoError as error:
        raise ModelGated(name=name) from error
    except RevisionNotFoundError as error:
        raise _absent(name, f"판 '{revision}'이(가) 없습니다", f"there is no revision '{revision}'") from error
    except HfHubHTTPError as error:
        raise _refused(name, error.response.status_code) from error
    except (
        OSError,
        HTTPError,
    ) as error:  # offline, no connection, a full disk; or a refusal that the client has wrapped
        if isinstance(error.__cause__, HfHubHTTPError):
            raise _refused(name, error.__cause__.response.status_code) from error
        raise _absent(name, f"받지 못했습니다 ({_short(error)})", f"it can't be fetched ({_short(error)})") from error


def _refused(name: str, status: int) -> HansangError:
    if status == 403:
        return ModelGated(name=name)
    if status in (401, 404):  # the hub says 401 of what it doesn't know
        return _absent(
            name, f"허브가 모르거나 토큰이 필요한 모델입니다 (HTTP {status})",
            f"the hub doesn't know it, or wants a token (HTTP {status})",
        )  # fmt: skip
    return _absent(name, f"허브가 답하지 않았습니다 (HTTP {status})", f"the hub refused (HTTP {status})")


def _short(error: Exception) -> str:
    return f"{type(error).__name__}: {str(error).splitlines()[0][:160]}" if str(error) else type(error).__name__


def _absent(name: str, ko: str, en: str) -> ModelAbsent:
    return ModelAbsent(
        name=name, reason=f"이 컴퓨터에 없고 {ko}", reason_en=f"it isn't on this machine and {en}",
        cure=f"인터넷이 되는 곳에서 `hf download {name}`으로 받아 그 폴더를 설정에 적거나 이름을 확인하세요",
        cure_en=f"Where there is a network, `hf download {name}`, then set the folder; or check the name",
    )  # fmt: skip
