"""The shell's guards, page by page: no session, an ended one, a role too low. Buttons are guarded, too."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from streamlit.testing.v1 import AppTest

from annotations.accounts.accounts import ROLES
from annotations.accounts.identity_providers import providers, read_secrets
from annotations.accounts.passwords import Passwords
from annotations.desk import Desk
from annotations.types import Account, Role
from pages import look, menu, place, session
from pages.menu import PAGES
from pages.place import Place
from pages.watched import watched
from pages.words import word
from pipeline.errors.accounts import SignedOut
from pipeline.errors.files import FileProblem
from pipeline.errors.labels import LabelsDamaged
from tests.annotations.desks import HandDesk

PASSWORD = "조용한 레몬 사천팔백이십일"
PATIENCE = 30  # seconds for a run


@dataclass
class Browser:
    """What the browser sent when it opened the page."""

    token: str = ""


@dataclass
class House:
    """An open place and a browser before it."""

    place: Place
    browser: Browser
    accounts: dict[Role, Account] = field(default_factory=dict)

    def enter(self, role: Role) -> Account:
        account, self.browser.token = self.place.sessions.sign_in(role, PASSWORD)
        return account


@pytest.fixture
def house(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[House]:
    opened = place.open_place(tmp_path, passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    browser = Browser()
    monkeypatch.setattr(session, "token", lambda: browser.token)
    made = House(opened, browser)
    for role in ROLES:
        made.accounts[role] = opened.accounts.add(role, role, PASSWORD, "test")
    yield made
    place.close_place()


def drawn(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The pages that were drawn, by name; they draw nothing."""
    seen: list[str] = []

    class Page:
        def __init__(self, name: str) -> None:
            self.name = name

        def render(self, desk: Desk, account: Account) -> None:
            seen.append(self.name)

    monkeypatch.setattr(menu.importlib, "import_module", lambda name: Page(name.rpartition(".")[2]))
    return seen


def run(name: str) -> AppTest:
    def script(name: str) -> None:
        from pages.menu import script as page

        page(name)()

    test = AppTest.from_function(script, args=(name,), default_timeout=PATIENCE).run()
    assert not test.exception
    return test


