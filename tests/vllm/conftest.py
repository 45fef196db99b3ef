"""vLLM as a process of its own, and our generator before it."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from pipeline.protocols import Tokenizer
from tests.pipeline.reviews import Reviews, make_reviews

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv" / "with" / "vllm" / "bin" / "python"
MODEL = "tiny"
WINDOW = 4096
UP_S = 1_200.0  # a quiet machine takes 25 to 80 seconds
LONG = 120.0
PAGE = "\f"
WATCH = f"""
import sys, httpx
with httpx.Client(base_url=sys.argv[1], timeout={LONG}, trust_env=False) as client:
    while True:
        page = client.get("/metrics").text
        lines = [line for line in page.splitlines() if line.startswith("vllm:num_requests_running")]
        print(*lines, {PAGE!r}, sep="\\n", flush=True)
"""
OFFLINE = {
    "HF_HUB_OFFLINE": "1", "VLLM_NO_USAGE_STATS": "1", "VLLM_CPU_KVCACHE_SPACE": "1", "CUDA_VISIBLE_DEVICES": "",
}  # fmt: skip
# Its worker in one process with its engine. The two wait for each other by yielding in a loop, and on a machine of two
# processors a kernel may give them all of both meanwhile: whoever reads the reply then sees it seconds later, at once.
ALONE = {"VLLM_ENABLE_V1_MULTIPROCESSING": "0", "OMP_NUM_THREADS": "1"}


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """They take minutes and start servers: only who asks for them gets them."""
    asked = "vllm" in (config.getoption("-m") or "")
    reason = (
        "`make test-vllm` runs these" if not asked else f"no vLLM in {PYTHON.parents[1]}: `make test-vllm` makes it"
    )
    for item in items:
        if Path(__file__).parent in item.path.parents:
            item.add_marker(pytest.mark.vllm)
            item.add_marker(pytest.mark.timeout(3_600))
            if not asked or not PYTHON.exists():
                item.add_marker(pytest.mark.skip(reason=reason))


def until(done: Callable[[], bool], what: str, seconds: float = LONG) -> None:
    """Wait for something to become true; fail when it doesn't."""
    end = time.monotonic() + seconds
    while not done():
        assert time.monotonic() < end, f"waited in vain: {what}"
        time.sleep(0.05)


def running_in(metrics: str) -> float:
    """Requests that a page of metrics counts as being worked on."""
    return sum(float(n) for n in re.findall(r"^vllm:num_requests_running\{[^}]*\} (\S+)$", metrics, re.MULTILINE))


class Vllm:
    """A server over a folder with a model; may be killed and started again on its port."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            self.port: int = free.getsockname()[1]
        self.root = f"http://127.0.0.1:{self.port}"
        self.url = f"{self.root}/v1"
        self._process: subprocess.Popen[bytes] | None = None

    def start(self, model: str) -> None:
        """Start it over ``folder / model`` and wait until it answers."""
        command = [
            str(PYTHON), "-m", "vllm.entrypoints.openai.api_server", "--model", str(self.folder / model),
            "--served-model-name", MODEL, "--host", "127.0.0.1", "--port", str(self.port), "--dtype", "bfloat16",
            "--enforce-eager", "--distributed-executor-backend", "uni", "--max-model-len", str(WINDOW),
            "--shutdown-timeout", "20",
            # a random model would fill the grammar's room for white space until its tokens are spent
            "--structured-outputs-config", '{"backend": "xgrammar", "disable_any_whitespace": true}',
        ]  # fmt: skip
        self._scratch = tempfile.mkdtemp(prefix="hv")  # its sockets need a short path
        told = os.environ | OFFLINE | ALONE | {"TMPDIR": self._scratch}
        with (self.folder / "log").open("ab") as log:
            self._process = subprocess.Popen(
                command, stdout=log, stderr=log, env=told, start_new_session=True, cwd=self.folder
            )
        until(self._is_up, "vLLM to come up", UP_S)

    def _is_up(self) -> bool:
        assert self._process is not None
        assert self._process.poll() is None, (self.folder / "log").read_text(errors="replace")[-3000:]
        try:
            return httpx.get(f"{self.root}/health", timeout=2).status_code == 200
        except httpx.HTTPError:
            return False

    def running(self) -> float:
        """Requests that it works on now, by its own count."""
        return running_in(httpx.get(f"{self.root}/metrics", timeout=30).text)

    @contextmanager
    def watched(self) -> Iterator[list[float]]:
        """What ``running`` says meanwhile; complete afterwards. Asked by a process that nothing of ours holds up."""
        seen: list[float] = []
        watching = subprocess.Popen(
            [sys.executable, "-c", WATCH, self.root], stdout=subprocess.PIPE, text=True, env=os.environ | OFFLINE
        )
        try:
            assert watching.stdout is not None
            assert watching.stdout.readline()  # it is at work
            yield seen
        finally:
            watching.terminate()
            told, _ = watching.communicate()
        seen += [running_in(page) for page in told.split(PAGE) if page]

    def kill(self) -> None:
        """SIGKILL to it and all that it started; then away with what they can't put away themselves any more."""
        if self._process is not None and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGSTOP)  # it gets no further while its memory is looked up
            shared = shared_memory(self._process.pid)
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
            for path in shared:
                path.unlink(missing_ok=True)
            shutil.rmtree(self._scratch, ignore_errors=True)


def shared_memory(group: int) -> set[Path]:
    """The shared memory that the processes of a group have open, hundreds of megabytes in vLLM's case."""
    found: set[Path] = set()
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):  # it has ended
            if os.getpgid(int(process.name)) == group:
                found |= {Path(path) for path in re.findall(r"/dev/shm/\S+", (process / "maps").read_text())}
    return found


@pytest.fixture(scope="session")
def vllm(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Vllm]:
    folder = tmp_path_factory.mktemp("vllm")
    builder = Path(__file__).with_name("build_model.py")
    subprocess.run([PYTHON, builder, folder], check=True, capture_output=True, env=os.environ | OFFLINE)
    server = Vllm(folder)
    try:
        server.start("chat")
        yield server
    finally:
        server.kill()


@pytest.fixture(scope="session")
def reviews(kiwi: Tokenizer, tmp_path_factory: pytest.TempPathFactory) -> Reviews:
    return make_reviews(tmp_path_factory.mktemp("reviews"), kiwi)
