"""A small OpenID Connect provider that looks at everything a client has to send, and can be told to lie."""

from __future__ import annotations

import base64
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from joserfc import jwt
from joserfc.jwk import OctKey, RSAKey
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from app.access.vouching import challenge
from tests.app.served import serving

CLIENT, SECRET = "hansang", "provider:secret/+"


@dataclass
class Provider:
    """``claims`` replace those of the ID token (None removes one), ``signed`` is its algorithm, ``says`` an error."""

    issuer: str = ""
    subject: str = "248289761001"
    claims: dict[str, Any] = field(default_factory=dict)
    signed: str = "RS256"
    says: str = ""
    methods: tuple[str, ...] = ("client_secret_basic",)
    key: RSAKey = field(default_factory=lambda: RSAKey.generate_key(2048, {"kid": "one"}))
    shown: RSAKey | None = None
    asked: dict[str, dict[str, str]] = field(default_factory=dict)

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
        places = {"authorization_endpoint": "authorize", "token_endpoint": "token", "jwks_uri": "jwks"}
        more = {"issuer": self.issuer, "token_endpoint_auth_methods_supported": list(self.methods)}
        return JSONResponse({name: f"{self.issuer}/{path}" for name, path in places.items()} | more)

    async def keys(self, request: Request) -> Response:
        shown = self.shown or self.key
        return JSONResponse({"keys": [shown.as_dict(private=False) | {"use": "sig", "kid": "one"}]})

    async def authorize(self, request: Request) -> Response:
        asked = dict(request.query_params)
        assert (asked["client_id"], asked["response_type"]) == (CLIENT, "code")
        assert asked["code_challenge_method"] == "S256"
        assert "openid" in asked["scope"].split()
        if self.says:
            return RedirectResponse(f"{asked['redirect_uri']}?error={self.says}&state={asked['state']}", 302)
        code = secrets.token_hex(8)
        self.asked[code] = asked
        return RedirectResponse(f"{asked['redirect_uri']}?code={code}&state={asked['state']}", 302)

    async def token(self, request: Request) -> Response:
        form = {name: values[0] for name, values in parse_qs((await request.body()).decode()).items()}
        asked = self.asked.pop(form.get("code", ""), None)
        if (
            asked is None
            or not self._proven(request, form)
            or challenge(form["code_verifier"]) != asked["code_challenge"]
        ):
            return JSONResponse({"error": "invalid_grant"}, 400)
        assert form["redirect_uri"] == asked["redirect_uri"]
        now = int(time.time())
        claims = {"iss": self.issuer, "aud": CLIENT, "sub": self.subject, "nonce": asked["nonce"], "iat": now}
        claims |= {"exp": now + 3600, "email": f"{self.subject}@example.kr", **self.claims}
        return JSONResponse({"access_token": "a", "token_type": "Bearer", "id_token": self._sign(claims)})

    def _proven(self, request: Request, form: dict[str, str]) -> bool:
        if "client_secret_basic" in self.methods:
            pair = "hansang:provider%3Asecret%2F%2B"  # each is form-encoded first (RFC 6749, 2.3.1)
            return request.headers.get("authorization") == f"Basic {base64.b64encode(pair.encode()).decode()}"
        return (form["client_id"], form["client_secret"]) == (CLIENT, SECRET)

    def _sign(self, claims: dict[str, Any]) -> str:
        told = {name: value for name, value in claims.items() if value is not None}
        header = {"alg": self.signed, "kid": "one"}
        if self.signed == "none":
            parts = (
                base64.urlsafe_b64encode(str(part).replace("'", '"').encode()).rstrip(b"=") for part in (header, told)
            )
            return b".".join([*parts, b""]).decode()
        key = OctKey.import_key(SECRET) if self.signed == "HS256" else self.key
        return jwt.encode(header, told, key, algorithms=[self.signed])


@contextmanager
def providing() -> Iterator[Provider]:
    """A provider while the block runs."""
    made = Provider()
    with serving(made.app()) as served:
        made.issuer = served.address
        yield made
