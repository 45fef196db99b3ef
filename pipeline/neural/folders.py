"""A model's folder, judged before any library opens it: whether it is whole, has a tokenizer and fits its role.

The libraries load much that they shouldn't: a head that isn't there is made up at random, and a file that is half
there fails with a message about bytes. Knows no library; reads headers, not weights, but for the digest.
"""

from __future__ import annotations

import hashlib
import json
import struct
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import Any, Literal

from pipeline.errors.neural import ModelUnusable

Role = Literal["encoder", "reranker", "generator"]

WEIGHTS = ("model.safetensors", "pytorch_model.bin")
TOKENIZERS = ("tokenizer.json", "sentencepiece.bpe.model", "tokenizer.model", "vocab.txt", "vocab.json")
MODULES = "modules.json"  # what makes a folder one of sentence-transformers'
_PLAIN = ("Transformer", "Pooling", "Normalize")  # sentence-transformers' modules that bge-m3 itself has
_HEADER_MOST = 100_000_000  # bytes that the format allows to a header
_BYTES = {"F64": 8, "F32": 4, "F16": 2, "BF16": 2, "I64": 8, "I32": 4, "I16": 2, "I8": 1, "U8": 1, "BOOL": 1}
_NO_HEADS = ("ForCausalLM", "ForSequenceClassification", "ForTokenClassification", "ForQuestionAnswering",
             "ForConditionalGeneration", "LMHeadModel")  # fmt: skip
_AGAIN = ("모델을 다시 받으세요: `hf download 이름`", "Download the model again: `hf download NAME`")


@dataclass(frozen=True, slots=True)
class Weights:
    """The files of a model's weights. ``parameters`` by stored bytes each, empty where the format doesn't tell."""

    files: tuple[Path, ...]
    names: frozenset[str]
    parameters: Mapping[int, int]

    @property
    def stored(self) -> int:
        """Bytes on disk."""
        return sum(file.stat().st_size for file in self.files)

    def needed(self, each: int) -> int:
        """Bytes in memory with so many bytes for each parameter; as on disk where the format doesn't tell."""
        return sum(self.parameters.values()) * each or self.stored


def check(folder: Path, name: str, role: Role) -> Mapping[str, Any]:
    """Make sure that a folder holds a whole model that can play a role; its configuration.

    Raises:
        ModelUnusable: something is missing, damaged or made for another task.
    """
    config = read_config(folder, name)
    if left := next(folder.rglob("*.incomplete"), None):
        raise _half(name, f"{left.name}이(가) 남아 있습니다", f"{left.name} is left there")
    found = weights(folder, name)
    _check_tokenizer(folder, name)
    if role == "reranker":
        _check_reranker(config, found, name)
    elif role == "generator":
        _check_generator(config, name)
    elif not (folder / MODULES).exists():
        _check_encoder(config, name)
    return config


