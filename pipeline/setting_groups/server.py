"""Settings of the server and of the annotation app: limits, who may come in, how tasks are handed out."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.setting_groups.declaring import setting


@dataclass(frozen=True, slots=True)
class Labelling:
    """How tasks are handed to annotators. What these mean is said in ``annotations.types.DeskSettings``."""

    gold_rate: float = setting(
        0.05, "골드 과제(답을 아는 과제)를 섞는 비율", "share of gold tasks, whose answer is known", low=0, high=0.5
    )
    repeat_rate: float = setting(
        0.02,
        "자기가 한 과제를 모르게 다시 받는 비율",
        "share of one's own tasks that come again unnoticed",
        low=0,
        high=0.5,
    )
    repeat_after: int = setting(
        30, "다시 받기까지 그 사이에 하는 과제 수", "tasks done before one comes again", low=1, high=10_000
    )
    lease_minutes: float = setting(
        30, "받은 과제를 맡아 두는 시간(분)", "how long a task is held for whoever took it (minutes)", low=1, high=1_440
    )
    daily_goal: int = setting(0, "하루 목표(0=없음)", "tasks a day that one aims at (0 = none)", low=0, high=10_000)


@dataclass(frozen=True, slots=True)
class Serving:
    """The limits of the server. They are the server's own: no question changes them."""

    body_bytes: int = setting(
        1_048_576, "요청 본문의 최대 크기(바이트)", "largest body of a request (bytes)", low=1_024, high=1_000_000_000
    )
    head_bytes: int = setting(
        65_536, "요청의 주소와 헤더의 최대 크기(바이트)", "longest address and headers of a request (bytes)",
        low=8_192, high=10_000_000,
    )  # fmt: skip
    request_s: float = setting(
        20, "요청의 헤더, 질문의 본문이 다 올 때까지 기다리는 시간(초)",
        "how long a request's head, and a question's body, may take to come (seconds)", low=0.1, high=3_600,
    )  # fmt: skip
    upload_bytes: int = setting(
        209_715_200, "올리는 파일의 최대 크기(바이트)", "largest file that is uploaded (bytes)",
        low=1_024, high=100_000_000_000,
    )  # fmt: skip
    uploads: int = setting(100, "올려 둘 수 있는 파일 수", "files that may lie uploaded", low=1, high=100_000)
    question_chars: int = setting(1_000, "질문의 최대 길이(자)", "longest question (characters)", low=1, high=1_000)
    batch: int = setting(100, "한 번에 분석하는 후기 수", "reviews analysed by one request", low=1, high=10_000)
    review_chars: int = setting(
        20_000, "분석할 후기 하나의 글자 수", "characters of a review to be analysed", low=1, high=100_000
    )
    page: int = setting(200, "목록 한 쪽의 최대 항목 수", "most items on one page of a list", low=1, high=1_000)
    jobs_at_once: int = setting(1, "동시에 도는 작업 수", "jobs that run at once", low=1, high=64)
    jobs_waiting: int = setting(20, "기다릴 수 있는 작업 수", "jobs that may wait", low=0, high=10_000)
    heartbeat_s: float = setting(
        10, "스트림이 조용할 때 신호를 보내는 간격(초)", "seconds after which a quiet stream gives a sign of life",
        low=0.05, high=600,
    )  # fmt: skip
    keys_hours: float = setting(
        24, "Idempotency-Key의 답을 기억하는 시간", "hours for which the reply to an Idempotency-Key is kept",
        low=0.01, high=8_760,
    )  # fmt: skip
    concurrent: int = setting(
        4, "API가 한꺼번에 처리하는 질문 수", "questions that the API works on at once", low=1, high=1_000
    )
    waiting: int = setting(
        20, "그 뒤에 기다리는 질문 수(넘으면 바로 429)", "questions that wait for them; more are refused at once (429)",
        low=0, high=10_000,
    )  # fmt: skip
    wait_s: float = setting(
        0.1, "넘치는 동안 차례를 기다리는 시간(초, 질문 하나에 드는 시간이 더 길면 그만큼). 더 기다렸으면 429",
        "wait for a turn while some are refused (seconds; as long as a question takes if that is longer), then 429",
        low=0, high=3_600,
    )  # fmt: skip
    processes: int = setting(
        0, "API의 스트림 아닌 질문을 맡는 프로세스 수(0=서버가 직접, 내장 부품만 쓸 때, 하나에 메모리 약 0.6 GB)",
        "processes for the API's unstreamed questions (0 = the server itself; embedded parts only, 0.6 GB each)",
        low=0, high=64,
    )  # fmt: skip
    stage_s: float = setting(
        60, "한 단계가 이보다 오래 걸리면 그만둠(초)", "a stage that takes longer is given up (seconds)",
        low=0.1, high=3_600,
    )  # fmt: skip
    drain_s: float = setting(
        30, "끌 때 하던 답을 기다리는 시간(초)", "how long answers under way may take when stopping (seconds)",
        low=0, high=3_600,
    )  # fmt: skip
    disk_mb: int = setting(
        200, "남은 디스크가 이보다 적으면 답변 기록을 멈춤(MB)", "answers aren't stored with less disk left (MB)",
        low=1, high=1_000_000,
    )  # fmt: skip
    log_mb: float = setting(20, "로그 파일 하나의 크기(MB)", "size of one log file (MB)", low=0.001, high=10_000)
    log_files: int = setting(
        5, "남겨 두는 지난 로그 파일 수(0=로그 없음)", "older log files kept (0 = no log)", low=0, high=1_000
    )
    log_questions: Literal["no", "yes"] = setting(
        "no", "질문 글을 로그에 남길지", "whether the log holds the questions' text"
    )
    tracing: Literal["off", "otlp"] = setting(
        "off", "요청과 단계의 시간을 OpenTelemetry로 보냄(어디로: OTEL_EXPORTER_OTLP_ENDPOINT)",
        "sends spans over OpenTelemetry (where to: OTEL_EXPORTER_OTLP_ENDPOINT)",
    )  # fmt: skip
    tracing_texts: Literal["no", "yes"] = setting(
        "no", "그때 질문과 답의 글도 보낼지", "whether these hold the texts of questions and answers"
    )
    backup_hours: float = setting(
        24, "라벨을 자동으로 백업하는 간격(시간, 0=안 함)", "hours between backups of the labels (0 = none)",
        low=0, high=10_000,
    )  # fmt: skip
    backup_keep: int = setting(7, "남겨 두는 자동 백업 수", "automatic backups kept", low=1, high=10_000)
    chat_url: str = setting(
        "auto", "사람들이 채팅을 여는 주소. 예) https://chat.example.kr (auto=라벨링 앱과 같은 이름에 채팅의 포트)",
        "address at which people open the chat, e.g. https://chat.example.kr (auto: its port next to the labels)",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the server, and how often. The server's own, as ``Serving`` is."""

    trusted_proxies: str = setting(
        "none", "X-Forwarded-For를 믿을 프록시의 주소(쉼표로, none=믿지 않음). 적으면 127.0.0.1에서도 로그인이 필요",
        "addresses of proxies whose X-Forwarded-For counts (none: nobody's); if set, even 127.0.0.1 needs to sign in",
    )  # fmt: skip
    per_caller: int = setting(
        600, "한 사람이나 열쇠가 1분에 할 수 있는 요청(0=제한 없음)",
        "requests a minute of one person or key (0 = no limit)", low=0, high=1_000_000,
    )  # fmt: skip
    per_address: int = setting(
        1_200, "한 주소에서 1분에 할 수 있는 요청(0=제한 없음)", "requests a minute from one address (0 = no limit)",
        low=0, high=1_000_000,
    )  # fmt: skip
    signins: int = setting(
        20, "한 주소에서 1분에 실패할 수 있는 로그인(0=제한 없음)",
        "sign-ins a minute from one address that may fail (0 = no limit)", low=0, high=1_000_000,
    )  # fmt: skip
