"""Gemini through Google's own package, against a server on this machine that speaks as Gemini does."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.annotations.libraries import python_with
from tests.pipeline.judges.server import Behaviour, JudgeServer, Said, serving

PROGRAM = Path(__file__).with_name("gemini_program.py")
GOOD = {
    "candidates": [{"content": {"role": "model", "parts": [{"text": '{"ok": 1}'}]}, "finishReason": "STOP"}],
    "usageMetadata": {"promptTokenCount": 12, "candidatesTokenCount": 3, "thoughtsTokenCount": 4},
}

pytestmark = pytest.mark.models


def told(server: JudgeServer, seconds: float = 60) -> Any:
    root = Path(__file__).parents[3]
    done = subprocess.run(
        [python_with("google_genai"), str(PROGRAM), server.url.removesuffix("/v1"), str(seconds)],
        capture_output=True, text=True, env=os.environ | {"PYTHONPATH": str(root)},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr[-3000:]
    return json.loads(done.stdout)


def always(said: Said) -> Behaviour:
    return lambda body, number: said


def problem(status: int, message: str) -> str:
    return json.dumps({"error": {"code": status, "message": message, "status": "PROBLEM"}})


def test_a_reply_comes_with_its_tokens() -> None:
    with serving(always(Said(raw=json.dumps(GOOD)))) as server:
        assert told(server) == {"text": '{"ok": 1}', "tokens_in": 12, "tokens_out": 7, "cut": False}
        (body,) = server.bodies
    assert [turn["role"] for turn in body["contents"]] == ["user", "model", "user"]
    assert body["systemInstruction"]["parts"][0]["text"] == "판정하세요"
    assert body["generationConfig"]["maxOutputTokens"] == 64


def test_a_reply_cut_off_and_one_withheld() -> None:
    cut = json.dumps(GOOD).replace("STOP", "MAX_TOKENS")
    with serving(always(Said(raw=cut))) as server:
        assert told(server)["cut"] is True
        server.behave = always(Said(raw=json.dumps({"candidates": [], "promptFeedback": {"blockReason": "SAFETY"}})))
        assert told(server)["text"] == ""


def test_limits_refusals_and_silence() -> None:
    with serving(always(Said(status=429, headers={"Retry-After": "9"}, raw=problem(429, "slow down")))) as server:
        assert told(server) == {"status": "rate-limited", "retry_after": 9.0, "reached": True}
        server.behave = always(Said(status=500, raw=problem(500, "oops")))
        assert told(server)["status"] == "error"
        server.behave = always(Said(status=403, raw=problem(403, "no right")))
        assert "no right" in told(server)["refused"]
        server.behave = always(Said(status=400, raw=problem(400, "API key not valid.")))
        assert "API key" in told(server)["refused"]
        server.behave = always(Said(hang=True))
        assert told(server, 0.5)["status"] == "timeout"
    assert told(server)["reached"] is False
