"""``hansang keys`` and ``hansang audit``: a key is shown once, the list never shows it, everything is in the log."""

from __future__ import annotations

from pathlib import Path

import pytest

from annotations.accounts.api_keys import ApiKeys
from annotations.desk import Desk
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from tests.annotations.filled import give, new_review, review
from tests.app.cli_runs import failure, make_index, run, run_json, write_reviews


def test_a_key_is_all_that_is_on_the_output(tmp_path: Path) -> None:
    made = run(tmp_path, "keys", "add", "open-webui", "--scopes", "ask,label", "--days", "90")
    assert made.exit_code == 0, made.output
    key = made.stdout.strip()
    assert key.startswith("hs_")
    assert "다시 볼 수 없습니다" in made.stderr
    store = Writer(tmp_path / "labels.db", MIGRATIONS)
    found = ApiKeys(store).known(key)
    store.close()
    assert (found.name, found.scopes, found.created_by) == ("open-webui", {"ask", "label"}, "terminal")
    for shown in (run(tmp_path, "keys", "list").output, run(tmp_path, "audit").output):
        assert "open-webui" in shown
        assert key not in shown


def test_programs_read_everything_as_json(tmp_path: Path) -> None:
    made = run_json(tmp_path, "keys", "add", "ci", "--scopes", "admin", "--days", "0")
    assert made["key"].startswith("hs_")
    (listed,) = run_json(tmp_path, "keys", "list")
    assert listed == {name: value for name, value in made.items() if name != "key"}
    assert (listed["scopes"], listed["state"], listed["expires"], listed["last_used"]) == (
        ["admin"],
        "valid",
        None,
        None,
    )
    assert run_json(tmp_path, "keys", "revoke", "ci")["state"] == "revoked"
    log = run_json(tmp_path, "audit", "--limit", "2")
    assert [(each["kind"], each["what"], each["by"]) for each in log] == [
        ("key-revoked", "ci", "terminal"), ("key-added", "ci", "terminal"),
    ]  # fmt: skip
    assert len(run_json(tmp_path, "audit", "--limit", "1")) == 1


def test_nothing_yet_is_said_with_the_way_to_begin(tmp_path: Path) -> None:
    assert "hansang keys add" in run(tmp_path, "keys", "list").stdout
    assert "아무 기록이 없습니다" in run(tmp_path, "audit").stdout


@pytest.mark.parametrize(
    ("arguments", "code", "said"),
    [
        (("add", "a b"), 2, "열쇠 이름이 될 수 없습니다"),
        (("add", "old"), 4, "이미 있거나 있었습니다"),
        (("add", "new", "--scopes", "root"), 2, "ask, label, admin"),
        (("add", "new", "--scopes", ""), 2, "ask, label, admin"),
        (("add", "new", "--days", "-1"), 2, "--days"),
        (("add", "new", "--days", "4000"), 2, "--days"),
        (("revoke", "nobody"), 3, "keys list"),
    ],
)
def test_what_cannot_be_done_says_why_and_changes_nothing(
    tmp_path: Path, arguments: tuple[str, ...], code: int, said: str
) -> None:
    run(tmp_path, "keys", "add", "old")
    before = run_json(tmp_path, "keys", "list")
    assert said in failure(run(tmp_path, "keys", *arguments), code)
    assert run_json(tmp_path, "keys", "list") == before


def test_bringing_tasks_in_and_taking_labels_out_are_in_the_log(tmp_path: Path) -> None:
    home, reviews = tmp_path / "home", write_reviews(tmp_path)
    run(home, "keys", "add", "k")
    with Desk(home / "labels.db") as desk:
        desk.add_tasks([new_review("mine", seats=1)], "test")
        give(desk, "annotator", "mine", review())
    assert run(home, "tasks", "import", str(reviews), "--scheme", "review").exit_code == 0
    assert run(home, "export", "--scheme", "review", "--form", "jsonl", "--out", str(tmp_path / "out")).exit_code == 0
    failure(run(home, "export", "--scheme", "nope", "--form", "jsonl"), 3)
    log = run_json(home, "audit")
    assert [(each["kind"], each["by"]) for each in log[:2]] == [("export", "terminal"), ("tasks import", "terminal")]
    assert (log[0]["what"], Path(log[1]["what"]).name) == ("review", reviews.name)
    assert [each["kind"] for each in log[2:]] == ["key-added"]


def test_indexing_and_restoring_are_in_the_log_where_there_is_one(tmp_path: Path) -> None:
    home = tmp_path / "home"
    make_index(home, tmp_path, "first")
    assert not (home / "labels.db").exists()  # nobody to account to yet
    run(home, "keys", "add", "k")
    copy = tmp_path / "copy.db"
    assert run(home, "backup", str(copy)).exit_code == 0
    make_index(home, tmp_path, "second")
    assert [each["kind"] for each in run_json(home, "audit")] == ["index", "backup", "key-added"]
    assert "second" in run_json(home, "audit")[0]["what"]
    assert run(home, "restore", str(copy)).exit_code == 0
    assert [each["kind"] for each in run_json(home, "audit")] == ["restore", "key-added"]
    failure(run(home, "restore", str(tmp_path / "missing.db")), 2)
    assert len(run_json(home, "audit")) == 2
