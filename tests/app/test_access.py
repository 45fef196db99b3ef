"""The guard before the server: keys, sessions, scopes, limits, origins, headers, the log. Over a small application."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from annotations.accounts.accounts import Accounts
from annotations.accounts.api_keys import ApiKeys
from annotations.accounts.audit import AuditEntry, audit_log
from annotations.accounts.limits import KEPT, Buckets, SignInLimit, household
from annotations.accounts.lockout import FREE_FAILURES
from annotations.accounts.passwords import Passwords
from annotations.accounts.proxies import forwarding
from annotations.accounts.sessions import IDLE, LIFETIME, SEEN_EVERY, Sessions
from annotations.storage.migrations import MIGRATIONS
from annotations.storage.writer import Writer
from app.access import sessions as signing
from app.access.addresses import guarded, is_loopback, names_this_machine
from app.access.doors import Doors, Seldom
from app.access.guard import Guard
from app.access.headers import HEADERS
from app.access.opening import guarding
from app.access.scopes import OPEN, needed, offered
from app.api.keyed import REPLAYED, noted
from pages import session as pages_session
from pipeline.errors.accounts import NoAccounts, SignInLocked, SignInRefused, SignInsLimited
from pipeline.errors.machine import DiskFull
from pipeline.setting_groups.server import Access
from tests.annotations.accounts.test_accounts import CHEAP, Clock

PASSWORD = "비 오는 날엔 파전에 막걸리"
INTERNAL = "internal-key-of-this-run"
FREELY = Access(per_caller=0, per_address=0)
HTML = {"accept": "text/html"}


async def _echo(request: Request) -> Response:
    caller = request.scope.get("state", {}).get("caller")
    said = {"path": request.url.path, "caller": caller.name if caller else None}
    return JSONResponse(said, 409 if request.url.path.endswith("/bad") else 200)


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


def _inner() -> Starlette:
    methods = ["GET", "POST", "PUT", "DELETE", "PATCH"]
    return Starlette(routes=[WebSocketRoute("/ws", _socket), Route("/{rest:path}", _echo, methods=methods)])


@dataclass
class Place:
    """A guarded application with two accounts, and its parts."""

    store: Writer
    clock: Clock
    keys: ApiKeys
    sessions: Sessions

    def client(self, limits: Access = FREELY, base: str = "http://server.kr", **more: Any) -> TestClient:
        """A browser without cookies."""
        doors = Doors(self.store, internal=INTERNAL, passwords=Passwords(CHEAP))
        doors.sessions = self.sessions
        return TestClient(Guard(_inner(), doors, limits, guarded=True), base_url=base, **more)

    def key(self, *scopes: str, name: str = "k") -> dict[str, str]:
        """The header of a new key."""
        return {"Authorization": f"Bearer {self.keys.add(name, scopes, None, 'boss')[1]}"}

    def log(self) -> list[AuditEntry]:
        return audit_log(self.store)


@pytest.fixture(scope="module")
def opened(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Writer]:
    store = Writer(tmp_path_factory.mktemp("access") / "labels.db", MIGRATIONS)
    yield store
    store.close()


@pytest.fixture
def place(tmp_path: Path) -> Iterator[Place]:
    store, clock, passwords = Writer(tmp_path / "labels.db", MIGRATIONS), Clock(), Passwords(CHEAP)
    accounts = Accounts(store, passwords=passwords)
    accounts.add("minji", "annotator", PASSWORD, "terminal")
    accounts.add("boss", "admin", PASSWORD, "terminal")
    yield Place(store, clock, ApiKeys(store), Sessions(store, passwords=passwords, now=clock))
    store.close()


def form_of(client: TestClient, address: str = "/signin") -> str:
    """The token in the form of a page."""
    found = re.search(r'name="form" value="([0-9a-f]{64})"', client.get(address).text)
    assert found
    return found[1]


def sign_in(client: TestClient, name: str = "minji", password: str = PASSWORD, back: str = "/", **more: Any) -> Any:
    """Fill in the form as a browser does."""
    sent = {"form": form_of(client), "name": name, "password": password} | more.pop("data", {})
    headers = {"origin": str(client.base_url).rstrip("/")} | more.pop("headers", {})
    return client.post("/signin", params={"next": back}, data=sent, headers=headers, follow_redirects=False)


# nothing is open


@pytest.fixture(scope="module")
def stranger(opened: Writer) -> Iterator[TestClient]:
    guard = Guard(_inner(), Doors(opened, passwords=Passwords(CHEAP)), FREELY, guarded=True)
    with TestClient(guard, base_url="http://server.kr") as client:
        yield client


@settings(max_examples=60)
@given(st.sampled_from(["GET", "POST", "PUT", "DELETE"]), st.text(alphabet="/v1abindexes.?=%_-가", max_size=30))
def test_without_sign_in_or_key_no_address_leads_anywhere(stranger: TestClient, method: str, rest: str) -> None:
    reply = stranger.request(method, "http://server.kr/" + rest.lstrip("/"), follow_redirects=False)
    assert reply.status_code in (401, 404)
    assert "caller" not in reply.text


@pytest.mark.parametrize("path", ["/", "/v1/ask", "/docs", "/openapi.json", "/gradio_api/queue/join", "/metrics"])
def test_programs_are_told_what_they_need(place: Place, path: str) -> None:
    reply = place.client().post(path)
    assert (reply.status_code, reply.headers["content-type"]) == (401, "application/problem+json")
    assert reply.json()["title"] == "sign-in-needed"
    assert "hansang keys add" in reply.json()["detail"]
    assert reply.headers["www-authenticate"].startswith("Bearer")


def test_load_balancers_need_nothing(place: Place) -> None:
    for path in ("/livez", "/readyz", *OPEN):
        assert place.client().get(path).json() == {"path": path, "caller": None}


def test_people_are_led_to_the_sign_in_page_and_back_to_the_answer(place: Place) -> None:
    client = place.client()
    led = client.get("/?trace=abc", headers=HTML, follow_redirects=False)
    assert (led.status_code, led.headers["location"]) == (303, "/signin?next=%2F%3Ftrace%3Dabc")
    assert sign_in(client, back="/?trace=abc").headers["location"] == "/?trace=abc"
    assert client.get("/?trace=abc").json()["caller"] == "minji"


@pytest.mark.parametrize(
    "back",
    ["https://evil.kr", "//evil.kr", "/\\evil.kr", "\\\\evil.kr", "javascript:alert(1)", "/a\r\nX: y", "/signin", ""],
)
def test_nobody_is_led_elsewhere_after_signing_in(place: Place, back: str) -> None:
    assert sign_in(place.client(), back=back).headers["location"] == "/"


def test_a_websocket_without_a_session_is_refused(place: Place) -> None:
    client = place.client()
    with pytest.raises(WebSocketDisconnect) as ended, client.websocket_connect("/ws"):
        pass
    assert ended.value.code == 1008
    with client.websocket_connect("/ws", headers=place.key("ask")):
        pass


# keys


def test_a_key_is_known_by_name_and_may_do_what_it_may(place: Place) -> None:
    client, asks, manages = place.client(), place.key("ask"), place.key("ask", "admin", name="ci")
    assert client.post("/v1/ask", headers=asks).json()["caller"] == "key:k"
    refused = client.delete("/v1/indexes/demo", headers=asks)
    assert (refused.status_code, refused.json()["title"]) == (403, "scope-missing")
    assert "admin" in refused.json()["detail"]
    assert client.get("/metrics", headers=asks).status_code == 403
    assert client.delete("/v1/indexes/demo", headers=manages).status_code == 200
    assert client.get("/metrics", headers=manages).status_code == 200


def test_a_key_that_only_labels_asks_nothing(place: Place) -> None:
    assert place.client().post("/v1/ask", headers=place.key("label")).status_code == 403


def test_revoking_a_key_works_on_the_next_request(place: Place) -> None:
    client, key = place.client(), place.key("ask")
    assert client.get("/v1/indexes", headers=key).status_code == 200
    place.keys.revoke("k", "boss")
    refused = client.get("/v1/indexes", headers=key)
    assert (refused.status_code, refused.json()["title"]) == (401, "key-refused")
    assert key["Authorization"].split()[1] not in refused.text


@pytest.mark.parametrize("header", ["Bearer ", "Bearer", "Bearer nope", "bearer 한글", "Basic bWluamk6cA==", "T x", ""])
def test_what_is_no_key_opens_nothing(place: Place, header: str) -> None:
    assert place.client().get("/v1/indexes", headers={"Authorization": header.encode()}).status_code == 401


def test_a_wrong_key_is_refused_even_beside_a_good_session(place: Place) -> None:
    client = place.client()
    sign_in(client)
    assert client.get("/v1/indexes", headers={"Authorization": "Bearer nope"}).status_code == 401


def test_the_annotation_app_has_a_key_of_its_own_and_is_no_admin(place: Place) -> None:
    client, header = place.client(), {"Authorization": f"Bearer {INTERNAL}"}
    assert client.post("/v1/replay", headers=header).json()["caller"] == "annotation-app"
    assert client.delete("/v1/indexes/demo", headers=header).status_code == 403


def test_without_a_key_of_the_annotation_app_an_empty_one_is_no_key(place: Place) -> None:
    client = TestClient(Guard(_inner(), Doors(place.store), FREELY, guarded=True))
    assert client.get("/v1/indexes", headers={"Authorization": "Bearer "}).status_code == 401


# sessions


def test_the_cookie_is_out_of_reach_of_scripts_and_of_plain_http(place: Place) -> None:
    plain = sign_in(place.client()).headers["set-cookie"]
    assert "HttpOnly" in plain
    assert "SameSite=lax" in plain
    assert "Secure" not in plain.split("hansang_form")[0]
    assert "Secure" in sign_in(place.client(base="https://server.kr")).headers["set-cookie"].split("hansang_form")[0]


def test_roles_may_what_they_may(place: Place) -> None:
    client = place.client()
    sign_in(client, "minji")
    here = {"origin": "http://server.kr"}
    assert client.delete("/v1/indexes/demo", headers=here).status_code == 403
    admin = place.client()
    sign_in(admin, "boss")
    assert admin.delete("/v1/indexes/demo", headers=here).json()["caller"] == "boss"


def test_a_session_that_is_not_used_ends(place: Place) -> None:
    client = place.client()
    sign_in(client)
    place.clock.now += IDLE + 1
    assert client.get("/v1/indexes").status_code == 401


def test_a_session_ends_even_though_it_is_used(place: Place) -> None:
    client, begun = place.client(), place.clock.now
    sign_in(client)
    while place.clock.now + IDLE - 1 <= begun + LIFETIME:
        place.clock.now += IDLE - 1
        assert client.get("/v1/indexes").status_code == 200
    place.clock.now = begun + LIFETIME + 1
    assert client.get("/v1/indexes").status_code == 401


def test_signing_out_ends_the_session_on_the_server_too(place: Place) -> None:
    client = place.client()
    sign_in(client)
    token = client.cookies[signing.COOKIE]
    form = form_of(client, "/account")
    assert client.post("/signout", data={"form": form}, follow_redirects=False).status_code == 403  # from nowhere
    assert client.post("/signout", headers={"origin": "http://server.kr"}).status_code == 403  # without the form
    out = client.post("/signout", data={"form": form}, headers={"origin": "http://server.kr"}, follow_redirects=False)
    assert (out.status_code, out.headers["location"]) == (303, "/signin")
    assert signing.COOKIE not in client.cookies
    again = place.client(cookies={signing.COOKIE: token})
    assert again.get("/v1/indexes").status_code == 401


def test_who_is_signed_in_to_the_annotation_app_is_known_here(place: Place) -> None:
    assert signing.LABELS_COOKIE == pages_session.COOKIE
    _, token = place.sessions.sign_in("minji", PASSWORD)
    assert place.client(cookies={signing.LABELS_COOKIE: token}).get("/").json()["caller"] == "minji"


def test_a_closed_account_is_out_at_once(place: Place) -> None:
    client = place.client()
    sign_in(client)
    Accounts(place.store).disable("minji", "boss")
    assert client.get("/v1/indexes").status_code == 401


@pytest.mark.parametrize(
    "cookie", ["hansang_chat=", "hansang_chat=x; =; ;;", "\"'", "hansang_chat=" + "x" * 5_000, "한글=가"]
)
def test_what_is_no_session_opens_nothing(place: Place, cookie: str) -> None:
    assert place.client().get("/v1/indexes", headers={"cookie": cookie.encode()}).status_code == 401


def test_accounts_of_the_demo_do_not_open_a_server(place: Place) -> None:
    Accounts(place.store, passwords=Passwords(CHEAP)).add("demo1", "admin", PASSWORD, "demo", demo=True)
    assert sign_in(place.client(), "demo1").status_code == 401


class Full:
    """A store on a disk without room."""

    def __init__(self, store: Writer) -> None:
        self.read = store.read
        self.path = store.path

    def write(self, job: object) -> Any:
        raise DiskFull(path=self.path)


def test_a_full_disk_keeps_nobody_out_who_is_in(place: Place) -> None:
    """Though when a session or a key was used last can't be noted."""
    client, key = place.client(), place.key("ask")
    sign_in(client)
    place.clock.now += SEEN_EVERY + 1
    full: Any = Full(place.store)
    doors = Doors(full, passwords=Passwords(CHEAP))
    doors.sessions = Sessions(full, passwords=Passwords(CHEAP), now=place.clock)
    guard = Guard(_inner(), doors, FREELY, guarded=True)
    person = TestClient(guard, base_url="http://server.kr", cookies=dict(client.cookies))
    assert person.get("/v1/indexes").json()["caller"] == "minji"
    program = TestClient(guard, base_url="http://server.kr")
    assert program.get("/v1/indexes", headers=key).json()["caller"] == "key:k"
    refused = sign_in(program)  # a session that can't be kept is none: the page says why
    assert (refused.status_code, refused.headers["content-type"].split(";")[0]) == (507, "text/html")
    assert "디스크가 가득 차" in refused.text
    assert signing.COOKIE not in program.cookies


