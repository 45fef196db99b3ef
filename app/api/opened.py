"""What a request may change of the settings. Where a model is asked and where it lies is the server's alone."""

from __future__ import annotations

from collections.abc import Mapping

from app.refusals import SettingNotOpen
from pipeline.config import is_open
from pipeline.settings import Settings, options


def checked(settings: Settings, overrides: Mapping[str, object]) -> dict[str, object]:
    """The overrides, unchanged. Unknown names and those that indexing fixes are told by whoever applies them.

    Raises:
        SettingNotOpen: one of them is the server's.
    """
    closed = {o.name for o in options(settings) if not o.index_time and not is_open(o.name)}
    for name in overrides:
        if name in closed:
            raise SettingNotOpen(name=name)
    return dict(overrides)
