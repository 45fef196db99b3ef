"""Notes and tags are only appended, drafts are kept until they are left, and several people never undo each other."""

from __future__ import annotations

import sqlite3
import threading
from pathlib import Path

import pytest

from pipeline.evaluation.notes import FILE, NOTE_LIMIT, Notes, NoteUnfit


@pytest.fixture
def notes(tmp_path: Path) -> Notes:
    return Notes(tmp_path / FILE)


def test_looking_leaves_no_file_behind(notes: Notes, tmp_path: Path) -> None:
    assert (notes.of("base", "q1"), notes.tags("base"), notes.known_tags(), notes.draft("base", "q1", "kim")) == (
        [], {}, [], "",
    )  # fmt: skip
    assert list(tmp_path.iterdir()) == []


def test_notes_stay_with_who_and_when(notes: Notes) -> None:
    notes.add("base", "q1", "kim", " 조사를 떼면 찾음 ")
    found = notes.add("base", "q1", "lee", "동의")
    assert [(note.by, note.text) for note in found] == [("kim", "조사를 떼면 찾음"), ("lee", "동의")]
    assert all(note.at.endswith("+00:00") for note in found)
    assert notes.of("base", "q2") == notes.of("other", "q1") == []


def test_the_same_said_twice_at_once_is_one_note(notes: Notes) -> None:
    for _ in range(2):
        notes.add("base", "q1", "kim", "같은 말")
    assert len(notes.of("base", "q1")) == 1
    notes.add("base", "q1", "lee", "같은 말")
    assert len(notes.of("base", "q1")) == 2


@pytest.mark.parametrize("text", ["", " \n", "가" * (NOTE_LIMIT + 1)])
def test_an_unfit_note_is_refused_and_its_draft_stays(notes: Notes, text: str) -> None:
    notes.keep_draft("base", "q1", "kim", "쓰던 것")
    with pytest.raises(NoteUnfit, match="메모"):
        notes.add("base", "q1", "kim", text)
    assert notes.of("base", "q1") == []
    assert notes.draft("base", "q1", "kim") == "쓰던 것"


def test_a_draft_is_kept_for_each_person_until_the_note_is_left(notes: Notes) -> None:
    notes.keep_draft("base", "q1", "kim", "쓰는")
    notes.keep_draft("base", "q1", "kim", "쓰는 중")
    notes.keep_draft("base", "q1", "lee", "나도")
    assert notes.draft("base", "q1", "kim") == "쓰는 중"
    notes.add("base", "q1", "kim", "다 씀")
    assert (notes.draft("base", "q1", "kim"), notes.draft("base", "q1", "lee")) == ("", "나도")
    notes.keep_draft("base", "q1", "lee", "")
    assert notes.draft("base", "q1", "lee") == ""


def test_tags_come_and_go_and_come_again(notes: Notes) -> None:
    notes.retag("base", "q1", "kim", ["조사", " 띄어  쓰기 ", "조사"])
    assert notes.tags("base") == {"q1": ("조사", "띄어 쓰기")}
    notes.retag("base", "q1", "lee", [], ["조사", "없던 것"])
    assert notes.tags("base") == {"q1": ("띄어 쓰기",)}
    notes.retag("base", "q1", "lee", ["조사"])
    notes.retag("base", "q2", "lee", ["오타"])
    assert notes.tags("base") == {"q1": ("띄어 쓰기", "조사"), "q2": ("오타",)}
    assert notes.tags("other") == {}
    assert notes.known_tags() == ["띄어 쓰기", "오타", "조사"]


def test_one_bad_tag_changes_none(notes: Notes) -> None:
    with pytest.raises(NoteUnfit, match="꼬리표"):
        notes.retag("base", "q1", "kim", ["조사", "가" * 41])
    assert notes.tags("base") == {}


def test_what_was_left_can_be_neither_changed_nor_deleted(notes: Notes, tmp_path: Path) -> None:
    notes.add("base", "q1", "kim", "말")
    notes.retag("base", "q1", "kim", ["조사"])
    connection = sqlite3.connect(tmp_path / FILE)
    for table in ("notes", "tags"):
        for act in (f"UPDATE {table} SET by = 'lee'", f"DELETE FROM {table}"):
            with pytest.raises(sqlite3.IntegrityError, match="only appended"):
                connection.execute(act)
    connection.close()


def test_several_at_once_lose_nothing(notes: Notes) -> None:
    def work(number: int) -> None:
        notes.add("base", "q1", f"p{number}", f"말 {number}")
        notes.retag("base", "q1", f"p{number}", [f"t{number}"])

    threads = [threading.Thread(target=work, args=(number,)) for number in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {note.text for note in notes.of("base", "q1")} == {f"말 {number}" for number in range(6)}
    assert set(notes.tags("base")["q1"]) == {f"t{number}" for number in range(6)}
