"""Accounts, for administrators: who there is, adding, changing, closing, admitting; and the log of such acts."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Sequence
from html import escape
from zoneinfo import ZoneInfo

import streamlit as st

from annotations.accounts.accounts import ROLES, Entry
from annotations.accounts.passwords import invented
from annotations.accounts.sessions import Identity
from annotations.desk import Desk
from annotations.types import Account, Role
from pages.place import place
from pages.session import check, language
from pages.words import word
from pipeline.errors.base import HansangError

LOG_LENGTH = 100
_KOREA = ZoneInfo("Asia/Seoul")
_SAID = "hs-users-said"

_WORDS: dict[str, tuple[str, str]] = {
    "waiting": ("들어오기를 기다리는 사람", "Waiting to be admitted"),
    "waiting_more": (
        "외부 로그인으로 왔지만 아직 계정이 이어지지 않은 사람입니다. 누구인지 확인한 뒤 계정에 이으세요.",
        "They came by an identity provider and have no account yet. Make sure who it is before you admit them.",
    ),
    "choose": ("고르세요", "Choose"),
    "as": ("이을 계정", "Account"),
    "admit": ("받아들이기", "Admit"),
    "accounts": ("계정", "Accounts"),
    "account": ("계정", "Account"),
    "role": ("역할", "Role"),
    "state": ("상태", "State"),
    "seen": ("마지막 사용", "Last seen"),
    "created": ("만든 때", "Created"),
    "open": ("사용 중", "open"),
    "disabled": ("막힘", "disabled"),
    "locked": ("{seconds:,}초 잠김", "locked for {seconds:,} s"),
    "demo": ("데모", "demo"),
    "change": ("계정 고치기", "Change an account"),
    "set_role": ("역할 바꾸기", "Change role"),
    "new_password": ("새 비밀번호 만들기", "New password"),
    "disable": ("막기", "Disable"),
    "enable": ("열기", "Enable"),
    "unlock": ("잠금 풀기", "Unlock"),
    "disable_more": (
        "막으면 열려 있는 로그인이 모두 끝납니다. 저장한 답은 그대로 남습니다.",
        "Disabling ends every session. What was saved stays.",
    ),
    "add": ("계정 만들기", "Add an account"),
    "name": ("이름", "Name"),
    "name_help": ("글자·숫자와 . _ - @ 로 1–64자", "1 to 64 letters, digits and . _ - @"),
    "outside_only": ("비밀번호 없이(외부 로그인만)", "No password (identity provider only)"),
    "make": ("만들기", "Add"),
    "made": ("'{name}' 계정을 만들었습니다.", "Made the account '{name}'."),
    "password_is": (
        "'{name}'의 비밀번호입니다. 지금 한 번만 보이니 옮겨 적어 본인에게 전하세요.",
        "The password of '{name}'. It is shown only now: hand it over.",
    ),
    "role_is": ("'{name}'의 역할: {role}", "'{name}' is now {role}."),
    "closed": ("'{name}' 계정을 막았습니다.", "Disabled '{name}'."),
    "opened": ("'{name}' 계정을 다시 쓸 수 있습니다.", "'{name}' is open again."),
    "admitted": ("'{who}' 님을 '{name}' 계정으로 받아들였습니다.", "Admitted '{who}' as '{name}'."),
    "log": ("관리 기록", "Log"),
    "when": ("때", "When"),
    "by": ("누가", "By"),
    "what": ("무엇을", "What"),
    "no_log": ("아직 기록이 없습니다.", "Nothing yet."),
    "account-added": ("만듦", "added"),
    "account-role": ("역할 바꿈", "role changed"),
    "account-disabled": ("막음", "disabled"),
    "account-enabled": ("엶", "enabled"),
    "account-password": ("비밀번호 바꿈", "password changed"),
    "identity-admitted": ("외부 로그인 이음", "identity admitted"),
}


def _say(key: str, **fields: object) -> str:
    ko, en = _WORDS[key]
    return (ko if language() == "ko" else en).format(**fields)


def _role(role: str) -> str:
    return word(role, language())


def render(desk: Desk, account: Account) -> None:
    """The page."""
    entries = place().accounts.entries()
    st.title(_say("accounts"), anchor=False)
    _show_said()
    waiting = place().sessions.waiting()
    if waiting:
        _admission(waiting, entries, account)
    st.html(_table(entries))
    change, add = st.columns(2, gap="large")
    with change:
        _change(entries, account)
    with add:
        _add(account)
    with st.expander(_say("log")):
        st.html(_log())


def _show_said() -> None:
    """What the last act came to; it survives the run that the act itself began."""
    kind, text, password = st.session_state.pop(_SAID, ("", "", ""))
    if kind:
        (st.success if kind == "done" else st.error)(text)
    if password:
        st.code(password, language=None)


def _act(by: Account, act: Callable[[], tuple[str, str]]) -> None:
    """Do something in a callback: what it says is shown by the run that follows."""
    try:
        check(by, "admin")
        st.session_state[_SAID] = ("done", *act())
    except HansangError as error:
        st.session_state[_SAID] = ("error", error.korean if language() == "ko" else error.english, "")


def _admission(waiting: Sequence[Identity], entries: Sequence[Entry], by: Account) -> None:
    st.subheader(_say("waiting"), anchor=False)
    st.caption(_say("waiting_more"))
    names = [entry.account.name for entry in entries]
    for number, identity in enumerate(waiting):

        def admit(identity: Identity = identity, number: int = number) -> tuple[str, str]:
            name = st.session_state[f"hs-admit-{number}"]
            place().sessions.admit(identity, name, by.name)
            return _say("admitted", who=identity.shown, name=name), ""

        with st.container(border=True):
            st.text(f"{identity.shown}\n{identity.issuer} · {identity.subject}")
            st.selectbox(_say("as"), names, index=None, key=f"hs-admit-{number}", placeholder=_say("choose"))
            chosen = st.session_state[f"hs-admit-{number}"]
            st.button(_say("admit"), key=f"hs-admit-do-{number}", on_click=_act, args=(by, admit), disabled=not chosen)


def _table(entries: Sequence[Entry]) -> str:
    heads = "".join(
        f"<th scope=col>{escape(_say(key))}</th>" for key in ("account", "role", "state", "seen", "created")
    )
    rows = []
    for entry in entries:
        demo = f" <span class='hs-soft'>{escape(_say('demo'))}</span>" if entry.demo else ""
        seen = "—" if entry.last_seen is None else _time(datetime.datetime.fromtimestamp(entry.last_seen, _KOREA))
        cells = (_role(entry.account.role), _state(entry), seen, _time(datetime.datetime.fromisoformat(entry.created)))
        others = "".join(f"<td>{escape(cell)}</td>" for cell in cells)
        rows.append(f"<tr><th scope=row>{escape(entry.account.name)}{demo}</th>{others}</tr>")
    return f"<div class='hs-wide'><table class='hs-table'><tr>{heads}</tr>{''.join(rows)}</table></div>"


def _state(entry: Entry) -> str:
    if entry.account.disabled:
        return _say("disabled")
    return _say("locked", seconds=entry.locked) if entry.locked else _say("open")


def _change(entries: Sequence[Entry], by: Account) -> None:
    st.subheader(_say("change"), anchor=False)
    names = [entry.account.name for entry in entries]
    chosen = st.selectbox(_say("account"), names, index=None, key="hs-change-name", placeholder=_say("choose"))
    entry = next((entry for entry in entries if entry.account.name == chosen), None)
    if entry is None:
        return
    name = entry.account.name
    role: Role = st.selectbox(
        _say("role"), ROLES, index=ROLES.index(entry.account.role), format_func=_role, key=f"hs-change-role-{name}"
    )

    def set_role() -> tuple[str, str]:
        place().accounts.set_role(name, role, by.name)
        return _say("role_is", name=name, role=_role(role)), ""

    def set_password() -> tuple[str, str]:
        password = invented()
        place().accounts.set_password(name, password, by.name)
        return _say("password_is", name=name), password

    def disable() -> tuple[str, str]:
        place().accounts.disable(name, by.name)
        return _say("closed", name=name), ""

    def enable() -> tuple[str, str]:
        place().accounts.enable(name, by.name)
        return _say("opened", name=name), ""

    with st.container(horizontal=True):
        st.button(_say("set_role"), on_click=_act, args=(by, set_role), disabled=role == entry.account.role)
        st.button(_say("new_password"), on_click=_act, args=(by, set_password))
        if entry.account.disabled:
            st.button(_say("enable"), on_click=_act, args=(by, enable))
        else:
            if entry.locked:
                st.button(_say("unlock"), on_click=_act, args=(by, enable))
            st.button(_say("disable"), on_click=_act, args=(by, disable), help=_say("disable_more"))


def _add(by: Account) -> None:
    st.subheader(_say("add"), anchor=False)
    with st.form("hs-add", clear_on_submit=True):
        st.text_input(_say("name"), key="hs-add-name", max_chars=64, help=_say("name_help"), autocomplete="off")
        st.selectbox(_say("role"), ROLES, format_func=_role, key="hs-add-role")
        if place().providers:
            st.checkbox(_say("outside_only"), key="hs-add-outside")
        st.form_submit_button(_say("make"), on_click=_act, args=(by, lambda: _added(by)))


def _added(by: Account) -> tuple[str, str]:
    password = None if st.session_state.get("hs-add-outside") else invented()
    made = place().accounts.add(st.session_state["hs-add-name"], st.session_state["hs-add-role"], password, by.name)
    if password is None:
        return _say("made", name=made.name), ""
    return f"{_say('made', name=made.name)} {_say('password_is', name=made.name)}", password


def _log() -> str:
    acts = place().accounts.audit(LOG_LENGTH)
    if not acts:
        return f"<p class='hs-soft'>{escape(_say('no_log'))}</p>"
    heads = "".join(f"<th scope=col>{escape(_say(key))}</th>" for key in ("when", "by", "account", "what"))
    rows = []
    for act in acts:
        detail = ", ".join(_role(str(value)) if value in ROLES else str(value) for value in act.detail.values())
        what = f"{_say(act.kind)}: {detail}" if detail else _say(act.kind)
        cells = (_time(datetime.datetime.fromisoformat(act.at)), act.by, act.account, what)
        rows.append(f"<tr>{''.join(f'<td>{escape(cell)}</td>' for cell in cells)}</tr>")
    return f"<div class='hs-wide'><table class='hs-table'><tr>{heads}</tr>{''.join(rows)}</table></div>"


def _time(moment: datetime.datetime) -> str:
    return moment.astimezone(_KOREA).strftime("%Y-%m-%d %H:%M")
