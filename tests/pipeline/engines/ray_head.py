"""A Ray of one machine for tests: started on loopback with a token, its workers found, killed, and listened for."""

from __future__ import annotations

import contextlib
import os
import secrets
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import psutil


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def head(root: Path) -> Iterator[psutil.Process]:
    """A Ray on loopback that wants a token; its address and token are put in the environment."""
    port, bin_ = free_port(), Path(sys.executable).parent
    os.environ |= {
        "RAY_AUTH_MODE": "token", "RAY_AUTH_TOKEN": secrets.token_hex(32), "RAY_TMPDIR": str(root / "r"),
        "RAY_ENABLE_WINDOWS_OR_OSX_CLUSTER": "0", "RAY_USAGE_STATS_ENABLED": "0",
    }  # fmt: skip
    (root / "r").mkdir()
    said = (root / "ray.log").open("w")
    started = psutil.Popen(
        [
            bin_ / "ray", "start", "--head", "--block", f"--port={port}", "--node-ip-address=127.0.0.1", "--num-cpus=2",
            "--include-dashboard=false", "--disable-usage-stats", f"--object-store-memory={200 << 20}",
        ],
        stdout=said, stderr=said, start_new_session=True,
    )  # fmt: skip
    os.environ["RAY_ADDRESS"] = f"127.0.0.1:{port}"
    try:
        while "Ray runtime started" not in (root / "ray.log").read_text():
            assert started.poll() is None, (root / "ray.log").read_text()
            time.sleep(0.2)
        yield started
    finally:
        family = [*started.children(recursive=True), started]
        started.terminate()
        for each in psutil.wait_procs(family, 30)[1]:
            with contextlib.suppress(psutil.NoSuchProcess):  # it ended in between
                each.kill()


def workers(ray: psutil.Process) -> list[psutil.Process]:
    """The processes that hold our actors."""
    found = []
    for each in ray.children(recursive=True):
        try:
            if each.status() != psutil.STATUS_ZOMBIE and "MapWorker" in " ".join(each.cmdline()):
                found.append(each)
        except psutil.NoSuchProcess:
            continue
    return found


def gone(ray: psutil.Process) -> list[psutil.Process]:
    """Wait for the workers of what has ended to end; those that don't."""
    end = time.monotonic() + 60
    while (left := workers(ray)) and time.monotonic() < end:
        time.sleep(0.1)
    return left


@contextmanager
def killing(ray: psutil.Process, ready: Callable[[], bool]) -> Iterator[list[int]]:
    """Kill every worker of what runs in the block at the moment when ``ready``."""
    killed: list[int] = []
    gone(ray)
    stop = threading.Event()

    def watch() -> None:
        while not stop.is_set():
            found = workers(ray) if ready() else []
            for each in found:
                with contextlib.suppress(psutil.NoSuchProcess):
                    each.send_signal(signal.SIGKILL)
                    killed.append(each.pid)
            if killed:
                return
            stop.wait(0.02)

    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        yield killed
    finally:
        stop.set()
        watcher.join()


def listeners(ray: psutil.Process) -> list[str]:
    """The addresses that Ray, its workers and this process listen at."""
    found = set()
    for each in (*ray.children(recursive=True), psutil.Process()):
        try:
            found |= {c.laddr.ip for c in each.net_connections("inet") if c.status == psutil.CONN_LISTEN}
        except psutil.NoSuchProcess:
            continue
    return sorted(found)
