"""The settings that the page offers: as a form, as overrides for a question, as a list of what differs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from app.chat.text import attributes, button, escape
from app.chat.words import Lang, word
from pipeline.config import server_only
from pipeline.errors.base import HansangError
from pipeline.settings import Settings, options
from pipeline.types import Trace

FIELDS = {
    "fusion.weight": "set_weight",
    "fusion.method": "set_method",
    "retrieval.k": "set_k",
    "tokenizer": "set_analyser",
    "reranker": "set_reranker",
    "rerank.depth": "set_depth",
}
METHODS = ("minmax", "rrf")
NO_RERANKER = "none"


def read_form(form: Mapping[str, Sequence[str]], settings: Settings) -> dict[str, object]:
    """What a submitted form changes; values are kept as typed, so that a wrong one can be named in the error."""
    defaults = settings.flat()
    found: dict[str, object] = {}
    for name in FIELDS:
        default = defaults[name]
        if name == "reranker":
            value = str(default) if form.get(name) else NO_RERANKER
        else:
            value = form[name][0].strip() if form.get(name) else str(default)
        if not _same(value, default):
            found[name] = value
    return found


def _same(value: str, default: object) -> bool:
    if isinstance(default, int | float):
        try:
            return float(value) == default
        except ValueError:
            return False
    return value == default


def stored_overrides(trace: Trace, settings: Settings) -> dict[str, object]:
    """The overrides that give a stored answer's settings again, as far as a question may change them."""
    return {
        option.name: trace.settings[option.name]
        for option in options(settings)
        if not (option.index_time or server_only(option.name))
        and trace.settings.get(option.name, option.value) != option.value
    }


def settings_text(overrides: Mapping[str, object], lang: Lang) -> str:
    """Changed settings in words, not escaped; those that the page has no field for by their names."""
    if not overrides:
        return word("default_settings", lang)
    return ", ".join(f"{_label(name, lang)} {_value(name, value, lang)}" for name, value in overrides.items())


def _label(name: str, lang: Lang) -> str:
    return word(FIELDS[name], lang) if name in FIELDS else name


def _value(name: str, value: object, lang: Lang) -> str:
    if name == "reranker":
        return word("off", lang) if value == NO_RERANKER else str(value)
    if name == "fusion.method" and value in METHODS:
        return word(f"method_{value}", lang)
    return str(value)


def fields(values: Mapping[str, object], analysers: Sequence[str], lang: Lang) -> str:
    """The fields of a form as HTML, filled with the values."""
    weight = str(values["fusion.weight"])
    slider = attributes(type="range", name="fusion.weight", min="0", max="1", step="0.05", value=weight)
    reranker = attributes(type="checkbox", name="reranker", value="on", checked=values["reranker"] != NO_RERANKER)
    rows = {
        "fusion.weight": f"<input{slider}><output>{escape(weight)}</output>",
        "fusion.method": _select("fusion.method", [(m, word(f"method_{m}", lang)) for m in METHODS], values, lang),
        "retrieval.k": _number("retrieval.k", values),
        "tokenizer": _select("tokenizer", [(name, name) for name in analysers], values, lang),
        "reranker": f"<input{reranker}>",
        "rerank.depth": _number("rerank.depth", values),
    }
    return "".join(
        f'<label class="field"><span>{escape(_label(name, lang))}</span><span class="control">{control}</span></label>'
        for name, control in rows.items()
    )


def _number(name: str, values: Mapping[str, object]) -> str:
    return f"<input{attributes(type='number', name=name, inputmode='numeric', value=str(values[name]))}>"


def _select(name: str, choices: Sequence[tuple[str, str]], values: Mapping[str, object], lang: Lang) -> str:
    made = "".join(
        f"<option{attributes(value=value, selected=value == values[name])}>{escape(label)}</option>"
        for value, label in choices
    )
    return f"<select{attributes(name=name)}>{made}</select>"


def settings_panel(
    settings: Settings,
    overrides: Mapping[str, object],
    analysers: Sequence[str],
    error: HansangError | None,
    lang: Lang,
) -> str:
    """The settings tab as HTML: the form, what was changed, and what is wrong with it."""
    values = {**settings.flat(), **overrides}
    reset = button(escape(word("reset", lang)), class_="soft", data_act="reset", disabled=not overrides)
    opening = "<form class='settings' data-change='settings' onsubmit='return false'>"
    return (
        f"{opening}{fields(values, analysers, lang)}{_problem(error, lang)}"
        f"{_changed(settings, overrides, lang)}<p>{reset}</p></form>"
    )


def _changed(settings: Settings, overrides: Mapping[str, object], lang: Lang) -> str:
    if not overrides:
        return f'<p class="hint">{escape(word("unchanged", lang))}</p>'
    defaults = settings.flat()
    items = "".join(
        f"<li>{escape(_label(name, lang))}: <s>{escape(_value(name, defaults[name], lang))}</s> → "
        f"<b>{escape(_value(name, value, lang))}</b></li>"
        for name, value in overrides.items()
    )
    title = f"{word('changed', lang)} · {word('from_next', lang)}"
    return f'<p class="hint">{escape(title)}</p><ul class="changed">{items}</ul>'


def _problem(error: HansangError | None, lang: Lang) -> str:
    return error_block(error, lang) if error else ""


def error_block(error: HansangError, lang: Lang) -> str:
    """An error as HTML: the Korean sentence, the English one beside it when the page is in English."""
    english = f'<p lang="en">{escape(error.english)}</p>' if lang == "en" else ""
    said = f"<div><p>{escape(error.korean)}</p>{english}</div>"
    return f'<div class="error" role="alert"><span aria-hidden="true">⚠</span>{said}</div>'
