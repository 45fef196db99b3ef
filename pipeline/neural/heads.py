"""The two heads that bge-m3 has beside its vector: one weighs each token, one makes a vector of each.

They lie beside the model's own weights, and FlagEmbedding makes them up at random where they don't: so they are looked
for first. Here they are run for sentence-transformers, which knows nothing of them.
"""

from __future__ import annotations

import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from pipeline.errors.neural import ModelUnusable
from pipeline.neural.hub import Found
from pipeline.neural.loading import Place, dtype
from pipeline.neural.threefold import Threefold

FILES = ("sparse_linear.pt", "colbert_linear.pt")


def check_heads(found: Found) -> None:
    """Make sure that a model has the heads.

    Raises:
        ModelUnusable: it has not; most models made of bge-m3 lack them.
    """
    for file in FILES:
        if not zipfile.is_zipfile(found.folder / file):  # what PyTorch saves is one; a cut one is none
            raise ModelUnusable(
                name=found.name,
                reason=f"희소·ColBERT 점수를 내는 머리({file})가 없거나 온전하지 않습니다",
                reason_en=f"its head for sparse or ColBERT scores ({file}) is missing or damaged",
                cure="BAAI/bge-m3처럼 머리가 있는 모델을 쓰거나 `models.scores=dense`로 색인하세요",
                cure_en="Use a model that has them, such as BAAI/bge-m3, or index with `models.scores=dense`",
            )


class Heads:
    """The heads of a model, loaded."""

    def __init__(self, folder: Path, width: int, where: Place, tokenizer: Any) -> None:
        import torch  # an optional extra, seconds to import

        def linear(file: str, outputs: int) -> Any:
            made = torch.nn.Linear(width, outputs)
            made.load_state_dict(torch.load(folder / file, map_location="cpu", weights_only=True))
            return made.to(where.device, dtype(where.precision)).eval()

        self._weigh, self._turn = linear(FILES[0], 1), linear(FILES[1], width)
        special = (tokenizer.cls_token_id, tokenizer.eos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id)
        self._special = [token for token in special if token is not None]

    def read(self, features: Mapping[str, Any], *, vectors: bool) -> list[Threefold]:
        """What is told of each text of a batch, from what sentence-transformers makes of it; ``vectors`` if wanted.

        The first token's vector stands for the text and isn't among those of its tokens.
        """
        import torch

        states, mask = features["token_embeddings"], features["attention_mask"]
        weights = torch.relu(self._weigh(states)).squeeze(-1).float().cpu().numpy()
        turned = self._turn(states[:, 1:] if vectors else states[:, :0])
        turned = torch.nn.functional.normalize(turned, dim=-1).float().cpu().numpy()
        dense = features["sentence_embedding"].float().cpu().numpy()
        tokens, lengths = features["input_ids"].cpu().numpy(), mask.sum(dim=1).tolist()
        return [
            Threefold(dense[row], *strongest(tokens[row], weights[row], self._special), turned[row, : length - 1])
            for row, length in enumerate(lengths)
        ]


def strongest(tokens: Any, weights: Any, special: list[int]) -> tuple[Any, Any]:
    """Each distinct token with the greatest of its weights, but for special tokens and those without any weight."""
    counts = ~np.isin(tokens, special) & (weights != 0)  # what is not a number is seen to later
    tokens, weights = tokens[counts], weights[counts]
    order = np.lexsort((-weights, tokens))
    distinct, firsts = np.unique(tokens[order], return_index=True)
    return distinct.astype(np.int32), weights[order][firsts].astype(np.float32)
