"""``deploy/nginx/hansang.conf``: TLS in front of a real server, by nginx itself where it is installed."""

from __future__ import annotations

import datetime
import ipaddress
import re
import shlex
import signal
import socket
import ssl
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import httpx
import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner
from websockets.sync.client import connect
from websockets.typing import Origin, Subprotocol

from app.cli import labelling, serving
from app.cli.main import app
from pipeline.settings import Settings
from tests.app.cli_runs import make_index, run, start
from tests.test_llm_proxy import NGINX, Model, check, free_port, main_file, needs_nginx, until

FILE = Path(__file__).parents[1] / "deploy" / "nginx" / "hansang.conf"
TEXT = FILE.read_text(encoding="utf-8")
CHAT, LABELS = "chat.example.com", "labels.example.com"
GUIDE = (FILE.parents[2] / "docs" / "deploy.md").read_text(encoding="utf-8")
OPTIONS = re.findall(r"^HANSANG_OPTIONS=(.*trusted_proxies=127.*)$", GUIDE, flags=re.MULTILINE)[0]
PASSWORD = "아주 긴 비밀번호 하나"


def test_it_lets_through_what_the_servers_take_and_reaches_their_ports() -> None:
    chat, _ = TEXT.split("server { # annotation app")  # to which people send forms alone
    (largest,) = re.findall(r"client_max_body_size (\d+)m;", chat)
    assert int(largest) << 20 == Settings().service.upload_bytes
    assert [int(port) for port in re.findall(r"proxy_pass http://127\.0\.0\.1:(\d+);", TEXT)] == [
        serving.PORT, labelling.PORT,
    ]  # fmt: skip


def test_nobody_says_of_themselves_where_they_come_from() -> None:
    assert TEXT.count("proxy_set_header X-Forwarded-For $remote_addr;") == TEXT.count("proxy_pass ")


def test_it_waits_longer_than_the_server_does() -> None:
    units = {"s": 1, "h": 3_600}
    waits = [int(n) * units[unit] for n, unit in re.findall(r"proxy_read_timeout (\d+)([sh]);", TEXT)]
    limits = Settings()
    assert len(waits) == 2
    assert min(waits) > limits.service.stage_s + limits.llm.first_token_s + limits.service.heartbeat_s


def certificate(folder: Path) -> Path:
    """A certificate of both names, signed by itself; the key is in the same file."""
    key, now = ec.generate_private_key(ec.SECP256R1()), datetime.datetime.now(datetime.UTC)
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, CHAT)])
    names = [x509.DNSName(CHAT), x509.DNSName(LABELS), x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .sign(key, hashes.SHA256())
    )
    form, plain = serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    path = folder / "both.pem"
    pem = serialization.Encoding.PEM
    path.write_bytes(key.private_bytes(pem, form, plain) + made.public_bytes(pem))
    return path


def here(folder: Path, tls: int, plain: int, chat: int, labels: int) -> str:
    """The file with ports of this test's own and a certificate that exists."""
    text, count = re.subn(r"(ssl_certificate(?:_key)?) \S+;", rf"\1 {certificate(folder)};", TEXT)
    assert count == 4
    for written, real in (
        ("listen 80;", f"listen 127.0.0.1:{plain};"),
        ("listen 443 ssl;", f"listen 127.0.0.1:{tls} ssl;"),
        (f"127.0.0.1:{serving.PORT}", f"127.0.0.1:{chat}"),
        (f"127.0.0.1:{labelling.PORT}", f"127.0.0.1:{labels}"),
    ):
        assert written in text
        text = text.replace(written, real)
    return text


@needs_nginx
def test_nginx_understands_it(tmp_path: Path) -> None:
    done = check(tmp_path, here(tmp_path, *(free_port() for _ in range(4))))
    assert done.returncode == 0, done.stderr
    assert "warn" not in done.stderr


@needs_nginx
def test_a_misspelt_word_is_noticed(tmp_path: Path) -> None:
    text = here(tmp_path, *(free_port() for _ in range(4)))
    done = check(tmp_path, text.replace("client_max_body_size", "client_max_bodysize"))
    assert done.returncode != 0
    assert "client_max_bodysize" in done.stderr


@dataclass(frozen=True)
class Front:
    """nginx in front of two ports, and how its names are reached from here."""

    tls: int
    plain: int
    trusted: ssl.SSLContext

    def client(self, name: str, **headers: str) -> httpx.Client:
        """A client of one of the names, as a browser that found its address."""

        def named(request: httpx.Request) -> None:
            request.headers["host"] = f"{name}:{self.tls}"
            request.extensions["sni_hostname"] = name

        return httpx.Client(
            base_url=f"https://127.0.0.1:{self.tls}", verify=self.trusted, trust_env=False, timeout=60,
            headers=headers, event_hooks={"request": [named]},
        )  # fmt: skip

    def origin(self, name: str) -> str:
        return f"https://{name}:{self.tls}"


@contextmanager
def fronting(folder: Path, chat: int, labels: int) -> Iterator[Front]:
    """nginx while the block runs."""
    assert NGINX
    tls, plain = free_port(), free_port()
    config = main_file(folder, here(folder, tls, plain, chat, labels))
    nginx = subprocess.Popen([NGINX, "-e", "stderr", "-c", config])

    def listens() -> bool:
        assert nginx.poll() is None, (folder / "error.log").read_text()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", tls)) == 0

    try:
        until(listens)
        yield Front(tls, plain, ssl.create_default_context(cafile=str(folder / "both.pem")))
    finally:
        nginx.terminate()
        nginx.wait(30)


