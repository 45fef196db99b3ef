"""What the pages ask of the server, which alone holds the indexes and models: replays and answers, over HTTP."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

import httpx
import streamlit as st

from pages.place import place
from pipeline.errors.base import HansangError
from pipeline.evaluation.robustness import Moved

SECONDS = 60  # for an answer that a language model writes
KEY = "HANSANG_INTERNAL_KEY"  # the variable that holds the key which whoever started us made for this run


class ServerUnreachable(HansangError):
    """Nobody answers where the server should be."""

    code = "server-unreachable"
    status = 503
    ko = "한상 서버에 닿지 않습니다. 터미널에서 `hansang serve`로 켠 뒤 다시 해 주세요."
    en = "The server can't be reached. Start it with `hansang serve` and try again."


class ServerRefused(HansangError):
    """The server said what is wrong, with the cure."""

    code = "server-refused"
    status = 502
    ko = "{ko}"
    en = "{en}"


def replayed(body: Mapping[str, object]) -> Any:
    """What ``/v1/replay`` says; the same body asked again within a minute is answered from memory.

    Raises:
        ServerUnreachable, ServerRefused: it says nothing, or that it can't.
    """
    return _kept(place().server, "/v1/replay", json.dumps(body, ensure_ascii=False, sort_keys=True))


def xrayed(body: Mapping[str, object], passage_id: str) -> Any:
    """What ``/v1/explain`` says of a question and a passage; the same asked again within a minute comes from memory.

    Raises:
        ServerUnreachable, ServerRefused: it says nothing, or that it can't.
    """
    path = f"/v1/explain?passage={quote(passage_id, safe='')}"
    return _kept(place().server, path, json.dumps(body, ensure_ascii=False, sort_keys=True))


@st.cache_data(ttl=60, max_entries=64, show_spinner=False)
def _kept(server: str, path: str, body: str) -> Any:
    return _post(server, path, json.loads(body))


def asked(body: Mapping[str, object]) -> str:
    """The id of the answer that the server wrote and stored.

    Raises:
        ServerUnreachable, ServerRefused: it says nothing, or that it can't.
    """
    return str(_post(place().server, "/v1/ask", body)["id"])


def moved(body: Mapping[str, object]) -> list[Moved]:
    """What ``/v1/robustness`` says of a question.

    Raises:
        ServerUnreachable, ServerRefused: it says nothing, or that it can't.
    """
    return [Moved(**each) for each in _post(place().server, "/v1/robustness", body)]


def _post(server: str, path: str, body: Mapping[str, object]) -> Any:
    if not server:
        raise ServerUnreachable
    try:
        reply = httpx.post(f"{server}{path}", json=body, headers=_credential(), timeout=SECONDS, trust_env=False)
        said = reply.json()
    except (httpx.HTTPError, ValueError) as error:  # ValueError: another program answers there, not in JSON
        raise ServerUnreachable from error
    if reply.is_error:
        raise ServerRefused(ko=said.get("detail", reply.reason_phrase), en=said.get("detail_en", reply.reason_phrase))
    return said


def _credential() -> dict[str, str]:
    key = os.environ.get(KEY)
    return {"Authorization": f"Bearer {key}"} if key else {}
