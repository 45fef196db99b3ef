"""Signing in to the chat by an identity provider: a real one over HTTP, the guard before a small application."""

from __future__ import annotations

import base64
import json
import re
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from joserfc.jwk import RSAKey
from starlette.testclient import TestClient

from annotations.accounts.accounts import Accounts
from annotations.accounts.identity_providers import CALLBACK, chat_sign_in
from annotations.accounts.passwords import Passwords
from annotations.accounts.sessions import Identity, Sessions
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from app.access.opening import guarding
from app.access.sessions import COOKIE, VOUCHED_COOKIE, refused_by
from app.access.vouching import PENDING_SECONDS, Pending, Vouching, seal, unseal
from pipeline.errors.files import FileProblem
from pipeline.setting_groups.server import Access
from tests.annotations.accounts.test_accounts import CHEAP
from tests.app.oidc_provider import CLIENT, SECRET, Provider, providing
from tests.app.test_access import _inner

BASE = "http://server.kr"
HTML = {"accept": "text/html"}
NAME, PASSWORD = "김라벨", "비 오는 날엔 파전에 막걸리"


@pytest.fixture(scope="module")
def running() -> Iterator[Provider]:
    with providing() as made:
        yield made


@pytest.fixture
def provider(running: Provider) -> Provider:
    """The provider, honest again."""
    running.subject, running.claims, running.signed, running.says = "248289761001", {}, "RS256", ""
    running.methods, running.shown = ("client_secret_basic",), None
    return running


@dataclass
class Place:
    """A guarded application whose secrets name the provider."""

    home: Path
    store: Writer

    @property
    def sessions(self) -> Sessions:
        return Sessions(self.store)

    @property
    def accounts(self) -> Accounts:
        return Accounts(self.store, passwords=Passwords(CHEAP))


def secrets_of(provider: Provider, chat: str = f'[chat]\nredirect_uri = "{BASE}{CALLBACK}"\n') -> str:
    return (
        f'[auth]\nredirect_uri = "http://labels.kr/oauth2callback"\ncookie_secret = "{"s" * 40}"\n'
        f'client_id = "{CLIENT}"\nclient_secret = "{SECRET}"\n'
        f'server_metadata_url = "{provider.issuer}/.well-known/openid-configuration"\n{chat}'
    )


@pytest.fixture
def place(provider: Provider, tmp_path: Path) -> Iterator[Place]:
    (tmp_path / "secrets.toml").write_text(secrets_of(provider), encoding="utf-8")
    store = Writer(tmp_path / "labels.db", MIGRATIONS)
    made = Place(tmp_path, store)
    made.accounts.add(NAME, "annotator", PASSWORD, "test")
    yield made
    store.close()


@pytest.fixture
def browser(place: Place) -> Iterator[TestClient]:
    with guarding(place.home / "labels.db", Access(per_caller=0, per_address=0), "0.0.0.0") as guarded:
        yield TestClient(guarded(_inner()), base_url=BASE, follow_redirects=False, headers=HTML)


def begin(browser: TestClient, back: str = "/") -> str:
    """Press the provider's button on the form; where that sends the browser."""
    page = browser.get("/signin", params={"next": back})
    (link,) = re.findall(r'class="provider" href="([^"]+)"', page.text)
    reply = browser.get(link.replace("&amp;", "&"))
    assert reply.status_code == 303, reply.text
    return str(reply.headers["location"])


def come_back(browser: TestClient, address: str) -> Any:
    """What the provider sends the browser back with, and our answer to it."""
    sent = urlsplit(httpx.get(address).headers["location"])
    assert f"{sent.scheme}://{sent.netloc}" == BASE
    return browser.get(f"{sent.path}?{sent.query}")


def admit(place: Place, provider: Provider) -> None:
    place.sessions.admit(Identity(provider.issuer, provider.subject, "x"), NAME, "test")


def test_an_administrator_admits_first_then_one_is_in_as_that_account(
    place: Place, browser: TestClient, provider: Provider
) -> None:
    refused = come_back(browser, begin(browser))
    assert refused.status_code == 403
    assert "아직 들어올 수 없습니다" in refused.text
    assert browser.get("/").headers["location"].startswith("/signin")
    assert [each.shown for each in place.sessions.waiting()] == [f"{provider.subject}@example.kr"]
    admit(place, provider)
    let_in = come_back(browser, begin(browser, "/chat?x=1"))
    assert (let_in.status_code, let_in.headers["location"]) == (303, "/chat?x=1")
    cookie = next(one for one in let_in.headers.get_list("set-cookie") if one.startswith(COOKIE))
    assert "HttpOnly" in cookie
    assert "samesite=lax" in cookie.lower()
    assert browser.get("/").json()["caller"] == NAME
    assert VOUCHED_COOKIE not in browser.cookies


