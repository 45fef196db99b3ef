"""The top of the page: the name, which index is asked, which profile answers, the language."""

from __future__ import annotations

from collections.abc import Sequence

from app.chat.text import attributes, button, escape
from app.chat.words import Lang, word
from pipeline.index import Manifest
from pipeline.settings import Settings

LANGUAGES: tuple[tuple[Lang, str, str], ...] = (("ko", "KO", "한국어"), ("en", "EN", "English"))


def header(indexes: Sequence[Manifest], settings: Settings, index: str, lang: Lang, account: str = "") -> str:
    """The header as HTML. ``account`` is who signed in, "" where nobody has to."""
    name, tagline = escape(word("title", lang)), escape(word("tagline", lang))
    return (
        f"<header{attributes(class_='top', data_lang=lang)}><h1>{name}</h1><p class='tagline'>{tagline}</p>"
        f"{_picker(indexes, index, lang)}{_badge(settings, lang)}{_fresh(lang)}{_languages(lang)}"
        f"{_account(account, lang)}</header>"
    )


def _picker(indexes: Sequence[Manifest], index: str, lang: Lang) -> str:
    made = "".join(
        f"<option{attributes(value=m.name, selected=m.name == index)}>{escape(f'{m.name} ({m.passages:,})')}</option>"
        for m in indexes
    )
    opening = attributes(name="index", data_change="index", disabled=not indexes)
    return f"<label class='picker'><span>{escape(word('index', lang))}</span><select{opening}>{made}</select></label>"


def _badge(settings: Settings, lang: Lang) -> str:
    key = "extract_badge" if settings.generator == "extractive" else "generate_badge"
    return f"<p class='profile'><b>{escape(settings.profile)}</b> · {escape(word(key, lang))}</p>"


def _fresh(lang: Lang) -> str:
    return button(f"＋ {escape(word('fresh', lang))}", class_="soft fresh", data_act="fresh")


def _account(account: str, lang: Lang) -> str:
    if not account:
        return ""
    label = word("account", lang, name=account)
    return f"<a{attributes(class_='account', href='/account', aria_label=label, title=label)}>{escape(account)}</a>"


def _languages(lang: Lang) -> str:
    made = "".join(
        button(
            short, data_act="lang", data_lang=code, aria_label=name, aria_pressed="true" if code == lang else "false"
        )
        for code, short, name in LANGUAGES
    )
    return f"<div{attributes(class_='languages', role='group', aria_label=word('language', lang))}>{made}</div>"
