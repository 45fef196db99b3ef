"""``hansang bench page`` works on the real label page: opens it, answers by keyboard, and is given the next task."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from tests.browser.conftest import CHROMIUM

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.mark.skipif(not CHROMIUM.exists(), reason="apt-get install chromium")
def test_tasks_are_opened_and_answered_one_after_the_other() -> None:
    command = [sys.executable, "-m", "app.cli", "bench", "page", "--tasks", "100", "--times", "2", "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)  # a driver of its own
    found = json.loads(done.stdout)
    assert found["tasks"] == 100
    assert min(found["opened_median"], found["again_median"], found["next_median"]) > 0
    assert len(found["opened"]) == len(found["again"]) == len(found["next"]) == 2
