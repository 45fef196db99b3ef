"""The guard before the annotation app, and signing out: over a small application in place of Streamlit's."""

from __future__ import annotations

import json
import secrets
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from argon2 import PasswordHasher
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.web.server.starlette.starlette_app_utils import create_signed_value

from annotations.accounts.audit import audit_log
from annotations.accounts.passwords import Passwords
from annotations.accounts.sessions import Identity
from app.access import sessions as chat
from pages import export, routes, session
from pages.guard import IDENTITY_COOKIE, Guard
from pages.place import close_place, open_place, place
from pages.session import COOKIE
from pipeline.errors.accounts import SignedOut
from pipeline.setting_groups.server import Access
from tests.annotations.filled import give, new_review, review
from tests.app.served import until

BASE, PASSWORD = "http://labels.kr:8501", "조용한 레몬 사천팔백이십일"
OURS = {"origin": BASE}
SECRET = secrets.token_hex(32)
AUTH = f"""[auth]
redirect_uri = "{BASE}/oauth2callback"
cookie_secret = "{SECRET}"
client_id = "hansang"
client_secret = "x"
server_metadata_url = "http://127.0.0.1:1/"
"""


async def _echo(request: Request) -> Response:
    return PlainTextResponse("inside")


async def _socket(socket: WebSocket) -> None:
    await socket.accept()
    await socket.close()


