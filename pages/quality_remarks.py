"""What annotators flagged and why they skipped, on the quality page: the one thing there that is no figure."""

from __future__ import annotations

from datetime import datetime

import streamlit as st

from annotations.quality.remarks import reasons
from annotations.quality.selection import KOREA
from pages.quality_sections import Shown, table

MOST = 100
_EXCERPT = 160  # characters of a text


def remarks(shown: Shown) -> None:
    """The newest remarks with their texts, and how often each reason for skipping was given."""
    found = shown.report.remarks
    if not found:
        st.info(shown.say("no_remarks"))
        return
    st.markdown(shown.say("remarks_aid"))
    counts = reasons(found)
    if counts:
        st.text(shown.say("skip_reasons", reasons=" · ".join(f"{why} {count:,}" for why, count in counts.items())))
    rows = [[shown.say(r.kind), r.said, excerpt(r.text), r.person, _when(r.at)] for r in found[:MOST]]
    table(["", *(shown.say(key) for key in ("reason", "text", "name", "when"))], rows)
    if len(found) > MOST:
        st.caption(shown.say("more_remarks", shown=MOST, all=len(found)))


def excerpt(text: str) -> str:
    """A text, cut so that a row stays one to look at."""
    return text if len(text) <= _EXCERPT else f"{text[:_EXCERPT]}…"


def _when(at: str) -> str:
    return f"{datetime.fromisoformat(at).astimezone(KOREA):%Y-%m-%d %H:%M}"
