"""``hansang serve`` and ``hansang demo``: the server in this process, the annotation app beside it, until Ctrl-C."""

from __future__ import annotations

import gc
import secrets
import threading
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated

import typer

from app.access.addresses import guarded, public_address
from app.cli import demo_labels, labelling
from app.cli.building import build_demo
from app.cli.console import Waiting, clean, note, stdout, waiting
from app.cli.options import HomeOption, ProfileOption, SetOption, home_of, overrides_of, root_of, settings_of
from app.ports import check_port
from pipeline.config import with_overrides
from pipeline.errors.machine import LabelsPortTaken
from pipeline.settings import Settings

PORT = 7860
HOST = "127.0.0.1"
_PREPARING = "서버를 준비하는 중 … (Preparing the server)"

HostOption = Annotated[
    str, typer.Option(metavar="주소", help="들을 주소. 0.0.0.0이면 다른 컴퓨터에서도 열림 · Address to listen on.")
]
PortOption = Annotated[int, typer.Option(min=1, max=65_535, metavar="번호", help="들을 포트 · Port to listen on.")]
LabelsOption = Annotated[
    bool, typer.Option("--labels/--no-labels", help="라벨링 앱도 함께 엶 · Open the annotation app beside it.")
]
LabelsPortOption = Annotated[
    int, typer.Option(min=1, max=65_535, metavar="번호", help="라벨링 앱의 포트 · Port of the annotation app.")
]


@dataclass(frozen=True, slots=True)
class Opening:
    """What is opened and where. ``labels`` is the port of the annotation app, 0 for none.

    ``guarded`` says whether people have to sign in, ``internal`` is the key of the annotation app, made at each start.
    """

    host: str
    port: int
    labels: int
    demo: bool
    guarded: bool
    internal: str = field(default="", repr=False)

    @property
    def labels_host(self) -> str:
        """The demo's accounts are for whoever sees this terminal, so its annotation app stays on this machine."""
        return HOST if self.demo else self.host


def serve(
    ctx: typer.Context,
    host: HostOption = HOST,
    port: PortOption = PORT,
    labels: LabelsOption = True,
    labels_port: LabelsPortOption = labelling.PORT,
    assignments: SetOption = None,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """채팅과 HTTP API, 라벨링 앱을 엽니다. · Serve the chat, the HTTP API and the annotation app.

    Ctrl-C로 끕니다. · Until Ctrl-C.

    예) hansang serve --port 8000 --set retrieval.k=7
    """
    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments))
    _serve(ctx, home, settings, _opening(settings, host, port, labels_port if labels else 0, demo=False))


