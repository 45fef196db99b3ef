"""Which scheme a page works on: the one chosen on the page, else in its address, else the one with the most left."""

from __future__ import annotations

import streamlit as st

from annotations.desk import Desk
from annotations.schemes.scheme import Scheme, load_scheme, schemes
from pages.session import language
from pages.words import Lang

PARAMETER = "scheme"
NOTHING: dict[Lang, str] = {
    "ko": "아직 들어온 과제가 없습니다. 관리자가 `hansang tasks import 파일 --scheme review`로 넣으면 여기에 나옵니다.",
    "en": "No tasks yet. They appear here once an administrator runs `hansang tasks import FILE --scheme review`.",
}


def choose_scheme(desk: Desk, who: str) -> str | None:
    """The id of the scheme; None, and a note on the page, when nothing was brought in for any."""
    left = {scheme.id: total - done for scheme, done, total in _worked_on(desk, who)}
    if not left:
        st.info(NOTHING[language()])
        return None
    asked = st.query_params.get(PARAMETER)
    return asked if asked in left else max(left, key=left.__getitem__)


def offered(desk: Desk, who: str) -> list[dict[str, str]]:
    """The schemes that have tasks, for the page to choose from."""
    return [{"id": scheme.id, "ko": scheme.title.ko, "en": scheme.title.en} for scheme, *_ in _worked_on(desk, who)]


def go_to(scheme: str) -> None:
    """Work on another scheme from the next run on."""
    st.query_params[PARAMETER] = scheme


def _worked_on(desk: Desk, who: str) -> list[tuple[Scheme, int, int]]:
    progress = {id: desk.progress(who, id) for id in schemes()}
    return [(load_scheme(id), each.done, each.total) for id, each in progress.items() if each.total]
