"""Ray Data: a pool of actors, each with the models, on this machine or on the cluster that ``RAY_ADDRESS`` names.

A batch travels as one row with one opaque object, so that Ray decides where it is worked on and nothing else. A worker
that is killed is started anew and its batches are given out again; a batch that kills one worker after the other is an
error. Ray is an optional extra (``scale``).
"""

from __future__ import annotations

import importlib.util
import logging
import os
import re
import socket
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Any

from pipeline.engines.work import In, Out, Work
from pipeline.errors.base import HansangError
from pipeline.errors.engines import EngineBroke, EngineDiffers, EngineUnavailable
from pipeline.errors.machine import BackendUnavailable
from pipeline.versions import versions

PACKAGE = "ray[data]==2.60.0"
AHEAD = 128
"""Batches taken ahead for each actor. A pool is made anew for each such round, and its models loaded: so it is long."""
MOST_AHEAD = 1_000
"""The same for all actors together: they lie in this process's memory until their turn comes."""
TRIES = 3
"""How often a batch is given out again after it was lost with its worker."""
_KNOCK_S = 10.0
_LOCAL = {"RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_AUTH_MODE": "token"}  # loopback only, and only with the token
_QUIET = {"RAY_USAGE_STATS_ENABLED": "0", "RAY_DATA_DISABLE_PROGRESS_BARS": "1", "RAY_BACKEND_LOG_LEVEL": "fatal"}


