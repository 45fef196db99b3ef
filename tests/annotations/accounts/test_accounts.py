"""Accounts: made, changed, closed; passwords; the lock-out; sessions; people whom a provider vouches for."""

from __future__ import annotations

import json
import string
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from hypothesis import given, settings
from hypothesis import strategies as st

from annotations.accounts.account_rows import account_name
from annotations.accounts.accounts import Accounts
from annotations.accounts.lockout import (
    FIRST_WAIT,
    FORGOTTEN,
    FREE_EVERYWHERE,
    FREE_FAILURES,
    LONGEST_WAIT,
    wait_after,
)
from annotations.accounts.passwords import Passwords, acceptable, invented
from annotations.accounts.sessions import IDLE, LIFETIME, Identity, Sessions
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from annotations.types import Account
from pipeline.errors.accounts import (
    AccountDisabled,
    AccountExists,
    BadAccountName,
    BadPassword,
    LastAdmin,
    NotAdmitted,
    SignedOut,
    SignInLocked,
    SignInRefused,
    UnknownAccount,
)

PASSWORD = "비 오는 날엔 파전에 막걸리"
OTHER = "전혀 다른 긴 비밀번호 하나"
CHEAP = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)


@dataclass
class Clock:
    """A clock that is set by hand."""

    now: float = 1_000_000.0

    def __call__(self) -> float:
        return self.now


class CountedPasswords(Passwords):
    """Counts how often a password was really looked at."""

    looked = 0

    def matches(self, stored: str | None, password: str) -> bool:
        self.looked += 1
        return super().matches(stored, password)


@dataclass
class Door:
    """Everything about signing in over one file."""

    store: Writer
    clock: Clock
    passwords: CountedPasswords
    accounts: Accounts
    sessions: Sessions

    def wrong(self, name: str, times: int = 1, address: str = "") -> None:
        for _ in range(times):
            with pytest.raises(SignInRefused) as refused:
                self.sessions.sign_in(name, "이것은 틀린 비밀번호", address)
            assert type(refused.value) is SignInRefused

    def events(self) -> list[tuple[str, str, dict[str, object]]]:
        rows = self.store.read(lambda db: db.execute("SELECT kind, by, detail FROM events ORDER BY id").fetchall())
        return [(kind, by, json.loads(detail)) for kind, by, detail in rows]


@pytest.fixture
def door(tmp_path: Path) -> Iterator[Door]:
    store, clock, passwords = Writer(tmp_path / "labels.db", MIGRATIONS), Clock(), CountedPasswords(CHEAP)
    yield Door(
        store,
        clock,
        passwords,
        Accounts(store, passwords=passwords, now=clock),
        Sessions(store, passwords=passwords, now=clock),
    )
    store.close()


@pytest.fixture
def kim(door: Door) -> Account:
    return door.accounts.add("kim", "annotator", PASSWORD, "cli")


# accounts


def test_an_account_is_found_by_every_spelling_of_its_name(door: Door) -> None:
    door.accounts.add("Kim.민지", "annotator", PASSWORD, "cli")
    for spelling in ("kim.민지", "KIM.민지", " kim.민지 ", "ｋｉｍ.민지", "kim.민지"):
        assert door.sessions.sign_in(spelling, PASSWORD)[0].name == "kim.민지"
    with pytest.raises(AccountExists):
        door.accounts.add("KIM.민지", "admin", PASSWORD, "cli")


@pytest.mark.parametrize("name", ["", " ", "kim minji", "a/b", "<b>", "x" * 65, "kim\nlee", "../kim", "a\x00b"])
def test_a_name_that_no_account_can_have_is_refused(door: Door, name: str) -> None:
    with pytest.raises(BadAccountName):
        door.accounts.add(name, "annotator", PASSWORD, "cli")
    with pytest.raises(SignInRefused):
        door.sessions.sign_in(name, PASSWORD)


@given(st.text(max_size=80))
def test_a_stored_name_is_its_own_spelling(name: str) -> None:
    try:
        stored = account_name(name)
    except BadAccountName:
        return
    assert account_name(stored) == stored
    assert account_name(name.upper()) in (stored, account_name(stored.upper()))


