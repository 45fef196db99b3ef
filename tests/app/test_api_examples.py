"""What the API shows can be sent; what it refuses is said in Korean and in English, never in both at once."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from fastapi import FastAPI
from fastapi.testclient import TestClient
from httpx import Response

from app.api.application import create_api
from app.api.replies import PASSAGE, SENTENCE
from app.problems import handle_errors
from pipeline.config import load_profile
from pipeline.service import Home, Service
from pipeline.types import Document, Source
from tests.app.test_api import assert_problem
from tests.pipeline.corpora import build, documents

NAMES = {"/v1/uploads/{name}": "후기.csv", "/v1/indexes/{name}/current": "demo"}
MADE_UP = {"/v1/feedback": "trace-not-found", "/v1/indexes/{name}/current": "index-version-not-found"}
"""Examples that name what every server has under another name: whoever sends them is told so."""

BAD: tuple[Any, ...] = (
    None, True, 3, 1.5, -1, 10**30, float("nan"), "", "글", "\ud800", [], [3], ["\ud800"], {}, {"x": 3}, {"\ud800": 3},
)  # fmt: skip
BAD_IN_ADDRESSES = ("", "x", "1.5", "0", "-1", "9" * 20, "9" * 5_000, "%ff", "가" * 3_000)

FORM = "/docs에서 형식을 확인하세요."
Schema = Mapping[str, Any]


@pytest.fixture(scope="module")
def client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    home = Home(tmp_path_factory.mktemp("home"))
    told = [
        Document(text, Source(id_, 0, len(text), "", "너울창고", "카페", "제주"))
        for id_, text in ((PASSAGE, SENTENCE), ("r16-03", "창가 자리에서 바다가 보여요. 주차는 건물 뒤에 하세요."))
    ]
    build(home, [*documents(), *told], name="demo")
    service = Service(home, load_profile())
    with TestClient(create_api(service)) as client:
        yield client
    service.close()


@pytest.fixture(scope="module")
def document(client: TestClient) -> Any:
    return client.get("/openapi.json").json()


def shown(page: str) -> list[tuple[str, str, str]]:
    """The bodies on the page of the reference: method, path and body; files come before what is built from them."""
    found = re.findall(r"<h2><code>(\w+) (\S+)</code>(.*?)(?=<h2>|</html>)", page, flags=re.DOTALL)
    bodies = [
        (method, path, html.unescape(body))
        for method, path, told in found
        for body in re.findall(r"<pre>(.*?)</pre>", told, flags=re.DOTALL)
    ]
    return sorted(bodies, key=lambda body: body[1] != "/v1/uploads/{name}")


def test_every_body_that_the_reference_shows_can_be_sent(client: TestClient, document: Any) -> None:
    bodies = shown(client.get("/docs").text)
    wanted = {path for path, found in document["paths"].items() for one in found.values() if "requestBody" in one}
    assert {path for _, path, _ in bodies} == wanted
    for method, path, body in bodies:
        parameters = document["paths"][path][method.lower()].get("parameters", ())
        query = {one["name"]: one["schema"]["examples"][0] for one in parameters if one["in"] == "query"}
        address = path.replace("{name}", NAMES.get(path, ""))
        kind = "application/octet-stream" if path.startswith("/v1/uploads/") else "application/json"
        reply = client.request(method, address, params=query, content=body.encode(), headers={"content-type": kind})
        if path in MADE_UP:
            assert_problem(reply, 404, MADE_UP[path])
        else:
            assert reply.status_code in (200, 202), (path, reply.text)


def test_the_reference_names_every_field_also_those_without_an_example(client: TestClient, document: Any) -> None:
    page = client.get("/docs").text
    for name, schema in document["components"]["schemas"].items():
        if name.endswith("Body"):
            assert all(f"<li><code>{field}</code> (body)" in page for field in schema["properties"]), name


def test_each_example_of_a_field_can_be_sent_beside_those_of_the_others(document: Any, client: TestClient) -> None:
    echo = echoing(client)
    for name, schema in schemas(document).items():
        whole = example(schema, document)
        for field, described in schema["properties"].items():
            for one in described.get("examples", ()):
                assert posted(echo, name, {**whole, field: one}).status_code == 200, (name, field)


def test_whatever_stands_in_a_body_is_refused_in_the_words_of_each_language(document: Any, client: TestClient) -> None:
    echo = echoing(client)
    for name, schema in schemas(document).items():
        refused = [reply for body in broken(schema, document) if (reply := posted(echo, name, body)).status_code != 200]
        assert len(refused) > 3 * len(schema["properties"])
        for reply in refused:
            check_words(reply)


def test_whatever_stands_in_an_address_is_refused_in_the_words_of_each_language(
    document: Any, client: TestClient
) -> None:
    refused = 0
    for path, found in document["paths"].items():
        for parameter in found.get("get", {}).get("parameters", ()):
            for value in BAD_IN_ADDRESSES if parameter["in"] == "query" else ():
                reply = client.get(f"{re.sub('{.*?}', 'x', path)}?{parameter['name']}={value}")
                if reply.status_code == 422:
                    refused += 1
                    check_words(reply)
    assert refused > 40


def test_what_is_not_json_is_said_in_the_words_of_each_language(client: TestClient) -> None:
    for content in (b"{", b'{"question": }', b'{"question": "\xff"}', b"[" * 100_000):
        check_words(client.post("/v1/ask", content=content, headers={"content-type": "application/json"}))


@pytest.mark.parametrize(
    ("query", "ko", "en"),
    [
        ("limit=1.5", "정수여야 합니다", "a whole number"),
        ("limit=" + "9" * 20, "1,000 이하여야 합니다", "1,000 or less"),
        ("limit=0", "1 이상이어야 합니다", "1 or more"),
    ],
)
def test_numbers_in_addresses(client: TestClient, query: str, ko: str, en: str) -> None:
    said = assert_problem(client.get(f"/v1/traces?{query}"), 422, "malformed-request")
    assert ko in said["detail"]
    assert en in said["detail_en"]


@pytest.mark.parametrize(
    ("changed", "where"), [({"messages": ["주차"]}, "body.messages.0"), ({"hansang": None}, "body.hansang")]
)
def test_a_part_of_a_body_has_no_content_type(client: TestClient, changed: dict[str, Any], where: str) -> None:
    body = {"model": "demo", "messages": [{"role": "user", "content": "주차"}], **changed}
    said = assert_problem(client.post("/v1/chat/completions", json=body), 422, "malformed-request")
    assert f"{where}을(를) 읽을 수 없습니다: JSON 객체여야 합니다." in said["detail"]
    assert "Content-Type" not in said["detail_en"]


@pytest.mark.parametrize(
    ("name", "value", "ko", "en"),
    [
        ("llm.temperature", 3, "0–2 사이의 수가 필요합니다.", "It must be a number from 0 to 2."),
        ("retrieval.k", 2.5, "사이의 정수가 필요합니다.", "It must be a whole number from"),
        ("fusion.method", "sum", "가능한 값: ", "One of: "),
    ],
)
def test_a_setting_it_can_not_have_is_refused_in_the_words_of_each_language(
    client: TestClient, name: str, value: object, ko: str, en: str
) -> None:
    reply = client.post("/v1/ask", json={"question": "주차", "set": {name: value}})
    said = assert_problem(reply, 422, "bad-setting")
    assert ko in said["detail"]
    assert en in said["detail_en"]
    check_words(reply)


def check_words(reply: Response) -> None:
    """A refusal whose Korean has no sentence in English, and whose English has no Korean but what it quotes."""
    said = reply.json()
    assert reply.status_code == 422, reply.text
    reason = said["detail"].partition(": ")[2] if said["title"] == "malformed-request" else said["detail"]
    assert re.search("[가-힣]", reason.removesuffix(FORM)), said
    assert not re.search(r"[A-Za-z]+( [a-z]+){2}", said["detail"]), said
    assert "쓸 수 없는 값" not in said["detail"], said  # what is said where nobody knows more
    assert not re.search("[가-힣]", re.sub("'.*?'", "", said["detail_en"])), said


def echoing(client: TestClient) -> TestClient:
    """A server that takes the bodies of the API, does nothing, and refuses as the API does."""
    echo, api = FastAPI(), client.app
    assert isinstance(api, FastAPI)
    handle_errors(echo)
    for route in api.routes:
        if field := getattr(route, "body_field", None):
            model = field.field_info.annotation
            echo.post(f"/{model.__name__}")(_taking(model))
    return TestClient(echo)


def _taking(model: type) -> Any:
    def take(body: Any) -> None:
        """Nothing is done."""

    take.__annotations__ = {"body": model}
    return take


def posted(echo: TestClient, name: str, body: object) -> Response:
    return echo.post(f"/{name}", content=json.dumps(body), headers={"content-type": "application/json"})


def schemas(document: Any) -> dict[str, Schema]:
    """The schemas of all bodies that are JSON, by their names."""
    found = (
        one["requestBody"]["content"]["application/json"]["schema"]["$ref"].rpartition("/")[2]
        for found in document["paths"].values()
        for one in found.values()
        if "application/json" in one.get("requestBody", {}).get("content", {})
    )
    return {name: document["components"]["schemas"][name] for name in found}


def example(schema: Schema, document: Any) -> Any:
    """Something that a schema takes."""
    schema = resolved(schema, document)
    if "examples" in schema:
        return schema["examples"][0]
    if "properties" in schema:
        known = schema["properties"].items()
        return {name: field["examples"][0] for name, field in known if "examples" in field}
    return [example(schema["items"], document)] if "items" in schema else "x"


def broken(schema: Schema, document: Any) -> Iterator[Any]:
    """Values of every type in the place of what a schema takes, and of each part of it; too much of it, too."""
    schema = resolved(schema, document)
    yield from BAD
    if "maxLength" in schema:
        yield "가" * (schema["maxLength"] + 1)
    if "maxItems" in schema:
        yield example(schema, document) * (schema["maxItems"] + 1)
    for one in schema.get("anyOf", ()):
        yield from broken(one, document)
    if "items" in schema:
        yield from ([one] for one in broken(schema["items"], document))
    if isinstance(schema.get("additionalProperties"), dict):
        yield from ({"x": one} for one in broken(schema["additionalProperties"], document))
    whole = example(schema, document) if "properties" in schema else {}
    for name, field in schema.get("properties", {}).items():
        yield {other: value for other, value in whole.items() if other != name}
        yield from ({**whole, name: one} for one in broken(field, document))


def resolved(schema: Schema, document: Any) -> Schema:
    found: Schema = document["components"]["schemas"][schema["$ref"].rpartition("/")[2]] if "$ref" in schema else schema
    return found
