"""What the server says when it could answer, but not now: too many ask, it is being stopped, something hangs."""

from __future__ import annotations

from pipeline.errors.base import InputError, MachineError


class Overloaded(MachineError):
    """As many questions are worked on and waiting as may be.

    429 means too many requests for whatever the server counts by, itself as a whole included (RFC 6585, section 4). A
    503 would make a balancer in front take the server for broken, and send its share to others that are as busy.
    """

    code = "overloaded"
    status = 429
    ko = "지금 질문이 몰려 있습니다(처리 {running:,}, 대기 {waiting:,}). {seconds}초 뒤에 다시 해 주세요."
    en = "Too many questions at once ({running:,} running, {waiting:,} waiting). Try again in {seconds} s."


class TooSlow(InputError):
    """A request that didn't come in time."""

    code = "too-slow"
    status = 408
    ko = (
        "요청이 {seconds:g}초 안에 다 오지 않아 그만 기다렸습니다. 연결을 확인하고 다시 보내 주세요. "
        "느린 연결이면 관리자가 service.request_s를 늘립니다."
    )
    en = (
        "The request didn't come whole within {seconds:g} s. Look at the connection and send it again. "
        "If it is just slow, have service.request_s raised."
    )


class HeadTooLong(InputError):
    """A request whose address and headers are longer than they may be."""

    code = "head-too-long"
    status = 431
    ko = (
        "요청의 주소와 헤더가 {limit:,}바이트를 넘습니다. 브라우저라면 이 사이트의 쿠키를 지우세요. "
        "꼭 필요하면 관리자가 service.head_bytes를 늘립니다."
    )
    en = (
        "The request's address and headers are over {limit:,} bytes. In a browser, delete this site's cookies. "
        "If they are needed, have service.head_bytes raised."
    )


class Draining(MachineError):
    """The server is being stopped and takes nothing new."""

    code = "draining"
    ko = "서버를 다시 시작하는 중이라 새 질문을 받지 않습니다. {seconds}초 뒤에 다시 해 주세요."
    en = "The server is being restarted and takes nothing new. Try again in {seconds} s."


class StageStalled(MachineError):
    """A stage of the pipeline took longer than it may."""

    code = "stage-stalled"
    status = 504
    ko = (
        "'{stage}' 다음 단계가 {seconds:g}초 안에 끝나지 않아 그만두었습니다. 잠시 뒤 다시 해 주세요. "
        "계속되면 관리자가 /readyz와 GPU·모델 서버를 확인하고, 느린 것이 정상이면 service.stage_s를 늘립니다."
    )
    en = (
        "The stage after '{stage}' did not end within {seconds:g} s and was given up. Try again in a moment. "
        "If it goes on, look at /readyz and at the GPU or model server; raise service.stage_s if such times are normal."
    )


class AllStalled(MachineError):
    """Every worker hangs in a stage that doesn't end."""

    code = "all-stalled"
    ko = (
        "앞선 질문 {count:,}개가 멈춰 있어 새 질문을 시작할 수 없습니다. "
        "모델 서버나 GPU를 확인하고 서버를 다시 시작하세요(systemctl restart hansang)."
    )
    en = (
        "{count:,} earlier questions hang, so that no other can begin. "
        "Look at the model server or GPU and restart the server (systemctl restart hansang)."
    )


class TracingUnavailable(MachineError):
    """Spans are to be sent, and can't be."""

    code = "tracing-unavailable"
    ko = "service.tracing=otlp로는 켤 수 없습니다: {reason}. {cure}."
    en = "service.tracing=otlp can't be: {reason_en}. {cure_en}."


class DiskLow(MachineError):
    """Too little room is left to store anything more."""

    code = "disk-low"
    status = 507
    ko = (
        "디스크가 거의 가득 차(남은 {free:,} MB, 필요한 {wanted:,} MB) 저장하지 않았습니다. "
        "{path}에 자리를 비우면 저절로 다시 저장합니다."
    )
    en = (
        "The disk is almost full ({free:,} MB left, {wanted:,} MB wanted), so nothing was stored. "
        "Free some space at {path}; storing goes on by itself."
    )


class WorkersUnfit(InputError):
    """Worker processes are asked for where questions need what only one process can hold."""

    code = "workers-unfit"
    ko = (
        "service.processes={processes}은(는) {name}={value}와(과) 함께 쓸 수 없습니다. 내장 부품(kiwi, lsa, linear, "
        "extractive)만 쓰는 프로필에서 쓰거나 service.processes=0으로 켜세요. "
        "모델은 여러 질문을 이미 배치로 함께 처리합니다."
    )
    en = (
        "service.processes={processes} can't go with {name}={value}. Use it in a profile whose parts all are embedded "
        "(kiwi, lsa, linear, extractive), or set service.processes=0: a model takes many questions at once in batches."
    )


class WorkerLost(MachineError):
    """Two processes died over the same question."""

    code = "worker-lost"
    ko = (
        "이 질문을 처리하던 프로세스가 두 번 죽었습니다(메모리 부족일 때가 많습니다). 잠시 뒤 다시 해 주세요. "
        "계속되면 관리자가 메모리를 늘리거나 service.processes를 줄입니다."
    )
    en = (
        "Two processes died while working on this question, mostly for want of memory. Try again in a moment. "
        "If it goes on, the machine needs more memory, or a smaller service.processes."
    )


class WorkersAway(MachineError):
    """No worker process can take a question."""

    code = "workers-away"
    ko = (
        "질문을 처리할 프로세스가 없습니다: {reason}. 잠시 뒤 다시 해 주세요. "
        "계속되면 관리자가 서버의 오류 출력을 보고 메모리를 늘리거나 service.processes=0으로 켭니다."
    )
    en = (
        "There is no process to work on questions: {reason_en}. Try again in a moment. "
        "If it goes on, look at what the server printed; add memory, or set service.processes=0."
    )
