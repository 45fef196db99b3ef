"""What ``--profile gpu`` lacks on this machine: memory for which model, packages, disk, access to gated models.

Where there is no GPU nothing is a problem, and nothing is asked of the network: the sums are shown all the same.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path

from pipeline import machine
from pipeline.checkup import Check, Text
from pipeline.neural.measuring import UNMEASURED
from pipeline.neural.sizing import best_scheme, plan, requests_that_fit, total
from pipeline.settings import Settings

GIB = 1 << 30
PACKAGES = ("torch", "transformers", "sentence-transformers", "FlagEmbedding")
DOWNLOADS = {"BAAI/bge-m3": 2.3, "Dongjin-kr/ko-reranker": 2.3, "MLP-KTLim/llama-3-Korean-Bllossom-8B": 16.1}
"""GB that the profile's models take on disk: parameters × bytes as they are published (4, 4 and 2)."""

UNKNOWN_DOWNLOAD = 5.0
"""GB taken for a model that isn't among them."""

REQUESTS = 8
"""Answers written at once that the sums leave room for."""


def examine(line: str | None, settings: Settings, home: Path) -> Iterator[Check]:
    """The checks, in the order in which somebody would mend them.

    Args:
        line: what ``machine.gpu_line`` said.
        settings: of the profile.
        home: the folder on whose disk downloads would lie, where the hub's cache doesn't say otherwise.
    """
    memory = card_memory(line or "")
    yield room(memory, settings)
    yield packages(machine.versions_of(PACKAGES), machine.vllm_version(), gpu=bool(memory))
    names = (settings.models.encoder, settings.models.reranker, settings.llm.model)
    missing = [name for name in names if not machine.is_cached(name)]
    yield downloads(missing, shutil.disk_usage(machine.existing(machine.hub_cache(home))).free, gpu=bool(memory))
    if memory:
        yield from (access(name, machine.hub_answer(name)) for name in missing)


def card_memory(line: str) -> int:
    """Bytes of a card, of a line such as ``NVIDIA L4, 550.54, 23034 MiB``; 0 where it doesn't say."""
    last = line.rpartition(",")[2].split()
    return int(last[0]) << 20 if len(last) == 2 and last[0].isdecimal() and last[1] == "MiB" else 0


def room(memory: int, settings: Settings) -> Check:
    """Which of the profile's models fit. ``memory`` of the card in bytes, 0 without one."""
    title = Text("GPU 메모리(추정)", "GPU memory (estimate)")
    batch, context = settings.batching.tokens or UNMEASURED, settings.llm.context_tokens
    best = best_scheme(memory, batch_tokens=batch, context_tokens=context, requests=REQUESTS)
    parts = plan(best or "bf16", batch_tokens=batch, context_tokens=context, requests=REQUESTS)
    listed = " + ".join(f"{part.name} {part.needed / GIB:.1f}" for part in parts)
    needed = f"{total(parts) / GIB:.1f} GiB = {listed}"
    if not memory:
        return Check(
            "gpu-memory", title, "ok", Text(f"gpu 프로필에 필요: {needed}", f"the gpu profile needs: {needed}")
        )
    if best is None:
        found = Text(f"{memory / GIB:.1f} GiB 가운데 {needed}", f"{needed} of {memory / GIB:.1f} GiB")
        cure = Text(
            "언어 모델을 다른 서버에 두고 `llm.url`을 정하거나 더 작은 모델을 쓰세요(docs/models.md).",
            "Keep the language model on another server (`llm.url`), or take a smaller one (docs/models.md).",
        )
        return Check("gpu-memory", title, "notice", found, cure)
    many = requests_that_fit(memory, best, batch_tokens=batch, context_tokens=context)
    found = Text(
        f"{best}로 됨 · {memory / GIB:.1f} GiB 가운데 {needed} · {context:,}토큰 답변 {many}개를 함께",
        f"fits as {best} · {needed} of {memory / GIB:.1f} GiB · {many} answers of {context:,} tokens at once",
    )
    return Check("gpu-memory", title, "ok", found)


def packages(found: Mapping[str, str], vllm: str, *, gpu: bool) -> Check:
    """The versions of what the profile needs. ``found`` has an empty version where a package is missing."""
    title = Text("신경망 패키지", "neural packages")
    shown = ", ".join(f"{name} {version or '—'}" for name, version in {**found, "vllm": vllm}.items())
    if all(found.values()) and (vllm or not gpu):
        return Check("gpu-packages", title, "ok", Text(shown, shown))
    if not gpu:
        return Check(
            "gpu-packages", title, "ok",
            Text(f"{shown} · gpu 프로필만 씀", f"{shown} · only the gpu profile uses them"),
        )  # fmt: skip
    cure = Text("`make gpu`가 설치합니다.", "`make gpu` installs them.")
    return Check("gpu-packages", title, "notice", Text(shown, shown), cure)


def downloads(missing: list[str], free: int, *, gpu: bool) -> Check:
    """Whether there is room for the models that have to be fetched yet. ``free`` in bytes."""
    title = Text("받을 모델", "models to fetch")
    if not missing:
        return Check("gpu-models", title, "ok", Text("모두 있음", "all here"))
    size = sum(DOWNLOADS.get(name, UNKNOWN_DOWNLOAD) for name in missing) * 1e9
    listed = f"{', '.join(missing)}: {size / GIB:.1f} GiB"
    found = Text(f"{listed} · 디스크 {free / GIB:.1f} GiB 비어 있음", f"{listed} · {free / GIB:.1f} GiB of disk free")
    if not gpu or size < free:
        return Check("gpu-models", title, "ok", found)
    cure = Text("자리를 비우거나 HF_HOME을 다른 디스크로 정하세요.", "Free some space or set HF_HOME to another disk.")
    return Check("gpu-models", title, "notice", found, cure)


def access(name: str, answer: str) -> Check:
    """Whether the hub would give a model. ``answer`` is ``open``, ``gated``, ``unknown`` or ``silent``."""
    title = Text(f"모델 {name}", f"model {name}")
    if answer == "open":
        return Check(f"model-{name}", title, "ok", Text("받을 수 있음", "can be fetched"))
    page = f"https://huggingface.co/{name}"
    said = {
        "gated": Text("사용 조건에 동의해야 함", "gated: its licence must be accepted"),
        "unknown": Text("허브에 없거나 토큰이 필요함", "not on the hub, or a token is needed"),
    }.get(answer, Text("허브가 답하지 않음", "the hub does not answer"))
    cure = {
        "gated": Text(
            f"{page} 에서 동의하고 `hf auth login`이나 HF_TOKEN으로 토큰을 주세요.",
            f"Accept it at {page}, then give a token: `hf auth login` or HF_TOKEN.",
        ),
        "unknown": Text(
            f"설정의 이름과 {page} 를 확인하세요.", f"Check the name in the settings, and {page}."
        ),
    }.get(answer, Text(
        f"인터넷이 되는 곳에서 `hf download {name}`으로 받아 그 폴더를 설정에 적으세요.",
        f"Where there is a network, `hf download {name}`, and set the folder.",
    ))  # fmt: skip
    return Check(f"model-{name}", title, "notice", said, cure)
