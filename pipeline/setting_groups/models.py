"""Settings of the models: encoder and reranker, the language model, how texts become batches."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.setting_groups.declaring import setting

NO_ENGINE = "none"


@dataclass(frozen=True, slots=True)
class Models:
    """The neural encoder and reranker: which, and how they run. A name is one of the model hub or a folder here."""

    encoder: str = setting(
        "BAAI/bge-m3", "신경망 인코더(허브의 이름 또는 폴더)", "neural encoder: a name of the hub or a folder",
        index_time=True,
    )  # fmt: skip
    encoder_revision: str = setting("main", "그 모델의 판", "its revision", index_time=True)
    library: Literal["sentence_transformers", "flag_embedding"] = setting(
        "sentence_transformers", "bge_m3를 돌리는 라이브러리", "library that runs bge_m3"
    )
    passage_tokens: int = setting(
        512, "인코더가 단락에서 읽는 토큰", "tokens of a passage that the encoder reads",
        low=16, high=8_192, index_time=True,
    )  # fmt: skip
    scores: Literal["dense", "dense+sparse", "dense+sparse+colbert"] = setting(
        "dense", "bge_m3가 색인에 남기는 점수", "scores of bge_m3 that an index is made for", index_time=True
    )
    reranker: str = setting(
        "Dongjin-kr/ko-reranker",
        "신경망 리랭커(허브의 이름 또는 폴더)",
        "neural reranker: a name of the hub or a folder",
    )
    reranker_revision: str = setting("main", "그 모델의 판", "its revision")
    pair_tokens: int = setting(
        512,
        "리랭커가 읽는 토큰(질문과 단락)",
        "tokens that the reranker reads, question and passage",
        low=64,
        high=8_192,
    )
    engine: str = setting(
        NO_ENGINE, "인코더 대신 읽는 엔진의 폴더(`hansang optimise encoder`가 만든 것, none=없음)",
        "folder of an engine that reads in the encoder's place, made by `hansang optimise encoder` (none: no engine)",
    )  # fmt: skip
    device: Literal["auto", "cpu", "cuda"] = setting("auto", "모델을 돌리는 장치", "device that runs the models")
    precision: Literal["auto", "fp32", "fp16", "bf16"] = setting(
        "auto", "계산 정밀도(자동: GPU는 fp16, CPU는 fp32)", "precision (auto: fp16 on a GPU, fp32 on a CPU)"
    )


@dataclass(frozen=True, slots=True)
class Llm:
    """The language model behind an OpenAI-compatible server. Its key comes from ``HANSANG_LLM_KEY`` only."""

    url: str = setting(
        "http://127.0.0.1:8000/v1", "언어 모델 서버의 주소(OpenAI 호환)", "URL of the OpenAI-compatible server"
    )
    model: str = setting("MLP-KTLim/llama-3-Korean-Bllossom-8B", "서버가 부르는 모델 이름", "the model's name there")
    temperature: float = setting(0, "표집 온도(0=늘 같은 답을 노림)", "sampling temperature", low=0, high=2)
    answer_tokens: int = setting(512, "답변의 최대 토큰", "tokens in an answer at most", low=16, high=8_192)
    context_tokens: int = setting(
        8_192, "모델이 한 번에 보는 토큰(답변까지)", "tokens that the model sees, its answer included",
        low=256, high=2_000_000,
    )  # fmt: skip
    gate: Literal["on", "off"] = setting(
        "on", "답할 수 없어 보이면 모델에게 묻지 않고 기권", "abstain unasked where the reviews seem to hold no answer"
    )
    first_token_s: float = setting(
        20, "첫 토큰을 기다리는 시간(초)", "seconds to wait for the first token", low=0.1, high=600
    )
    next_token_s: float = setting(
        10, "다음 토큰을 기다리는 시간(초)", "seconds to wait for each further token", low=0.1, high=600
    )
    answer_s: float = setting(
        180, "답 하나를 다 받을 때까지의 시간(초)", "seconds until an answer is whole", low=0.1, high=3_600
    )
    concurrency: int = setting(32, "동시에 묻는 요청 수", "requests under way at once", low=1, high=10_000)
    circuit_failures: int = setting(
        3, "잇달아 이만큼 실패하면 잠시 묻지 않음", "failures in a row after which it is left alone", low=1, high=1_000
    )
    circuit_s: float = setting(30, "그때 묻지 않는 시간(초)", "seconds for which it is left alone", low=0.1, high=3_600)


@dataclass(frozen=True, slots=True)
class Batching:
    """How the texts of many callers become batches of a neural encoder or reranker (see ``pipeline.batching``)."""

    tokens: int = setting(
        0, "한 배치의 최대 토큰 수(패딩 포함, 0=모델을 올릴 때 메모리를 재어 정함)",
        "most tokens of a batch, padding included (0 = by the memory, measured when a model is loaded)",
        low=0, high=10_000_000,
    )  # fmt: skip
    texts: int = setting(128, "한 배치의 최대 글 수", "most texts of a batch", low=1, high=100_000)
    wait_ms: float = setting(
        2, "배치가 차기를 기다리는 최대 시간(ms)", "how long the oldest text waits for company (ms)", low=0, high=10_000
    )
    queue: int = setting(
        4_096, "기다릴 수 있는 글 수(넘으면 바로 거절)", "texts that may wait; beyond, refused at once",
        low=1, high=10_000_000,
    )  # fmt: skip
    flights: int = setting(
        2, "동시에 도는 배치 수(모델이 셈하는 동안 가득 찬 다음 배치의 토큰을 만듦)",
        "batches under way at once: the next full one is made tokens of while the model computes", low=1, high=64,
    )  # fmt: skip
