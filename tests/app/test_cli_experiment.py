"""``hansang experiment`` as people type it, over a chat that had a profile with variants."""

from __future__ import annotations

from pathlib import Path

import pytest

from app.chat.actions import act
from app.chat.asking import ask, ask_beside
from app.chat.session import Session
from pipeline.config import load_profile
from pipeline.service import Home, Service
from tests.app.cli_runs import failure, make_index, run, run_json

PROFILE = """
[[variants]]
name = "b"
share = 0.5
set = { "retrieval.k" = 1 }
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("experiment")
    make_index(folder / "home", folder)
    (folder / "ab.toml").write_text(PROFILE, encoding="utf-8")
    return folder / "home"


def chat(service: Service, number: int) -> Session:
    """A conversation of two questions, with a vote on the first answer."""
    session = Session(id=f"s{number}", index="small")
    for text in ("주차 되나요?", "연탄집 사장님 친절해요?"):
        assert list(ask(service, session, text))
    trace = session.turns[0].trace
    assert trace is not None
    assert list(act(service, session, {"act": "up" if number % 2 else "down", "trace": trace.id}))
    return session


def test_before_anybody_asked_it_says_how_to_begin(tmp_path: Path) -> None:
    said = failure(run(tmp_path, "experiment"), 3)
    assert "[[variants]]" in said
    assert "hansang serve --profile" in said


def test_conversations_are_given_variants_and_counted(home: Path) -> None:
    service = Service(Home(home), load_profile(str(home.parent / "ab.toml")))
    sessions = [chat(service, number) for number in range(8)]
    labels = {t.trace.versions["variant"] for s in sessions for t in s.turns if t.trace}
    assert len(labels) == 2
    first = sessions[0]
    assert len({t.trace.versions["variant"] for t in first.turns if t.trace}) == 1

    assert list(ask_beside(service, first, first.turns[0], {"retrieval.k": 3}))
    other = first.turns[0].other
    assert other is not None
    assert "variant" not in other.versions

    reloaded = Session(index="small")
    assert first.turns[0].trace is not None
    assert list(act(service, reloaded, {"act": "resume", "traces": [first.turns[0].trace.id]}))
    assert reloaded.id == first.id
    service.close()

    found = run_json(home, "experiment")
    assert [arm["name"] for arm in found["arms"]] == ["base", "b"]
    assert sum(arm["sessions"] for arm in found["arms"]) == 8
    assert sum(arm["answers"] for arm in found["arms"]) == 16
    assert (sum(arm["up"] for arm in found["arms"]), sum(arm["down"] for arm in found["arms"])) == (4, 4)
    assert found["settings"]["b"] == {"retrieval.k": 1}
    assert [c["measure"] for c in found["contrasts"]] == ["up", "abstained"]
    assert all(c["low"] <= 0 <= c["high"] for c in found["contrasts"])
    printed = run(home, "experiment")
    assert "b − base" in printed.stdout
    assert found["verdict"][:20] in printed.stderr.replace("\n", "")


def test_a_profile_that_can_not_be_used_is_told(home: Path, tmp_path: Path) -> None:
    path = tmp_path / "bad.toml"
    path.write_text('[[variants]]\nname = "b"\nshare = 2\n', encoding="utf-8")
    said = failure(run(home, "ask", "주차 되나요?", "--index", "small", "--profile", str(path)), 2)
    assert "'b'의 몫 2" in said