@pytest.mark.parametrize("password", ["", "123456789", "aaaaaaaaaaaa", "abababababab", "kim-kim-kim-1", "x" * 1_025])
def test_a_weak_password_is_refused(door: Door, password: str) -> None:
    with pytest.raises(BadPassword):
        door.accounts.add("kim", "annotator", password, "cli")
    assert door.accounts.entries() == []


def test_an_invented_password_may_be_one_and_never_comes_twice() -> None:
    made = {invented() for _ in range(200)}
    assert len(made) == 200
    assert all(acceptable(password, "kim") for password in made)
    assert set("".join(made)) <= set(string.ascii_lowercase + string.digits + "-") - set("il1o0")


def test_the_password_is_stored_as_argon2id_and_nowhere_readable(tmp_path: Path) -> None:
    store = Writer(tmp_path / "labels.db", MIGRATIONS)
    accounts = Accounts(store)
    accounts.add("kim", "annotator", PASSWORD, "cli")
    (stored,) = store.read(lambda db: db.execute("SELECT password FROM accounts").fetchone())
    _, token = Sessions(store).sign_in("kim", PASSWORD)
    store.close()
    assert stored.startswith("$argon2id$v=19$m=65536,t=3,p=4$")
    raw = (tmp_path / "labels.db").read_bytes()
    assert PASSWORD.encode() not in raw
    assert token.encode() not in raw


def test_hangul_typed_in_parts_is_the_same_password(door: Door, kim: Account) -> None:
    assert door.sessions.sign_in("kim", "\u1107\u1175 오는 날엔 파전에 막걸리")[0] == kim


def test_a_password_of_a_former_cost_is_hashed_anew_at_sign_in(door: Door, kim: Account) -> None:
    dearer = Passwords(PasswordHasher(time_cost=2, memory_cost=16, parallelism=1))
    Sessions(door.store, passwords=dearer, now=door.clock).sign_in("kim", PASSWORD)
    (stored,) = door.store.read(lambda db: db.execute("SELECT password FROM accounts").fetchone())
    assert "m=16,t=2" in stored
    assert door.sessions.sign_in("kim", PASSWORD)[0] == kim


def test_every_act_of_an_administrator_is_noted(door: Door) -> None:
    door.accounts.add("boss", "admin", PASSWORD, "cli")
    door.accounts.add("kim", "annotator", PASSWORD, "boss")
    door.accounts.set_role("kim", "adjudicator", "boss")
    door.accounts.set_password("kim", OTHER, "boss")
    door.accounts.disable("kim", "boss")
    door.accounts.enable("kim", "boss")
    assert door.events() == [
        ("account-added", "cli", {"account": "boss", "role": "admin"}),
        ("account-added", "boss", {"account": "kim", "role": "annotator"}),
        ("account-role", "boss", {"account": "kim", "before": "annotator", "role": "adjudicator"}),
        ("account-password", "boss", {"account": "kim"}),
        ("account-disabled", "boss", {"account": "kim"}),
        ("account-enabled", "boss", {"account": "kim"}),
    ]
    assert [(act.kind, act.by, act.account) for act in door.accounts.audit(2)] == [
        ("account-enabled", "boss", "kim"),
        ("account-disabled", "boss", "kim"),
    ]


def test_what_was_not_done_is_not_noted(door: Door, kim: Account) -> None:
    before = door.events()
    with pytest.raises(UnknownAccount):
        door.accounts.disable("nobody", "boss")
    with pytest.raises(AccountExists):
        door.accounts.add("kim", "admin", PASSWORD, "boss")
    assert door.events() == before


def test_the_last_administrator_stays_one(door: Door) -> None:
    door.accounts.add("boss", "admin", PASSWORD, "cli")
    with pytest.raises(LastAdmin):
        door.accounts.disable("boss", "boss")
    with pytest.raises(LastAdmin):
        door.accounts.set_role("boss", "annotator", "boss")
    door.accounts.add("second", "admin", PASSWORD, "boss")
    door.accounts.set_role("boss", "annotator", "second")
    assert [entry.account.role for entry in door.accounts.entries()] == ["annotator", "admin"]


def test_whether_anybody_could_sign_in(door: Door) -> None:
    assert not door.accounts.any()
    door.accounts.add("demo", "annotator", PASSWORD, "cli", demo=True)
    assert not door.accounts.any()
    assert Accounts(door.store, passwords=door.passwords, demo=True).any()
    door.accounts.add("kim", "annotator", PASSWORD, "cli")
    assert door.accounts.any()


