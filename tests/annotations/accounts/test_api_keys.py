"""API keys: shown once, kept as a digest, ended by time or by hand; and the log of administrative acts."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.accounts.accounts import Accounts
from annotations.accounts.api_keys import DAY, SCOPES, SEEN_EVERY, ApiKeys, known_scopes
from annotations.accounts.audit import audit_log, note_act
from annotations.keeping.verify import verify
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from pipeline.errors.accounts import BadKeyName, BadScopes, KeyExists, KeyRefused, UnknownKey
from tests.annotations.accounts.test_accounts import Clock


@pytest.fixture
def store(tmp_path: Path) -> Iterator[Writer]:
    opened = Writer(tmp_path / "labels.db", MIGRATIONS)
    yield opened
    opened.close()


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def keys(store: Writer, clock: Clock) -> ApiKeys:
    return ApiKeys(store, now=clock)


def test_a_key_opens_what_it_was_made_for_and_is_kept_nowhere(keys: ApiKeys, tmp_path: Path, store: Writer) -> None:
    made, key = keys.add("Open-WebUI", ["ask", "label", "ask"], 90, "boss")
    assert (made.name, made.scopes, made.created_by) == ("open-webui", {"ask", "label"}, "boss")
    assert keys.known(key).scopes == {"ask", "label"}
    store.close()
    for file in tmp_path.iterdir():
        assert key.encode() not in file.read_bytes(), file
        assert key.removeprefix("hs_").encode() not in file.read_bytes(), file


def test_keys_are_256_random_bits(keys: ApiKeys) -> None:
    made = {keys.add(f"k{n}", ["ask"], None, "boss")[1] for n in range(20)}
    assert len(made) == 20
    assert all(len(key.removeprefix("hs_")) == 43 for key in made)  # 43 letters of six bits hold 256


def test_a_key_ends_at_its_time_and_one_without_an_end_does_not(keys: ApiKeys, clock: Clock) -> None:
    _, short = keys.add("short", ["ask"], 1, "boss")
    _, long = keys.add("long", ["ask"], None, "boss")
    clock.now += DAY - 1
    assert keys.known(short).state(clock.now) == "valid"
    clock.now += 1
    with pytest.raises(KeyRefused, match="기한"):
        keys.known(short)
    clock.now += 10_000 * DAY
    assert keys.known(long).name == "long"


def test_a_revoked_key_opens_nothing_at_once_and_for_good(keys: ApiKeys, clock: Clock) -> None:
    _, key = keys.add("k", ["ask"], None, "boss")
    assert keys.known(key).name == "k"
    keys.revoke("K", "boss")
    with pytest.raises(KeyRefused, match="취소"):
        keys.known(key)
    ended = keys.entries()[0].revoked
    clock.now += 5
    assert keys.revoke("k", "boss").revoked == ended
    with pytest.raises(KeyExists):
        keys.add("k", ["ask"], None, "boss")


def test_when_a_key_was_last_used_is_noted_though_not_at_each_use(keys: ApiKeys, clock: Clock) -> None:
    _, key = keys.add("k", ["ask"], None, "boss")
    assert keys.entries()[0].used is None
    keys.known(key)
    first = clock.now
    clock.now += SEEN_EVERY
    keys.known(key)
    assert keys.entries()[0].used == first
    clock.now += 1
    keys.known(key)
    assert keys.entries()[0].used == clock.now


@settings(max_examples=30)
@given(st.text(max_size=60))
def test_nothing_else_is_a_key(tmp_path_factory: pytest.TempPathFactory, text: str) -> None:
    opened = Writer(tmp_path_factory.mktemp("keys") / "labels.db", MIGRATIONS)
    try:
        keys = ApiKeys(opened)
        _, key = keys.add("k", ["ask"], None, "boss")
        for guess in (text, key + text if text else "", key[:-1], key.swapcase()):
            with pytest.raises(KeyRefused):
                keys.known(guess)
    finally:
        opened.close()


@pytest.mark.parametrize("name", ["", "a b", "x" * 65, "a/b", "열쇠\n"])
def test_names_that_no_key_can_have(keys: ApiKeys, name: str) -> None:
    if name == "열쇠\n":  # white space around a name is dropped
        assert keys.add(name, ["ask"], None, "boss")[0].name == "열쇠"
        return
    with pytest.raises(BadKeyName):
        keys.add(name, ["ask"], None, "boss")
    with pytest.raises(BadKeyName):
        keys.revoke(name, "boss")


@pytest.mark.parametrize("given", [[], [""], ["root"], ["ask", "root"], ["ASK"]])
def test_scopes_that_are_none(given: list[str]) -> None:
    with pytest.raises(BadScopes):
        known_scopes(given)


@given(st.lists(st.sampled_from(SCOPES), min_size=1))
def test_scopes_come_once_each_and_in_their_order(given: list[str]) -> None:
    assert list(known_scopes(given)) == [scope for scope in SCOPES if scope in given]


def test_an_unknown_key_cannot_be_revoked(keys: ApiKeys) -> None:
    with pytest.raises(UnknownKey):
        keys.revoke("nobody", "boss")


def test_the_log_has_every_act_on_keys_and_accounts_the_newest_first(keys: ApiKeys, store: Writer) -> None:
    Accounts(store).add("kim", "annotator", None, "boss")
    _, key = keys.add("k", ["admin"], 3, "boss")
    keys.revoke("k", "other")
    store.write(lambda db: note_act(db, "api", "key:k", "DELETE /v1/indexes/demo", status=204))
    log = audit_log(store)
    assert [(each.kind, each.by, each.what) for each in log] == [
        ("api", "key:k", "DELETE /v1/indexes/demo"), ("key-revoked", "other", "k"), ("key-added", "boss", "k"),
        ("account-added", "boss", "kim"),
    ]  # fmt: skip
    assert log[2].detail == {"scopes": ["admin"], "days": 3}
    assert key not in str(log)
    assert [each.kind for each in audit_log(store, 2)] == ["api", "key-revoked"]


def test_the_log_can_only_be_appended_to(keys: ApiKeys, store: Writer) -> None:
    keys.add("k", ["ask"], None, "boss")
    for statement in ("UPDATE events SET by = 'nobody'", "DELETE FROM events"):
        with pytest.raises(sqlite3.IntegrityError, match="only ever appended"):
            store.write(lambda db, statement=statement: db.execute(statement))
    assert [each.by for each in audit_log(store)] == ["boss"]


def test_a_file_of_before_gets_the_table_and_stays_whole(tmp_path: Path) -> None:
    path = tmp_path / "labels.db"
    old = Writer(path, MIGRATIONS[:5])
    Accounts(old).add("kim", "admin", None, "terminal")
    old.close()
    again = Writer(path, MIGRATIONS)
    assert [each.what for each in audit_log(again)] == ["kim"]
    ApiKeys(again).add("k", ["ask"], None, "kim")
    again.close()
    assert verify(path).whole