def test_who_comes_while_too_many_sign_in_is_told_when_to_come_back(
    place: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.access.doors.WAITING", 0)
    busy = sign_in(place.client())
    assert (busy.status_code, busy.headers["retry-after"]) == (503, str(signing.BUSY_SECONDS))
    assert f"{signing.BUSY_SECONDS}초 뒤에" in busy.text


# the lock-out is one for both apps


def test_failures_in_the_chat_lock_the_annotation_app_and_the_other_way_round(place: Place) -> None:
    client = place.client()
    for _ in range(FREE_FAILURES):
        assert sign_in(client, password="wrong password").status_code == 401
    with pytest.raises(SignInLocked):
        place.sessions.sign_in("minji", PASSWORD, "testclient")
    assert place.sessions.sign_in("minji", PASSWORD, "10.0.0.1")  # from elsewhere
    locked = sign_in(client)
    assert locked.status_code == 429
    assert int(locked.headers["retry-after"]) > 0
    assert "잠겼습니다" in locked.text


def test_a_name_that_nobody_has_looks_like_a_wrong_password(place: Place) -> None:
    client = place.client()
    pages = [re.sub(r'value="[^"]*"', "", sign_in(client, name, "wrong password").text) for name in ("minji", "nobody")]
    assert pages[0] == pages[1]


def test_what_was_typed_is_text_on_the_page_and_the_password_is_not_there(place: Place) -> None:
    page = sign_in(place.client(), '"><script>alert(1)</script>', "my secret password").text
    assert "<script" not in page
    assert "my secret password" not in page


# forms and writes of other sites


def test_the_form_must_be_ours(place: Place) -> None:
    client = place.client()
    assert sign_in(client, headers={"origin": "https://evil.kr"}).status_code == 403
    assert sign_in(client, headers={"origin": "null"}).status_code == 403
    assert sign_in(client, headers={"sec-fetch-site": "cross-site"}).status_code == 403
    assert sign_in(client, data={"form": "0" * 64}).status_code == 403
    assert sign_in(client, data={"form": ""}).status_code == 403
    client.cookies.delete(signing.FORM_COOKIE)
    sent = {"form": signing.form_token(""), "name": "minji", "password": PASSWORD}
    assert client.post("/signin", data=sent, headers={"origin": "http://server.kr"}).status_code == 403
    assert sign_in(client).status_code == 303


@pytest.mark.parametrize(
    ("headers", "may"),
    [
        ({"origin": "http://server.kr"}, True),
        ({"origin": "http://server.kr", "sec-fetch-site": "same-origin"}, True),
        ({"sec-fetch-site": "same-origin"}, True),
        ({}, False),
        ({"origin": "http://["}, False),
        ({"origin": "null"}, False),
        ({"origin": "http://evil.kr"}, False),
        ({"origin": "http://server.kr.evil.kr"}, False),
        ({"origin": "http://server.kr:8501"}, False),
        ({"origin": "http://server.kr", "sec-fetch-site": "same-site"}, False),
        ({"sec-fetch-site": "cross-site"}, False),
    ],
)
def test_a_cookie_writes_only_from_our_own_pages(place: Place, headers: dict[str, str], may: bool) -> None:
    client = place.client()
    sign_in(client)
    reply = client.post("/gradio_api/queue/join", headers=headers)
    assert reply.status_code == (200 if may else 403)
    if not may:
        assert reply.json()["title"] == "foreign-request"
    assert client.post("/v1/ask", headers=place.key("ask") | {"origin": "http://elsewhere.kr"}).status_code == 200


# limits


@given(
    st.integers(1, 6_000),
    st.lists(st.tuples(st.sampled_from("abc"), st.floats(0, 30, allow_nan=False)), max_size=200),
)
def test_no_name_ever_gets_more_than_its_rate(per_minute: int, steps: list[tuple[str, float]]) -> None:
    clock = Clock(0.0)
    buckets = Buckets(per_minute, clock)
    taken: dict[str, list[float]] = {}
    for name, wait in steps:
        clock.now += wait
        if (seconds := buckets.take(name)) == 0:
            taken.setdefault(name, []).append(clock.now)
        else:
            assert seconds >= 1
    for times in taken.values():
        for first in range(len(times)):
            for last in range(first, len(times)):
                allowed = buckets.burst + (times[last] - times[first]) * per_minute / 60
                assert last - first + 1 <= allowed + 1e-6


@given(st.integers(1, 6_000))
def test_whoever_waits_as_told_is_let_in(per_minute: int) -> None:
    clock = Clock(0.0)
    buckets = Buckets(per_minute, clock)
    while (seconds := buckets.take("a")) == 0:
        pass
    assert buckets.take("b") == 0
    clock.now += seconds
    assert buckets.take("a") == 0


def test_names_are_forgotten_before_they_fill_the_memory() -> None:
    clock = Clock(0.0)
    buckets = Buckets(60, clock)
    for n in range(2 * KEPT):
        buckets.take(str(n))
    assert len(buckets._full_at) <= KEPT


def test_too_many_requests_of_one_key_wait_and_others_do_not(place: Place) -> None:
    client = place.client(Access(per_caller=10, per_address=0))
    one, other = place.key("ask"), place.key("ask", name="other")
    assert client.get("/v1/indexes", headers=one).status_code == 200
    limited = client.get("/v1/indexes", headers=one)
    assert (limited.status_code, limited.json()["title"]) == (429, "rate-limited")
    assert int(limited.headers["retry-after"]) >= 1
    assert client.get("/v1/indexes", headers=other).status_code == 200
    for _ in range(30):  # the files of a page cost nothing
        assert client.get("/assets/index.js", headers=one).status_code == 200


def test_guesses_from_one_address_are_limited_whatever_they_guess(place: Place) -> None:
    client = place.client(Access(per_caller=0, per_address=10))
    assert client.get("/v1/indexes", headers={"Authorization": "Bearer a"}).status_code == 401
    assert client.get("/v1/indexes", headers={"Authorization": "Bearer b"}).status_code == 429
    assert client.get("/signin").status_code == 429
    elsewhere = place.client(Access(per_caller=0, per_address=10), client=("10.1.1.1", 1))
    assert elsewhere.get("/v1/indexes").status_code == 401


def test_failed_sign_ins_of_one_address_wait_before_a_password_is_looked_at(place: Place) -> None:
    limits = Access(per_caller=0, per_address=0, signins=3)
    client = place.client(limits)
    for n in range(3):
        assert sign_in(client, f"stranger{n}", "wrong password").status_code == 401
    place.sessions._passwords = None  # type: ignore[assignment]
    limited = sign_in(client)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "20")
    assert "20초 뒤에 다시" in limited.text
    sent = {"form": form_of(client), "name": "minji", "password": PASSWORD}
    english = client.post("/signin?lang=en", data=sent, headers={"origin": "http://server.kr"})
    assert "Try again in 20 s" in english.text


