"""Scripts, styles and fonts come from memory as they lie on the disk, small where that helps, and nothing else does."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient
from streamlit import file_util

from pages.files import FORM_PAGES, LATER, Files
from pages.form import mount
from pages.form.bundle import bundle
from pages.menu import PAGES

STATIC = Path(file_util.get_static_dir())
ASSETS = Path(mount.FOLDER) / "assets"


@pytest.fixture(scope="module")
def client() -> TestClient:
    def beyond(request: object) -> PlainTextResponse:
        return PlainTextResponse("beyond")

    app = Starlette(routes=[Route("/{rest:path}", beyond, methods=["GET", "POST", "HEAD"])])
    return TestClient(Files(app))


def script() -> str:
    return next(path for path in mount.served() if path.endswith(".js"))


@pytest.mark.parametrize("kind", ["js", "css", "woff2"])
def test_a_file_of_streamlit_s_is_what_lies_on_the_disk(client: TestClient, kind: str) -> None:
    path = next((STATIC / "static").rglob(f"*.{kind}"))
    answer = client.get(f"/{path.relative_to(STATIC).as_posix()}")
    assert answer.content == path.read_bytes()
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith(
        {"js": "text/javascript", "css": "text/css", "woff2": "font/woff2"}[kind]
    )


def test_scripts_are_sent_small_to_whoever_can_read_that_and_plain_to_others(client: TestClient) -> None:
    path = max((STATIC / "static" / "js").glob("protobuf.*.js"))
    address = f"/{path.relative_to(STATIC).as_posix()}"
    small = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert small.headers["content-encoding"] == "gzip"
    assert int(small.headers["content-length"]) < path.stat().st_size / 3
    assert small.content == path.read_bytes()
    plain = client.get(address, headers={"Accept-Encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.content == path.read_bytes()
    assert plain.headers["vary"] == small.headers["vary"] == "Accept-Encoding"


@pytest.mark.parametrize(
    "path",
    ["/static/../index.html", "/static/js/none.js", "/static/", "/static/%2e%2e/%2e%2e/x", "/media/x", "//label",
     "/signin",
     "/_stcore/health", "/_stcore/bidi-components/hansang.form/form.js", "/label/x"],
)  # fmt: skip
def test_whatever_else_is_asked_for_goes_on(client: TestClient, path: str) -> None:
    assert client.get(f"http://testserver{path}").text == "beyond"


def test_only_reading_is_answered(client: TestClient) -> None:
    assert client.post("/label").text == "beyond"


@pytest.mark.parametrize("page", PAGES)
def test_a_page_s_head_names_what_it_will_ask_for(client: TestClient, page: str) -> None:
    answer = client.get(f"/{page}")
    assert answer.headers["cache-control"] == "no-cache"
    streamlit_s = (STATIC / "index.html").read_text("utf-8")
    for tag in re.findall(r"<(?:script|link)[^>]+>", streamlit_s):
        assert (tag in answer.text) == ('as="font"' not in tag), tag
    assert answer.text.partition("<body>")[2] == streamlit_s.partition("<body>")[2]
    named = re.findall(r'<link rel="modulepreload"[^>]* href="(/[^"]+)"', answer.text)
    for path in named:
        assert "javascript" in client.get(path).headers["content-type"], path
    for part in LATER:
        assert any(f"/{part}." in path for path in named), part
    assert (script() in named) == (page in FORM_PAGES)
    assert len(set(named)) == len(named)


def test_the_form_is_one_script_under_a_name_of_its_content(client: TestClient) -> None:
    answer = client.get(script())
    assert answer.text == bundle(ASSETS, "form")
    assert "immutable" in answer.headers["cache-control"]


def test_the_bundle_has_every_script_once_after_what_it_imports() -> None:
    made = bundle(ASSETS, "form")
    order = re.findall(r"^const \$(\w+) = \(\(\) => \{$", made, re.MULTILINE)
    assert sorted(order) == sorted(path.stem for path in ASSETS.glob("*.js"))
    for path in ASSETS.glob("*.js"):
        imported = re.findall(r'from "\./(\w+)\.js"', path.read_text("utf-8"))
        assert all(order.index(each) < order.index(path.stem) for each in imported)
    assert not re.search(r"^(import|export (?!default \$form\.default))", made, re.MULTILINE)


def test_names_stay_apart_and_imports_may_rename(tmp_path: Path) -> None:
    (tmp_path / "one.js").write_text(
        "const name = 1;\nexport const twice = () => 2 * name;\nexport class A {}\n", "utf-8"
    )
    (tmp_path / "two.js").write_text(
        'import { A, twice as double } from "./one.js";\nconst name = 5;\nexport default function two() {\n'
        "  return [double(), name, A];\n}\n",
        "utf-8",
    )
    assert bundle(tmp_path, "two") == (
        "const $one = (() => {\nconst name = 1;\nconst twice = () => 2 * name;\nclass A {}\n"
        "return { twice, A };\n})();\n"
        "const $two = (() => {\nconst { A, twice: double } = $one;\nconst name = 5;\nfunction two() {\n"
        "  return [double(), name, A];\n}\nreturn { default: two };\n})();\nexport default $two.default;\n"
    )


@pytest.mark.parametrize(
    "line", ['import all from "./one.js";', 'import "./one.js";', "export { A };", "export let b = 1;"]
)
def test_a_script_that_is_put_together_another_way_is_refused(tmp_path: Path, line: str) -> None:
    (tmp_path / "one.js").write_text("export class A {}\n", "utf-8")
    (tmp_path / "two.js").write_text(f"{line}\nexport default function two() {{}}\n", "utf-8")
    with pytest.raises(ValueError, match=r"two\.js"):
        bundle(tmp_path, "two")
