"""Fine-tuned networks asked of many texts: batches by tokens, several under way at once, no text failing another.

What a batch holds depends on the texts alone, so that the same texts give the same digits, however busy the machine is.
How many batches are computed at once is for the device's limiter to say, which all models of the process share.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import partial
from threading import Lock
from typing import Any

import numpy as np

from pipeline.analysis.label_names import Meaning
from pipeline.batching.packing import packed
from pipeline.limiting import TOGETHER, device_limiter
from pipeline.protocols import FloatArray

BUDGET = 8_192
"""Tokens in a batch, padding included."""

MOST = 128
"""Texts in a batch."""

_TROUBLES = (RuntimeError, ValueError, IndexError, MemoryError)  # as torch and transformers raise them
_SAID = 200  # characters of what a library says that are told


@dataclass(frozen=True, slots=True)
class Network:
    """A model with its tokenizer: what its labels mean, whether several may hold at once, how many tokens it reads.

    ``digest`` is that of its files. A tokenizer of the library is not for several threads at once.
    """

    model: Any
    tokenizer: Any
    meaning: Meaning
    several: bool
    longest: int
    digest: str = ""
    reading: Lock = field(default_factory=Lock)
    computing: Lock = field(default_factory=Lock)


@dataclass(frozen=True, slots=True)
class Told:
    """What a network says of texts: the probabilities of its labels, and which texts it didn't read to the end.

    ``troubles`` are the rows of texts that fail even alone, and why; their probabilities are zero.

    *Shape:* ``shares`` ``(texts, labels)``.
    """

    shares: FloatArray
    cut: list[bool]
    troubles: Mapping[int, str]


def ask(networks: Sequence[Network], texts: Sequence[str]) -> list[Told]:
    """What each of some networks says of texts, in their order. Batches of all networks are under way at once."""
    lengths = [_lengths(network, texts) for network in networks]
    batches = [
        packed([min(length, network.longest) for length in each], BUDGET, MOST)
        for network, each in zip(networks, lengths, strict=True)
    ]
    jobs = [(place, rows) for place, each in enumerate(batches) for rows in each]
    shares = [np.zeros((len(texts), len(network.meaning.names)), dtype=np.float32) for network in networks]
    troubles: list[dict[int, str]] = [{} for _ in networks]
    work = partial(_job, networks, texts)
    with ThreadPoolExecutor(TOGETHER, "network") as threads:
        for (place, rows), outcome in zip(jobs, threads.map(work, jobs), strict=True):
            for row, found in zip(rows, outcome, strict=True):
                if isinstance(found, str):
                    troubles[place][row] = found
                else:
                    shares[place][row] = found
    cuts = [[length > network.longest for length in each] for network, each in zip(networks, lengths, strict=True)]
    return [Told(*each) for each in zip(shares, cuts, troubles, strict=True)]


def _lengths(network: Network, texts: Sequence[str]) -> list[int]:
    if not texts:
        return []
    with network.reading:
        return [len(ids) for ids in network.tokenizer(list(texts), verbose=False)["input_ids"]]


def _job(networks: Sequence[Network], texts: Sequence[str], job: tuple[int, list[int]]) -> list[FloatArray | str]:
    place, rows = job
    return _passed(networks[place], [texts[row] for row in rows])


def _passed(network: Network, texts: Sequence[str]) -> list[FloatArray | str]:
    """A batch's probabilities, and why where a text has none: what fails together is tried in halves, down to one."""
    try:
        return _computed(network, texts)
    except _TROUBLES as error:  # its traceback, which holds the memory that ran out, ends with this block
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0][:_SAID]
    if network.model.device.type == "cuda":
        import torch

        torch.cuda.empty_cache()
    if len(texts) == 1:
        return [reason]
    middle = len(texts) // 2
    return _passed(network, texts[:middle]) + _passed(network, texts[middle:])


def _computed(network: Network, texts: Sequence[str]) -> list[FloatArray | str]:
    import torch  # an optional extra, seconds to import

    with network.reading:  # beside a batch that is computed
        batch = network.tokenizer(
            list(texts), truncation=True, max_length=network.longest, padding=True, return_tensors="pt"
        )
    device = network.model.device
    with network.computing, device_limiter(device.type).through(), torch.inference_mode():
        logits = network.model(**batch.to(device)).logits.float()
        shares = (logits.sigmoid() if network.several else logits.softmax(dim=-1)).cpu().numpy()
    return [row if np.isfinite(row).all() else "숫자가 아닌 값 (not a number)" for row in shares]
