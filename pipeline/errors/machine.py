"""What this machine lacks, or holds for another: room, permissions, ports, what a backend needs."""

from __future__ import annotations

from pipeline.errors.base import Conflict, MachineError


class DiskFull(MachineError):
    """No room left while writing."""

    code = "disk-full"
    status = 507
    ko = (
        "디스크가 가득 차 {path}에 쓰지 못했습니다. 쓰던 것은 지웠고 이전 상태 그대로입니다. 자리를 비우고 다시 하세요."
    )
    en = "The disk is full; {path} could not be written. What was begun is removed and the former state stands. Free some space and try again."


class NotWritable(MachineError):
    """A folder that may not be written."""

    code = "not-writable"
    ko = "{path}에 쓸 수 없습니다({reason}). 권한을 고치거나 HANSANG_HOME을 다른 폴더로 정하세요."
    en = "{path} can't be written ({reason}). Mend the permissions or set HANSANG_HOME to another folder."


class HomeLocked(Conflict):
    """A second server, or a second indexing of one name, over the same folder."""

    code = "home-locked"
    ko = "{path} 폴더를 다른 한상(프로세스 {pid})이 쓰고 있습니다. 그것을 끄거나 HANSANG_HOME을 다른 폴더로 정하세요."
    en = "Another Hansang (process {pid}) is using {path}. Stop it, or set HANSANG_HOME to another folder."


class StillServing(HomeLocked):
    """A restore beside what has the labels open: it would write no more, and nobody could sign in."""

    ko = "한상(프로세스 {pid})이 {path} 폴더를 쓰고 있어 되돌리지 않았습니다. 서버와 라벨링 앱을 먼저 끄고 다시 하세요."
    en = "Nothing was restored: Hansang (process {pid}) is using {path}. Stop the server and the annotation app first, then restore again."


class PortTaken(MachineError):
    """The port is in use."""

    code = "port-taken"
    ko = "{port}번 포트를 다른 프로그램이 쓰고 있습니다. 그것을 끄거나 `--port {other}`처럼 다른 포트를 고르세요."
    en = "Port {port} is in use. Stop what uses it, or choose another, e.g. `--port {other}`."


class LabelsPortTaken(PortTaken):
    """The port of the annotation app is in use."""

    ko = (
        "{port}번 포트를 다른 프로그램이 쓰고 있습니다. 그것을 끄거나 `--labels-port {other}`처럼 다른 포트를 고르세요."
    )
    en = "Port {port} is in use. Stop what uses it, or choose another, e.g. `--labels-port {other}`."


class LabelsAppEnded(MachineError):
    """The annotation app beside the chat ended by itself, so the chat ends too."""

    code = "labels-app-ended"
    ko = "라벨링 앱이 멈췄습니다(끝난 상태 {status}). 이유는 바로 위에 있습니다. 고친 뒤 다시 시작하거나 `--no-labels`로 채팅만 여세요."
    en = "The annotation app has ended (status {status}); the reason is just above. Mend it and start again, or open the chat alone with `--no-labels`."


class BackendUnavailable(MachineError):
    """A backend whose needs are not met on this machine."""

    code = "backend-unavailable"
    ko = "{name}을(를) 쓸 수 없습니다: {reason}. {cure}"
    en = "{name} can't be used: {reason}. {cure}"
