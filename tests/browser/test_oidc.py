"""Signing in by an identity provider: a real one, small, in a thread; the app and the browser know it by HTTP only."""

from __future__ import annotations

import re
import secrets
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pytest
import uvicorn
from joserfc import jwt
from joserfc.jwk import RSAKey
from playwright.sync_api import Browser, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from annotations.accounts.accounts import Accounts
from annotations.accounts.sessions import Identity, Sessions
from tests.browser.labels import ADMIN, SECOND, Labels, browse, running, settled, sign_in

pytestmark = [pytest.mark.browser, pytest.mark.slow]

CLIENT, SECRET = "hansang", "provider-secret"


@dataclass
class Provider:
    """An OpenID Connect provider that asks nobody anything: ``subject`` is who signs in."""

    port: int
    subject: str = "248289761001"
    issued_before: int = 0
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

    @property
    def issuer(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def app(self) -> Starlette:
        return Starlette(
            routes=[
                Route("/.well-known/openid-configuration", self.about),
                Route("/jwks", self.keys),
                Route("/authorize", self.authorize),
                Route("/token", self.token, methods=["POST"]),
            ]
        )

    async def about(self, request: Request) -> Response:
        known = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        return JSONResponse(
            {name: f"{self.issuer}/{path}" for name, path in known.items()}
            | {
                "issuer": self.issuer,
                "response_types_supported": ["code"],
                "subject_types_supported": ["public"],
                "id_token_signing_alg_values_supported": ["RS256"],
                "code_challenge_methods_supported": ["S256"],
            }
        )

    async def keys(self, request: Request) -> Response:
        return JSONResponse({"keys": [self.key.as_dict(private=False) | {"use": "sig", "alg": "RS256"}]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert asked["client_id"] == CLIENT
        assert asked["code_challenge_method"] == "S256"
        code = secrets.token_hex(8)
        self.asked[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 302)

    async def token(self, request: Request) -> Response:
        form = await request.form()
        asked = self.asked.pop(str(form["code"]))
        now = int(time.time()) - self.issued_before
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"]}
        claims |= {"iat": now, "exp": now + 3600 + self.issued_before, "email": f"{self.subject}@example.kr"}
        token = jwt.encode({"alg": "RS256", "kid": "one"}, claims, self.key)
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "expires_in": 3600, "id_token": token})


@pytest.fixture(scope="module")
def provider() -> Iterator[Provider]:
    listener = socket.create_server(("127.0.0.1", 0))
    made = Provider(listener.getsockname()[1])
    server = uvicorn.Server(uvicorn.Config(made.app(), log_level="warning"))
    thread = threading.Thread(target=server.run, args=([listener],), daemon=True)
    thread.start()
    yield made
    server.should_exit = True
    thread.join(20)
    listener.close()


@pytest.fixture(scope="module")
def labels(provider: Provider, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Labels]:
    """The app with the provider in its secrets."""

    def write(app: Labels) -> None:
        lines: dict[str, Any] = {
            "redirect_uri": f"{app.address}/oauth2callback",
            "cookie_secret": secrets.token_hex(32),
            "client_id": CLIENT,
            "client_secret": SECRET,
            "server_metadata_url": f"{provider.issuer}/.well-known/openid-configuration",
        }
        text = "".join(f'{name} = "{value}"\n' for name, value in lines.items())
        (app.home / "secrets.toml").write_text(f"[auth]\n{text}", encoding="utf-8")

    with running(tmp_path_factory.mktemp("oidc"), prepare=write) as app:
        yield app


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    context = browse(browser)
    yield context.new_page()
    context.close()


def come_by(page: Page, labels: Labels) -> None:
    """Press the provider's button on the form."""
    page.goto(f"{labels.address}/signin")
    page.get_by_role("link", name="회사 계정").click()
    page.wait_for_url(re.compile(re.escape(labels.address) + "/$"))


def test_somebody_the_provider_knows_is_admitted_by_an_administrator_first(
    browser: Browser, page: Page, labels: Labels, provider: Provider
) -> None:
    come_by(page, labels)
    expect(page.get_by_text("아직 들어올 수 없습니다")).to_be_visible()
    expect(page.locator(".st-key-hs-header")).to_have_count(0)
    page.goto(f"{labels.address}/users")
    expect(page.get_by_text("아직 들어올 수 없습니다")).to_be_visible()

    admin = sign_in(browser, labels, ADMIN, "/users")
    expect(admin.get_by_text(f"{provider.subject}@example.kr")).to_be_visible()
    admin.get_by_label("이을 계정").click()
    admin.get_by_role("option", name=SECOND).click()
    admin.get_by_role("button", name="받아들이기").click()
    expect(admin.get_by_text("받아들였습니다")).to_be_visible()
    admin.context.close()

    page.goto(f"{labels.address}/")
    settled(page)
    expect(page.locator(".st-key-hs-account")).to_contain_text(SECOND)
    page.reload()
    settled(page)
    labels.kill()
    labels.start()
    page.reload()
    settled(page)
    expect(page.locator(".st-key-hs-account")).to_contain_text(SECOND)

    cookies = page.context.cookies()
    page.locator(".st-key-hs-account button").first.click()
    page.get_by_role("button", name="로그아웃").click()
    expect(page.locator("[name=name]")).to_be_visible()
    page.context.add_cookies(cookies)  # kept by somebody who copied them
    page.goto(f"{labels.address}/")
    expect(page.get_by_text("다시 로그인하면")).to_be_visible()
    expect(page.locator(".st-key-hs-header")).to_have_count(0)


def admit(labels: Labels, provider: Provider) -> None:
    """Whoever comes by the provider has an account, whatever ran before."""
    with labels.desk() as desk:
        Sessions(desk.writer).admit(Identity(provider.issuer, provider.subject, "kim"), SECOND, "test")


def test_the_role_is_ours_and_closing_the_account_ends_it(page: Page, labels: Labels, provider: Provider) -> None:
    admit(labels, provider)
    come_by(page, labels)
    settled(page)
    expect(page.locator("[data-testid=stTopNavLink]")).to_have_text(["할 일", "라벨링", "내 답"])
    with labels.desk() as desk:
        accounts = Accounts(desk.writer)
        accounts.set_role(SECOND, "adjudicator", "test")
        page.reload()
        expect(page.get_by_role("link", name="조정", exact=True)).to_be_visible()
        accounts.disable(SECOND, "test")
        page.get_by_text("EN", exact=True).click()
        expect(page.get_by_text("이 계정은 사용이 중지되었습니다")).to_be_visible()
        accounts.enable(SECOND, "test")


def test_what_was_vouched_for_too_long_ago_does_not_let_in(page: Page, labels: Labels, provider: Provider) -> None:
    admit(labels, provider)
    provider.issued_before = 8 * 24 * 3600
    try:
        come_by(page, labels)
        expect(page.get_by_text("다시 로그인하면")).to_be_visible()
        expect(page.locator(".st-key-hs-header")).to_have_count(0)
    finally:
        provider.issued_before = 0


def test_a_forged_cookie_of_the_provider_does_not_let_in(page: Page, labels: Labels) -> None:
    page.context.add_cookies([{"name": "_streamlit_user", "value": "eyJzdWIiOiIxIn0.x.y", "url": labels.address}])
    page.goto(f"{labels.address}/users")
    expect(page.get_by_text("다시 로그인하면")).to_be_visible()
    expect(page.locator(".st-key-hs-header")).to_have_count(0)
