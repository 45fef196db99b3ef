"""What the OpenAPI document says is true of the API: examples, errors, scopes, and every request it allows."""

from __future__ import annotations

import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from fastapi.testclient import TestClient

from app.api.application import create_api
from app.api.scopes import SCOPES, scope_of
from app.problems import PROBLEM
from pipeline.service import Home, Service
from pipeline.settings import Settings
from tests.app.cli_runs import start
from tests.app.test_api import assert_problem
from tests.app.test_cli_serve import first_line, free_port, stop
from tests.pipeline.corpora import build

BINARY = Path(sys.executable).with_name("schemathesis")
ELSEWHERE = {("GET", "/readyz"), ("GET", "/metrics"), ("GET", "/docs"), ("GET", "/openapi.json")}
"""Routes in the table of scopes that the document doesn't name: around the API, or about it."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Service]:
    home = Home(tmp_path_factory.mktemp("home"))
    build(home, name="demo")
    made = Service(home, Settings())
    yield made
    made.close()


@pytest.fixture(scope="module")
def document(service: Service) -> Any:
    return TestClient(create_api(service)).get("/openapi.json").json()


def operations(document: Any) -> list[tuple[str, str, Any]]:
    return [(m.upper(), path, op) for path, found in document["paths"].items() for m, op in found.items()]


def test_every_route_has_a_scope_and_every_scope_a_route(document: Any) -> None:
    routes = {(method, path) for method, path, _ in operations(document)}
    assert routes | ELSEWHERE == set(SCOPES)
    assert all(
        scope_of(method, path.replace("{", "a").replace("}", "b")) == SCOPES[method, path] for method, path in routes
    )


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("GET", "/v1/traces", "admin"),
        ("HEAD", "/v1/traces", "admin"),
        ("GET", "/v1/traces/9f2c", "ask"),
        ("GET", "/v1/restaurants/a/b/summary", "ask"),
        ("GET", "/v1/models/hansang/demo", "ask"),
        ("PUT", "/v1/indexes/x/current", "admin"),
        ("DELETE", "/v1/indexes/x", "admin"),
        ("GET", "/livez", ""),
        ("POST", "/v1/nothing", None),
        ("PATCH", "/v1/ask", None),
        ("GET", "/v1/indexes/x/y/z", None),
    ],
)
def test_scopes_of_requests(method: str, path: str, scope: str | None) -> None:
    assert scope_of(method, path) == scope


def test_writes_that_change_what_others_see_are_for_administrators() -> None:
    for (method, path), scope in SCOPES.items():
        if method in ("PUT", "DELETE") or path.startswith(("/v1/jobs", "/v1/uploads")):
            assert scope == "admin", path


def test_every_body_has_an_example_in_korean(document: Any) -> None:
    schemas = document["components"]["schemas"]
    bodies = 0
    for method, path, operation in operations(document):
        for media in operation.get("requestBody", {}).get("content", {}).values():
            schema = schemas[media["schema"]["$ref"].rpartition("/")[2]] if "$ref" in media["schema"] else media
            bodies += 1
            if path != "/v1/indexes/{name}/current":  # which takes a version and nothing else
                assert re.search("[가-힣]", str(schema)), f"{method} {path}"
    assert bodies >= 9


def test_every_route_says_what_it_replies_and_what_may_go_wrong(document: Any) -> None:
    for method, path, operation in operations(document):
        assert re.search("[가-힣]", operation["summary"]), path
        assert operation["tags"]
        if not path.startswith("/v1/"):
            continue
        good = [code for code in operation["responses"] if code.startswith("2")]
        assert len(good) == 1, f"{method} {path}"
        content = operation["responses"][good[0]].get("content", {})
        assert content.get("application/json", {}).get("schema") or good == ["204"], f"{method} {path}"
        told = {code: reply for code, reply in operation["responses"].items() if not code.startswith("2")}
        assert {"401", "403", "422", "429", "500", "503"} <= told.keys(), f"{method} {path}"
        assert ("413" in told) == ("requestBody" in operation), f"{method} {path}"
        for reply in told.values():
            assert list(reply["content"]) == [PROBLEM]
            for code, example in reply["content"][PROBLEM].get("examples", {}).items():
                assert example["value"]["type"] == f"urn:hansang:{code}"
                if code != "file-problem":  # whose sentence is all of the file's own words
                    assert re.search("[가-힣]", example["value"]["detail"]), code


def test_every_list_is_paged_in_the_same_words(document: Any) -> None:
    found = {path: op for method, path, op in operations(document) if method == "GET" and "{" not in path}
    lists = {
        path: op for path, op in found.items() if path.startswith("/v1/") and path != "/v1/uploads"
    }  # few by a limit
    assert lists.keys() >= {"/v1/indexes", "/v1/models", "/v1/traces", "/v1/jobs"}
    wanted = {one["name"]: one for one in lists["/v1/traces"]["parameters"]}
    for path, operation in lists.items():
        parameters = {one["name"]: one for one in operation["parameters"]}
        assert {name: parameters[name] for name in wanted} == wanted, path
        told = operation["responses"]["422"]["content"][PROBLEM]["examples"]
        assert {"bad-cursor", "page-too-long"} <= told.keys(), path


def test_the_document_points_nowhere_outside_of_itself(document: Any) -> None:
    names = set(re.findall(r"#/components/schemas/([\w.-]+)", str(document)))
    assert names <= document["components"]["schemas"].keys()
    assert "HTTPValidationError" not in document["components"]["schemas"]


def test_problems_carry_the_number_of_their_request(service: Service) -> None:
    client = TestClient(create_api(service))
    numbers = {assert_problem(client.get("/v1/traces/x"), 404, "trace-not-found")["request_id"] for _ in range(3)}
    assert len(numbers) == 3
    api = create_api(service)

    async def numbered(scope: Any, receive: Any, send: Any) -> None:
        scope.setdefault("state", {})["request_id"] = "abc123"
        await api(scope, receive, send)

    for path, status in (("/v1/traces/x", 404), ("/v1/nothing", 404), ("/v1/ask", 405)):
        said = TestClient(numbered).get(path).json()
        assert (said["request_id"], said["status"]) == ("abc123", status)


def test_a_fault_is_a_problem_document_without_its_words(service: Service, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_: object) -> None:
        raise ZeroDivisionError("비밀")

    monkeypatch.setattr(service, "trace", broken)
    client = TestClient(create_api(service), raise_server_exceptions=False)
    reply = client.get("/v1/traces/x")
    said = assert_problem(reply, 500, "internal")
    assert "비밀" not in reply.text
    assert "ZeroDivisionError" in said["detail"]


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Where the whole application is served: the chat behind the API takes whatever the API leaves."""
    home = Home(tmp_path_factory.mktemp("served"))
    build(home, name="demo")
    number = free_port()
    process = start(home.root, "serve", "--no-labels", "--port", str(number))
    first_line(process)
    yield f"http://127.0.0.1:{number}"
    stop(process)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("TRACE", "/v1/ask", 405, "method-not-allowed"),
        ("TRACE", "/v1/nothing", 404, "no-such-address"),
        ("GET", "/v1", 404, "no-such-address"),
        ("GET", "/v1/", 404, "no-such-address"),
        ("GET", "//v1/indexes", 404, "no-such-address"),
        ("PUT", "/docs", 405, "method-not-allowed"),
    ],
)
def test_what_no_route_takes_is_a_problem_also_where_the_chat_is_behind(
    address: str, method: str, path: str, status: int, code: str
) -> None:
    said = assert_problem(httpx.request(method, f"{address}{path}"), status, code)
    assert path in said["detail"]


def test_the_chat_has_its_own_addresses(address: str) -> None:
    assert "text/html" in httpx.get(address).headers["content-type"]


@pytest.mark.slow
@pytest.mark.skipif(not BINARY.exists(), reason="schemathesis is not installed (make .venv/.dev)")
def test_no_request_that_the_document_allows_or_forbids_breaks_the_server(
    address: str, document: Any, tmp_path: Path
) -> None:
    """schemathesis asks every route: no 5xx, no reply that the document doesn't describe, nothing wrong accepted."""
    command = [
        BINARY, "run", f"{address}/openapi.json", "--phases", "examples,coverage,fuzzing", "-n", "3",
        "--seed", "20261123", "--generation-deterministic", "--no-color",
        "--exclude-checks", "positive_data_acceptance",  # what is well-formed may still name what isn't there
        "--suppress-health-check", "all", "--warnings", "off", "--request-timeout", "120",
    ]  # fmt: skip
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=280, check=False)
    assert done.returncode == 0, done.stdout[-6_000:] + done.stderr[-2_000:]
    assert f"Tested: {len(operations(document))}" in done.stdout
