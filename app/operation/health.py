"""Whether this server can be sent questions, part by part, each with its reason."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Any, Literal

from annotations.storage.opening import inode
from app.operation.disk import DiskWatch
from app.operation.staging import MOST, StagedService
from pipeline.errors.base import HansangError
from pipeline.errors.milvus import MilvusDown
from pipeline.index import current_folder, names, read_manifest
from pipeline.protocols import Checked

Status = Literal["ok", "warn", "fail"]
PARTS = ("index", "models", "database", "disk", "llm")


@dataclass(frozen=True, slots=True)
class Check:
    """One part. ``warn``: something is wrong, and questions are answered all the same."""

    name: str
    status: Status
    ko: str = "정상"
    en: str = "fine"


@dataclass(slots=True)
class Warmth:
    """Whether everything was loaded once: which indexes, and why others could not be. Changed by whoever warms up."""

    done: bool = False
    loaded: tuple[str, ...] = ()
    failed: tuple[HansangError, ...] = ()


class Health:
    """Looks at the parts. Every look is fresh and takes milliseconds; it loads nothing."""

    def __init__(
        self, service: StagedService, disk: DiskWatch, warmth: Warmth, unstored: Callable[[], str] = str
    ) -> None:
        """``unstored`` says why the last answer couldn't be stored; empty where it could."""
        self._unstored = unstored
        self._service = service
        self._disk = disk
        self._warmth = warmth
        self._labels = inode(service.home.labels)

    def checks(self) -> list[Check]:
        """All parts, in the order of ``PARTS``."""
        looks: tuple[Callable[[], Check], ...] = (
            self._index, self._models, self._database, self._disk_left, self._llm,
        )  # fmt: skip
        return [look() for look in looks]

    def _index(self) -> Check:
        root = self._service.home.indexes
        found, broken, lost = names(root), list[HansangError](), 0
        for name in found:
            open_ = False
            try:
                folder = current_folder(root, name)
                open_ = self._service.holds(folder)
                read_manifest(folder)
            except HansangError as error:
                broken.append(error)
                lost += not open_
        if not found:
            return Check(
                "index", "fail", "색인이 없습니다. `hansang index 파일 --name 이름`으로 만드세요.",
                "There is no index. Build one with `hansang index FILE --name NAME`.",
            )  # fmt: skip
        if broken:
            told = _of("index", "fail" if lost == len(found) else "warn", broken)
            return told if lost == len(broken) else _still_answering(told)
        checked = (each.trouble() for each in self._service.retrievers() if isinstance(each, Checked))
        if away := next((trouble for trouble in checked if trouble), None):  # nothing is found without it
            return _of("index", "fail", [away])
        return Check("index", "ok", f"색인 {len(found)}개", f"{len(found)} indexes")

    def _models(self) -> Check:
        warmth, hanging = self._warmth, self._service.hanging
        if not warmth.done:
            return Check("models", "fail", "모델을 읽는 중입니다. 잠시 뒤 준비됩니다.", "The models are being loaded.")
        if hanging:
            ko = f"질문 {hanging:,}개가 멈춰 있습니다. GPU와 모델 서버를 확인하고 서버를 다시 시작하세요."
            en = f"{hanging:,} questions hang. Look at the GPU and the model server, and restart the server."
            return Check("models", "fail" if hanging >= MOST // 2 else "warn", ko, en)
        crew = self._service.crew
        if crew and len(crew.pids) < crew.size:
            return _few(len(crew.pids), crew.size, crew.trouble)
        failed = [error for error in warmth.failed if not isinstance(error, MilvusDown)]  # that may be over by now
        if failed:
            return _of("models", "warn" if warmth.loaded else "fail", failed)
        return Check("models", "ok")

    def _database(self) -> Check:
        home = self._service.home
        for path, status in ((home.traces, "fail"), (home.labels, "warn")):
            if reason := unreadable(path):
                ko = f"{path}을(를) 읽지 못합니다({reason}). `hansang restore`로 백업을 되돌리거나 파일을 옮기세요."
                en = f"{path} can't be read ({reason}). Restore a backup with `hansang restore`, or move the file away."
                return Check("database", "fail" if status == "fail" else "warn", ko, en)
        if reason := self._unstored():
            ko = f"{home.traces}에 답변을 저장하지 못합니다({reason}). 답은 나가고, 마지막 것들은 메모리에 있습니다."
            en = f"Answers can't be stored in {home.traces} ({reason}). They are given; the last ones are in memory."
            ko += " 계속되면 서버를 끄고 이 파일을 다른 곳으로 옮긴 뒤 다시 켜세요."
            en += " If it goes on: stop the server, move the file away, start it again."
            return Check("database", "warn", ko, en)
        if self._replaced():
            ko = f"서버가 켜진 뒤 {home.labels} 파일이 바뀌어 로그인도 라벨 저장도 되지 않습니다. 서버를 다시 켜세요."
            en = f"{home.labels} was replaced while the server ran. Nobody can sign in or save: restart the server."
            return Check("database", "warn", ko, en)
        for path in (home.traces, home.labels):
            if place := unwritable(path):
                user = os.geteuid()
                ko = f"{place}에 이 서버의 사용자({user})가 쓸 수 없습니다. `chown`이나 `chmod`로 권한을 고치세요."
                en = f"This server's user ({user}) can't write {place}. Mend its owner or mode: `chown`, `chmod`."
                return Check("database", "warn", ko, en)
        return Check("database", "ok")

    def _replaced(self) -> bool:
        """Whether the labels aren't those that were first seen; what has them open refuses them from then on."""
        now = inode(self._service.home.labels)
        if self._labels is None:
            self._labels = now
        return self._labels != now

    def _disk_left(self) -> Check:
        free, wanted = self._disk.free_mb, self._disk.wanted_mb
        if free < wanted:
            ko = f"남은 디스크가 {free:,} MB입니다({wanted:,} MB 미만). 답변 기록을 멈췄습니다. 자리를 비우세요."
            en = f"{free:,} MB of disk left, under {wanted:,} MB. Answers aren't stored until some space is freed."
            return Check("disk", "warn", ko, en)
        return Check("disk", "ok", f"남은 디스크 {free:,} MB", f"{free:,} MB of disk left")

    def _llm(self) -> Check:
        troubles = list(self._llm_troubles())
        if troubles:  # contexts are found all the same, and it is said why there is no answer
            return _of("llm", "warn", troubles)
        return Check("llm", "ok")

    def _llm_troubles(self) -> Iterator[HansangError]:
        """Why the language model can't be asked, where one is used (``pipeline.protocols.Checked``).

        Only pipelines that are open are looked at: an index may have been dropped since it was loaded.
        """
        for generator in self._service.generators():
            trouble = generator.trouble() if isinstance(generator, Checked) else None
            if trouble:
                yield trouble
                return


def unreadable(path: Path) -> str:
    """Why a file isn't a database that can be read; empty when it is one, or isn't there yet."""
    if not path.exists():
        return ""
    try:
        with closing(sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=1)) as connection:
            connection.execute("SELECT count(*) FROM sqlite_master").fetchone()
    except sqlite3.OperationalError as error:
        return "" if "locked" in str(error) else str(error)  # somebody writes to it: it works
    except sqlite3.DatabaseError as error:
        return str(error)
    return ""