def test_the_role_is_ours_and_closing_the_account_ends_it(
    place: Place, browser: TestClient, provider: Provider
) -> None:
    admit(place, provider)
    come_back(browser, begin(browser))
    same = {"sec-fetch-site": "same-origin"}
    assert browser.post("/v1/indexes", headers=same).status_code == 403  # for admins
    place.accounts.add("관리자", "admin", PASSWORD, "test")
    place.accounts.set_role(NAME, "admin", "test")
    assert browser.post("/v1/indexes", headers=same).status_code == 200
    place.accounts.disable(NAME, "test")
    assert browser.get("/").status_code == 303
    refused = come_back(browser, begin(browser))
    assert "사용이 중지되었습니다" in refused.text
    assert COOKIE not in "".join(refused.headers.get_list("set-cookie"))


def test_a_provider_that_wants_the_secret_in_the_form(place: Place, browser: TestClient, provider: Provider) -> None:
    provider.methods = ("client_secret_post",)
    admit(place, provider)
    assert come_back(browser, begin(browser)).status_code == 303


NOW = int(time.time())


@pytest.mark.parametrize(
    "lie",
    [
        {"claims": {"nonce": "another"}}, {"claims": {"nonce": None}}, {"claims": {"aud": "another"}},
        {"claims": {"aud": [CLIENT, "another"], "azp": "another"}}, {"claims": {"iss": "https://evil.kr"}},
        {"claims": {"exp": NOW - 3_600}}, {"claims": {"exp": None}}, {"claims": {"sub": None}},
        {"claims": {"iat": None}}, {"claims": {"iat": NOW + 3_600}}, {"signed": "none"}, {"signed": "HS256"},
        {"shown": RSAKey.generate_key(2048, {"kid": "one"})},
    ],
)  # fmt: skip
def test_a_word_that_can_not_be_trusted_lets_nobody_in(
    place: Place, browser: TestClient, provider: Provider, lie: dict[str, Any]
) -> None:
    admit(place, provider)
    for name, value in lie.items():
        setattr(provider, name, value)
    refused = come_back(browser, begin(browser))
    assert refused.status_code == 401
    assert "로그인하지 못했습니다" in refused.text
    assert browser.get("/").status_code == 303


def test_what_was_vouched_for_too_long_ago_does_not_let_in(
    place: Place, browser: TestClient, provider: Provider
) -> None:
    admit(place, provider)
    provider.claims = {"iat": NOW - 8 * 24 * 3_600}
    assert come_back(browser, begin(browser)).status_code == 401
    assert browser.get("/").status_code == 303


def test_a_state_that_is_not_this_browsers_does_not_let_in(
    place: Place, browser: TestClient, provider: Provider
) -> None:
    """Somebody who sends another a link with a code of their own."""
    admit(place, provider)
    address = begin(browser)
    other = TestClient(browser.app, base_url=BASE, follow_redirects=False, headers=HTML)
    assert come_back(other, address).status_code == 401
    begin(browser)  # a new one takes the place of the former
    assert come_back(browser, address).status_code == 401
    assert browser.get("/").status_code == 303


def test_a_code_counts_once(place: Place, browser: TestClient, provider: Provider) -> None:
    admit(place, provider)
    address = begin(browser)
    cookie = browser.cookies[VOUCHED_COOKIE]
    sent = urlsplit(httpx.get(address).headers["location"])
    assert browser.get(f"{sent.path}?{sent.query}").status_code == 303
    browser.cookies.clear()
    browser.cookies.set(VOUCHED_COOKIE, cookie, path="/signin")
    again = browser.get(f"{sent.path}?{sent.query}")
    assert again.status_code == 401
    assert "invalid_grant" in again.text


@pytest.mark.parametrize(("says", "told"), [("access_denied", "취소했거나"), ("server_error", "server_error")])
def test_who_is_refused_there_is_told_here(browser: TestClient, provider: Provider, says: str, told: str) -> None:
    provider.says = says
    refused = come_back(browser, begin(browser))
    assert refused.status_code == 401
    assert told in refused.text


@pytest.mark.parametrize("bad", ["<script>", "", "a b", "x" * 61, "한글"])
def test_what_a_provider_says_is_not_shown_as_it_is(bad: str) -> None:
    assert "(?)" in refused_by(bad).korean


