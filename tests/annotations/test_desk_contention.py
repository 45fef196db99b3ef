"""Many people at once: threads of one process, and processes, while leases run out under their hands."""

from __future__ import annotations

import multiprocessing
import random
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import pytest

from annotations.desk import Desk
from annotations.types import DeskSettings, NewTask, Receipt, Submission
from pipeline.errors.labelling import LeaseLost
from tests.annotations.desks import BAD, GOOD, assert_sound

HASTY = DeskSettings(gold_rate=0.1, repeat_rate=0.05, repeat_after=2, lease_minutes=0.03 / 60)  # 30 ms


def fill(desk: Desk, number: int, seats: int) -> None:
    tasks = [NewTask(f"r{n}", "review", 1, f"불맛이 좋아요 {n}번째", seats=seats) for n in range(number)]
    gold = [NewTask(f"g{n}", "review", 1, f"골드 {n}", gold=GOOD) for n in range(number // 10)]
    desk.add_tasks([*tasks, *gold], "importer")


def label(desk: Desk, who: str, until: float) -> list[Receipt]:
    """Take and answer until the time is up or nothing is left: quickly, slowly, twice, or not at all."""
    chance, receipts = random.Random(who), []
    lease = desk.take(who, "review")
    while lease is not None and time.monotonic() < until:
        if chance.random() < 0.2:
            time.sleep(0.05)  # the lease runs out
        if chance.random() < 0.1:
            with suppress(LeaseLost):
                desk.skip(who, lease.token, "어려움")
            lease = desk.take(who, "review")
            continue
        submission = Submission(f"{who}-{len(receipts)}", lease.task.id, chance.choice([GOOD, BAD]), lease.token)
        saved = desk.save(who, submission, take_next=True)
        if chance.random() < 0.1:
            assert desk.save(who, submission).receipt == saved.receipt
        receipts.append(saved.receipt)
        lease = saved.next
    return receipts


def in_threads(desk: Desk, names: list[str], seconds: float) -> tuple[list[Receipt], list[BaseException]]:
    receipts: list[Receipt] = []
    errors: list[BaseException] = []
    until = time.monotonic() + seconds

    def work(who: str) -> None:
        try:
            receipts.extend(label(desk, who, until))
        except BaseException as error:  # noqa: BLE001  (shown by the test)
            errors.append(error)

    threads = [threading.Thread(target=work, args=(who,)) for who in names]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return receipts, errors


def assert_all_kept(desk: Desk, receipts: list[Receipt]) -> None:
    assert len({receipt.number for receipt in receipts}) == len(receipts)
    stored = {annotation.id: annotation for annotation in desk.snapshot("review").annotations}
    assert {receipt.annotation.id: receipt.annotation for receipt in receipts} == stored
    assert_sound(desk)


def test_fifty_people_at_once(tmp_path: Path) -> None:
    with Desk(tmp_path / "labels.db", HASTY) as desk:
        fill(desk, 60, seats=3)
        receipts, errors = in_threads(desk, [f"p{n}" for n in range(50)], seconds=4)
        assert errors == []
        assert len(receipts) > 100
        assert_all_kept(desk, receipts)


def work_in_a_process(path: Path, seconds: float, number: int, all_here, results) -> None:
    with Desk(path, HASTY) as desk:
        all_here.wait()
        receipts, errors = in_threads(desk, [f"p{number}-{n}" for n in range(3)], seconds)
    results.put((receipts, [repr(error) for error in errors]))


def in_processes(work, *given) -> list:
    """What eight processes put in a queue, all of them at work at the same time."""
    forks = multiprocessing.get_context("forkserver")  # what is imported is imported once; no thread is forked
    forks.set_forkserver_preload([__name__])
    results, all_here = forks.Queue(), forks.Barrier(8)
    processes = [forks.Process(target=work, args=(*given, n, all_here, results)) for n in range(8)]
    for process in processes:
        process.start()
    outcomes = [results.get(timeout=200) for _ in processes]
    for process in processes:
        process.join()
    return outcomes


def test_eight_processes_at_once(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    with Desk(path, HASTY) as desk:
        fill(desk, 60, seats=3)
        outcomes = in_processes(work_in_a_process, path, 3)
        assert [error for _, errors in outcomes for error in errors] == []
        receipts = [receipt for some, _ in outcomes for receipt in some]
        assert len(receipts) > 100
        assert_all_kept(desk, receipts)


def open_in_a_process(path: Path, number: int, all_here, results) -> None:
    all_here.wait()
    with Desk(path) as desk:
        desk.add_tasks([NewTask("same", "review", 1, "불맛")], f"p{number}")
        results.put(desk.progress("kim", "review").total)


def test_eight_processes_open_a_new_file_at_once(tmp_path: Path) -> None:
    assert in_processes(open_in_a_process, tmp_path / "new" / "labels.db") == [1] * 8


def test_a_snapshot_is_sound_while_others_save(tmp_path: Path) -> None:
    with Desk(tmp_path / "labels.db", DeskSettings(repeat_rate=0.1, repeat_after=2)) as desk:
        fill(desk, 300, seats=2)
        stop = time.monotonic() + 2
        working = threading.Thread(target=in_threads, args=(desk, ["kim", "lee", "park"], 2))
        working.start()
        while time.monotonic() < stop:
            snapshot = desk.snapshot("review")
            counted: dict[int, set[int | None]] = {}
            for annotation in snapshot.annotations:
                counted.setdefault(annotation.task_id, set()).add(annotation.seat)
            for task in snapshot.tasks:
                if task.gold is None and task.repeat_of is None:
                    assert (task.status == "open") == (len(counted.get(task.id, set()) - {None}) < task.seats)
        working.join()


def test_a_file_system_without_room(tmp_path: Path) -> None:
    """On a real one, mounted in a name space of its own: every receipt handed out is there afterwards."""
    (tmp_path / "disk").mkdir()
    run = f"{sys.executable} -m {__name__} {tmp_path}/disk"
    command = f"mount -t tmpfs -o size=700k tmpfs {tmp_path}/disk || exit 77; {run}"
    done = subprocess.run(["unshare", "-rm", "sh", "-c", command], capture_output=True, text=True, check=False)
    if done.returncode == 77 or "unshare" in done.stderr:
        pytest.skip("no name spaces here")
    assert done.returncode == 0, done.stdout + done.stderr
    assert int(done.stdout) > 20


def save_until_the_disk_is_full(folder: Path) -> str:
    """Run inside the small file system."""
    from pipeline.errors.machine import DiskFull

    receipts, refused = [], 0
    with Desk(folder / "labels.db", DeskSettings(gold_rate=0, repeat_rate=0)) as desk:
        fill(desk, 20, seats=1)
        note = "가" * 900
        for n in range(2_000):
            try:
                submission = Submission(f"k{n}", n % 20 + 1, {**GOOD, "note": note})
                receipts.append(desk.save(f"p{n}", submission).receipt)
            except DiskFull:
                refused += 1
                if refused == 5:
                    break
    with Desk(folder / "labels.db") as desk:
        assert desk.writer.read(lambda db: db.execute("PRAGMA integrity_check").fetchall()) == [("ok",)]
        assert_all_kept(desk, receipts)
    assert refused == 5
    return str(len(receipts))


if __name__ == "__main__":
    sys.stdout.write(save_until_the_disk_is_full(Path(sys.argv[1])))
