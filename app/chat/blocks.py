"""The page in Gradio: where its parts stand and which event draws them anew. What they show is made by ``views``."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import gradio as gr
from fastapi import FastAPI

from app.chat.actions import act, look, open_page
from app.chat.asking import Parts, ask
from app.chat.session import Session, Tab
from app.chat.views import draw
from app.chat.words import word
from pipeline.service import Service

HERE = Path(__file__).parent
TABS: tuple[Tab, ...] = ("evidence", "ranks", "times", "morphemes", "review", "restaurant", "settings")
FIGURES: dict[Tab, tuple[str, ...]] = {
    "ranks": ("ranks",),
    "times": ("times",),
    "restaurant": ("aspects", "months", "feelings"),
}
PLOTTED = ("ranks", "times")  # tabs that are nothing but a figure
CONCURRENT = 20
WAITING = 64
SESSIONS = 300  # whose conversations are in memory; a page that is older begins anew, and its answers stay stored
FORGET_S = 43_200  # after the last click
LOOKS_S = 0.02
FONTS = ("system-ui", "Apple SD Gothic Neo", "Malgun Gothic", "Noto Sans KR", "NanumGothic", "sans-serif")
MONO = ("ui-monospace", "D2Coding", "NanumGothicCoding", "monospace")
# Nothing is reported to anybody; nor does Gradio make a table of all past events after each one, which slows them down.
QUIET = {
    "GRADIO_ANALYTICS_ENABLED": "False",
    "GRADIO_ANALYTICS_CACHE_FREQUENCY": "1000000000",
    "GRADIO_ANALYTICS_MAX_EVENTS": "100",
}
EVENT: dict[str, Any] = {"show_progress": "hidden", "api_visibility": "private"}

Updates = dict[Any, Any]


class Page:
    """The components by name, and how an event's parts become Gradio's updates."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.parts: dict[str, Any] = {}
        self.tabs: dict[Tab, Any] = {}
        self.session: Any = None
        self.box: Any = None
        self.send: Any = None
        self.stop: Any = None
        self.sheet: Any = None
        self.close: Any = None

    @property
    def outputs(self) -> list[Any]:
        """Every component that an event may change."""
        others = [self.box, self.send, self.stop, self.sheet, self.close]
        return [*self.parts.values(), *self.tabs.values(), *others, self.session]

    def updates(self, parts: Iterable[str], session: Session) -> Updates:
        """The parts as updates of their components."""
        made: Updates = {}
        for part in parts:
            if part == "all":
                made |= self.everything(session)
            elif part == "buttons":
                made[self.send] = gr.update(visible=not session.busy)
                made[self.stop] = gr.update(visible=session.busy)
            else:
                made[self.parts[part]] = draw(part, self.service, session)
        return made

    def everything(self, session: Session) -> Updates:
        """All parts and labels: at the beginning, and when the language changes."""
        lang = session.lang
        made = self.updates([part for part in self.parts if part != "tabs"], session)
        made |= {tab: gr.update(label=word(f"tab_{name}", lang)) for name, tab in self.tabs.items()}
        made[self.box] = gr.update(placeholder=word("placeholder", lang), label=word("question_label", lang))
        made[self.send] = gr.update(value=word("send", lang))
        made[self.stop] = gr.update(value=f"◼ {word('stop', lang)}")
        made[self.sheet] = gr.update(value=word("open_panel", lang))
        made[self.close] = gr.update(value=f"✕ {word('close_panel', lang)}")
        return made


def build(service: Service) -> gr.Blocks:
    """The chat page over a service."""
    for name, value in QUIET.items():
        os.environ.setdefault(name, value)
    page = Page(service)
    blocks: gr.Blocks
    with gr.Blocks(title="한상", analytics_enabled=False, fill_width=True) as blocks:
        page.session = gr.State(Session(), time_to_live=FORGET_S)
        _html("header", page)
        with gr.Row(elem_id="hs-main"):
            _left(page)
            _right(page)
        _events(page, blocks)
    blocks.state_session_capacity = SESSIONS
    blocks.queue(default_concurrency_limit=CONCURRENT, max_size=WAITING, api_open=False)
    # Gradio looks a thousand times a second whether somebody has clicked: a seventh of a core for nothing, and the API
    # waits for the interpreter each time. Nobody notices a fiftieth of a second.
    blocks._queue.sleep_when_free = blocks._queue.progress_update_sleep_when_free = LOOKS_S
    return blocks


def mount(app: FastAPI, service: Service) -> FastAPI:
    """The chat page at ``/`` of an application; routes that the application has already come first."""
    script, style = (HERE / name for name in ("chat.js", "style.css"))
    head = f"<style>{style.read_text(encoding='utf-8')}</style><script>{script.read_text(encoding='utf-8')}</script>"
    theme = gr.themes.Base(font=FONTS, font_mono=MONO)
    mounted: FastAPI = gr.mount_gradio_app(
        app, build(service), path="/", theme=theme, head=head, footer_links=[], run_history=False, ssr_mode=False,
        pwa=False, mcp_server=False, enable_monitoring=False,
    )  # fmt: skip
    return mounted


