"""Accounts, signing in, and the keys of programs."""

from __future__ import annotations

from pipeline.errors.base import Conflict, HansangError, InputError, NotFound


class BadPassword(InputError):
    """A password that may not be one."""

    code = "bad-password"
    ko = "이 비밀번호는 쓸 수 없습니다: {ko_problem}. 긴 문장 하나를 골라 보세요."
    en = "This password can't be used: {en_problem}. Try a long sentence."


class BadAccountName(InputError):
    """A name that no account can have."""

    code = "bad-account-name"
    ko = "'{name}'은(는) 계정 이름이 될 수 없습니다. 글자·숫자와 . _ - @ 로 1–64자를 쓰세요."
    en = "'{name}' can't be the name of an account. Use 1 to 64 letters, digits and . _ - @"


class UnknownAccount(InputError):
    """An account that does not exist."""

    code = "unknown-account"
    status = 404
    ko = "'{name}'이라는 계정이 없습니다. `hansang users list`로 있는 계정을 보세요."
    en = "There is no account '{name}'. See which there are with `hansang users list`."


class AccountExists(Conflict):
    """A second account of one name."""

    code = "account-exists"
    ko = "'{name}' 계정이 이미 있습니다. 다른 이름을 고르거나 `hansang users password {name}`로 비밀번호를 바꾸세요."
    en = "Account '{name}' exists. Choose another name, or change its password with `hansang users password {name}`."


class LastAdmin(Conflict):
    """Taking the rights of the only administrator left."""

    code = "last-admin"
    ko = "'{name}'은(는) 하나 남은 관리자입니다. 다른 관리자를 먼저 만드세요: `hansang users add 이름 --role admin`"
    en = "'{name}' is the only administrator left. Make another first: `hansang users add NAME --role admin`"


class NoAccounts(Conflict):
    """Opening the chat or the annotation app to other machines before there is anybody to sign in."""

    code = "no-accounts"
    ko = "계정이 하나도 없어서 다른 컴퓨터에 열지 않습니다. `hansang users add 이름 --role admin`으로 만든 뒤 다시 켜거나, 이 컴퓨터에서만 쓰려면 `--host 127.0.0.1`로 여세요."
    en = "There is no account, so it is not opened to other machines. Make one with `hansang users add NAME --role admin` and start again, or open it to this machine only with `--host 127.0.0.1`."


class SignInRefused(HansangError):
    """A name and a password that don't go together; the same for a name that nobody has."""

    code = "sign-in-refused"
    exit_code = 2
    status = 401
    ko = "이름이나 비밀번호가 맞지 않습니다. 비밀번호를 잊었다면 관리자에게 새로 정해 달라고 하세요."
    en = "The name or the password is not right. If you forgot it, ask an administrator for a new one."


class SignInLocked(SignInRefused):
    """Too many failures in a row; the same for a name that nobody has."""

    code = "sign-in-locked"
    status = 429
    ko = "여러 번 틀려서 잠시 잠겼습니다. {seconds:,}초 뒤에 다시 하세요."
    en = "Locked for a while after repeated failures. Try again in {seconds:,} seconds."


class SignInsLimited(SignInRefused):
    """More failed sign-ins than one address may have in a minute."""

    code = "sign-ins-limited"
    status = 429
    ko = (
        "이 주소에서 로그인이 너무 자주 실패했습니다(1분에 {limit:,}번까지). {seconds:,}초 뒤에 다시 하세요. "
        "한도는 access.signins입니다."
    )
    en = (
        "Too many sign-ins from this address have failed (up to {limit:,} a minute). Try again in {seconds:,} s. "
        "The limit is access.signins."
    )


class AccountDisabled(SignInRefused):
    """The right password of an account that may not be used now."""

    code = "account-disabled"
    status = 403
    ko = "이 계정은 사용이 중지되었습니다. 관리자에게 문의하세요."
    en = "This account is disabled. Ask an administrator."


class SignedOut(SignInRefused):
    """Something done in a page that was opened before its session ended, or before its role was taken away."""

    code = "signed-out"
    ko = "로그인이 끝났거나 역할이 바뀌어 하지 않았습니다. 저장한 것은 그대로입니다. 다시 로그인한 뒤 하세요."
    en = "Not done: you are signed out, or your role has changed. What was saved is kept. Sign in and do it again."


class NotAdmitted(SignInRefused):
    """Somebody whom the identity provider knows and we don't yet."""

    code = "not-admitted"
    status = 403
    ko = "{who} 님은 아직 들어올 수 없습니다. 관리자가 '계정' 페이지에서 받아들이면 쓸 수 있습니다."
    en = "{who} may not come in yet. An administrator has to admit you on the page 'Accounts'."


class KeyRefused(HansangError):
    """An API key that opens nothing: unknown, revoked, past its end."""

    code = "key-refused"
    exit_code = 2
    status = 401
    ko = "API 열쇠를 받을 수 없습니다: {ko}. 관리자에게 새 열쇠를 부탁하세요(`hansang keys add 이름`)."
    en = "The API key can't be accepted: {en}. Ask an administrator for a new one (`hansang keys add NAME`)."


class KeyExists(Conflict):
    """A name that a key has or had."""

    code = "key-exists"
    ko = "'{name}' 열쇠는 이미 있거나 있었습니다. 기록이 섞이지 않게 다른 이름을 쓰세요. `hansang keys list`로 볼 수 있습니다."
    en = (
        "There is or was a key '{name}'. Use another name, so that the log stays clear; `hansang keys list` shows them."
    )


class BadKeyName(InputError):
    """A name that no key can have."""

    code = "bad-key-name"
    ko = "'{name}'은(는) 열쇠 이름이 될 수 없습니다. 글자, 숫자, _, ., @, -만 1–64자로 쓰세요. 예) open-webui"
    en = "A key can't be named '{name}'. Use 1 to 64 letters, digits and _ . @ -, e.g. open-webui"


class UnknownKey(NotFound):
    """A name that no key has."""

    code = "unknown-key"
    ko = "'{name}' 열쇠가 없습니다. `hansang keys list`로 이름을 확인하세요."
    en = "There is no key '{name}'. `hansang keys list` shows the names."


class BadScopes(InputError):
    """What a key may do, in words that aren't known."""

    code = "bad-scopes"
    ko = "열쇠가 할 수 있는 일 '{given}'을(를) 알 수 없습니다. {known} 가운데서 쉼표로 적으세요. 예) --scopes ask,label"
    en = "The scopes '{given}' aren't known. Choose from {known}, separated by commas, e.g. --scopes ask,label"
