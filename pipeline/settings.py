"""Every setting of the project: its group, default, bounds, and what it is for in Korean and in English.

``pipeline.config`` reads them from profile files and from ``--set``; README's table is made of them.
"""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache, lru_cache
from typing import Any, Literal, get_type_hints

from pipeline.experiments.variants import Variant


def _setting(
    default: Any, ko: str, en: str, *, low: float = -math.inf, high: float = math.inf, index_time: bool = False
) -> Any:
    return field(default=default, metadata={"ko": ko, "en": en, "low": low, "high": high, "index_time": index_time})


@dataclass(frozen=True, slots=True)
class Indexing:
    """How documents become an index."""

    passage_chars: int = _setting(
        600, "이보다 긴 글은 문장 끝에서 나눔(자)", "longer documents are split on sentence ends (characters)",
        low=50, high=20_000, index_time=True,
    )  # fmt: skip
    overlap_chars: int = _setting(
        100, "나눈 단락이 겹치는 길이(자)", "how much neighbouring passages share (characters)",
        low=0, high=5_000, index_time=True,
    )  # fmt: skip
    dimensions: int = _setting(
        256, "LSA 벡터의 차원", "dimensions of the LSA vectors", low=2, high=1_024, index_time=True
    )
    k1: float = _setting(
        1.2, "BM25의 단어 빈도 포화", "BM25 saturation of term frequency", low=0, high=10, index_time=True
    )
    b: float = _setting(0.75, "BM25의 길이 보정", "BM25 length normalisation", low=0, high=1, index_time=True)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How candidates are found."""

    bm25: Literal["bm25s", "rank_bm25"] = _setting("bm25s", "BM25 구현", "implementation of BM25")
    depth: int = _setting(50, "검색기마다 가져오는 후보 수", "candidates taken from each retriever", low=1, high=1_000)
    k: int = _setting(5, "답변에 쓰는 단락 수", "passages put in the prompt", low=1, high=50)
    spread: int = _setting(
        2, "여러 가게를 묻는 질문에서 한 가게가 차지하는 단락 수(0=제한 없음)",
        "passages one restaurant may take when the question is about many (0 = no limit)", low=0, high=50,
    )  # fmt: skip
    store: Literal["local", "milvus"] = _setting(
        "local", "벡터와 BM25 가중치를 두는 곳", "where vectors and BM25 weights are kept", index_time=True
    )


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the retrievers' scores become one."""

    method: Literal["minmax", "rrf"] = _setting(
        "minmax", "융합 방법: 최소-최대 가중합 또는 역순위 합", "weighted min-max, or reciprocal ranks"
    )
    weight: float = _setting(
        0.25, "벡터의 몫(나머지는 BM25)", "share of the vectors, the rest is BM25's", low=0, high=1
    )
    window: float = _setting(
        0.3, "가장 잘 맞는 두 문장의 몫(나머지는 위 둘)", "share of the best two sentences, the rest is the above",
        low=0, high=1,
    )  # fmt: skip
    sparse: float = _setting(
        0, "bge-m3 희소 점수의 몫(나머지는 위의 것, 0=쓰지 않음)",
        "share of bge-m3's sparse score, the rest is the above (0 = not used)", low=0, high=1,
    )  # fmt: skip
    colbert: float = _setting(
        0, "bge-m3 ColBERT 점수의 몫(후보만 다시 봄, 나머지는 위의 것, 0=쓰지 않음)",
        "share of bge-m3's ColBERT score of the candidates, the rest is the above (0 = not used)", low=0, high=1,
    )  # fmt: skip
    boost: float = _setting(
        0.1, "요리 이름·'최근' 같은 조건이 더하는 점수", "what a boosting chip (dish, newest) adds", low=0, high=1
    )
    concept: float = _setting(
        0.4, "같은 뜻의 다른 말(웨이팅·줄·대기)이 더하는 점수(0=쓰지 않음)",
        "what other words for the same (개념) add, 0 to leave them out", low=0, high=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rerank:
    """How candidates are looked at again."""

    depth: int = _setting(30, "다시 보는 후보 수", "candidates reranked", low=1, high=200)


@dataclass(frozen=True, slots=True)
class Answering:
    """How the answer is made."""

    sentences: int = _setting(3, "답변의 최대 문장 수", "sentences in an answer at most", low=1, high=10)
    threshold: float = _setting(
        0.7, "답할 수 있다는 확률이 이보다 낮으면 기권", "abstain when P(answerable) is lower", low=0, high=1
    )


NO_ENGINE = "none"


@dataclass(frozen=True, slots=True)
class Models:
    """The neural encoder and reranker: which, and how they run. A name is one of the model hub or a folder here."""

    encoder: str = _setting(
        "BAAI/bge-m3", "신경망 인코더(허브의 이름 또는 폴더)", "neural encoder: a name of the hub or a folder",
        index_time=True,
    )  # fmt: skip
    encoder_revision: str = _setting("main", "그 모델의 판", "its revision", index_time=True)
    library: Literal["sentence_transformers", "flag_embedding"] = _setting(
        "sentence_transformers", "bge_m3를 돌리는 라이브러리", "library that runs bge_m3"
    )
    passage_tokens: int = _setting(
        512, "인코더가 단락에서 읽는 토큰", "tokens of a passage that the encoder reads",
        low=16, high=8_192, index_time=True,
    )  # fmt: skip
    scores: Literal["dense", "dense+sparse", "dense+sparse+colbert"] = _setting(
        "dense", "bge_m3가 색인에 남기는 점수", "scores of bge_m3 that an index is made for", index_time=True
    )
    reranker: str = _setting(
        "Dongjin-kr/ko-reranker",
        "신경망 리랭커(허브의 이름 또는 폴더)",
        "neural reranker: a name of the hub or a folder",
    )
    reranker_revision: str = _setting("main", "그 모델의 판", "its revision")
    pair_tokens: int = _setting(
        512,
        "리랭커가 읽는 토큰(질문과 단락)",
        "tokens that the reranker reads, question and passage",
        low=64,
        high=8_192,
    )
    engine: str = _setting(
        NO_ENGINE, "인코더 대신 읽는 엔진의 폴더(`hansang optimise encoder`가 만든 것, none=없음)",
        "folder of an engine that reads in the encoder's place, made by `hansang optimise encoder` (none: no engine)",
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = _setting("auto", "모델을 돌리는 장치", "device that runs the models")
    precision: Literal["auto", "fp32", "fp16", "bf16"] = _setting(
        "auto", "계산 정밀도(자동: GPU는 fp16, CPU는 fp32)", "precision (auto: fp16 on a GPU, fp32 on a CPU)"
    )


@dataclass(frozen=True, slots=True)
class Llm:
    """The language model behind an OpenAI-compatible server. Its key comes from ``HANSANG_LLM_KEY`` only."""

    url: str = _setting(
        "http://127.0.0.1:8000/v1", "언어 모델 서버의 주소(OpenAI 호환)", "URL of the OpenAI-compatible server"
    )
    model: str = _setting("MLP-KTLim/llama-3-Korean-Bllossom-8B", "서버가 부르는 모델 이름", "the model's name there")
    temperature: float = _setting(0, "표집 온도(0=늘 같은 답을 노림)", "sampling temperature", low=0, high=2)
    answer_tokens: int = _setting(512, "답변의 최대 토큰", "tokens in an answer at most", low=16, high=8_192)
    context_tokens: int = _setting(
        8_192, "모델이 한 번에 보는 토큰(답변까지)", "tokens that the model sees, its answer included",
        low=256, high=2_000_000,
    )  # fmt: skip
    gate: Literal["on", "off"] = _setting(
        "on", "답할 수 없어 보이면 모델에게 묻지 않고 기권", "abstain unasked where the reviews seem to hold no answer"
    )
    first_token_s: float = _setting(
        20, "첫 토큰을 기다리는 시간(초)", "seconds to wait for the first token", low=0.1, high=600
    )
    next_token_s: float = _setting(
        10, "다음 토큰을 기다리는 시간(초)", "seconds to wait for each further token", low=0.1, high=600
    )
    answer_s: float = _setting(
        180, "답 하나를 다 받을 때까지의 시간(초)", "seconds until an answer is whole", low=0.1, high=3_600
    )
    concurrency: int = _setting(32, "동시에 묻는 요청 수", "requests under way at once", low=1, high=10_000)
    circuit_failures: int = _setting(
        3, "잇달아 이만큼 실패하면 잠시 묻지 않음", "failures in a row after which it is left alone", low=1, high=1_000
    )
    circuit_s: float = _setting(
        30, "그때 묻지 않는 시간(초)", "seconds for which it is left alone", low=0.1, high=3_600
    )


@dataclass(frozen=True, slots=True)
class Milvus:
    """The server that holds vectors and BM25 weights where ``retrieval.store`` says so.

    Its token comes from ``HANSANG_MILVUS_TOKEN`` only.
    """

    uri: str = _setting("http://127.0.0.1:19530", "Milvus 서버의 주소", "URL of the Milvus server", index_time=True)
    index: Literal["exact", "hnsw"] = _setting(
        "exact", "벡터 색인: 모두 견줌(점수가 local과 같음) 또는 근사",
        "index of the vectors: all compared (scores as with local) or approximate", index_time=True,
    )  # fmt: skip
    hits: int = _setting(
        1_000, "검색마다 가져오는 단락 수(순위는 여기까지 정확)",
        "passages that a search brings; ranks are exact so far",
        low=1_000, high=16_384,
    )  # fmt: skip
    timeout_s: float = _setting(5, "검색 하나를 기다리는 시간(초)", "seconds to wait for a search", low=0.1, high=600)


@dataclass(frozen=True, slots=True)
class Labelling:
    """How tasks are handed to annotators. What these mean is said in ``annotations.types.DeskSettings``."""

    gold_rate: float = _setting(
        0.05, "골드 과제(답을 아는 과제)를 섞는 비율", "share of gold tasks, whose answer is known", low=0, high=0.5
    )
    repeat_rate: float = _setting(
        0.02,
        "자기가 한 과제를 모르게 다시 받는 비율",
        "share of one's own tasks that come again unnoticed",
        low=0,
        high=0.5,
    )
    repeat_after: int = _setting(
        30, "다시 받기까지 그 사이에 하는 과제 수", "tasks done before one comes again", low=1, high=10_000
    )
    lease_minutes: float = _setting(
        30, "받은 과제를 맡아 두는 시간(분)", "how long a task is held for whoever took it (minutes)", low=1, high=1_440
    )
    daily_goal: int = _setting(0, "하루 목표(0=없음)", "tasks a day that one aims at (0 = none)", low=0, high=10_000)


@dataclass(frozen=True, slots=True)
class Serving:
    """The limits of the server. They are the server's own: no question changes them."""

    body_bytes: int = _setting(
        1_048_576, "요청 본문의 최대 크기(바이트)", "largest body of a request (bytes)", low=1_024, high=1_000_000_000
    )
    head_bytes: int = _setting(
        65_536, "요청의 주소와 헤더의 최대 크기(바이트)", "longest address and headers of a request (bytes)",
        low=8_192, high=10_000_000,
    )  # fmt: skip
    request_s: float = _setting(
        20, "요청의 헤더, 질문의 본문이 다 올 때까지 기다리는 시간(초)",
        "how long a request's head, and a question's body, may take to come (seconds)", low=0.1, high=3_600,
    )  # fmt: skip
    upload_bytes: int = _setting(
        209_715_200, "올리는 파일의 최대 크기(바이트)", "largest file that is uploaded (bytes)",
        low=1_024, high=100_000_000_000,
    )  # fmt: skip
    uploads: int = _setting(100, "올려 둘 수 있는 파일 수", "files that may lie uploaded", low=1, high=100_000)
    question_chars: int = _setting(1_000, "질문의 최대 길이(자)", "longest question (characters)", low=1, high=1_000)
    batch: int = _setting(100, "한 번에 분석하는 후기 수", "reviews analysed by one request", low=1, high=10_000)
    review_chars: int = _setting(
        20_000, "분석할 후기 하나의 글자 수", "characters of a review to be analysed", low=1, high=100_000
    )
    page: int = _setting(200, "목록 한 쪽의 최대 항목 수", "most items on one page of a list", low=1, high=1_000)
    jobs_at_once: int = _setting(1, "동시에 도는 작업 수", "jobs that run at once", low=1, high=64)
    jobs_waiting: int = _setting(20, "기다릴 수 있는 작업 수", "jobs that may wait", low=0, high=10_000)
    heartbeat_s: float = _setting(
        10, "스트림이 조용할 때 신호를 보내는 간격(초)", "seconds after which a quiet stream gives a sign of life",
        low=0.05, high=600,
    )  # fmt: skip
    keys_hours: float = _setting(
        24, "Idempotency-Key의 답을 기억하는 시간", "hours for which the reply to an Idempotency-Key is kept",
        low=0.01, high=8_760,
    )  # fmt: skip
    concurrent: int = _setting(
        4, "API가 한꺼번에 처리하는 질문 수", "questions that the API works on at once", low=1, high=1_000
    )
    waiting: int = _setting(
        20, "그 뒤에 기다리는 질문 수(넘으면 바로 429)", "questions that wait for them; more are refused at once (429)",
        low=0, high=10_000,
    )  # fmt: skip
    wait_s: float = _setting(
        0.1, "넘치는 동안 차례를 기다리는 시간(초, 질문 하나에 드는 시간이 더 길면 그만큼). 더 기다렸으면 429",
        "wait for a turn while some are refused (seconds; as long as a question takes if that is longer), then 429",
        low=0, high=3_600,
    )  # fmt: skip
    processes: int = _setting(
        0, "API의 스트림 아닌 질문을 맡는 프로세스 수(0=서버가 직접, 내장 부품만 쓸 때, 하나에 메모리 약 0.6 GB)",
        "processes for the API's unstreamed questions (0 = the server itself; embedded parts only, 0.6 GB each)",
        low=0, high=64,
    )  # fmt: skip
    stage_s: float = _setting(
        60, "한 단계가 이보다 오래 걸리면 그만둠(초)", "a stage that takes longer is given up (seconds)",
        low=0.1, high=3_600,
    )  # fmt: skip
    drain_s: float = _setting(
        30, "끌 때 하던 답을 기다리는 시간(초)", "how long answers under way may take when stopping (seconds)",
        low=0, high=3_600,
    )  # fmt: skip
    disk_mb: int = _setting(
        200, "남은 디스크가 이보다 적으면 답변 기록을 멈춤(MB)", "answers aren't stored with less disk left (MB)",
        low=1, high=1_000_000,
    )  # fmt: skip
    log_mb: float = _setting(20, "로그 파일 하나의 크기(MB)", "size of one log file (MB)", low=0.001, high=10_000)
    log_files: int = _setting(
        5, "남겨 두는 지난 로그 파일 수(0=로그 없음)", "older log files kept (0 = no log)", low=0, high=1_000
    )
    log_questions: Literal["no", "yes"] = _setting(
        "no", "질문 글을 로그에 남길지", "whether the log holds the questions' text"
    )
    tracing: Literal["off", "otlp"] = _setting(
        "off", "요청과 단계의 시간을 OpenTelemetry로 보냄(어디로: OTEL_EXPORTER_OTLP_ENDPOINT)",
        "sends spans over OpenTelemetry (where to: OTEL_EXPORTER_OTLP_ENDPOINT)",
    )  # fmt: skip
    tracing_texts: Literal["no", "yes"] = _setting(
        "no", "그때 질문과 답의 글도 보낼지", "whether these hold the texts of questions and answers"
    )
    backup_hours: float = _setting(
        24, "라벨을 자동으로 백업하는 간격(시간, 0=안 함)", "hours between backups of the labels (0 = none)",
        low=0, high=10_000,
    )  # fmt: skip
    backup_keep: int = _setting(7, "남겨 두는 자동 백업 수", "automatic backups kept", low=1, high=10_000)
    chat_url: str = _setting(
        "auto", "사람들이 채팅을 여는 주소. 예) https://chat.example.kr (auto=라벨링 앱과 같은 이름에 채팅의 포트)",
        "address at which people open the chat, e.g. https://chat.example.kr (auto: its port next to the labels)",
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Access:
    """Who may use the server, and how often. The server's own, as ``Serving`` is."""

    trusted_proxies: str = _setting(
        "none", "X-Forwarded-For를 믿을 프록시의 주소(쉼표로, none=믿지 않음). 적으면 127.0.0.1에서도 로그인이 필요",
        "addresses of proxies whose X-Forwarded-For counts (none: nobody's); if set, even 127.0.0.1 needs to sign in",
    )  # fmt: skip
    per_caller: int = _setting(
        600, "한 사람이나 열쇠가 1분에 할 수 있는 요청(0=제한 없음)",
        "requests a minute of one person or key (0 = no limit)", low=0, high=1_000_000,
    )  # fmt: skip
    per_address: int = _setting(
        1_200, "한 주소에서 1분에 할 수 있는 요청(0=제한 없음)", "requests a minute from one address (0 = no limit)",
        low=0, high=1_000_000,
    )  # fmt: skip
    signins: int = _setting(
        20, "한 주소에서 1분에 실패할 수 있는 로그인(0=제한 없음)",
        "sign-ins a minute from one address that may fail (0 = no limit)", low=0, high=1_000_000,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Batching:
    """How the texts of many callers become batches of a neural encoder or reranker (see ``pipeline.batching``)."""

    tokens: int = _setting(
        0, "한 배치의 최대 토큰 수(패딩 포함, 0=모델을 올릴 때 메모리를 재어 정함)",
        "most tokens of a batch, padding included (0 = by the memory, measured when a model is loaded)",
        low=0, high=10_000_000,
    )  # fmt: skip
    texts: int = _setting(128, "한 배치의 최대 글 수", "most texts of a batch", low=1, high=100_000)
    wait_ms: float = _setting(
        2, "배치가 차기를 기다리는 최대 시간(ms)", "how long the oldest text waits for company (ms)", low=0, high=10_000
    )
    queue: int = _setting(
        4_096, "기다릴 수 있는 글 수(넘으면 바로 거절)", "texts that may wait; beyond, refused at once",
        low=1, high=10_000_000,
    )  # fmt: skip
    flights: int = _setting(
        2, "동시에 도는 배치 수(모델이 셈하는 동안 가득 찬 다음 배치의 토큰을 만듦)",
        "batches under way at once: the next full one is made tokens of while the model computes", low=1, high=64,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Settings:
    """Everything that can be set, grouped by stage. Names of backends are strings checked when they are loaded."""

    profile: str = _setting("embedded", "프로필 이름", "name of the profile")
    tokenizer: str = _setting("kiwi", "형태소 분석기", "morphological analyser")
    encoder: str = _setting("lsa", "벡터를 만드는 인코더", "encoder of the vectors", index_time=True)
    reranker: str = _setting("linear", "리랭커(none이면 끔)", "reranker (none switches it off)")
    generator: str = _setting("extractive", "답변 생성기", "generator of the answer")
    prompt: str = _setting("answer@1", "언어 모델에게 주는 프롬프트", "prompt for the language model")
    indexing: Indexing = field(default_factory=Indexing)
    retrieval: Retrieval = field(default_factory=Retrieval)
    fusion: Fusion = field(default_factory=Fusion)
    rerank: Rerank = field(default_factory=Rerank)
    answer: Answering = field(default_factory=Answering)
    models: Models = field(default_factory=Models)
    llm: Llm = field(default_factory=Llm)
    milvus: Milvus = field(default_factory=Milvus)
    labels: Labelling = field(default_factory=Labelling)
    service: Serving = field(default_factory=Serving)
    batching: Batching = field(default_factory=Batching)
    access: Access = field(default_factory=Access)

    variants: tuple[Variant, ...] = ()

    def flat(self) -> dict[str, object]:
        """``{"fusion.weight": 0.25, …}``, as traces and manifests keep it: not what labelling or the server use."""
        apart = ("labels.", "service.", "access.", "batching.", "milvus.")
        return {o.name: o.value for o in options(self) if not o.name.startswith(apart)}


@dataclass(frozen=True, slots=True)
class Option:
    """One row of the settings table."""

    name: str
    value: object
    kind: Any
    ko: str
    en: str
    low: float
    high: float
    index_time: bool


_hints: Callable[[type], dict[str, Any]] = cache(get_type_hints)


@lru_cache(maxsize=256)
def options(settings: Settings) -> tuple[Option, ...]:
    """Every setting with its value and description, in the order of the table in the README."""
    return tuple(_options(settings, ""))


def _options(group: Any, prefix: str) -> Iterator[Option]:
    hints = _hints(type(group))
    for item in dataclasses.fields(group):
        value = getattr(group, item.name)
        if dataclasses.is_dataclass(value):
            yield from _options(value, f"{prefix}{item.name}.")
        elif item.metadata:
            yield Option(prefix + item.name, value, hints[item.name], **item.metadata)