def test_a_demo_account_works_in_the_demo_only(door: Door) -> None:
    door.accounts.add("demo", "admin", PASSWORD, "cli", demo=True)
    in_demo = Sessions(door.store, passwords=door.passwords, now=door.clock, demo=True)
    _, token = in_demo.sign_in("demo", PASSWORD)
    assert in_demo.account(token) is not None
    assert door.sessions.account(token) is None
    door.wrong("demo")
    with pytest.raises(SignInRefused):
        door.sessions.sign_in("demo", PASSWORD)


def test_the_chosen_language_is_kept(door: Door, kim: Account) -> None:
    assert door.accounts.language("kim") == "ko"
    door.accounts.set_language("kim", "en")
    assert door.accounts.language("kim") == "en"


# the lock-out


@given(st.integers(0, 10**6))
def test_the_wait_grows_and_has_an_end(failures: int) -> None:
    assert 0 <= wait_after(failures) <= wait_after(failures + 1) <= LONGEST_WAIT
    assert (wait_after(failures) == 0) == (failures < FREE_FAILURES)


@pytest.mark.parametrize("name", ["kim", "nobody"])
def test_repeated_failures_lock_a_name_whether_somebody_has_it_or_not(door: Door, kim: Account, name: str) -> None:
    door.wrong(name, FREE_FAILURES)
    wait = FIRST_WAIT
    while wait < LONGEST_WAIT:
        with pytest.raises(SignInLocked) as locked:
            door.sessions.sign_in(name, PASSWORD)
        assert locked.value.fields == {"seconds": wait}
        door.clock.now += wait
        door.wrong(name)
        wait = min(2 * wait, LONGEST_WAIT)


def test_the_right_password_waits_too_and_then_clears_the_failures(door: Door, kim: Account) -> None:
    door.wrong("kim", FREE_FAILURES)
    with pytest.raises(SignInLocked):
        door.sessions.sign_in("kim", PASSWORD)
    door.clock.now += FIRST_WAIT
    assert door.sessions.sign_in("kim", PASSWORD)[0] == kim
    door.wrong("kim", FREE_FAILURES - 1)
    assert door.sessions.sign_in("kim", PASSWORD)[0] == kim


def test_trying_while_locked_does_not_lock_for_longer(door: Door, kim: Account) -> None:
    door.wrong("kim", FREE_FAILURES)
    for _ in range(50):
        with pytest.raises(SignInLocked):
            door.sessions.sign_in("kim", "틀린 비밀번호입니다")
    door.clock.now += FIRST_WAIT
    assert door.sessions.sign_in("kim", PASSWORD)[0] == kim


def test_a_lock_outlives_the_process_and_shows_in_the_list(door: Door, kim: Account, tmp_path: Path) -> None:
    door.wrong("kim", FREE_FAILURES)
    door.store.close()
    again = Writer(tmp_path / "labels.db", MIGRATIONS)
    with pytest.raises(SignInLocked):
        Sessions(again, passwords=door.passwords, now=door.clock).sign_in("kim", PASSWORD)
    (entry,) = Accounts(again, passwords=door.passwords, now=door.clock).entries()
    assert entry.locked == FIRST_WAIT
    again.close()


OWNER, STRANGER = "10.0.0.1", "2001:db8::1"


def test_a_stranger_elsewhere_never_keeps_the_owner_out(door: Door, kim: Account) -> None:
    for _ in range(20 * FREE_EVERYWHERE):
        with pytest.raises(SignInRefused) as refused:
            door.sessions.sign_in("kim", "이것은 틀린 비밀번호", STRANGER)
        door.clock.now += refused.value.fields.get("seconds", 0)  # type: ignore[operator]
    assert door.sessions.sign_in("kim", PASSWORD, OWNER)[0] == kim


def test_the_owner_s_success_gives_a_stranger_no_more_tries(door: Door, kim: Account) -> None:
    door.wrong("kim", FREE_FAILURES, STRANGER)
    door.sessions.sign_in("kim", PASSWORD, OWNER)
    with pytest.raises(SignInLocked):
        door.sessions.sign_in("kim", PASSWORD, "2001:db8::ffff")  # of the same network


