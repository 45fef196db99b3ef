"""A real server in a process of its own, made to be killed, stalled and deprived; and those who use it meanwhile."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from tests.app.cli_runs import wait_for

USERS = 50
PATIENCE = 180  # seconds for a server to come up on a busy machine
QUESTION = {"question": "웨이팅은 얼마나 되나요?", "index": "small"}
NO_NAME_SPACES = 77

# The server as `hansang serve` starts it, without the chat, whose library takes seconds to import; its reranker waits
# while there is a file `hold` in the home.
SERVER = """
import sys, time
from pathlib import Path
import app.server as server
from pipeline.config import with_overrides
from pipeline.settings import Settings
from pipeline.rerankers import linear
from pipeline.service import Home

home, port, overrides = Path(sys.argv[1]), int(sys.argv[2]), dict(o.split("=") for o in sys.argv[3:])
server.mount = lambda app, service: app
rerank = linear.LinearReranker.rerank
def slowly(self, *given):
    if (home / "hold").exists():
        (home / "held").touch()
    while (home / "hold").exists():
        time.sleep(0.02)
    return rerank(self, *given)
linear.LinearReranker.rerank = slowly
server.serve(Home(home), with_overrides(Settings(), overrides), host="127.0.0.1", port=port)
"""


@contextmanager
def server(home: Path, *overrides: str, within: Sequence[str] = ()) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A server in a process of its own, and its address. ``within`` is a command that becomes it."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    root = str(Path(__file__).parents[2])
    process = subprocess.Popen(
        [*within, sys.executable, "-c", SERVER, str(home), str(port), *overrides],
        env=os.environ | {"PYTHONPATH": root}, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr
    url = f"http://127.0.0.1:{port}"
    try:
        wait_for(lambda: process.poll() is not None or accepts(port), PATIENCE)
        assert process.poll() is None
        yield process, url
    except BaseException as error:
        process.kill()
        error.add_note(f"the server ended with {process.wait()} and said: {process.stderr.read()[-5_000:]}")
        raise
    finally:
        process.kill()
        process.wait()
        process.stderr.close()


def accepts(port: int) -> bool:
    """Whether somebody listens; cheap, for it is asked twenty times a second."""
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0