def test_others_sign_in_while_one_address_waits(place: Place) -> None:
    limits = Access(per_caller=0, per_address=0, signins=1)
    doors = Doors(place.store, passwords=Passwords(CHEAP))
    guard = Guard(_inner(), doors, limits, guarded=True)
    flooding = TestClient(guard, base_url="http://server.kr", client=("10.1.1.1", 1))
    other = TestClient(guard, base_url="http://server.kr", client=("10.1.1.2", 1))
    assert [sign_in(flooding, password="wrong password").status_code for _ in range(2)] == [401, 429]
    assert sign_in(other).status_code == 303


def test_only_sign_ins_that_fail_count_and_only_for_a_minute() -> None:
    clock = Clock(0.0)
    limit = SignInLimit(2, clock)
    for _ in range(10):
        with limit.attempt("10.0.0.1"):
            pass
    for _ in range(2):
        with pytest.raises(SignInRefused), limit.attempt("10.0.0.1"):
            raise SignInRefused
    with pytest.raises(SignInsLimited), limit.attempt("10.0.0.1"):
        pytest.fail("it was looked at")
    clock.now += 60
    with limit.attempt("10.0.0.1"), limit.attempt("10.0.0.1"), pytest.raises(SignInsLimited), limit.attempt("10.0.0.1"):
        pytest.fail("many at once gain something")


