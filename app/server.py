"""The server process: the HTTP API with the chat mounted in it. The only owner of the indexes and the models."""

from __future__ import annotations

import gc
import logging
import resource
import signal
import socket
import threading
from collections.abc import Callable
from contextlib import ExitStack
from types import FrameType

import uvicorn
from starlette.types import ASGIApp

from annotations.accounts.proxies import forwarding
from app.access.opening import guarding
from app.api.application import create_api
from app.chat.blocks import mount
from app.operation.connection import limited
from app.operation.draining import Drain
from app.operation.operating import Doors, Operation
from app.ports import check_port
from pipeline.errors.base import HansangError
from pipeline.errors.indexes import IndexDamaged
from pipeline.pipelines import WARMING
from pipeline.service import Home, Request
from pipeline.settings import Settings
from pipeline.storage import locked

log = logging.getLogger(__name__)

GRACE_SECONDS = 3  # for answers under way; an open page holds its connection for ever and must not hold up the end
QUIET_TICKS = 10  # tenths of a second in which nobody asks for anything: then there is time to warm up
BUSY_TICKS = 100  # after so many it is done without one


def create_app(operation: Operation, guard: Callable[[ASGIApp], ASGIApp] = lambda app: app) -> ASGIApp:
    """The whole application of one server. ``guard`` decides who may do what (``app.access``)."""
    service = operation.service
    return operation.around(guard(Doors(operation.in_turn(mount(create_api(service), service)), operation)))


def serve(
    home: Home,
    settings: Settings,
    *,
    host: str,
    port: int,
    ready: Callable[[], None] = lambda: None,
    over: Callable[[], bool] = lambda: False,
    internal: str = "",
) -> None:
    """Run the server until it is told to stop, or until ``over``. ``ready`` is called once it accepts connections.

    ``internal`` is the key of the annotation app beside it, "" for none.

    Raises:
        PortTaken: the port is in use.
        HomeLocked: another server runs over the same folder.
    """
    check_port(host, port)
    take_files()
    with locked(home.lock), ExitStack() as access:
        operation = Operation(home, settings)
        # Kiwi holds the interpreter for the two seconds that it takes to load: first whoever waits for the page.
        warming = threading.Thread(target=warm_up, args=(operation,), daemon=True)
        try:
            config = uvicorn.Config(
                create_app(operation, access.enter_context(guarding(home.labels, settings.access, host, internal))),
                host=host,
                port=port,
                http=limited(settings.service.request_s, settings.service.head_bytes),
                log_level="warning",
                timeout_graceful_shutdown=GRACE_SECONDS,
                **forwarding(settings.access.trusted_proxies),
            )
            gc.freeze()  # see warm_up
            operation.keeper.start()
            operation.turned_away.start()
            drain = Drain(operation.drain, lambda: operation.busy, operation.cut, settings.service.drain_s)
            _Server(config, ready, over, warming.start, drain).run()
        finally:
            operation.close()


def take_files() -> None:
    """Allow as many open files as the system does: each connection is one, and some are only held open."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))


def warm_up(operation: Operation) -> None:
    """Load the analyser and the indexes, so that nobody's first question waits for them."""
    loaded, failed, warmth = list[str](), list[HansangError](), operation.warmth
    if crew := operation.service.crew:
        crew.start()  # they load at the same time
    for name in operation.service.indexed():
        try:
            for _ in operation.service.ask(Request(WARMING, name, answer=False, keep=False)):
                pass
            operation.service.open_opinions(name)
        except HansangError as error:  # whoever asks this index is told the same
            failed.append(error)
            log.warning("%s", error)
        except Exception as error:  # a file of it that is garbled: the others answer all the same
            failed.append(IndexDamaged(name=name, part=f"data ({type(error).__name__})"))
            log.exception("index %s", name)
        else:
            loaded.append(name)
    if crew:
        crew.wait()
    warmth.loaded, warmth.failed, warmth.done = tuple(loaded), tuple(failed), True
    gc.freeze()  # what is loaded by now stays; to look through it at every collection costs a question a millisecond


class _Server(uvicorn.Server):
    """uvicorn that says when it accepts connections and when it is idle, and asks every 0.1 s whether it is over.

    ``idle`` is called once, in the first second without a request, or after ten. SIGTERM lets what is under way end
    (``drain``); Ctrl-C, or a second SIGTERM, doesn't wait.
    """

    def __init__(
        self,
        config: uvicorn.Config,
        ready: Callable[[], None],
        over: Callable[[], bool],
        idle: Callable[[], None],
        drain: Drain,
    ) -> None:
        super().__init__(config)
        self._ready = ready
        self._over = over
        self._idle = idle
        self._drain = drain
        self._seen = self._quiet = self._ticks = 0

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()

    async def on_tick(self, counter: int) -> bool:
        if self._ticks < BUSY_TICKS:
            self._look()
        if not self._drain.begun and self._over():
            self._drain.begin()
        return await super().on_tick(counter) or self._drain.over()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:
        if sig == signal.SIGTERM and not self._drain.begun:
            self._drain.begin()
        elif sig == signal.SIGTERM:
            self.should_exit = True
        else:
            super().handle_exit(sig, frame)

    def _look(self) -> None:
        requests = self.server_state.total_requests
        self._quiet = self._quiet + 1 if requests == self._seen else 0
        self._seen, self._ticks = requests, self._ticks + 1
        if self._quiet == QUIET_TICKS or self._ticks == BUSY_TICKS:
            self._ticks = BUSY_TICKS
            self._idle()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # pages that are still open are cut off, which uvicorn would report as errors of the application
        logging.getLogger("uvicorn.error").setLevel(logging.CRITICAL)
        await super().shutdown(sockets)
