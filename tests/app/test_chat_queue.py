"""Gradio's queue as the page has it: how often it looks for clicks when there are none."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

from app.chat.blocks import LOOKS_S

ASKED = """
import json, sys
from pathlib import Path
import gradio as gr
from app.chat.blocks import build
from pipeline.service import Home, Service
from pipeline.settings import Settings

with gr.Blocks(analytics_enabled=False) as plain:
    pass
names = ("sleep_when_free", "progress_update_sleep_when_free")
queues = plain.queue()._queue, build(Service(Home(Path(sys.argv[1])), Settings()))._queue
print(json.dumps([[getattr(queue, name) for name in names] for queue in queues]))
"""


def test_it_does_not_look_a_thousand_times_a_second(tmp_path: Path) -> None:
    """In a process of its own: building a page leaves event loops open."""
    ran = subprocess.run([sys.executable, "-c", ASKED, str(tmp_path)], capture_output=True, text=True, check=False)
    assert ran.returncode == 0, ran.stderr
    theirs, ours = json.loads(ran.stdout.splitlines()[-1])
    assert ours == [LOOKS_S, LOOKS_S]
    assert 0 < max(theirs) < LOOKS_S  # else there is nothing to set any more