@pytest.mark.parametrize(("signins", "address"), [(0, "10.0.0.1"), (1, "")])
def test_no_limit_and_no_address_let_every_sign_in_through(signins: int, address: str) -> None:
    limit = SignInLimit(signins, Clock(0.0))
    for _ in range(50):
        with pytest.raises(SignInRefused), limit.attempt(address):
            raise SignInRefused


def test_the_annotation_app_is_not_limited_as_one_caller(place: Place) -> None:
    client = place.client(Access(per_caller=1, per_address=0))
    for _ in range(5):
        assert client.post("/v1/replay", headers={"Authorization": f"Bearer {INTERNAL}"}).status_code == 200


def test_an_ipv6_network_is_one_address() -> None:
    assert household("2001:db8::1") == household("2001:db8::ffff:1") != household("2001:db8:0:1::1")
    assert household("10.0.0.1") != household("10.0.0.2")
    assert household("::ffff:10.0.0.1") == household("10.0.0.1") != household("::ffff:10.0.0.2")
    assert household("testclient") == "testclient"


def _seen_as(trusted: str, forwarded: str) -> str:
    async def client(request: Request) -> Response:
        return Response(f"{request.url.scheme} {request.client.host if request.client else ''}")

    app: Any = Starlette(routes=[Route("/", client)])
    options = forwarding(trusted)
    if options["proxy_headers"]:
        app = ProxyHeadersMiddleware(app, options["forwarded_allow_ips"])
    headers = {"x-forwarded-for": forwarded, "x-forwarded-proto": "https"}
    return TestClient(app, client=("10.0.0.9", 1)).get("/", headers=headers).text