@pytest.fixture(params=[""])
def client(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[TestClient]:
    """A browser without cookies; the parameter is the home's ``secrets.toml``."""
    if request.param:
        (tmp_path / "secrets.toml").write_text(request.param, encoding="utf-8")
    opened = open_place(tmp_path, passwords=Passwords(PasswordHasher(time_cost=1, memory_cost=8, parallelism=1)))
    for name in ("annotator", "admin"):
        opened.accounts.add(name, name, PASSWORD, "test")  # type: ignore[arg-type]
    paths = [WebSocketRoute("/_stcore/stream", _socket), *routes.SignIn().routes(), Route("/{rest:path}", _echo)]
    yield TestClient(Starlette(routes=paths, middleware=[Middleware(Guard)]), BASE, follow_redirects=False)
    close_place()


with_provider = pytest.mark.parametrize("client", [AUTH], indirect=True)


def signed_in(client: TestClient, name: str = "annotator") -> str:
    """The token of a session that the browser now has."""
    token = place().sessions.sign_in(name, PASSWORD)[1]
    client.cookies.set(COOKIE, token)
    return token


def admitted(subject: str = "kim") -> None:
    place().sessions.admit(Identity("https://provider", subject, subject), "annotator", "test")


def vouched(secret: str = SECRET, **claims: object) -> str:
    """The cookie that Streamlit makes of a provider's word."""
    said = {"iss": "https://provider", "sub": "kim", "iat": time.time(), "is_logged_in": True, "origin": BASE}
    return create_signed_value(secret, IDENTITY_COOKIE, json.dumps(said | claims)).decode()


def opens(client: TestClient, **headers: str) -> bool:
    """Whether a page could be drawn."""
    try:
        with client.websocket_connect(f"{BASE.replace('http', 'ws')}/_stcore/stream", headers=headers):
            return True
    except WebSocketDisconnect:
        return False


# sockets


def test_a_page_of_ours_opens_its_socket(client: TestClient) -> None:
    signed_in(client)
    assert opens(client, **OURS)


FOREIGN = ["http://labels.kr", "http://labels.kr:8502", "http://evil.kr:8501", "null", "http://[", "", "labels.kr:8501"]


@pytest.mark.parametrize("client", ["", AUTH], indirect=True)
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_page_of_another_place_opens_no_socket_with_our_cookie(client: TestClient, origin: str) -> None:
    signed_in(client)
    assert not opens(client, origin=origin)


@pytest.mark.parametrize("client", ["", AUTH], indirect=True)
def test_who_does_not_say_from_where_opens_no_socket(client: TestClient) -> None:
    signed_in(client)
    assert not opens(client)


def test_without_a_session_there_is_no_socket(client: TestClient) -> None:
    assert not opens(client, **OURS)
    place().sessions.end(signed_in(client))
    assert not opens(client, **OURS)


@with_provider
def test_a_page_may_ask_the_provider_before_anybody_is_signed_in(client: TestClient) -> None:
    assert opens(client, **OURS)


# addresses


@pytest.mark.parametrize("path", ["/_stcore/upload_file/x/y", "/_stcore/upload%5Ffile/x/y", "/_stcore/metrics"])
def test_what_no_page_needs_is_closed_to_everybody(client: TestClient, path: str) -> None:
    for _ in range(2):
        assert {client.get(path).status_code, client.put(path, content=b"x").status_code} == {404}
        signed_in(client, "admin")


def test_files_are_given_to_those_who_are_signed_in_whatever_host_they_name(client: TestClient) -> None:
    for host in ("labels.kr:8501", "labels.kr/x", "["):
        assert client.get("/media/1.zip", headers={"host": host}).status_code == 403
    signed_in(client)
    assert client.get("/media/1.zip").text == "inside"


@with_provider
def test_a_providers_cookie_gives_files_only_to_whom_it_names_in_earnest(client: TestClient) -> None:
    admitted()
    for forged in ("x", vouched("another secret"), vouched(sub="lee"), vouched(is_logged_in=False), vouched(iat=0)):
        client.cookies.set(IDENTITY_COOKIE, forged)
        assert client.get("/media/1.zip").status_code == 403, forged
    client.cookies.set(IDENTITY_COOKIE, vouched())
    assert client.get("/media/1.zip").text == "inside"


def test_a_providers_cookie_is_nothing_where_there_is_no_provider(client: TestClient) -> None:
    client.cookies.set(IDENTITY_COOKIE, vouched())
    assert client.get("/media/1.zip").status_code == 403
    assert client.get("/mine").status_code == 303
    assert not opens(client, **OURS)


def test_a_page_leads_to_the_form_and_back_to_where_it_was(client: TestClient) -> None:
    there = client.get("/failures?run=base").headers["location"]
    sent = client.post(there, data={"name": "annotator", "password": PASSWORD}, headers=OURS)
    assert sent.headers["location"] == "/failures?run=base"


def test_a_link_on_another_site_leads_to_the_page_by_way_of_our_own(client: TestClient) -> None:
    came = client.get("/mine?x=%22%3E", headers={"sec-fetch-site": "cross-site"})  # the browser keeps the cookie back
    assert came.status_code == 200
    assert came.text == '<meta http-equiv="refresh" content="0;url=/signin?next=%2Fmine%3Fx%3D%2522%253E">'
    assert client.get("/signin?next=%2Fmine").status_code == 200
    signed_in(client)
    assert client.get("/signin?next=%2Fmine").headers["location"] == "/mine"


# signing out


def test_signing_out_leaves_the_chat_as_well(client: TestClient) -> None:
    assert routes.CHAT_COOKIE == chat.COOKIE
    tokens = [signed_in(client), place().sessions.sign_in("annotator", PASSWORD)[1]]
    client.cookies.set(chat.COOKIE, tokens[1])
    left = client.post("/signout", headers=OURS)
    assert [place().sessions.account(token) for token in tokens] == [None, None]
    forgotten = sorted(line.partition("=") for line in left.headers.get_list("set-cookie"))
    assert [name for name, _, rest in forgotten if rest.startswith('"";') and "Max-Age=0" in rest] == [
        chat.COOKIE, COOKIE,
    ]  # fmt: skip


@pytest.mark.parametrize("path", ["/signin", "/signout"])
@pytest.mark.parametrize("origin", FOREIGN)
def test_a_form_of_another_place_is_refused(client: TestClient, path: str, origin: str) -> None:
    token = signed_in(client)
    sent = {"name": "annotator", "password": PASSWORD}
    assert client.post(path, data=sent, headers={"origin": origin}).status_code == 403
    assert place().sessions.account(token)


# the limit of failed sign-ins


def test_failed_sign_ins_of_one_address_wait_before_a_password_is_looked_at(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    right, wrong = {"name": "annotator", "password": PASSWORD}, {"name": "stranger", "password": "wrong"}
    for _ in range(2 * Access().signins):
        assert client.post("/signin", data=right, headers=OURS).status_code == 303
    for n in range(Access().signins):
        assert client.post("/signin", data=wrong | {"name": f"stranger{n}"}, headers=OURS).status_code == 401
    monkeypatch.setattr(Passwords, "matches", None)
    limited = client.post("/signin", data=right, headers=OURS)
    assert (limited.status_code, limited.headers["retry-after"]) == (429, "3")
    assert "3초 뒤에 다시" in limited.text
    assert "Try again in 3 s" in client.post("/signin?lang=en", data=right, headers=OURS).text


# exports


def downloads() -> list[tuple[str, str, str]]:
    log = audit_log(place().desk.writer)
    return [(act.kind, act.by, act.what) for act in log if act.kind == "export-downloaded"]


def test_a_download_is_noted_and_refused_to_who_is_no_admin_any_more(
    client: TestClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    opened = place()
    admin, token = opened.sessions.sign_in("admin", PASSWORD)
    monkeypatch.setattr(session, "token", lambda: token)
    opened.desk.add_tasks([new_review("r1", seats=1)], "test")
    give(opened.desk, "annotator", "r1", review())
    job = export.start(opened.desk, export.Wish("review", "jsonl", "admin", export.ExportSettings()))
    until(lambda: not job.running)
    assert job.manifest
    pack = export._packing(job.folder, job.manifest, admin)
    monkeypatch.setattr(session, "token", lambda: "")  # it runs where no page is
    assert pack().startswith(b"PK")
    act = downloads()
    assert act == [("export-downloaded", "admin", job.folder.name)]
    opened.accounts.add("second", "admin", PASSWORD, "test")
    opened.accounts.set_role("admin", "annotator", "second")
    with pytest.raises(SignedOut):
        pack()
    assert downloads() == act
