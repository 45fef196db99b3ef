"""Settings of what an index holds, how candidates are found and fused, and when it is answered."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from pipeline.setting_groups.declaring import setting


@dataclass(frozen=True, slots=True)
class Indexing:
    """How documents become an index."""

    passage_chars: int = setting(
        600, "이보다 긴 글은 문장 끝에서 나눔(자)", "longer documents are split on sentence ends (characters)",
        low=50, high=20_000, index_time=True,
    )  # fmt: skip
    overlap_chars: int = setting(
        100, "나눈 단락이 겹치는 길이(자)", "how much neighbouring passages share (characters)",
        low=0, high=5_000, index_time=True,
    )  # fmt: skip
    dimensions: int = setting(
        256, "LSA 벡터의 차원", "dimensions of the LSA vectors", low=2, high=1_024, index_time=True
    )
    k1: float = setting(
        1.2, "BM25의 단어 빈도 포화", "BM25 saturation of term frequency", low=0, high=10, index_time=True
    )
    b: float = setting(0.75, "BM25의 길이 보정", "BM25 length normalisation", low=0, high=1, index_time=True)


@dataclass(frozen=True, slots=True)
class Retrieval:
    """How candidates are found."""

    bm25: Literal["bm25s", "rank_bm25"] = setting("bm25s", "BM25 구현", "implementation of BM25")
    depth: int = setting(50, "검색기마다 가져오는 후보 수", "candidates taken from each retriever", low=1, high=1_000)
    k: int = setting(5, "답변에 쓰는 단락 수", "passages put in the prompt", low=1, high=50)
    spread: int = setting(
        2, "여러 가게를 묻는 질문에서 한 가게가 차지하는 단락 수(0=제한 없음)",
        "passages one restaurant may take when the question is about many (0 = no limit)", low=0, high=50,
    )  # fmt: skip
    store: Literal["local", "milvus"] = setting(
        "local", "벡터와 BM25 가중치를 두는 곳", "where vectors and BM25 weights are kept", index_time=True
    )


@dataclass(frozen=True, slots=True)
class Fusion:
    """How the retrievers' scores become one."""

    method: Literal["minmax", "rrf"] = setting(
        "minmax", "융합 방법: 최소-최대 가중합 또는 역순위 합", "weighted min-max, or reciprocal ranks"
    )
    weight: float = setting(0.25, "벡터의 몫(나머지는 BM25)", "share of the vectors, the rest is BM25's", low=0, high=1)
    window: float = setting(
        0.3, "가장 잘 맞는 두 문장의 몫(나머지는 위 둘)", "share of the best two sentences, the rest is the above",
        low=0, high=1,
    )  # fmt: skip
    sparse: float = setting(
        0, "bge-m3 희소 점수의 몫(나머지는 위의 것, 0=쓰지 않음)",
        "share of bge-m3's sparse score, the rest is the above (0 = not used)", low=0, high=1,
    )  # fmt: skip
    colbert: float = setting(
        0, "bge-m3 ColBERT 점수의 몫(후보만 다시 봄, 나머지는 위의 것, 0=쓰지 않음)",
        "share of bge-m3's ColBERT score of the candidates, the rest is the above (0 = not used)", low=0, high=1,
    )  # fmt: skip
    boost: float = setting(
        0.1, "요리 이름·'최근' 같은 조건이 더하는 점수", "what a boosting chip (dish, newest) adds", low=0, high=1
    )
    concept: float = setting(
        0.4, "같은 뜻의 다른 말(웨이팅·줄·대기)이 더하는 점수(0=쓰지 않음)",
        "what other words for the same (개념) add, 0 to leave them out", low=0, high=1,
    )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rerank:
    """How candidates are looked at again."""

    depth: int = setting(30, "다시 보는 후보 수", "candidates reranked", low=1, high=200)


@dataclass(frozen=True, slots=True)
class Answering:
    """How the answer is made."""

    sentences: int = setting(3, "답변의 최대 문장 수", "sentences in an answer at most", low=1, high=10)
    threshold: float = setting(
        0.7, "답할 수 있다는 확률이 이보다 낮으면 기권", "abstain when P(answerable) is lower", low=0, high=1
    )


@dataclass(frozen=True, slots=True)
class Milvus:
    """The server that holds vectors and BM25 weights where ``retrieval.store`` says so.

    Its token comes from ``HANSANG_MILVUS_TOKEN`` only.
    """

    uri: str = setting("http://127.0.0.1:19530", "Milvus 서버의 주소", "URL of the Milvus server", index_time=True)
    index: Literal["exact", "hnsw"] = setting(
        "exact", "벡터 색인: 모두 견줌(점수가 local과 같음) 또는 근사",
        "index of the vectors: all compared (scores as with local) or approximate", index_time=True,
    )  # fmt: skip
    hits: int = setting(
        1_000, "검색마다 가져오는 단락 수(순위는 여기까지 정확)",
        "passages that a search brings; ranks are exact so far",
        low=1_000, high=16_384,
    )  # fmt: skip
    timeout_s: float = setting(5, "검색 하나를 기다리는 시간(초)", "seconds to wait for a search", low=0.1, high=600)