class RayEngine:
    """See Engine. Ray is started, or the cluster joined, when the first batch comes; ``close`` leaves it.

    Args:
        actors: how many work at once; 0 is as many as the machines have processors, memory and GPUs for.
        joined: told of the machines when they are known.
    """

    name = "ray"

    def __init__(self, actors: int = 0, joined: Callable[[int], None] = lambda machines: None) -> None:
        """Raises BackendUnavailable where Ray isn't installed."""
        if importlib.util.find_spec("ray") is None:
            raise BackendUnavailable(
                name="--engine ray",
                reason="파이썬 패키지 ray가 설치되어 있지 않습니다 (ray is not installed)",
                cure=f"`pip install '{PACKAGE}'`로 설치하세요",
            )
        self._actors = actors
        self._told = joined
        self._machines: list[Mapping[str, float]] = []

    def map(self, work: Work[In, Out], batches: Iterable[Sequence[In]]) -> Iterator[Sequence[Out]]:
        """See Engine."""
        waiting = iter(batches)
        while taken := list(islice(waiting, self._ahead())):
            given = [(number, batch) for number, batch in enumerate(taken) if batch]
            made = self._made(work, given) if given else iter(())
            arrived: dict[int, Any] = {}
            for number, batch in enumerate(taken):
                while batch and number not in arrived:
                    at, result = next(made)
                    arrived[at] = result
                yield arrived.pop(number) if batch else []

    def close(self) -> None:
        """Leave the cluster; a Ray that was started here ends."""
        if self._machines:
            import ray  # see _join

            ray.shutdown()
            self._machines = []

    def _made(self, work: Work[In, Out], given: Sequence[tuple[int, Sequence[In]]]) -> Iterator[tuple[int, Any]]:
        """Numbers and results, as they come."""
        self._join()
        import ray  # an optional extra, seconds to import
        import ray.data

        size, needs = self._pool(work, len(given))
        rows = [{"number": number, "given": _Parcel(batch)} for number, batch in given]
        with warnings.catch_warnings():  # there is no other way to say max_task_retries, and for ever is too often
            warnings.simplefilter("ignore", ray.util.annotations.RayDeprecationWarning)
            done = ray.data.from_items(rows, override_num_blocks=len(rows)).map_batches(
                _Worker,
                batch_size=1,
                batch_format="numpy",
                compute=ray.data.ActorPoolStrategy(size=size),
                fn_constructor_args=(work, dict(versions())),
                max_task_retries=TRIES,
                **needs,
            )
        try:
            for row in done.iter_rows():
                yield row["number"], _opened(row["made"])
        except ray.exceptions.RayError as error:
            raise EngineBroke(reason=_said(error)) from error

    def _ahead(self) -> int:
        """How many batches to take for one pool; before the machines are known, as for this one."""
        processors = sum(int(machine.get("CPU", 0)) for machine in self._machines) or os.cpu_count() or 1
        return min(AHEAD * (self._actors or processors), MOST_AHEAD)

    def _join(self) -> None:
        """Join the cluster of ``RAY_ADDRESS``, or start Ray on this machine, on loopback only.

        Raises:
            EngineUnavailable: it doesn't answer, or doesn't let us in.
        """
        if self._machines:
            return
        address = os.environ.get("RAY_ADDRESS", "")
        _knock(address)
        for name, value in (_QUIET if address else _QUIET | _LOCAL).items():
            os.environ.setdefault(name, value)
        import ray  # reads the environment when it is imported
        import ray.data

        how: dict[str, Any] = {} if address else {"address": "local", "include_dashboard": False}
        if self._actors and not address:
            how["num_cpus"] = self._actors
        try:
            ray.init(log_to_driver=False, logging_level=logging.ERROR, **how)
        except (ray.exceptions.RayError, ConnectionError, RuntimeError, ValueError, OSError) as error:
            raise EngineUnavailable(address=address or "local", reason=_said(error)) from error
        context = ray.data.DataContext.get_current()
        context.print_on_execution_start = False
        logging.getLogger("ray.data").setLevel(logging.ERROR)
        self._machines = [node["Resources"] for node in ray.nodes() if node["Alive"]]
        self._told(len(self._machines))

    def _pool(self, work: Work[In, Out], batches: int) -> tuple[int, dict[str, float]]:
        """How many actors, and what each asks of its machine."""
        needs: dict[str, float] = {"num_cpus": 1, "memory": work.memory}
        if work.on_gpu and any(machine.get("GPU") for machine in self._machines):
            needs["num_gpus"] = 1
        names = {"num_cpus": "CPU", "num_gpus": "GPU", "memory": "memory"}
        room = sum(
            int(min(machine.get(names[what], 0) // wanted for what, wanted in needs.items()))
            for machine in self._machines
        )
        if not room:  # too little memory by Ray's count: one worker, and the system may say
            del needs["memory"]
        return max(1, min(self._actors or room, room, batches)), needs


def _knock(address: str) -> None:
    """See that somebody listens at ``host:port``: Ray itself tries for minutes.

    Raises:
        EngineUnavailable: nobody does.
    """
    host, _, port = address.rpartition(":")
    if not host or "/" in host or not port.isdecimal():
        return  # none, ``auto``, or another form that Ray knows
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_KNOCK_S).close()
    except (OSError, OverflowError) as error:
        raise EngineUnavailable(address=address, reason=str(error)) from error


def _said(error: BaseException) -> str:
    """The line of an error that says what went wrong; around it stand Ray's traces and advice."""
    lines = str(error).strip().splitlines() or [type(error).__name__]
    raised = [line for line in lines if re.match(r"[\w.]+(Error|Exception): ", line)]
    ours = [line for line in raised if not line.startswith("ray.")]
    return (ours or raised or lines)[-1].strip().rstrip(".")


@dataclass(frozen=True, slots=True)
class _Parcel:
    """A batch, what came of it, or why nothing did. Ray looks into lists and strings, but not into this."""

    inside: Any


class _Worker:
    """One actor: loads the models with its first batch, since what is raised there is to be told as it is."""

    def __init__(self, work: Work[Any, Any], wanted: Mapping[str, str]) -> None:
        self._work = work
        self._wanted = wanted
        self._do: Callable[[Sequence[Any]], Sequence[Any]] | None = None

    def __call__(self, rows: Mapping[str, Any]) -> dict[str, Any]:
        """See ``map_batches``: columns in, columns out."""
        made = []
        for parcel in rows["given"]:
            try:
                made.append(_Parcel(self._made(parcel.inside)))
            except HansangError as error:
                made.append(_Parcel(error))
        return {"number": rows["number"], "made": made}

    def _made(self, batch: Sequence[Any]) -> Sequence[Any]:
        if self._do is None:
            if changed := _differences(self._wanted, versions()):
                raise EngineDiffers(changed=changed)
            self._do = self._work.ready()
        return list(self._do(batch))


def _differences(here: Mapping[str, str], there: Mapping[str, str]) -> str:
    """Which versions differ: ``kiwipiepy 0.24.1 → 0.23.0``; empty when none does."""
    names = [name for name in {**here, **there} if here.get(name) != there.get(name)]
    return ", ".join(f"{name} {here.get(name, '–')} → {there.get(name, '–')}" for name in names)


def _opened(parcel: _Parcel) -> Any:
    """What came of a batch.

    Raises:
        HansangError: what the work raised.
    """
    if isinstance(parcel.inside, HansangError):
        raise parcel.inside
    return parcel.inside