def test_the_address_somebody_claims_counts_only_from_a_trusted_proxy() -> None:
    assert _seen_as("none", "1.2.3.4") == "http 10.0.0.9"
    assert _seen_as("10.0.0.8", "1.2.3.4") == "http 10.0.0.9"
    assert _seen_as("10.0.0.0/24", "1.2.3.4") == "https 1.2.3.4"
    assert _seen_as("10.0.0.9", "6.6.6.6, 1.2.3.4") == "https 1.2.3.4"  # what the client itself put before it is a lie


# the log


def test_what_an_admin_changes_is_logged_with_who_and_failures_are_not(place: Place) -> None:
    client, key = place.client(), place.key("admin", name="ci")
    before = len(place.log())
    client.delete("/v1/indexes/demo", headers=key)
    client.put("/v1/indexes/demo/bad", headers=key)
    client.get("/metrics", headers=key)
    client.delete("/v1/indexes/demo", headers=place.key("ask"))
    entries = [each for each in place.log() if each.kind == "api"]
    assert [(each.by, each.what) for each in entries] == [("key:ci", "DELETE /v1/indexes/demo")]
    assert entries[0].detail["status"] == 200
    assert len(place.log()) == before + 2  # and the key that was made


def test_the_log_says_what_was_built_and_nothing_of_a_reply_that_is_given_again(place: Place) -> None:
    done = {"status": 202, "request": "r1", "name": "우리동네", "files": ["후기.csv"], "job": "1f2e"}
    key = place.key("admin", name="ci")

    async def inner(scope: Any, receive: Any, send: Any) -> None:
        request = Request(scope)
        scope["state"]["request_id"] = "r1"
        noted(request, {"name": "우리동네", "files": ["후기.csv"], "set": {}, "force": False}, (202, {"id": "1f2e"}))
        again = {REPLAYED: "true"} if request.headers.get("x-again") else {}
        await JSONResponse({}, 202, again)(scope, receive, send)

    client = TestClient(Guard(inner, Doors(place.store), FREELY, guarded=True))
    assert client.post("/v1/indexes", headers=key).status_code == 202
    assert client.post("/v1/indexes", headers={**key, "x-again": "1"}).status_code == 202
    assert [each.detail for each in place.log() if each.kind == "api"] == [done]