def read_config(folder: Path, name: str) -> Mapping[str, Any]:
    """The model's configuration.

    Raises:
        ModelUnusable: it is missing or damaged.
    """
    try:
        value = json.loads((folder / "config.json").read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _half(name, f"config.json을 읽지 못했습니다 ({error})", f"config.json can't be read ({error})") from error
    if not isinstance(value, dict):
        raise _half(name, "config.json이 설정이 아닙니다", "config.json is no configuration")
    return value


def weights(folder: Path, name: str) -> Weights:
    """The weights of a folder, each file looked at as far as needed to see that it is whole.

    Raises:
        ModelUnusable: they are missing, or cut off.
    """
    files = _weight_files(folder, name)
    names: set[str] = set()
    parameters: dict[int, int] = {}
    for file in files:
        if not file.exists():
            raise _half(name, f"{file.name}이(가) 없습니다", f"{file.name} is missing")
        if file.suffix == ".bin":
            _check_pickle(file, name)
            continue
        for key, (each, count) in _tensors(file, name).items():
            names.add(key)
            parameters[each] = parameters.get(each, 0) + count
    return Weights(tuple(files), frozenset(names), parameters)


def _weight_files(folder: Path, name: str) -> list[Path]:
    for whole in WEIGHTS:
        if (folder / whole).exists():
            return [folder / whole]
        listing = folder / f"{whole}.index.json"
        if listing.exists():
            try:
                parts = set(json.loads(listing.read_text(encoding="utf-8"))["weight_map"].values())
            except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
                raise _half(name, f"{listing.name}을(를) 읽지 못했습니다", f"{listing.name} can't be read") from error
            return [folder / part for part in sorted(parts)]
    raise _half(name, "가중치 파일(model.safetensors)이 없습니다", "there are no weights (model.safetensors)")


def _tensors(file: Path, name: str) -> dict[str, tuple[int, int]]:
    """Bytes a parameter and parameters of each tensor, from the header of a safetensors file."""
    try:
        with file.open("rb") as stream:
            (length,) = struct.unpack("<Q", stream.read(8))
            if length > _HEADER_MOST:
                raise ValueError("header")
            header = json.loads(stream.read(length))
        header.pop("__metadata__", None)
        end = max((entry["data_offsets"][1] for entry in header.values()), default=0)
        if file.stat().st_size != 8 + length + end:
            raise ValueError("length")
        return {key: _tensor(entry) for key, entry in header.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise _half(name, f"{file.name}이(가) 중간에서 끊겼습니다", f"{file.name} is cut off") from error


def _tensor(entry: Mapping[str, Any]) -> tuple[int, int]:
    start, end = entry["data_offsets"]
    each = _BYTES.get(entry["dtype"], 1)
    return each, (end - start) // each


def _check_pickle(file: Path, name: str) -> None:
    """PyTorch's own files are zip archives, whose directory is at the end: one that is cut off has none."""
    with file.open("rb") as stream:
        old = stream.read(2) == b"\x80\x02"  # before PyTorch 1.6; nothing tells whether it is whole
    if not old and not zipfile.is_zipfile(file):
        raise _half(name, f"{file.name}이(가) 중간에서 끊겼습니다", f"{file.name} is cut off")


def _check_tokenizer(folder: Path, name: str) -> None:
    if not any((folder / file).exists() for file in TOKENIZERS):
        raise _half(name, "토크나이저(tokenizer.json)가 없습니다", "there is no tokenizer (tokenizer.json)")
    fast = folder / "tokenizer.json"
    try:
        if fast.exists():
            json.loads(fast.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise _half(name, "tokenizer.json을 읽지 못했습니다", "tokenizer.json can't be read") from error


def _check_encoder(config: Mapping[str, Any], name: str) -> None:
    wrong = [kind for kind in _architectures(config) if kind.endswith(_NO_HEADS)]
    if wrong:
        raise ModelUnusable(
            name=name,
            reason=f"{wrong[0]}은(는) 벡터를 만드는 모델이 아닙니다", reason_en=f"a {wrong[0]} makes no vectors",
            cure="`models.encoder`에 임베딩 모델을 정하세요. 예) BAAI/bge-m3",
            cure_en="Set `models.encoder` to an embedding model, e.g. BAAI/bge-m3",
        )  # fmt: skip


def check_first_token(folder: Path, name: str) -> None:
    """Make sure that a folder doesn't ask to be read otherwise than by its first token, with nothing put before a text.

    Raises:
        ModelUnusable: it does, in sentence-transformers' files; the backend of that library heeds them.
    """
    try:
        prompts = _said(folder / "config_sentence_transformers.json", {}).get("prompts") or {}
        modules = [(str(each["type"]).rpartition(".")[2], str(each["path"])) for each in _said(folder / MODULES, [])]
        modes = [_mode(_said(folder / path / "config.json", {})) for kind, path in modules if kind == "Pooling"]
        other = [kind for kind, _ in modules if kind not in _PLAIN] + [f"Pooling {m}" for m in modes if m != "cls"]
        asked = [text for text in prompts.values() if text]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        ko, en = "sentence-transformers의 설정을 읽지 못했습니다", "sentence-transformers' files can't be read"
        raise _half(name, ko, en) from error
    if asked:
        raise _read_otherwise(name, f"글 앞에 '{asked[0]}'을(를) 붙이라고", f"'{asked[0]}' is to stand before a text")
    if other:
        raise _read_otherwise(name, f"벡터가 {other[0]}을(를) 거친다고", f"its vectors go through {other[0]}")


def _said(path: Path, nothing: Any) -> Any:
    """What a file of JSON says; ``nothing`` where there is none."""
    return json.loads(path.read_text(encoding="utf-8")) if path.exists() else nothing


def _mode(pooling: Mapping[str, Any]) -> str:
    """How vectors are pooled: older versions have a field for each way, of which several may be true."""
    older = [name.removeprefix("pooling_mode_") for name, chosen in pooling.items() if chosen is True]
    ways = [name for name in older if name.endswith(("_token", "_tokens", "lasttoken"))]
    return str(pooling.get("pooling_mode") or ("cls" if ways in ([], ["cls_token"]) else " ".join(ways)))


def _read_otherwise(name: str, ko: str, en: str) -> ModelUnusable:
    return ModelUnusable(
        name=name, reason=f"폴더의 설정이 {ko} 하는데 bge_m3는 첫 토큰만 그대로 읽습니다",
        reason_en=f"{en}, and bge_m3 reads the first token as it is",
        cure="`--set encoder=sentence_transformer`로 색인하세요(폴더의 설정을 따릅니다)",
        cure_en="Index with `--set encoder=sentence_transformer`, which does as its folder says",
    )  # fmt: skip


def _check_generator(config: Mapping[str, Any], name: str) -> None:
    kinds = _architectures(config)
    if not any(kind.endswith(("ForCausalLM", "ForConditionalGeneration", "LMHeadModel")) for kind in kinds):
        shown = ", ".join(kinds) or "?"
        raise ModelUnusable(
            name=name, reason=f"{shown}은(는) 글을 쓰는 모델이 아닙니다", reason_en=f"a {shown} writes no text",
            cure="언어 모델의 폴더나 이름을 주세요. 예) MLP-KTLim/llama-3-Korean-Bllossom-8B",
            cure_en="Name a language model, e.g. MLP-KTLim/llama-3-Korean-Bllossom-8B",
        )  # fmt: skip


def _check_reranker(config: Mapping[str, Any], found: Weights, name: str) -> None:
    kinds = _architectures(config)
    if not any(kind.endswith("ForSequenceClassification") for kind in kinds):
        shown = ", ".join(kinds) or "?"
        raise _no_reranker(
            name, f"{shown}에는 점수를 내는 머리가 없습니다", f"a {shown} has no head that gives a score"
        )
    if found.names and not any(key.startswith(("classifier.", "score.")) for key in found.names):
        raise _no_reranker(name, "가중치에 점수를 내는 머리가 없습니다", "its weights have no head that gives a score")
    labels = config.get("id2label") or {0: "", 1: ""}  # two are what the library takes where none is said
    if len(labels) != 1:
        raise _no_reranker(
            name, f"점수 하나가 아니라 라벨 {len(labels)}개를 냅니다", f"it gives {len(labels)} labels, not one score"
        )


def _no_reranker(name: str, ko: str, en: str) -> ModelUnusable:
    return ModelUnusable(
        name=name, reason=ko, reason_en=en,
        cure="`models.reranker`에 점수 하나를 내는 교차 인코더를 정하세요. 예) Dongjin-kr/ko-reranker",
        cure_en="Set `models.reranker` to a cross-encoder that gives one score, e.g. Dongjin-kr/ko-reranker",
    )  # fmt: skip


def _architectures(config: Mapping[str, Any]) -> list[str]:
    return [str(kind) for kind in config.get("architectures") or ()]


def _half(name: str, ko: str, en: str) -> ModelUnusable:
    return ModelUnusable(
        name=name, reason=f"폴더가 온전하지 않습니다: {ko}", reason_en=f"its folder is not whole: {en}",
        cure=_AGAIN[0], cure_en=_AGAIN[1],
    )  # fmt: skip


def longest(config: Mapping[str, Any], wanted: int) -> int:
    """Tokens that a model can read at once, at most so many as are wanted. RoBERTa's first two positions hold none."""
    positions = config.get("max_position_embeddings")
    if not isinstance(positions, int):
        return wanted
    roberta = str(config.get("model_type", "")) in ("roberta", "xlm-roberta", "camembert")
    return min(wanted, positions - 2 * roberta)


def digest(folder: Path) -> str:
    """A hash of all files that a model is made of: the same model in another folder has the same."""
    files = [path for path in sorted(folder.rglob("*")) if path.is_file() and _counts(path.relative_to(folder))]
    stats = tuple((path, path.stat().st_size, path.stat().st_mtime_ns) for path in files)
    return _digest(folder, stats)


def _counts(path: Path) -> bool:
    return not any(part.startswith(".") for part in path.parts) and path.suffix not in (".md", ".onnx", ".png", ".jpg")


@lru_cache(maxsize=8)
def _digest(folder: Path, stats: tuple[tuple[Path, int, int], ...]) -> str:
    """Seconds for gigabytes, so once for each state of the folder."""
    total = hashlib.blake2b(digest_size=16)
    for path, size, _ in stats:
        total.update(f"{path.relative_to(folder).as_posix()}\0{size}\0".encode())
        with path.open("rb") as stream:
            while block := stream.read(1 << 20):
                total.update(block)
    return f"files:{total.hexdigest()}"
