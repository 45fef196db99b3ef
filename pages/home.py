"""Where people land: what there is to do for each role, how far the work is, and the way there."""

from __future__ import annotations

from html import escape

import streamlit as st

from annotations.desk import Desk
from annotations.schemes.scheme import Scheme, load_scheme, schemes
from annotations.types import Account, Progress
from pages.menu import page
from pages.place import place
from pages.session import language, may
from pages.words import Lang

MOST_SHOWN = 99

_WORDS: dict[str, tuple[str, str]] = {
    "hello": ("{name} 님, 안녕하세요", "Hello, {name}"),
    "nothing": (
        "아직 할 일이 없습니다. 관리자가 과제를 가져오면 여기에 나옵니다.",
        "There is nothing to do yet. Tasks appear here once an administrator has imported some.",
    ),
    "import": (
        "터미널에서 hansang tasks import 파일 --scheme review 로 과제를 가져오세요.",
        "Import tasks in a terminal: hansang tasks import FILE --scheme review",
    ),
    "team": ("모두 함께 {done:,} / {total:,}", "Everybody: {done:,} of {total:,}"),
    "today": ("오늘 내가 {today:,}건, 지금까지 {mine:,}건", "Today {today:,} by me, {mine:,} so far"),
    "left_today": ("오늘 목표까지 {left:,}건 남음", "{left:,} left of today's goal"),
    "left": ("남은 자리 {left:,}", "{left:,} seats left"),
    "finished": ("모두 끝났습니다", "All done"),
    "start": ("라벨링 시작", "Start labelling"),
    "mine": ("내 답 고치기", "Edit my answers"),
    "disputes": ("조정을 기다리는 과제 {count}건", "{count} waiting for adjudication"),
    "no_disputes": ("조정을 기다리는 과제가 없습니다", "Nothing is waiting for adjudication"),
    "adjudicate": ("조정하러 가기", "Adjudicate"),
    "waiting": ("들어오기를 기다리는 사람 {count}명", "{count} waiting to be admitted"),
    "locked": ("잠긴 계정: {names}", "Locked accounts: {names}"),
    "accounts": ("계정 {count}개", "{count} accounts"),
    "users": ("계정 보기", "Accounts"),
    "quality": ("품질 보기", "Quality"),
    "export": ("내보내기", "Export"),
    "management": ("관리", "Administration"),
}


def _say(key: str, **fields: object) -> str:
    ko, en = _WORDS[key]
    return (ko if language() == "ko" else en).format(**fields)


def render(desk: Desk, account: Account) -> None:
    """The page."""
    st.title(_say("hello", name=account.name), anchor=False)
    work = [(scheme, desk.progress(account.name, scheme.id)) for scheme in map(load_scheme, schemes())]
    work = [(scheme, progress) for scheme, progress in work if progress.total or progress.mine]
    if not work:
        st.info(_say("import" if may(account, "admin") else "nothing"))
    for scheme, progress in work:
        with st.container(border=True, key=f"hs-work-{scheme.id}"):
            _work(desk, account, scheme, progress)
    if may(account, "admin"):
        with st.container(border=True, key="hs-admin"):
            _administration()


def _work(desk: Desk, account: Account, scheme: Scheme, progress: Progress) -> None:
    lang: Lang = language()
    share = progress.done / progress.total if progress.total else 0.0
    left = progress.total - progress.done
    figures = [_say("today", today=progress.today, mine=progress.mine)]
    if progress.left_today is not None:
        figures.append(_say("left_today", left=progress.left_today))
    team = _say("team", done=progress.done, total=progress.total)
    st.html(
        f"<h3 class='hs-head'>{escape(getattr(scheme.title, lang))}</h3>"
        f"<div class='hs-bar' role='img' aria-label='{escape(team)}'><i style='width:{share:.1%}'></i></div>"
        f"<p class='hs-facts'><b>{escape(team)}</b> · {escape(_say('left', left=left) if left else _say('finished'))}"
        f"<br><span>{escape(' · '.join(figures))}</span></p>"
    )
    with st.container(horizontal=True, vertical_alignment="center"):
        with st.container(key=f"hs-start-{scheme.id}", width="content"):
            st.page_link(page("label"), label=_say("start"), icon=":material/edit_note:")
        if progress.mine:
            st.page_link(page("mine"), label=_say("mine"), icon=":material/history:")
        if may(account, "adjudicator"):
            waiting = len(desk.disputed(scheme.id, MOST_SHOWN + 1))
            count = f"{MOST_SHOWN}+" if waiting > MOST_SHOWN else str(waiting)
            if waiting:
                st.page_link(page("adjudicate"), label=_say("disputes", count=count), icon=":material/balance:")
            else:
                st.html(f"<span class='hs-soft'>{escape(_say('no_disputes'))}</span>")


def _administration() -> None:
    entries, waiting = place().accounts.entries(), place().sessions.waiting()
    locked = [entry.account.name for entry in entries if entry.locked]
    lines = [_say("accounts", count=len(entries))]
    lines += [_say("waiting", count=len(waiting))] if waiting else []
    lines += [_say("locked", names=", ".join(locked))] if locked else []
    facts = "<br>".join(map(escape, lines))
    st.html(f"<h3 class='hs-head'>{escape(_say('management'))}</h3><p class='hs-facts'>{facts}</p>")
    with st.container(horizontal=True):
        st.page_link(page("users"), label=_say("users"), icon=":material/group:")
        st.page_link(page("quality"), label=_say("quality"), icon=":material/monitoring:")
        st.page_link(page("export"), label=_say("export"), icon=":material/download:")