def _html(name: str, page: Page) -> None:
    """An HTML part whose clicks come back as events; chat.js says which."""
    page.parts[name] = gr.HTML(
        "",
        elem_id=f"hs-{name}",
        apply_default_css=False,
        padding=False,
        js_on_load="window.hansang.attach(element, (data) => trigger('click', data));",
    )


def _left(page: Page) -> None:
    with gr.Column(elem_id="hs-left", scale=1, min_width=0):
        _html("talk", page)
        with gr.Column(elem_id="hs-composer", min_width=0):
            _html("status", page)
            with gr.Row(elem_id="hs-ask"):
                page.box = gr.Textbox(
                    lines=1, max_lines=6, elem_id="hs-box", container=False, show_label=False, autofocus=True,
                    label=word("question_label", "ko"), placeholder=word("placeholder", "ko"), scale=1, min_width=0,
                )  # fmt: skip
                page.send = gr.Button(word("send", "ko"), elem_id="hs-send", variant="primary", scale=0, min_width=88)
                page.stop = gr.Button(
                    f"◼ {word('stop', 'ko')}", elem_id="hs-stop", visible=False, scale=0, min_width=88
                )
            page.sheet = gr.Button(word("open_panel", "ko"), elem_id="hs-open", size="sm")


def _right(page: Page) -> None:
    with gr.Column(elem_id="hs-panel", scale=1, min_width=0):
        page.close = gr.Button(f"✕ {word('close_panel', 'ko')}", elem_id="hs-close", size="sm")
        with gr.Tabs(elem_id="hs-tabs", selected="evidence", overflow_behavior="wrap") as tabs:
            for name in TABS:
                with gr.Tab(word(f"tab_{name}", "ko"), id=name, render_children=True) as tab:
                    page.tabs[name] = tab
                    if name not in PLOTTED:
                        _html(name, page)
                    for figure in FIGURES.get(name, ()):
                        page.parts[figure] = gr.Plot(elem_id=f"hs-{figure}", container=False, show_label=False)
                    if name == "restaurant":
                        _html("picked", page)
        page.parts["tabs"] = tabs


def _events(page: Page, blocks: gr.Blocks) -> None:
    """Wire everything. Every function is given the session, changes it, and yields updates."""
    box, session, everything = page.box, page.session, page.outputs
    blocks.load(_opener(page), None, everything, **EVENT)
    asking = _asker(page)
    gr.on([box.submit, page.send.click], asking, [session, box], everything, trigger_mode="multiple", **EVENT)
    clicks = [part.click for part in page.parts.values() if isinstance(part, gr.HTML)]
    gr.on(clicks, _clicker(page), [session], everything, trigger_mode="multiple", **EVENT)
    page.stop.click(_stopper(page), [session], [page.parts["status"]], queue=False, **EVENT)
    for name, tab in page.tabs.items():
        tab.select(_looker(page, name), [session], everything, **EVENT)


def _opener(page: Page) -> Callable[..., Updates]:
    def opened(request: gr.Request) -> Updates:
        session = Session(account=_account(request))
        open_page(page.service, session, str(request.query_params.get("trace", "")))
        return page.everything(session) | {page.session: session}

    return opened


def _account(request: gr.Request) -> str:
    """Who signed in, as the guard before us found; empty where nobody has to."""
    caller = request.request.scope.get("state", {}).get("caller") if request.request else None
    return str(caller.name) if caller is not None and caller.kind == "account" else ""


def _stream(page: Page, session: Session, parts: Iterator[Parts]) -> Iterator[Updates]:
    for names in parts:
        yield page.updates(names, session)


def _asker(page: Page) -> Callable[..., Iterator[Updates]]:
    def asked(session: Session, question: str) -> Iterator[Updates]:
        yield from _stream(page, session, ask(page.service, session, question))

    return asked


def _clicker(page: Page) -> Callable[..., Iterator[Updates]]:
    def clicked(session: Session, event: gr.EventData) -> Iterator[Updates]:
        data = event._data if isinstance(event._data, dict) else {}
        yield from _stream(page, session, act(page.service, session, data))

    return clicked


def _stopper(page: Page) -> Callable[..., Any]:
    def stopped(session: Session) -> Any:
        session.stop = session.busy
        return draw("status", page.service, session)

    return stopped


def _looker(page: Page, name: Tab) -> Callable[..., Updates]:
    def looked(session: Session) -> Updates:
        return page.updates(look(page.service, session, name), session)

    return looked