# headers


@pytest.mark.parametrize("path", ["/livez", "/v1/indexes", "/signin", "/account", "/gradio_api/upload"])
def test_every_answer_has_the_headers(place: Place, path: str) -> None:
    reply = place.client().get(path)
    for name in set(HEADERS) - {"Content-Security-Policy"}:
        assert reply.headers[name] == HEADERS[name]
    assert "frame-ancestors 'none'" in reply.headers["content-security-policy"]
    assert (reply.headers.get("cache-control") == "no-store") or not path.startswith("/v1/")
    assert "strict-transport-security" not in reply.headers
    assert "strict-transport-security" in place.client(base="https://server.kr").get(path).headers


def test_the_sign_in_page_loads_and_runs_nothing(place: Place) -> None:
    reply = place.client().get("/signin?lang=en")
    assert "default-src 'none'" in reply.headers["content-security-policy"]
    assert "<script" not in reply.text
    assert "Sign in" in reply.text
    assert "width=device-width" in reply.text
    assert reply.headers["cache-control"] == "no-store"


# a server for this machine only


def local(store: Writer, base: str = "http://127.0.0.1:7860") -> TestClient:
    return TestClient(Guard(_inner(), Doors(store), FREELY, guarded=False), base_url=base)


def test_an_open_server_takes_everybody_at_this_machine_for_its_user(place: Place) -> None:
    for base in ("http://127.0.0.1:7860", "http://localhost:7860", "http://[::1]:7860"):
        assert local(place.store, base).delete("/v1/indexes/demo").json()["caller"] == "local"


