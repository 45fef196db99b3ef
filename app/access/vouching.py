"""Somebody vouched for by an identity provider: OpenID Connect's authorization code flow with PKCE, state and nonce.

What a sign-in under way needs is kept by the browser, in a cookie sealed with the secret of ``secrets.toml``; nothing
is kept here. (OpenID Connect Core 1.0, 3.1; RFC 7636; RFC 9700.)
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from typing import Any
from urllib.parse import quote, urlencode

import httpx
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet

from annotations.accounts.identity_providers import ChatSignIn, IdentityProvider
from annotations.accounts.sessions import Identity
from app.access.refusals import NotVouched, ProviderUnreachable
from app.access.words import Lang

PENDING_SECONDS = 600  # for typing a password and a second factor at the provider's
KNOWN_SECONDS = 600  # for which what a provider says of itself holds
TIMEOUT_SECONDS = 10
LEEWAY_SECONDS = 60  # by which clocks may differ
SCOPES = "openid email profile"
# Signatures by the provider's own key. HS256 would make our client secret a key that can sign, `none` anybody.
ALGORITHMS = ("RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA")


@dataclass(frozen=True, slots=True)
class Pending:
    """A sign-in under way: by whom, what has to come back, and where to go on."""

    provider: str
    state: str
    nonce: str
    verifier: str
    back: str
    lang: Lang
    at: float


class Vouching:
    """The providers of the chat. Safe to use by several tasks."""

    def __init__(self, chat: ChatSignIn, now: Callable[[], float] = time.time) -> None:
        self._chat = chat
        self._now = now
        self._key = hmac.digest(chat.cookie_secret.encode(), b"hansang chat sign-in", "sha256")
        self._providers = {provider.name: provider for provider in chat.providers}
        self._known: dict[str, tuple[float, Mapping[str, Any]]] = {}

    @property
    def names(self) -> tuple[str, ...]:
        """The providers, "" for the one without a name."""
        return tuple(self._providers)

    async def begin(self, name: str, back: str, lang: Lang) -> tuple[str, str]:
        """Where to send the browser, and the sealed cookie that it is to bring back.

        Raises:
            NotVouched: there is no such provider.
            ProviderUnreachable: it doesn't answer.
        """
        provider = self._provider(name)
        about = await self._about(provider)
        verifier = secrets.token_urlsafe(48)
        pending = Pending(name, secrets.token_urlsafe(24), secrets.token_urlsafe(24), verifier, back, lang, self._now())
        asked = {
            "response_type": "code", "client_id": provider.client_id, "redirect_uri": self._chat.redirect_uri,
            "scope": SCOPES, "state": pending.state, "nonce": pending.nonce,
            "code_challenge": challenge(verifier), "code_challenge_method": "S256",
        }  # fmt: skip
        address = str(about["authorization_endpoint"])
        return f"{address}{'&' if '?' in address else '?'}{urlencode(asked)}", seal(pending, self._key)

    def pending(self, sealed: str, state: str) -> Pending:
        """The sign-in under way that a browser brings back.

        Raises:
            NotVouched: there is none, it isn't the one that was begun, or it was too long ago.
        """
        found = unseal(sealed, self._key)
        if found is None or not hmac.compare_digest(found.state.encode(), state.encode()):
            raise NotVouched(reason="시작한 로그인이 아닙니다", reason_en="it isn't the sign-in that was begun here")
        if not 0 <= self._now() - found.at <= PENDING_SECONDS:
            raise NotVouched(reason="시작한 지 너무 오래됐습니다", reason_en="it was begun too long ago")
        return found

    async def identity(self, pending: Pending, code: str) -> tuple[Identity, float]:
        """Who it is, and when the provider vouched for them.

        Raises:
            NotVouched: what the provider says can't be trusted.
            ProviderUnreachable: it doesn't answer.
        """
        provider = self._provider(pending.provider)
        about = await self._about(provider)
        token = await self._token(provider, about, code, pending.verifier)
        keys = await _asked(str(about["jwks_uri"]))
        claims = checked(token, keys, provider, str(about["issuer"]), pending.nonce, int(self._now()))
        shown = claims.get("email") or claims.get("name") or claims["sub"]
        return Identity(str(claims["iss"]), str(claims["sub"]), str(shown)), float(claims["iat"])

    def _provider(self, name: str) -> IdentityProvider:
        if name not in self._providers:
            raise NotVouched(reason="그런 로그인이 없습니다", reason_en="there is no such provider")
        return self._providers[name]

    async def _about(self, provider: IdentityProvider) -> Mapping[str, Any]:
        known = self._known.get(provider.name)
        if known is None or self._now() - known[0] > KNOWN_SECONDS:
            about = await _asked(provider.metadata_url)
            if missing := {"issuer", "authorization_endpoint", "token_endpoint", "jwks_uri"} - set(about):
                raise ProviderUnreachable(url=provider.metadata_url, reason=f"no {', '.join(sorted(missing))}")
            known = self._known[provider.name] = self._now(), about
        return known[1]

    async def _token(self, provider: IdentityProvider, about: Mapping[str, Any], code: str, verifier: str) -> str:
        sent = {
            "grant_type": "authorization_code", "code": code, "redirect_uri": self._chat.redirect_uri,
            "client_id": provider.client_id, "code_verifier": verifier,
        }  # fmt: skip
        auth = None
        if "client_secret_basic" in about.get("token_endpoint_auth_methods_supported", ["client_secret_basic"]):
            auth = httpx.BasicAuth(quote(provider.client_id, safe=""), quote(provider.client_secret, safe=""))
        else:
            sent["client_secret"] = provider.client_secret
        said = await _asked(str(about["token_endpoint"]), sent, auth)
        if not isinstance(said.get("id_token"), str):
            raise NotVouched(reason="제공자가 누구인지 말하지 않았습니다", reason_en="the provider gave no ID token")
        return str(said["id_token"])


def checked(
    token: str, keys: Mapping[str, Any], provider: IdentityProvider, issuer: str, nonce: str, now: int
) -> dict[str, Any]:
    """The claims of an ID token that this provider signed for us, for this sign-in (OpenID Connect Core 3.1.3.7).

    Raises:
        NotVouched: it isn't one.
    """
    try:
        claims = jwt.decode(token, KeySet.import_key_set(dict(keys)), algorithms=ALGORITHMS).claims  # type: ignore[arg-type]
        jwt.JWTClaimsRegistry(
            now, LEEWAY_SECONDS,
            iss={"essential": True, "value": issuer}, aud={"essential": True, "value": provider.client_id},
            nonce={"essential": True, "value": nonce}, sub={"essential": True}, exp={"essential": True},
            iat={"essential": True},
        ).validate(claims)  # fmt: skip
    except (JoseError, ValueError, TypeError, KeyError) as error:
        kind = type(error).__name__
        raise NotVouched(
            reason=f"제공자의 서명이나 내용이 맞지 않습니다({kind})", reason_en=f"its ID token doesn't hold ({kind})"
        ) from error
    if claims.get("azp", provider.client_id) != provider.client_id:
        raise NotVouched(reason="다른 프로그램에 준 로그인입니다", reason_en="it was issued to another program")
    return dict(claims)


def challenge(verifier: str) -> str:
    """S256 of a code verifier (RFC 7636, 4.2)."""
    return base64.urlsafe_b64encode(hashlib.sha256(verifier.encode()).digest()).rstrip(b"=").decode()


def seal(pending: Pending, key: bytes) -> str:
    """A sign-in under way as a cookie that only we can have made."""
    body = base64.urlsafe_b64encode(json.dumps(asdict(pending)).encode()).decode()
    return f"{body}.{hmac.digest(key, body.encode(), 'sha256').hex()}"


def unseal(sealed: str, key: bytes) -> Pending | None:
    """What ``seal`` made; None for anything else."""
    body, _, mark = sealed.partition(".")
    if not hmac.compare_digest(hmac.digest(key, body.encode(), "sha256").hex().encode(), mark.encode()):
        return None
    try:
        return Pending(**json.loads(base64.urlsafe_b64decode(body)))
    except (ValueError, TypeError):  # of another version of this program
        return None


async def _asked(
    url: str, sent: Mapping[str, str] | None = None, auth: httpx.BasicAuth | None = None
) -> dict[str, Any]:
    """JSON from a provider.

    Raises:
        ProviderUnreachable: it doesn't answer, or not so.
        NotVouched: it refuses.
    """
    try:
        async with httpx.AsyncClient(timeout=TIMEOUT_SECONDS, auth=auth) as client:
            if sent is None:
                reply = await client.get(url)
            else:
                reply = await client.post(url, data=dict(sent), headers={"Accept": "application/json"})
            said = reply.json()
    except (httpx.HTTPError, httpx.InvalidURL, ValueError) as error:
        raise ProviderUnreachable(url=url, reason=type(error).__name__) from error
    if not isinstance(said, dict) or reply.status_code >= 500:
        raise ProviderUnreachable(url=url, reason=f"HTTP {reply.status_code}")
    if reply.is_error:
        told = str(said.get("error", reply.status_code))[:80]
        raise NotVouched(reason=f"제공자가 거절했습니다({told})", reason_en=f"the provider refused ({told})")
    return said