@pytest.mark.parametrize("name", ["kim", "nobody"])
def test_many_addresses_together_lock_a_name_for_everybody(door: Door, kim: Account, name: str) -> None:
    for n in range(FREE_EVERYWHERE // FREE_FAILURES):
        door.wrong(name, FREE_FAILURES, f"10.1.1.{n}")
    wait = FIRST_WAIT
    while wait < LONGEST_WAIT:
        with pytest.raises(SignInLocked) as locked:
            door.sessions.sign_in(name, PASSWORD, OWNER)
        assert locked.value.fields == {"seconds": wait}
        door.clock.now += wait
        door.wrong(name, 1, f"10.1.2.{wait}")
        wait = min(2 * wait, LONGEST_WAIT)
    assert door.accounts.entries()[0].locked == (LONGEST_WAIT if name == "kim" else 0)


def test_the_owner_s_own_slips_do_not_add_up(door: Door, kim: Account) -> None:
    for _ in range(FREE_EVERYWHERE):
        door.wrong("kim", FREE_FAILURES - 1, OWNER)
        assert door.sessions.sign_in("kim", PASSWORD, OWNER)[0] == kim


@pytest.mark.parametrize("cure", ["password", "enable"])
def test_an_administrator_ends_a_lock(door: Door, kim: Account, cure: str) -> None:
    door.wrong("kim", FREE_FAILURES)
    for n in range(FREE_EVERYWHERE // FREE_FAILURES - 1):
        door.wrong("kim", FREE_FAILURES, f"10.1.1.{n}")
    if cure == "password":
        door.accounts.set_password("kim", PASSWORD, "boss")
    else:
        door.accounts.enable("kim", "boss")
    assert door.sessions.sign_in("kim", PASSWORD)[0] == kim


def test_failures_are_forgotten_after_a_day(door: Door, kim: Account) -> None:
    door.wrong("kim", FREE_FAILURES - 1)
    door.clock.now += FORGOTTEN + 1
    door.wrong("kim", FREE_FAILURES - 1)
    assert door.sessions.sign_in("kim", PASSWORD)[0] == kim


def test_many_tries_at_once_gain_no_more_than_one_after_the_other(door: Door, kim: Account) -> None:
    results: list[type[BaseException]] = []

    def attempt() -> None:
        try:
            door.sessions.sign_in("kim", "틀린 비밀번호입니다")
        except SignInRefused as refused:
            results.append(type(refused))

    threads = [threading.Thread(target=attempt) for _ in range(30)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert results.count(SignInRefused) == FREE_FAILURES
    assert results.count(SignInLocked) == 30 - FREE_FAILURES


def test_an_unknown_name_costs_the_same_work_and_says_the_same(door: Door, kim: Account) -> None:
    said = set()
    for name in ("kim", "nobody", "not a name at all"):
        door.passwords.looked = 0
        with pytest.raises(SignInRefused) as refused:
            door.sessions.sign_in(name, "틀린 비밀번호입니다")
        assert door.passwords.looked == 1
        said.add((type(refused.value), str(refused.value), refused.value.english))
    assert len(said) == 1


def test_a_missing_password_is_checked_against_a_hash_of_the_same_cost() -> None:
    calls = []

    class Seen(PasswordHasher):
        def verify(self, stored: str | bytes, password: str | bytes) -> bool:
            calls.append(stored)
            return super().verify(stored, password)

    passwords = Passwords(Seen(time_cost=1, memory_cost=8, parallelism=1))
    real = passwords.hash(PASSWORD)
    assert not passwords.matches(None, PASSWORD)
    assert passwords.matches(real, PASSWORD)
    (nobody, somebody) = (str(call).rpartition("$")[0].rpartition("$")[0] for call in calls)
    assert nobody == somebody


def test_strangers_cannot_fill_the_file_nor_free_a_name(
    door: Door, kim: Account, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("annotations.accounts.lockout.STRANGERS_KEPT", 10)
    door.wrong("kim", FREE_FAILURES)
    for n in range(30):
        door.wrong(f"stranger{n}")
    assert door.store.read(lambda db: db.execute("SELECT count(*) FROM failures").fetchone()) == (11,)
    with pytest.raises(SignInLocked):
        door.sessions.sign_in("kim", PASSWORD)


# sessions


def test_a_session_is_known_by_its_token_only(door: Door, kim: Account) -> None:
    _, token = door.sessions.sign_in("kim", PASSWORD)
    assert len(token) >= 43  # 256 bits in base 64
    assert door.sessions.account(token) == kim
    (stored,) = door.store.read(lambda db: db.execute("SELECT digest FROM sessions").fetchone())
    for other in ("", token[:-1], token + "x", stored, "' OR 1=1 --"):
        assert door.sessions.account(other) is None


def test_a_session_ends_after_idle_time_but_not_while_it_is_used(door: Door, kim: Account) -> None:
    _, token = door.sessions.sign_in("kim", PASSWORD)
    for _ in range(3):
        door.clock.now += IDLE - 1
        assert door.sessions.account(token) == kim
    door.clock.now += IDLE + 1
    assert door.sessions.account(token) is None


def test_a_session_ends_after_its_lifetime_however_much_it_is_used(door: Door, kim: Account) -> None:
    _, token = door.sessions.sign_in("kim", PASSWORD)
    end = door.clock.now + LIFETIME
    while door.clock.now + IDLE / 2 < end:
        door.clock.now += IDLE / 2
        assert door.sessions.account(token) == kim
    door.clock.now = end + 1
    assert door.sessions.account(token) is None


def test_using_a_session_often_writes_seldom(door: Door, kim: Account) -> None:
    _, token = door.sessions.sign_in("kim", PASSWORD)
    writes = []
    write = door.store.write

    def counted(job: object, confirm: object = None) -> object:
        writes.append(job)
        return write(job)  # type: ignore[arg-type]

    door.store.write = counted  # type: ignore[method-assign,assignment]
    for _ in range(100):
        door.clock.now += 1
        assert door.sessions.account(token) == kim
    assert len(writes) == 1


@pytest.mark.parametrize("act", ["sign out", "disable", "password"])
def test_a_session_is_over_at_once(door: Door, kim: Account, act: str) -> None:
    tokens = [door.sessions.sign_in("kim", PASSWORD)[1] for _ in range(2)]
    if act == "sign out":
        door.sessions.end(tokens[0])
        assert door.sessions.account(tokens[1]) == kim
        tokens = tokens[:1]
    elif act == "disable":
        door.accounts.disable("kim", "boss")
    else:
        door.accounts.set_password("kim", OTHER, "boss")
    assert [door.sessions.account(token) for token in tokens] == [None] * len(tokens)


def test_another_role_holds_from_the_next_look(door: Door, kim: Account) -> None:
    _, token = door.sessions.sign_in("kim", PASSWORD)
    door.accounts.set_role("kim", "adjudicator", "boss")
    account = door.sessions.account(token)
    assert account is not None
    assert account.role == "adjudicator"


def test_a_disabled_account_is_told_so_only_with_the_right_password(door: Door, kim: Account) -> None:
    door.accounts.disable("kim", "boss")
    door.wrong("kim")
    with pytest.raises(AccountDisabled):
        door.sessions.sign_in("kim", PASSWORD)


def test_old_sessions_are_swept_out(door: Door, kim: Account) -> None:
    door.sessions.sign_in("kim", PASSWORD)
    door.clock.now += LIFETIME + 1
    door.sessions.sign_in("kim", PASSWORD)
    assert door.store.read(lambda db: db.execute("SELECT count(*) FROM sessions").fetchone()) == (1,)


def test_a_password_changed_while_it_is_looked_at_does_not_let_in(door: Door, kim: Account) -> None:
    matches = door.passwords.matches

    def slow(stored: str | None, password: str) -> bool:
        right = matches(stored, password)
        door.accounts.set_password("kim", OTHER, "boss")
        return right

    door.passwords.matches = slow  # type: ignore[method-assign]
    with pytest.raises(SignInRefused):
        door.sessions.sign_in("kim", PASSWORD)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.sampled_from(["in", "out", "idle", "disable", "enable", "password", "use"]), max_size=25))
def test_whatever_happens_only_live_sessions_of_open_accounts_count(
    tmp_path_factory: pytest.TempPathFactory, acts: list[str]
) -> None:
    store, clock = Writer(tmp_path_factory.mktemp("law") / "labels.db", MIGRATIONS), Clock()
    passwords = Passwords(CHEAP)
    accounts, sessions = (
        Accounts(store, passwords=passwords, now=clock),
        Sessions(store, passwords=passwords, now=clock),
    )
    accounts.add("kim", "annotator", PASSWORD, "cli")
    live: dict[str, float] = {}
    ended: list[str] = []
    disabled = False
    for act in acts:
        clock.now += 1
        if act == "in":
            try:
                live[sessions.sign_in("kim", PASSWORD)[1]] = clock.now
                assert not disabled
            except AccountDisabled:
                assert disabled
            except SignInLocked:
                pass
        elif act == "out" and live:
            token, _ = live.popitem()
            sessions.end(token)
            ended.append(token)
        elif act == "idle":
            clock.now += IDLE + 1
            ended += live
            live = {}
        elif act in ("disable", "password"):
            accounts.disable("kim", "boss") if act == "disable" else accounts.set_password("kim", PASSWORD, "boss")
            disabled = disabled or act == "disable"
            ended += live
            live = {}
        elif act == "enable":
            accounts.enable("kim", "boss")
            disabled = False
        assert all(sessions.account(token) is not None for token in live)
        assert not any(sessions.account(token) for token in ended)
    store.close()


# identity providers

LEE = Identity("https://id.example", "248289761001", "lee@example.kr")


def test_somebody_unknown_has_to_be_admitted_first(door: Door, kim: Account) -> None:
    for _ in range(2):
        with pytest.raises(NotAdmitted) as refused:
            door.sessions.identified(LEE, door.clock.now)
        assert "lee@example.kr" in str(refused.value)
        assert "관리자" in str(refused.value)
    assert door.sessions.waiting() == [LEE]
    door.sessions.admit(LEE, "kim", "boss")
    assert door.sessions.identified(LEE, door.clock.now) == kim
    assert door.sessions.waiting() == []
    assert door.events()[-1][:2] == ("identity-admitted", "boss")


def test_the_whole_world_cannot_wait_at_the_door(door: Door, kim: Account, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("annotations.accounts.sessions.MOST_WAITING", 3)
    for n in range(5):
        with pytest.raises(NotAdmitted):
            door.sessions.identified(Identity(LEE.issuer, str(n), LEE.shown), door.clock.now)
    assert [identity.subject for identity in door.sessions.waiting()] == ["0", "1", "2"]


def test_the_subject_counts_and_not_what_it_is_called(door: Door, kim: Account) -> None:
    door.sessions.admit(LEE, "kim", "boss")
    for stranger in (Identity("https://evil.example", LEE.subject, LEE.shown), Identity(LEE.issuer, "2", LEE.shown)):
        with pytest.raises(NotAdmitted):
            door.sessions.identified(stranger, door.clock.now)


@pytest.mark.parametrize("act", ["sign out", "disable and enable", "password"])
def test_what_was_vouched_for_before_the_end_no_longer_counts(door: Door, kim: Account, act: str) -> None:
    door.sessions.admit(LEE, "kim", "boss")
    issued = door.clock.now
    door.clock.now += 10
    if act == "sign out":
        door.sessions.end_identified(kim)
    elif act == "password":
        door.accounts.set_password("kim", OTHER, "boss")
    else:
        door.accounts.disable("kim", "boss")
        with pytest.raises(AccountDisabled):
            door.sessions.identified(LEE, issued)
        door.accounts.enable("kim", "boss")
    with pytest.raises(SignedOut):
        door.sessions.identified(LEE, issued)
    assert door.sessions.identified(LEE, door.clock.now + 1) == kim


def test_what_was_vouched_for_long_ago_does_not_count(door: Door, kim: Account) -> None:
    door.sessions.admit(LEE, "kim", "boss")
    issued = door.clock.now
    door.clock.now += LIFETIME + 1
    with pytest.raises(SignedOut):
        door.sessions.identified(LEE, issued)


def test_an_account_without_a_password_has_no_password(door: Door) -> None:
    door.accounts.add("lee", "annotator", None, "boss")
    door.wrong("lee")
    with pytest.raises(SignInRefused):
        door.sessions.sign_in("lee", "")
