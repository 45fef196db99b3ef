"""What somebody is told who may not do what they asked for: each with the cure, none with a secret."""

from __future__ import annotations

from pipeline.errors.accounts import SignInRefused
from pipeline.errors.base import HansangError


class SignInNeeded(HansangError):
    """Neither a session nor a key."""

    code = "sign-in-needed"
    exit_code = 2
    status = 401
    ko = (
        "로그인이나 API 열쇠가 필요합니다. 브라우저에서는 /signin에서 로그인하고, 프로그램은 `Authorization: "
        "Bearer 열쇠`를 보내세요(`hansang keys add 이름`)."
    )
    en = "Sign in at /signin, or send an API key as `Authorization: Bearer KEY` (made by `hansang keys add NAME`)."


class ScopeMissing(HansangError):
    """Somebody known who may not do this."""

    code = "scope-missing"
    exit_code = 2
    status = 403
    ko = "'{name}'은(는) 이것을 할 수 없습니다. 필요한 권한: {needed}, 있는 권한: {scopes}. 관리자에게 부탁하세요."
    en = "'{name}' may not do this. It takes {needed}; there is {scopes}. Ask an administrator."


class NotVouched(SignInRefused):
    """An identity provider's word that can't be trusted, or that it didn't give."""

    code = "not-vouched"
    ko = "회사 계정으로 로그인하지 못했습니다: {reason}. 다시 눌러 보고, 계속되면 관리자에게 알려 주세요."
    en = "Signing in by your organisation failed: {reason_en}. Try again; if it goes on, tell an administrator."


class ProviderUnreachable(HansangError):
    """An identity provider that doesn't answer."""

    code = "provider-unreachable"
    exit_code = 5
    status = 502
    ko = (
        "회사 계정 서버({url})가 답하지 않습니다({reason}). 잠시 뒤 다시 하거나 이름과 비밀번호로 들어오세요. "
        "관리자는 secrets.toml의 server_metadata_url을 확인하세요."
    )
    en = (
        "The identity provider ({url}) doesn't answer ({reason}). Try again in a moment, or sign in with a password. "
        "Administrators: look at server_metadata_url in secrets.toml."
    )


class ForeignRequest(HansangError):
    """A write that another site's page made the browser send, or that doesn't say where it comes from."""

    code = "foreign-request"
    exit_code = 2
    status = 403
    ko = (
        "다른 사이트의 페이지가 보낸 요청이라 하지 않았습니다. 한상의 페이지를 새로 열어 다시 하세요. 프록시 "
        "뒤라면 Host 머리글을 그대로 넘겨야 합니다."
    )
    en = (
        "Not done: the request came from another site's page. Open our page anew and try again. A proxy must "
        "pass the Host header on."
    )


class ForeignHost(HansangError):
    """A server that is open to this machine only, asked under a name that isn't this machine's."""

    code = "foreign-host"
    exit_code = 2
    status = 421
    ko = (
        "이 서버는 이 컴퓨터에서만 로그인 없이 열려 있습니다. http://127.0.0.1 로 여세요. 다른 이름으로 "
        "열려면 계정을 만들고 access.trusted_proxies를 정하세요."
    )
    en = (
        "This server is open without signing in to this machine only: use http://127.0.0.1. For another name "
        "make accounts and set access.trusted_proxies."
    )


class RateLimited(HansangError):
    """More requests than somebody, or an address, may make in a minute."""

    code = "rate-limited"
    exit_code = 5
    status = 429
    ko = (
        "요청이 너무 잦습니다(1분에 {limit:,}번까지). {seconds}초 뒤에 다시 하세요. 한도는 "
        "access.per_caller와 access.per_address입니다."
    )
    en = (
        "Too many requests (up to {limit:,} a minute). Try again in {seconds} s. The limits are "
        "access.per_caller and access.per_address."
    )


class NotOffered(HansangError):
    """Something that the chat's framework could do and we don't let anybody do."""

    code = "not-offered"
    exit_code = 3
    status = 404
    ko = "이 주소는 열려 있지 않습니다. 프로그램은 /docs에 있는 /v1 주소를 쓰세요."
    en = "This address isn't offered. Programs use the addresses under /v1; see /docs."