def test_an_open_server_answers_to_no_name_of_somebody_elses_dns(place: Place) -> None:
    reply = local(place.store, "http://rebound.evil.kr").get("/v1/indexes")
    assert (reply.status_code, reply.json()["title"]) == (421, "foreign-host")


@pytest.mark.parametrize(
    "headers", [{"origin": "https://evil.kr"}, {"sec-fetch-site": "cross-site"}, {"origin": "null"}]
)
def test_an_open_server_takes_nothing_from_pages_of_others(place: Place, headers: dict[str, str]) -> None:
    assert local(place.store).post("/v1/feedback", headers=headers).status_code == 403
    assert local(place.store).get("/v1/indexes", headers=headers).status_code == 200  # which they can't read


def test_what_is_changed_on_an_open_server_is_logged_too(tmp_path: Path) -> None:
    labels = tmp_path / "labels.db"
    with guarding(labels, FREELY, "127.0.0.1") as guard:
        assert TestClient(guard(_inner()), base_url="http://localhost").delete("/v1/indexes/x").status_code == 200
    assert [(each.by, each.what) for each in audit_log(Seldom(labels))] == [("local", "DELETE /v1/indexes/x")]


def test_others_are_not_let_near_before_there_is_an_account(tmp_path: Path) -> None:
    for host, trusted in (("0.0.0.0", "none"), ("127.0.0.1", "127.0.0.1")):
        with pytest.raises(NoAccounts), guarding(tmp_path / "labels.db", Access(trusted_proxies=trusted), host):
            pass


