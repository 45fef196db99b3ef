"""``hansang serve`` and ``hansang demo``: the server in this process, until Ctrl-C."""

from __future__ import annotations

from typing import Annotated

import typer

from app.cli.building import build_demo
from app.cli.console import Waiting, clean, note, stdout, waiting
from app.cli.options import HomeOption, ProfileOption, SetOption, home_of, overrides_of, settings_of
from pipeline.config import Settings, with_overrides

PORT = 7860
HOST = "127.0.0.1"
_PREPARING = "서버를 준비하는 중 … (Preparing the server)"

HostOption = Annotated[
    str, typer.Option(metavar="주소", help="들을 주소. 0.0.0.0이면 다른 컴퓨터에서도 열림 · Address to listen on.")
]
PortOption = Annotated[int, typer.Option(min=1, max=65_535, metavar="번호", help="들을 포트 · Port to listen on.")]


def serve(
    ctx: typer.Context,
    host: HostOption = HOST,
    port: PortOption = PORT,
    assignments: SetOption = None,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """채팅과 HTTP API를 엽니다. · Serve the chat and the HTTP API.

    Ctrl-C로 끕니다. · Until Ctrl-C.

    예) hansang serve --port 8000 --set retrieval.k=7
    """
    settings = with_overrides(settings_of(ctx, profile), overrides_of(assignments))
    _serve(ctx, home, settings, host, port, demo=False)


def demo(
    ctx: typer.Context,
    host: HostOption = HOST,
    port: PortOption = PORT,
    home: HomeOption = None,
    profile: ProfileOption = None,
) -> None:
    """데모를 엽니다. · Open the demo.

    색인이 없거나 낡았으면 먼저 만듭니다. · Its index is built first where it is missing or out of date.

    예) hansang demo
    """
    _serve(ctx, home, settings_of(ctx, profile), host, port, demo=True)


def _serve(ctx: typer.Context, home: HomeOption, settings: Settings, host: str, port: int, *, demo: bool) -> None:
    with waiting(_PREPARING):
        from app import server  # heavy: brings gradio, four seconds
        from pipeline.index import names

        place = home_of(ctx, home)
        server.check_port(host, port)  # before the index is built: nobody wants to wait and then be told
    if demo:
        build_demo(place, settings)
    if not names(place.indexes):
        note(
            "아직 색인이 없습니다. `hansang index 파일 --name 이름`으로 만들면 바로 물을 수 있습니다.",
            "There is no index yet. Build one with `hansang index FILE --name NAME`.",
        )
    with waiting(_PREPARING) as line:
        server.serve(place, settings, host=host, port=port, ready=lambda: _say_ready(line, host, port))


def _say_ready(line: Waiting, host: str, port: int) -> None:
    line.stop()
    reached = reachable(host)
    console = stdout()
    console.print(clean(f"채팅 chat  http://{reached}:{port}", "bold"), soft_wrap=True)
    console.print(clean(f"API        http://{reached}:{port}/docs"), soft_wrap=True)
    console.print(clean("끄려면 Ctrl-C · Stop with Ctrl-C", "dim"), soft_wrap=True)
    console.file.flush()


def reachable(host: str) -> str:
    """A host that a browser on this machine can open for a server that listens on ``host``."""
    return {"0.0.0.0": HOST, "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)
