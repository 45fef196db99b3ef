"""What a language model's server tells of itself, and what it takes of this machine's memory. Asks, changes nothing.

Only vLLM tells all of it; of other servers less is known, and what isn't known is None.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import httpx
import psutil

from pipeline import machine
from pipeline.endpoint import Endpoint, is_here

ASK_S = 10.0
_CACHE = re.compile(r"^vllm:cache_config_info\{(?P<labels>.*)\} ", re.MULTILINE)
_LABEL = re.compile(r'(\w+)="([^"]*)"')


@dataclass(frozen=True, slots=True)
class Served:
    """A server with a model.

    ``root`` is what it loaded the model from, ``window`` the tokens that the model sees, ``cache_tokens`` those whose
    keys and values it has room for, ``resident`` the bytes of memory that its processes take (shared pages by share).
    ``gpu`` is what is used of this machine's first card, by whomever: vLLM takes what it is allowed, and what smaller
    weights save shows in ``cache_tokens``.
    """

    url: str
    model: str
    root: str | None
    window: int | None
    cache_tokens: int | None
    resident: int | None
    gpu: int | None


def look(endpoint: Endpoint) -> Served:
    """Ask a server. Whoever doesn't answer is not known; whether it can be used is for others to find out."""
    headers = {"Authorization": f"Bearer {endpoint.key}"} if endpoint.key else {}
    with httpx.Client(headers=headers, timeout=ASK_S, trust_env=not is_here(endpoint.url)) as http:
        root, window = _listed(http, endpoint)
        cache = _cache(http, endpoint.url.removesuffix("/v1"))
    card = (machine.gpu_memory() or None) if is_here(endpoint.url) else None
    return Served(endpoint.url, endpoint.model, root, window, cache, resident(endpoint.url), card)


def _listed(http: httpx.Client, endpoint: Endpoint) -> tuple[str | None, int | None]:
    try:
        listed = http.get(f"{endpoint.url}/models").json()["data"]
        (found,) = (entry for entry in listed if entry["id"] == endpoint.model)
        root, window = found.get("root"), found.get("max_model_len")
    except (httpx.HTTPError, ValueError, LookupError, TypeError, AttributeError):
        return None, None
    return root if isinstance(root, str) else None, window if isinstance(window, int) else None


def _cache(http: httpx.Client, base: str) -> int | None:
    try:
        return cache_tokens(http.get(f"{base}/metrics").text)
    except httpx.HTTPError:
        return None


def cache_tokens(metrics: str) -> int | None:
    """Tokens that vLLM's cache has room for, by its metrics: blocks × their size; None where they don't tell."""
    found = _CACHE.search(metrics)
    labels = dict(_LABEL.findall(found["labels"])) if found else {}
    blocks, size = labels.get("num_gpu_blocks", ""), labels.get("block_size", "")
    return int(blocks) * int(size) if blocks.isdecimal() and size.isdecimal() else None


def resident(url: str) -> int | None:
    """Bytes of memory of the process that listens at a URL of this machine, and of those that it started.

    None for other machines, where it isn't ours to see, and off Linux. A GPU's memory is no part of it.
    """
    port = httpx.URL(url).port
    if not is_here(url) or port is None:
        return None
    try:
        owners = {
            c.pid for c in psutil.net_connections("tcp") if c.laddr and c.laddr.port == port and c.status == "LISTEN"
        }
        (owner,) = owners - {None}
        family = [psutil.Process(owner), *psutil.Process(owner).children(recursive=True)]
        return sum(int(process.memory_full_info().pss) for process in family)
    except (psutil.Error, ValueError, AttributeError):
        return None