def unwritable(path: Path) -> Path | None:
    """What keeps this process from writing a database: the file or its folder, where SQLite has a journal beside it."""
    places = (place for place in (path, path.parent) if place.exists())
    return next((place for place in places if not os.access(place, os.W_OK, effective_ids=True)), None)


def ready(checks: list[Check], *, draining: bool = False) -> tuple[int, dict[str, Any]]:
    """The HTTP status and the body of ``/readyz``."""
    state = "draining" if draining else "not-ready" if any(c.status == "fail" for c in checks) else "ready"
    body = {"status": state, "checks": [asdict(check) for check in checks]}
    return 200 if state == "ready" else 503, body


def _still_answering(check: Check) -> Check:
    """What was opened before it broke lies in memory: it answers on, until the server is restarted."""
    ko = f"{check.ko} 서버가 이미 연 색인은 계속 답합니다. 서버를 다시 켜기 전에 고치세요."
    en = f"{check.en} What the server has open answers on; mend it before the server is restarted."
    return replace(check, ko=ko, en=en)


def _few(ready_: int, size: int, trouble: HansangError | None) -> Check:
    """Fewer worker processes than there should be."""
    ko, en = (f"{trouble.korean} ", f"{trouble.english} ") if trouble else ("", "")
    ko += f"질문을 처리하는 프로세스 {size:,}개 가운데 {ready_:,}개만 준비되어 있습니다. 다른 것을 켜는 중입니다."
    en += f"{ready_:,} of {size:,} worker processes are ready; the others are being started."
    return Check("models", "warn" if ready_ else "fail", ko, en)


def _of(name: str, status: Status, errors: Sequence[HansangError]) -> Check:
    return Check(name, status, " ".join(e.korean for e in errors), " ".join(e.english for e in errors))
