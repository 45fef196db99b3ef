"""Load on a real server: so many users, each asking at a fixed pace whether or not the others have their answers.

Times run from when a question was due, not from when it could be sent, so that a server that stalls isn't flattered.
The client speaks just enough HTTP/1.1 to cost little beside the server that it measures on the same machine.
"""

from __future__ import annotations

import asyncio
import itertools
import json
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from app.load import Running, ask_first, problem_of, running_server
from pipeline.evaluation.metrics import percentile

MIB = 1_048_576
SETTLED = 0.2  # of the time, after which memory should not grow any more
BUSY = (429, 503)
PATIENCE_S = 30.0


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one load. Milliseconds are those of accepted questions; ``growth`` is a share of the memory.

    ``cpu_ms`` is the processor's time that the server took, divided by all requests: unlike the other times it hardly
    depends on what else the machine is doing. It and the memory are those of all of the server's processes; what they
    share of it counts in each. ``trouble`` is what most of those that weren't answered were told.
    """

    users: int
    offered_per_second: float
    requests: int
    per_second: float
    p50: float
    p95: float
    p99: float
    refused: int
    errors: int
    cpu_ms: float
    memory_mib: float
    growth: float
    trouble: str = ""


@dataclass(slots=True)
class Tally:
    """What came back so far."""

    accepted: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    memory: list[int] = field(default_factory=list)
    cpu_s: float = 0.0
    said: dict[int, str] = field(default_factory=dict)


def bench_serve(
    home: Path,
    profile: str,
    index: str,
    texts: Sequence[str],
    *,
    path: str,
    users: int,
    seconds: float,
    pause: float,
    overrides: Mapping[str, object] | None = None,
) -> Load:
    """Start a server over a home's indexes, with an empty record of its own, and put a load on it.

    Args:
        path: ``/v1/search`` or ``/v1/ask``.
        pause: seconds from one question of a user to the next.
        overrides: settings of the server that differ from the profile's.

    Raises:
        BackendUnavailable: the server doesn't come up, or answers nothing.
    """
    with scratch(home) as place, running_server(place, profile, overrides) as server:
        ask_first(server.url, index, texts[:3])
        bodies = [json.dumps({"question": text, "index": index}, ensure_ascii=False).encode() for text in texts]
        tally, took = asyncio.run(_put(server, [request(path, server, body) for body in bodies], users, seconds, pause))
    return load_of(tally, users, took, pause)


@contextmanager
def scratch(home: Path) -> Iterator[Path]:
    """A home on the same disk with the same indexes and nothing else, removed at the end."""
    with tempfile.TemporaryDirectory(dir=home, prefix=".bench-") as folder:
        place = Path(folder)
        (place / "index").symlink_to((home / "index").resolve())
        yield place


def request(path: str, server: Running, body: bytes) -> bytes:
    """A whole request as it goes over the wire."""
    host = server.url.removeprefix("http://")
    head = (
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


def load_of(tally: Tally, users: int, took: float, pause: float) -> Load:
    """The figures of what came back."""
    times = sorted(tally.accepted)
    total = sum(tally.statuses.values())
    refused = sum(count for status, count in tally.statuses.items() if status in BUSY)
    memory = tally.memory or [0]
    settled = memory[int(len(memory) * SETTLED)]
    p50, p95, p99 = (percentile(times, share) if times else 0.0 for share in (0.5, 0.95, 0.99))
    return Load(
        users=users, offered_per_second=users / pause, requests=total, per_second=len(times) / took, p50=p50, p95=p95,
        p99=p99, refused=refused, errors=total - refused - len(times),
        cpu_ms=tally.cpu_s * 1000 / total if total else 0.0, memory_mib=memory[-1] / MIB,
        growth=memory[-1] / settled - 1 if settled else 0.0, trouble=_trouble(tally),
    )  # fmt: skip


def _trouble(tally: Tally) -> str:
    """What most of those were told that weren't answered; empty where all were."""
    status, count = max(((s, n) for s, n in tally.statuses.items() if s != 200), key=lambda it: it[1], default=(200, 0))
    if not count:
        return ""
    said = tally.said.get(status) or ("연결이 끊겼습니다 (no reply)" if status == 0 else "")
    return f"{count:,} × {status or '—'} {said}".rstrip()


async def _put(
    server: Running, requests: Sequence[bytes], users: int, seconds: float, pause: float
) -> tuple[Tally, float]:
    tally, start, spent = Tally(), time.perf_counter(), cpu_seconds(server.pid)
    watching = asyncio.create_task(_watch(server.pid, tally))
    first = [start + pause * user / users for user in range(users)]  # evenly spread, not all at once
    await asyncio.gather(
        *(_user(server, requests[n % len(requests) :] or requests, due, start + seconds, pause, tally)
          for n, due in enumerate(first))
    )  # fmt: skip
    watching.cancel()
    tally.cpu_s = cpu_seconds(server.pid) - spent
    return tally, time.perf_counter() - start


def cpu_seconds(pid: int) -> float:
    """The processor's time that a process and its children have taken so far, in the program and in the system."""
    found = [process.cpu_times() for process in family(pid)]
    return float(sum(times.user + times.system for times in found))


def family(pid: int) -> list[psutil.Process]:
    """A process and all that it started that still run."""
    process = psutil.Process(pid)
    return [process, *process.children(recursive=True)]


async def _watch(pid: int, tally: Tally) -> None:
    while True:
        with suppress(psutil.NoSuchProcess):  # a child may end between two looks
            tally.memory.append(sum(process.memory_info().rss for process in family(pid)))
        await asyncio.sleep(1)


async def _user(
    server: Running, requests: Sequence[bytes], first: float, end: float, pause: float, tally: Tally
) -> None:
    host, _, port = server.url.removeprefix("http://").partition(":")
    connection: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None
    for number, body in enumerate(itertools.cycle(requests)):
        due = first + number * pause
        if due >= end:
            break
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        try:
            async with asyncio.timeout(PATIENCE_S):
                connection = connection or await asyncio.open_connection(host, int(port))
                status, said = await _exchange(*connection, body)
        except (OSError, EOFError, ValueError):  # TimeoutError is an OSError
            status, said = 0, b""
            if connection:
                connection[1].close()
            connection = None
        tally.statuses[status] += 1
        if status != 200:
            tally.said.setdefault(status, problem_of(said))
        else:
            tally.accepted.append((time.perf_counter() - due) * 1000)
    if connection:
        connection[1].close()


async def _exchange(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> tuple[int, bytes]:
    """Send a request and read the whole reply; its status and its body."""
    writer.write(body)
    head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
    length = int(head.partition("content-length:")[2].split("\r\n", 1)[0])
    return int(head.split(" ", 2)[1]), await reader.readexactly(length)