@pytest.mark.parametrize(
    ("host", "alone"),
    [("127.0.0.1", True), ("127.8.8.8", True), ("::1", True), ("localhost", True), ("0.0.0.0", False), ("::", False),
     ("192.168.0.7", False), ("example.kr", False)],
)  # fmt: skip
def test_which_addresses_only_this_machine_can_reach(host: str, alone: bool) -> None:
    assert is_loopback(host) == alone
    assert guarded(host, "none") != alone
    assert guarded(host, "10.0.0.1, 10.0.0.2")


@pytest.mark.parametrize(
    ("host", "own"),
    [("localhost", True), ("localhost:7860", True), ("a.localhost", True), ("10.1.2.3:80", True), ("[::1]:80", True),
     ("evil.kr", False), ("localhost.evil.kr", False), ("127.0.0.1.evil.kr", False), ("", False)],
)  # fmt: skip
def test_which_names_are_this_machines(host: str, own: bool) -> None:
    assert names_this_machine(host) == own


# what is needed for what


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
@pytest.mark.parametrize("path", ["/v1/indexes", "/v1/indexes/a/current", "/v1/jobs/7", "/v1/what/ever"])
def test_changing_indexes_and_jobs_is_for_admins(method: str, path: str) -> None:
    assert needed(method, path) == "admin"


# Asking and showing: all that the page does. What else a version of Gradio brings is looked at before it is let in.
OF_THE_PAGE = (
    "/", "/{page}", "/assets/{path:path}", "/favicon.ico", "/gradio_api/cancel", "/gradio_api/heartbeat/{session_hash}",
    "/gradio_api/login_check", "/gradio_api/queue/data", "/gradio_api/queue/join", "/gradio_api/reset",
    "/gradio_api/startup-events", "/gradio_api/theme.css", "/gradio_api/user", "/manifest.json", "/pwa_icon",
    "/pwa_icon/{size}", "/robots.txt", "/static/{path:path}", "/svelte/{path:path}", "/theme.css",
)  # fmt: skip


def _gradios_routes() -> set[str]:
    """Every route of Gradio's server, from its source: most are put together only when the first request comes."""
    spec = find_spec("gradio")
    assert spec
    assert spec.origin
    source = Path(spec.origin).with_name("routes.py").read_text("utf-8")
    found = re.findall(r'@(router|app)\.(?:get|post|head|put|delete|websocket)\(\s*f?"([^"]+)"', source)
    return {("/gradio_api" if owner == "router" else "") + (path.rstrip("/") or "/") for owner, path in found}


def test_the_chats_framework_offers_nothing_but_the_chat() -> None:
    found = _gradios_routes()
    assert {"/gradio_api/upload", "/gradio_api/queue/join", "/monitoring"} <= found  # it is Gradio's list
    assert {path for path in found if offered(path)} - set(OF_THE_PAGE) == set()


@pytest.mark.parametrize("path", ["/v1/indexes%0A", "/v1/traces%0a", "/%00", "/v1/indexes/demo%0d"])
def test_a_line_feed_does_not_hide_an_address_from_its_scope(place: Place, path: str) -> None:
    client, key = place.client(), place.key("ask")
    for method in ("GET", "POST", "DELETE"):
        assert client.request(method, "http://server.kr" + path, headers=key).status_code == 404


def test_a_problem_document_names_the_request(place: Place) -> None:
    assert json.loads(place.client().get("/v1/indexes").text)["status"] == 401
