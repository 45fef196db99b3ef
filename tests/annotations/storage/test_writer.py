import fcntl
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlite_utils import Database

from annotations.storage import contention, writer
from annotations.storage.contention import turn_file
from annotations.storage.writer import Writer
from pipeline.errors.base import HansangError
from pipeline.errors.labelling import NotDisputed, ReceiptDiffers
from pipeline.errors.labels import LabelsBusy, LabelsDamaged, LabelsNewer, LabelsReplaced
from pipeline.errors.machine import DiskFull, NotWritable


def create(db: Database) -> None:
    db.execute("CREATE TABLE things (id INTEGER PRIMARY KEY, name TEXT NOT NULL UNIQUE, body TEXT) STRICT")


def add(name: str, body: str = ""):
    return lambda db: db.execute("INSERT INTO things (name, body) VALUES (?, ?)", [name, body]).lastrowid


def names(db: Database) -> list[str]:
    return [name for (name,) in db.execute("SELECT name FROM things ORDER BY id")]


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "labels.db"


@pytest.fixture
def opened(file: Path) -> Iterator[Writer]:
    made = Writer(file, (create,))
    yield made
    made.close()


class Stuck:
    """A job that holds the writer until it is let go, so that what comes meanwhile is one group."""

    def __init__(self, opened: Writer) -> None:
        self._in, self._go = threading.Event(), threading.Event()
        self._thread = threading.Thread(target=opened.write, args=(self._wait,))
        self._thread.start()
        assert self._in.wait(10)

    def _wait(self, _: Database) -> None:
        self._in.set()
        assert self._go.wait(10)

    def let_go(self) -> None:
        self._go.set()
        self._thread.join()


def in_threads(opened: Writer, jobs: list) -> list:
    """The outcomes of jobs handed over at the same time, in one group."""
    outcomes: list = [None] * len(jobs)

    def hand_over(number: int) -> None:
        try:
            outcomes[number] = opened.write(jobs[number])
        except (HansangError, sqlite3.Error) as error:
            outcomes[number] = error

    stuck = Stuck(opened)
    threads = [threading.Thread(target=hand_over, args=(number,)) for number in range(len(jobs))]
    for thread in threads:
        thread.start()
    while opened._calls.qsize() < len(jobs):
        pass
    stuck.let_go()
    for thread in threads:
        thread.join()
    return outcomes


def test_what_was_written_is_read(opened: Writer) -> None:
    assert opened.write(add("a")) == 1
    assert opened.read(names) == ["a"]


def test_a_group_is_one_transaction_and_an_error_is_one_caller_s_own(opened: Writer) -> None:
    seen: list[int] = []
    opened._database.conn.set_trace_callback(lambda sql: seen.append(1) if sql == "COMMIT" else None)

    def half_done(db: Database) -> None:
        add("half")(db)
        raise NotDisputed(task=1, reason="", reason_en="")

    outcomes = in_threads(opened, [add("a"), half_done, add("b"), add("b"), add("c")])
    assert isinstance(outcomes[1], NotDisputed)
    assert sum(isinstance(outcome, sqlite3.IntegrityError) for outcome in outcomes) == 1
    assert sorted(opened.read(names)) == ["a", "b", "c"]
    assert len(seen) == 2  # the one that held the writer, and all the others


def test_a_full_disk_fails_the_whole_group_and_leaves_nothing_of_it(opened: Writer, file: Path) -> None:
    opened.write(add("before"))
    (pages,) = opened._database.execute("PRAGMA page_count").fetchone()
    opened._database.execute(f"PRAGMA max_page_count={pages + 2}")
    outcomes = in_threads(opened, [add("a"), add("b", "x" * 100_000), add("c")])
    assert [type(outcome) for outcome in outcomes] == [DiskFull] * 3
    assert str(file) in outcomes[0].korean
    assert opened.read(names) == ["before"]
    opened._database.execute("PRAGMA max_page_count=1000000")
    assert opened.write(add("after")) == 2


def test_confirming_reads_another_connection_after_the_commit(opened: Writer) -> None:
    def confirm(db: Database, row: int) -> tuple[int, list[str]]:
        assert db.conn is not opened._database.conn
        assert not opened._database.conn.in_transaction
        return row, names(db)

    assert opened.write_confirmed(add("a"), confirm) == (1, ["a"])


def test_what_does_not_read_back_is_told_to_its_caller(opened: Writer) -> None:
    def refuse(_: Database, row: int) -> int:
        raise ReceiptDiffers(number=row)

    with pytest.raises(ReceiptDiffers, match="#1"):
        opened.write_confirmed(add("a"), refuse)


def test_a_reading_job_can_not_write(opened: Writer) -> None:
    with pytest.raises(NotWritable, match="readonly"):
        opened.read(add("a"))