@pytest.mark.parametrize("back", ["//evil.kr", "https://evil.kr", "/\\evil.kr", "/signin/with", "javascript:x"])
def test_nobody_is_sent_elsewhere_afterwards(place: Place, browser: TestClient, provider: Provider, back: str) -> None:
    admit(place, provider)
    assert come_back(browser, begin(browser, back)).headers["location"] == "/"


def test_a_provider_that_is_gone_is_told_and_passwords_still_count(place: Place, tmp_path: Path) -> None:
    gone = Provider(issuer="http://127.0.0.1:9")
    (tmp_path / "secrets.toml").write_text(secrets_of(gone), encoding="utf-8")
    with guarding(tmp_path / "labels.db", Access(per_caller=0, per_address=0), "0.0.0.0") as guarded:
        browser = TestClient(guarded(_inner()), base_url=BASE, follow_redirects=False, headers=HTML)
        reply = browser.get("/signin/with", params={"provider": "", "lang": "en"})
        assert reply.status_code == 502
        assert "server_metadata_url" in reply.text
        (form,) = re.findall(r'name="form" value="([^"]+)"', reply.text)
        sent = {"form": form, "name": NAME, "password": PASSWORD}
        assert browser.post("/signin", data=sent, headers={"origin": BASE}).status_code == 303


def test_an_unknown_provider_is_told(browser: TestClient) -> None:
    assert browser.get("/signin/with", params={"provider": "nobody"}).status_code == 401


def test_without_an_address_of_the_chat_there_is_no_button(place: Place, provider: Provider) -> None:
    (place.home / "secrets.toml").write_text(secrets_of(provider, ""), encoding="utf-8")
    with guarding(place.home / "labels.db", Access(per_caller=0, per_address=0), "0.0.0.0") as guarded:
        browser = TestClient(guarded(_inner()), base_url=BASE, follow_redirects=False, headers=HTML)
        assert "/signin/with" not in browser.get("/signin").text
        assert browser.get("/signin/with").status_code == browser.get(CALLBACK).status_code == 404


@pytest.mark.parametrize("address", ["http://server.kr", "http://server.kr/oauth2callback", f"server.kr{CALLBACK}"])
def test_an_address_that_is_not_the_chats_is_told_at_the_start(
    tmp_path: Path, provider: Provider, address: str
) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(secrets_of(provider, f'[chat]\nredirect_uri = "{address}"\n'), encoding="utf-8")
    with pytest.raises(FileProblem, match=CALLBACK):
        chat_sign_in(path)


def test_no_secret_is_shown_by_what_holds_it(tmp_path: Path, provider: Provider) -> None:
    path = tmp_path / "secrets.toml"
    path.write_text(secrets_of(provider), encoding="utf-8")
    shown = repr(chat_sign_in(path))
    assert SECRET not in shown
    assert "s" * 40 not in shown


PENDING = st.builds(
    Pending, st.text(), st.text(min_size=1), st.text(), st.text(), st.text(), st.sampled_from(["ko", "en"]),
    st.floats(0, 1e10),
)  # fmt: skip


@given(PENDING, st.binary(min_size=32, max_size=32), st.binary(min_size=32, max_size=32))
def test_only_who_sealed_it_can_open_it(pending: Pending, key: bytes, other: bytes) -> None:
    sealed = seal(pending, key)
    assert unseal(sealed, key) == pending
    assert key == other or unseal(sealed, other) is None
    body, _, mark = sealed.partition(".")
    forged = base64.urlsafe_b64encode(json.dumps({"provider": ""}).encode()).decode()
    assert unseal(f"{forged}.{mark}", key) is None
    assert unseal(body, key) is None


@given(st.text())
def test_any_other_cookie_is_none(cookie: str) -> None:
    assert unseal(cookie, b"k" * 32) is None


def test_a_sign_in_that_was_begun_too_long_ago_is_over(place: Place) -> None:
    chat = chat_sign_in(place.home / "secrets.toml")
    assert chat
    clock = [1_000.0]
    vouching = Vouching(chat, now=lambda: clock[0])
    sealed = seal(Pending("", "state", "n", "v", "/", "ko", clock[0]), vouching._key)
    assert vouching.pending(sealed, "state").nonce == "n"
    clock[0] += PENDING_SECONDS + 1
    with pytest.raises(Exception, match="오래됐습니다"):
        vouching.pending(sealed, "state")