@pytest.mark.parametrize("name", PAGES)
def test_a_page_is_drawn_for_its_role_and_those_above(house: House, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = drawn(monkeypatch)
    for role in ROLES:
        house.enter(role)
        seen.clear()
        test = run(name)
        if ROLES.index(role) >= ROLES.index(PAGES[name]):
            assert seen == [name]
            assert not test.error
        else:
            assert seen == []
            assert word(role, "ko") in test.error[0].value


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize("state", ["none", "made up", "signed out", "expired", "disabled"])
def test_no_page_is_drawn_without_a_live_session(
    house: House, name: str, state: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = drawn(monkeypatch)
    admin = house.enter("admin")
    if state == "none":
        house.browser.token = ""
    elif state == "made up":
        house.browser.token = "x" * 43
    elif state == "signed out":
        house.place.sessions.end(house.browser.token)
    elif state == "expired":
        house.place.desk.writer.write(lambda db: db.execute("UPDATE sessions SET seen = seen - 100000"))
    else:
        house.place.accounts.add("second", "admin", PASSWORD, "test")
        house.place.accounts.disable(admin.name, "test")
    test = run(name)
    assert seen == []
    assert "다시 로그인하면" in test.warning[0].value


def test_a_session_that_ends_between_two_runs_ends_the_page(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    seen = drawn(monkeypatch)
    house.enter("annotator")
    test = run("label")
    assert seen == ["label"]
    house.place.sessions.end(house.browser.token)
    test.run()
    assert seen == ["label"]
    assert test.warning


def test_the_desk_of_a_page_that_is_still_open_does_nothing_any_more(house: House) -> None:
    account = house.enter("adjudicator")
    desk = watched(house.place.desk, account, "adjudicator")
    assert desk.disputed("review") == []
    house.place.accounts.set_role("adjudicator", "annotator", "test")
    with pytest.raises(SignedOut):
        desk.disputed("review")
    house.place.accounts.set_role("adjudicator", "adjudicator", "test")
    assert desk.disputed("review") == []
    house.enter("admin")  # in the same browser, in another tab
    with pytest.raises(SignedOut):
        desk.disputed("review")


def test_a_button_of_an_open_page_does_nothing_once_its_admin_is_none(house: House) -> None:
    house.enter("admin")
    test = run("users")
    house.place.accounts.add("second", "admin", PASSWORD, "test")
    house.place.accounts.set_role("admin", "annotator", "test")
    before = house.place.accounts.entries()
    test.text_input(key="hs-add-name").input("intruder")
    next(button for button in test.button if button.label == "만들기").click().run()
    assert house.place.accounts.entries() == before
    assert test.error


def test_the_accounts_page_adds_and_tells_what_went_wrong(house: House) -> None:
    house.enter("admin")
    test = run("users")
    for name, said in (("새사람", "만들었습니다"), ("새사람", "이미 있습니다"), ("<b>", "계정 이름이 될 수 없습니다")):
        test.text_input(key="hs-add-name").input(name)
        next(button for button in test.button if button.label == "만들기").click().run()
        assert said in (*test.success, *test.error)[0].value
    assert [entry.account.name for entry in house.place.accounts.entries()].count("새사람") == 1
    assert house.place.accounts.audit(1)[0].by == "admin"


def test_the_landing_page_tells_an_annotator_that_there_is_nothing_yet(house: House) -> None:
    house.enter("annotator")
    assert "아직 할 일이 없습니다" in run("home").info[0].value


# starting


def no_database(path: Path) -> None:
    path.write_bytes(b"no database at all" * 1000)


def broken_in_the_middle(path: Path) -> None:
    """A file that opens as if nothing were wrong."""
    with HandDesk(path) as desk:
        desk.fill(2_000)
    with path.open("r+b") as file:
        file.seek(path.stat().st_size * 3 // 4)
        file.write(b"\xff" * 20_000)
    HandDesk(path).close()


def writers() -> list[threading.Thread]:
    """The threads that write to files of labels."""
    return [thread for thread in threading.enumerate() if thread.name == "labels-writer"]


@pytest.mark.parametrize("damage", [no_database, broken_in_the_middle])
def test_a_damaged_file_keeps_the_app_from_starting_and_says_how_to_restore(
    tmp_path: Path, damage: Callable[[Path], None]
) -> None:
    damage(tmp_path / "labels.db")
    before = writers()
    with pytest.raises(LabelsDamaged, match="restore"):
        place.open_place(tmp_path)
    assert writers() == before  # its own was ended
    done = subprocess.run(
        [sys.executable, "-m", "pages.serving", "--home", str(tmp_path), "--port", "1"],
        capture_output=True, text=True, timeout=60, cwd=Path(__file__).parents[2], check=False,
    )  # fmt: skip
    assert done.returncode == LabelsDamaged.exit_code
    assert "hansang restore" in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[auth", "TOML"),
        ("[auth]\n", "client_id"),
        ('[auth]\nclient_id = "x"\nclient_secret = "y"\nserver_metadata_url = "z"\n', "redirect_uri, cookie_secret"),
        ('[auth]\nredirect_uri = "x"\ncookie_secret = "y"\n[auth.google]\nclient_id = "z"\n', "google.client_secret"),
    ],
)
def test_secrets_that_are_not_complete_are_refused_by_name(tmp_path: Path, text: str, said: str) -> None:
    (tmp_path / "secrets.toml").write_text(text, encoding="utf-8")
    with pytest.raises(FileProblem, match="secrets") as refused:
        read_secrets(tmp_path / "secrets.toml")
    assert said in str(refused.value)


def test_providers_are_the_sections_with_a_client() -> None:
    assert providers({}) == ()
    assert providers({"client_id": "x", "redirect_uri": "y"}) == ("",)
    assert providers({"google": {"client_id": "x"}, "client_kwargs": {"scope": "openid"}}) == ("google",)


def test_colours_are_those_of_the_chat() -> None:
    light, dark = look.palette()
    assert set(light) == set(dark)
    assert len(light) > 15
    assert "--hs-accent: light-dark(#00558a, #7cc4f0);" in look.variables()
    assert (look.theme()["theme.light.primaryColor"], look.theme()["theme.dark.primaryColor"]) == ("#00558a", "#7cc4f0")