def test_many_threads_write_and_read(opened: Writer) -> None:
    def work(worker: int) -> None:
        for n in range(20):
            opened.write(add(f"{worker}-{n}"))
            assert f"{worker}-{n}" in opened.read(names)

    threads = [threading.Thread(target=work, args=(worker,)) for worker in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(opened.read(names)) == 160


def test_closing_finishes_what_waits(opened: Writer, file: Path) -> None:
    stuck = Stuck(opened)
    threads = [threading.Thread(target=opened.write, args=(add(str(n)),)) for n in range(5)]
    for thread in threads:
        thread.start()
    while opened._calls.qsize() < 5:
        pass
    closing = threading.Thread(target=opened.close)
    closing.start()
    stuck.let_go()
    for thread in [*threads, closing]:
        thread.join()
    opened.close()
    with pytest.raises(RuntimeError, match="closed"):
        opened.write(add("late"))
    again = Writer(file, (create,))
    assert len(again.read(names)) == 5
    again.close()


def test_a_broken_file_is_refused_with_the_cure(file: Path) -> None:
    file.write_bytes(b"this is no database" * 300)
    with pytest.raises(LabelsDamaged, match="restore"):
        Writer(file, (create,))


def test_a_file_that_breaks_later_says_so(opened: Writer, file: Path) -> None:
    for n in range(50):
        opened.write(add(f"{n}", "x" * 3_000))
    with file.open("r+b") as bytes_of:
        bytes_of.seek(4096)
        bytes_of.write(b"\xff" * (file.stat().st_size - 4096))
    opened._reader.conn.execute("PRAGMA cache_size=0")
    with pytest.raises(LabelsDamaged):
        opened.read(names)


def test_a_place_where_no_file_can_be_is_named(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    (tmp_path / "file").touch()
    for path in (tmp_path / "folder", tmp_path / "file" / "below" / "labels.db"):
        with pytest.raises(NotWritable, match=str(tmp_path)):
            Writer(path, (create,))


def test_a_reader_that_may_not_write_says_where(opened: Writer, file: Path) -> None:
    opened._database.conn.execute("PRAGMA query_only=ON")
    with pytest.raises(NotWritable, match=str(file)):
        opened.write(add("a"))


def test_the_file_of_a_newer_program_is_refused(file: Path) -> None:
    Writer(file, (create, lambda db: None)).close()
    with pytest.raises(LabelsNewer, match="2"):
        Writer(file, (create,))


@pytest.mark.parametrize("gone", [True, False])
def test_a_file_that_is_not_ours_any_more_takes_nothing(opened: Writer, file: Path, gone: bool) -> None:
    opened.write(add("a"))
    file.rename(file.with_name("aside.db"))
    if not gone:
        Writer(file, (create,)).close()
    for call in (lambda: opened.write(add("b")), lambda: opened.read(names)):
        with pytest.raises(LabelsReplaced, match=r"labels\.db"):
            call()


def test_another_process_that_holds_the_turn_is_waited_for_then_named(opened: Writer, file: Path, monkeypatch) -> None:
    monkeypatch.setattr(writer, "PATIENCE", 0.2)
    with turn_file(file).open("a") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        with pytest.raises(LabelsBusy, match=r"labels\.db"):
            opened.write(add("given up"))
    assert opened.write(add("after")) == 1  # what was given up has not been done
    assert opened.read(names) == ["after"]


def test_a_program_that_knows_no_turns_is_waited_for_then_named(opened: Writer, file: Path, monkeypatch) -> None:
    monkeypatch.setattr(contention, "PATIENCE", 0.1)
    opened._database.conn.execute("PRAGMA busy_timeout=50")
    with sqlite3.connect(file, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(LabelsBusy):
            opened.write(add("a"))
        other.execute("ROLLBACK")
        other.execute("BEGIN")
        other.execute("SELECT * FROM things").fetchall()
        with pytest.raises(LabelsBusy):  # a reader keeps the COMMIT out, in a rollback journal
            opened.write(add("b"))
        other.execute("COMMIT")
    other.close()
    opened.write(add("c"))
    assert opened.read(names) == ["c"]


def test_waiting_outlasts_several_timeouts_of_sqlite(opened: Writer, file: Path) -> None:
    opened._database.conn.execute("PRAGMA busy_timeout=20")
    other = sqlite3.connect(file, isolation_level=None, check_same_thread=False)
    other.execute("BEGIN IMMEDIATE")
    timer = threading.Timer(0.3, lambda: other.execute("ROLLBACK"))
    timer.start()
    assert opened.write(add("a")) == 1
    timer.join()
    other.close()


def test_what_another_process_writes_is_seen(opened: Writer, file: Path) -> None:
    opened.write(add("a"))
    script = (
        "import sys; from pathlib import Path; from annotations.storage.writer import Writer\n"
        "from tests.annotations.storage.test_writer import create, add\n"
        "w = Writer(Path(sys.argv[1]), (create,)); w.write(add('b')); w.close()"
    )
    subprocess.run([sys.executable, "-c", script, str(file)], check=True)
    assert opened.read(names) == ["a", "b"]
    assert opened.write(add("c")) == 3


def test_an_error_that_is_no_exception_reaches_its_caller_and_the_writer_lives(opened: Writer) -> None:
    def stop(_: Database) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        opened.write(stop)
    assert opened.write(add("a")) == 1