def demo(
    ctx: typer.Context,
    host: HostOption = HOST,
    port: PortOption = PORT,
    labels: LabelsOption = True,
    labels_port: LabelsPortOption = labelling.PORT,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """데모를 엽니다. · Open the demo.

    색인, 라벨링 과제, 데모 계정이 없으면 먼저 만듭니다. · Its index, tasks and accounts are made first where missing.

    예) hansang demo
    """
    settings = settings_of(ctx, profile)
    _serve(ctx, home, settings, _opening(settings, host, port, labels_port if labels else 0, demo=True))


def _opening(settings: Settings, host: str, port: int, labels: int, *, demo: bool) -> Opening:
    """One rule for the chat, the API and the annotation app: others can reach it, so people have to sign in."""
    needed = guarded(host, settings.access.trusted_proxies)
    return Opening(host, port, labels, demo, needed, secrets.token_urlsafe(32))


def _serve(ctx: typer.Context, home: HomeOption, settings: Settings, opening: Opening) -> None:
    _check_ports(opening)  # before anything is built: nobody wants to wait and then be told
    with ExitStack() as stack:
        with waiting(_PREPARING), _uncollected():
            labels = _labelling(root_of(ctx, home), opening, settings)
            # First of all, so that it loads what it needs while we do: each takes seconds.
            beside = stack.enter_context(labelling.starting(labels)) if opening.labels else None
            place = home_of(ctx, home)
            passwords = _prepare_labels(place.root, place.labels, opening)
            if beside:
                beside.open()
            from app import server  # heavy: brings gradio, four seconds
            from pipeline.index import names
        if opening.demo:
            build_demo(place, settings)
        if not names(place.indexes):
            note(
                "아직 색인이 없습니다. `hansang index 파일 --name 이름`으로 만들면 바로 물을 수 있습니다.",
                "There is no index yet. Build one with `hansang index FILE --name NAME`.",
            )
        line = stack.enter_context(waiting(_PREPARING))
        ready = _Ready(line, opening, passwords, beside)
        over = (lambda: beside.ended) if beside else (lambda: False)
        server.serve(
            place,
            settings,
            host=opening.host,
            port=opening.port,
            ready=ready.soon,
            over=over,
            internal=opening.internal,
        )
        if beside:
            beside.check()


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without garbage collection: what is loaded stays, and looking it through time and again is a tenth of a start."""
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def _check_ports(opening: Opening) -> None:
    check_port(opening.host, opening.port)
    if opening.labels == opening.port:
        raise LabelsPortTaken(port=opening.port, other=opening.port + 1)
    if opening.labels:
        check_port(opening.labels_host, opening.labels, LabelsPortTaken)


def _prepare_labels(home: Path, labels: Path, opening: Opening) -> Mapping[str, str]:
    if opening.labels or opening.guarded:
        labelling.look_at(labels, guarded=opening.guarded)
    return demo_labels.prepare(home, labels) if opening.demo and opening.labels else {}


def _labelling(home: Path, opening: Opening, settings: Settings) -> labelling.Labelling:
    return labelling.Labelling(
        home,
        opening.labels_host,
        opening.labels,
        opening.port,
        opening.demo,
        asdict(settings.labels),
        opening.internal,
        reachable(opening.host),
        public_address("service.chat_url", settings.service.chat_url),
        settings.access.trusted_proxies,
        settings.access.signins,
    )


class _Ready:
    """Says where everything is, once all of it can be opened."""

    def __init__(
        self, line: Waiting, opening: Opening, passwords: Mapping[str, str], beside: labelling.Running | None
    ) -> None:
        self._line = line
        self._opening = opening
        self._passwords = passwords
        self._beside = beside

    def soon(self) -> None:
        """The chat is open; say so when the annotation app is, too."""
        if self._beside is None:
            self._say()
        else:
            threading.Thread(target=self._wait, args=(self._beside,), daemon=True).start()

    def _wait(self, beside: labelling.Running) -> None:
        if beside.wait_until_ready():
            self._say()

    def _say(self) -> None:
        self._line.stop()
        opening, console = self._opening, stdout()
        chat = f"http://{reachable(opening.host)}:{opening.port}"
        lines = [(f"채팅 chat        {chat}", "bold")]
        if opening.labels:
            lines += [(f"라벨링 labels    http://{reachable(opening.labels_host)}:{opening.labels}", "bold")]
        lines += [(f"API              {chat}/docs", ""), *((line, "") for line in _who_may(opening))]
        if self._passwords:
            lines += [
                ("데모 계정(이 컴퓨터에서만) · Demo accounts, on this machine only: 이름 name / 비밀번호 password", "")
            ]
            lines += [(f"    {name:<12} {password}", "") for name, password in self._passwords.items()]
        for text, style in [*lines, ("끄려면 Ctrl-C · Stop with Ctrl-C", "dim")]:
            console.print(clean(text, style), soft_wrap=True)
        console.file.flush()


def _who_may(opening: Opening) -> tuple[str, ...]:
    """Whether one has to sign in, said at each start: an open server must not surprise anybody."""
    if not opening.guarded:
        return ("로그인 없이 이 컴퓨터에만 열려 있습니다 · Open without signing in, to this machine only",)
    return (
        "로그인이 필요합니다. 프로그램은 `hansang keys add 이름`의 열쇠로 · Signing in or an API key is needed",
        "암호화(HTTPS)는 앞에 두는 프록시가 맡습니다: access.trusted_proxies · Put a proxy with HTTPS in front",
    )


def reachable(host: str) -> str:
    """A host that a browser on this machine can open for a server that listens on ``host``."""
    return {"0.0.0.0": HOST, "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
