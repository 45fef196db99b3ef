"""A Milvus server that doesn't answer, has lost vectors, or can't take them."""

from __future__ import annotations

from pipeline.errors.base import InputError, MachineError
from pipeline.errors.indexes import IndexDamaged


class CollectionLost(IndexDamaged):
    """An index whose vectors aren't where it says that they are."""

    code = "collection-lost"
    ko = "Milvus({uri})의 컬렉션 '{collection}'에 단락 {wanted:,}개가 있어야 하는데 {found:,}개뿐입니다. `hansang index … --force`로 다시 색인하세요."
    en = "Collection '{collection}' on Milvus ({uri}) should hold {wanted:,} passages and holds {found:,}. Index again with `hansang index … --force`."


class MilvusDown(MachineError):
    """The server that holds an index's vectors doesn't answer, or refuses us."""

    code = "milvus-down"
    ko = "Milvus({uri})에서 찾지 못했습니다({reason}). 서버가 떠 있는지, 주소(설정 milvus.uri)와 환경 변수 HANSANG_MILVUS_TOKEN이 맞는지 확인하고 다시 해 보세요. 시간이 모자랐다면 milvus.timeout_s를 늘리세요."
    en = "Milvus ({uri}) could not be searched ({reason}). See that the server is up and that its address (setting milvus.uri) and the environment variable HANSANG_MILVUS_TOKEN are right, then try again. Where time ran out raise milvus.timeout_s."


class VectorsUnfit(InputError):
    """Vectors or term weights that a Milvus server takes no part of."""

    code = "vectors-unfit"
    ko = "색인의 벡터를 Milvus에 담을 수 없습니다({reason}). 설정 encoder와 indexing.dimensions를 고치거나 retrieval.store=local로 색인하세요."
    en = "The index's vectors can't be put in Milvus ({reason}). Change the settings encoder or indexing.dimensions, or index with retrieval.store=local."
