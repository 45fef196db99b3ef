"""All that keeps one server up, put together: what it is made of, and the doors that machines ask."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator

import anyio.to_thread
from prometheus_client.exposition import choose_encoder
from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from app.operation.disk import DiskWatch
from app.operation.front import RESTART_SECONDS, Front
from app.operation.gathered import Gathered
from app.operation.health import Check, Health, Warmth, ready
from app.operation.keeping import Keeper
from app.operation.logs import Log
from app.operation.metrics import Metrics
from app.operation.refusals import Draining
from app.operation.staging import StagedService
from app.operation.store import WatchedStore
from app.operation.tracing import open_tracing
from app.operation.turned_away import TurnedAway
from app.operation.turns import InTurn
from app.operation.turnstile import Turnstile
from pipeline.service import Home
from pipeline.settings import Settings

LOGS = "logs"
BACKUPS = "backups"


class Operation:
    """What one server runs on. ``service`` is what its doors ask."""

    def __init__(self, home: Home, settings: Settings) -> None:
        serving = settings.service
        self.tracing = open_tracing(serving)
        home.root.mkdir(parents=True, exist_ok=True)
        self.metrics = Metrics()
        self.warmth = Warmth()
        self.disk = DiskWatch(home.root, serving.disk_mb)
        self.log = Log(
            home.root / LOGS, megabytes=serving.log_mb, files=serving.log_files,
            questions=serving.log_questions == "yes",
        )  # fmt: skip
        self.store = WatchedStore(home.traces, self.metrics, self.disk, self.log)
        self.service = StagedService(home, settings, self.metrics, self.store, self.tracing)
        self.turned_away = TurnedAway(self.store)
        self.turnstile = Turnstile(serving.concurrent, serving.waiting, serving.wait_s)
        self.health = Health(self.service, self.disk, self.warmth, lambda: self.store.trouble)
        self.keeper = Keeper(
            home.root, home.root / BACKUPS, hours=serving.backup_hours, keep=serving.backup_keep, disk=self.disk,
            metrics=self.metrics, log=self.log,
        )  # fmt: skip
        self.front: Front | None = None
        self.metrics.registry.register(Gathered(self.service, self.checks, self._values))

    def checks(self) -> list[Check]:
        """The parts of the server."""
        return self.health.checks()

    def around(self, app: ASGIApp) -> Front:
        """The outermost door around an application."""
        self.front = Front(app, self.metrics, self.log, tracing=self.tracing, turned_away=self.turned_away.count)
        return self.front

    def in_turn(self, app: ASGIApp) -> InTurn:
        """The turnstile before an application, for those who may ask it."""
        limits = self.service.settings.service
        return InTurn(app, self.turnstile, self.metrics, limits.body_bytes, limits.request_s)

    @property
    def draining(self) -> bool:
        """Whether nothing new is taken any more."""
        return self.front is not None and self.front.draining

    @property
    def busy(self) -> bool:
        """Whether somebody still waits for something."""
        hanging = self.service.hanging  # nobody waits for these
        return self.service.active > hanging or (self.front is not None and self.front.busy > 0)

    def drain(self) -> None:
        """Take nothing new."""
        if self.front is not None:
            self.front.draining = True

    def cut(self) -> None:
        """End the answers under way; whoever waits is told that the server is being stopped."""
        self.service.give_up(Draining(seconds=RESTART_SECONDS))

    def close(self) -> None:
        """Stop what runs beside, close what is open."""
        self.cut()  # a thread that still waited would keep the process
        self.keeper.stop()
        self.turned_away.stop()
        self.service.close()
        if self.tracing is not None:
            self.tracing.close()
        self.log.close()

    def _values(self) -> Iterator[tuple[str, str, float]]:
        yield "hansang_questions_running", "Questions that are worked on", self.service.active
        yield "hansang_questions_hanging", "Questions given up whose thread hangs", self.service.hanging
        yield "hansang_questions_waiting", "Questions that wait for their turn", self.turnstile.waiting
        yield "hansang_questions_queue_limit", "Questions that may wait", self.turnstile.queue
        crew = self.service.crew
        yield "hansang_workers", "Worker processes that are ready", len(crew.pids) if crew else 0
        yield "hansang_workers_wanted", "Worker processes that there should be", crew.size if crew else 0
        yield "hansang_draining", "1 while the server is being stopped", float(self.draining)
        yield "hansang_disk_free_bytes", "Room left where everything is stored", self.disk.free_bytes()
        yield "hansang_traces_in_memory", "Answers that wait for room on the disk", self.store.unsaved
        age = self.keeper.age_seconds()
        if age is not None:
            yield "hansang_backup_age_seconds", "Time since the last automatic backup, or since one is wanted", age


class Doors:
    """ASGI middleware that answers ``/livez``, ``/readyz`` and ``/metrics``, whatever the application does."""

    def __init__(self, app: ASGIApp, operation: Operation) -> None:
        self._app = app
        self._operation = operation
        self._doors: dict[str, Callable[[Scope], Response]] = {
            "/livez": self._live, "/readyz": self._ready, "/metrics": self._metrics,
        }  # fmt: skip
        self._threads: anyio.CapacityLimiter | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        door = self._doors.get(scope["path"]) if scope["type"] == "http" else None
        if door is None or scope["method"] not in ("GET", "HEAD"):
            await self._app(scope, receive, send)
            return
        if self._threads is None:  # threads of their own: the others may all be taken by what hangs
            self._threads = anyio.CapacityLimiter(2)
        reply = await anyio.to_thread.run_sync(door, scope, limiter=self._threads)
        await reply(scope, receive, send)

    def _live(self, scope: Scope) -> Response:
        return _json(200, {"status": "ok"})

    def _ready(self, scope: Scope) -> Response:
        return _json(*ready(self._operation.checks(), draining=self._operation.draining))

    def _metrics(self, scope: Scope) -> Response:
        encode, content_type = choose_encoder(Headers(scope=scope).get("accept", ""))
        return Response(encode(self._operation.metrics.registry), headers={"content-type": content_type})


def _json(status: int, body: object) -> Response:
    headers = {"cache-control": "no-store"}
    return Response(json.dumps(body, ensure_ascii=False), status, headers, media_type="application/json")
