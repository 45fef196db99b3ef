"""What a request may change of the settings. Where a model is asked and where it lies is the server's alone."""

from __future__ import annotations

from collections.abc import Mapping

from app.refusals import SettingNotOfIndexes, SettingNotOpen
from pipeline.config import is_open, server_only
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


def checked_indexing(settings: Settings, overrides: Mapping[str, object]) -> dict[str, object]:
    """The overrides with which an index is to be built, unchanged. Unknown names are told by whoever applies them.

    Raises:
        SettingNotOpen: one of them is the server's.
        SettingNotOfIndexes: one of them isn't decided when an index is built.
    """
    open_ = [o.name for o in options(settings) if o.index_time and not server_only(o.name)]
    for option in options(settings):
        if option.name not in overrides or option.name in open_:
            continue
        if is_open(option.name):
            raise SettingNotOfIndexes(name=option.name, known=", ".join(open_))
        raise SettingNotOpen(name=option.name)
    return dict(overrides)