@needs_nginx
def test_an_answer_is_shown_as_it_is_written(tmp_path: Path) -> None:
    model = Model()
    port = int(model.address.rpartition(":")[2])
    try:
        with (
            fronting(tmp_path, port, free_port()) as front,
            front.client(CHAT) as client,
            client.stream("POST", "/v1/ask", json={}) as stream,
        ):
            lines = stream.iter_lines()
            # The second isn't written before the first was read: that comes only where nothing is held back.
            assert next(lines) == "data: first"
            model.go.set()
            assert "data: second" in list(lines)
    finally:
        model.stop()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("proxied")
    make_index(folder / "home", folder)
    added = CliRunner().invoke(
        app, ["--home", str(folder / "home"), "users", "add", "김관리", "--role", "admin"], input=f"{PASSWORD}\n"
    )
    assert added.exit_code == 0, added.output
    return folder / "home"


@pytest.fixture(scope="module")
def front(home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    """The real server, chat and annotation app, behind nginx; started as the guide says."""
    chat, labels = free_port(), free_port()
    process = start(
        home, "serve", "--port", str(chat), "--labels-port", str(labels),
        *shlex.split(OPTIONS),
    )  # fmt: skip
    with ExitStack() as stack:
        try:
            assert process.stdout
            assert f":{chat}" in process.stdout.readline()
            yield stack.enter_context(fronting(tmp_path_factory.mktemp("nginx"), chat, labels))
        finally:
            process.send_signal(signal.SIGINT)
            process.communicate(timeout=60)


@pytest.fixture
def signed_in(front: Front) -> Iterator[Callable[..., Any]]:
    """Signs in to one of the apps as a browser does; gives the client with its session."""
    with ExitStack() as stack:

        def sign_in(name: str, **form: str) -> tuple[httpx.Client, httpx.Response]:
            client = stack.enter_context(front.client(name))
            page = client.get("/signin")
            assert page.status_code == 200
            hidden = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', page.text))
            sent = hidden | {"name": "김관리", "password": PASSWORD} | form
            return client, client.post("/signin", data=sent, headers={"origin": front.origin(name)})

        yield sign_in


pytestmark = pytest.mark.timeout(300)


@needs_nginx
def test_who_comes_without_tls_is_sent_to_it(front: Front) -> None:
    with httpx.Client(trust_env=False) as client:
        sent = client.get(f"http://127.0.0.1:{front.plain}/?trace=a", headers={"host": CHAT})
    assert (sent.status_code, sent.headers["location"]) == (301, f"https://{CHAT}/?trace=a")


@needs_nginx
def test_people_sign_in_to_the_chat_and_see_its_page(front: Front, signed_in: Callable[..., Any]) -> None:
    client, reply = signed_in(CHAT)
    assert reply.status_code == 303, reply.text
    assert "secure" in reply.headers["set-cookie"].casefold()  # the server believes that it is TLS
    page = client.get("/", headers={"accept": "text/html"})
    assert page.status_code == 200
    assert "gradio" in page.text
    assert "strict-transport-security" in page.headers


@needs_nginx
def test_a_form_of_another_port_of_this_machine_is_refused(front: Front, signed_in: Callable[..., Any]) -> None:
    _, reply = signed_in(CHAT)
    assert reply.status_code == 303
    with front.client(CHAT) as client:
        foreign = client.post("/signin", data={"name": "김관리"}, headers={"origin": f"https://{CHAT}:1"})
    assert foreign.status_code == 403


@needs_nginx
def test_programs_ask_in_a_stream_and_upload_more_than_nginx_would_take(home: Path, front: Front) -> None:
    key = run(home, "keys", "add", "프로그램", "--scopes", "ask,admin").stdout.strip()
    with front.client(CHAT, authorization=f"Bearer {key}") as client:
        body = {"question": "주차 되나요?", "index": "small", "stream": True}
        with client.stream("POST", "/v1/ask", json=body) as stream:
            assert stream.status_code == 200
            said = "".join(stream.iter_text())
        assert '"state"' in said
        data = b"x" * 2_500_000
        reply = client.put("/v1/uploads/big.csv", content=data)
        assert reply.status_code in (200, 201), reply.text
    assert (home / "uploads" / "big.csv").stat().st_size == len(data)


@needs_nginx
def test_the_annotation_app_draws_its_pages(front: Front, signed_in: Callable[..., Any]) -> None:
    """Its pages come through a WebSocket, opened by a page of the same name and port."""
    client, reply = signed_in(LABELS)
    assert reply.status_code == 303, reply.text
    assert "secure" in reply.headers["set-cookie"].casefold()
    cookies = "; ".join(f"{name}={value}" for name, value in client.cookies.items())
    url = f"wss://{LABELS}:{front.tls}/_stcore/stream"
    with (
        socket.create_connection(("127.0.0.1", front.tls)) as connection,
        connect(
            url, sock=connection, ssl=front.trusted, server_hostname=LABELS, origin=Origin(front.origin(LABELS)),
            additional_headers={"Cookie": cookies}, subprotocols=[Subprotocol("streamlit")],
        ) as socket_,
    ):  # fmt: skip
        assert socket_.response
        assert socket_.response.status_code == 101
