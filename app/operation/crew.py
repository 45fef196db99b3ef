"""The worker processes of a server (``service.processes``): a question goes to one that is free, and comes back.

One thread looks after them: it starts them, and others for those that died. Python runs one thread of a process at a
time, so this is what brings a second processor to bear on questions whose work is Python's own.
"""

from __future__ import annotations

import logging
import threading
import time
from functools import partial

from app.operation.errands import Begin, LetGo, Outcome, unfit
from app.operation.line import Line
from app.operation.member import Gone, Member, Silent
from app.operation.metrics import Metrics
from app.operation.refusals import StageStalled, WorkerLost, WorkersAway, WorkersUnfit
from pipeline.errors.base import HansangError
from pipeline.pipelines import Asked
from pipeline.settings import Settings

TRIES = 2  # a question that ends two processes would end the next one, too
START_S = 120.0  # for loading everything
LOOK_S = 1.0
REST_S = 5.0  # after a start that failed
log = logging.getLogger(__name__)


class Crew:
    """So many processes. Safe to use from several threads; nothing is started before it is needed."""

    def __init__(self, start: Begin, size: int, metrics: Metrics, stage_s: float) -> None:
        self.size = size
        self.trouble: HansangError | None = None
        self._begin = start
        self._metrics = metrics
        self._seconds = stage_s
        self._idle: Line[Member] = Line()
        self._members: tuple[Member, ...] = ()
        self._starting: Member | None = None
        self._wake, self._over = threading.Event(), threading.Event()
        self._keeper = threading.Thread(target=self._keep, daemon=True, name="hansang-crew")
        self._once = threading.Lock()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes that are ready for questions, or at work on one."""
        return tuple(member.pid for member in self._members if member.alive())

    def start(self) -> None:
        """Begin to start them, if that isn't done already."""
        with self._once:
            if self._keeper.ident is None and not self._over.is_set():
                self._keeper.start()

    def wait(self, seconds: float = START_S) -> None:
        """Start them and wait until all are ready, or one can't be."""
        self.start()
        end = time.monotonic() + seconds
        while len(self.pids) < self.size and not self.trouble and time.monotonic() < end and not self._over.wait(0.05):
            pass

    def ask(self, asked: Asked) -> Outcome:
        """What comes of a question. Where its process dies, it is asked once more of another.

        Raises:
            StageStalled: a stage didn't end; the process that hung is replaced.
            WorkerLost: two processes died of it.
            WorkersAway: there is none, and can be none.
        """
        self.start()
        for _ in range(TRIES):
            member = self._free()
            try:
                outcome = member.ask(asked, self._seconds)
            except Silent as silent:
                member.stalled = True
                self._metrics.stalled(silent.state)
                self._replace(member)
                raise StageStalled(stage=silent.state, seconds=self._seconds) from None
            except Gone:
                self._replace(member)
                continue
            self._idle.put(member)
            return outcome
        raise WorkerLost

    def _free(self) -> Member:
        look = partial(self._look, time.monotonic() + START_S)  # one may have to be started
        while True:
            look()
            member = self._idle.get(look, LOOK_S)
            if member.alive():
                return member
            self._wake.set()

    def _look(self, end: float) -> None:
        """Raise what makes waiting any longer useless."""
        if self.trouble and not self._members:
            raise self.trouble
        if self._over.is_set() or time.monotonic() >= end:
            raise WorkersAway(reason="모두 바쁘거나 꺼지는 중입니다", reason_en="all are busy, or are being stopped")

    def _replace(self, member: Member) -> None:
        member.kill()
        self._wake.set()

    def tell(self, errand: LetGo) -> None:
        """Tell all of them; those at work hear it before their next question."""
        for member in self._members:
            member.tell(errand)

    def close(self) -> None:
        """End all of them."""
        self._over.set()
        self._wake.set()
        if starting := self._starting:
            starting.kill()
        if self._keeper.ident is not None:
            self._keeper.join(START_S)

    def _keep(self) -> None:
        while not self._over.is_set():
            self._bury()
            if len(self._members) < self.size:
                self._add()
            else:
                self._wake.wait(LOOK_S)
                self._wake.clear()
        for member in self._members:
            member.kill()

    def _bury(self) -> None:
        for member in self._members:
            if not member.alive():
                self._members = tuple(other for other in self._members if other is not member)
                self._metrics.worker_ended("stalled" if member.stalled else "died")
                log.warning("worker process %d %s", member.pid, "hung and was ended" if member.stalled else "died")

    def _add(self) -> None:
        member = None
        try:
            member = self._starting = Member(self._begin)
            if self._over.is_set():  # ``close`` may have looked too early
                member.kill()
            member.wait(START_S)
        except (Gone, Silent, OSError) as error:
            if member:
                member.kill()
            if not self._over.is_set():
                said = str(error) or type(error).__name__
                self.trouble = WorkersAway(reason=f"켜지지 않습니다({said})", reason_en=f"they don't start ({said})")
                log.warning("%s", self.trouble)
                self._over.wait(REST_S)
        else:
            self.trouble = None
            self._members += (member,)
            self._idle.put(member)
        finally:
            self._starting = None


def open_crew(start: Begin, metrics: Metrics) -> Crew | None:
    """The processes that the settings ask for; None where the server works on questions itself.

    Raises:
        WorkersUnfit: they ask for some beside a model or a server, whose limits are for one process.
    """
    serving = start.settings.service
    if not serving.processes:
        return None
    if name := _unfit(start.settings):
        value = getattr(start.settings, name) if name != "retrieval.store" else start.settings.retrieval.store
        raise WorkersUnfit(processes=serving.processes, name=name, value=value)
    return Crew(start, serving.processes, metrics, serving.stage_s)


def _unfit(settings: Settings) -> str:
    if settings.encoder != "lsa":
        return "encoder"
    return "retrieval.store" if settings.retrieval.store == "milvus" else unfit(settings)
