"""The API reference as one HTML page made from the OpenAPI document. FastAPI's own pages load scripts from outside."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

_STYLE = (
    "body{font:16px/1.7 system-ui,'Apple SD Gothic Neo','Malgun Gothic','Noto Sans KR',NanumGothic,sans-serif;"
    "max-width:60rem;margin:2rem auto;padding:0 1rem;color-scheme:light dark}"
    "code,pre{font-size:14px}pre{overflow-x:auto;padding:.75rem;border:1px solid #8888;border-radius:.5rem}"
)


def reference_page(document: Mapping[str, Any]) -> str:
    """The operations of an OpenAPI document with what they take, and the schemas they name."""
    sections = "".join(
        _operation(method, path, operation, document)
        for path, operations in document["paths"].items()
        for method, operation in operations.items()
    )
    title = escape(document["info"]["title"])
    return (
        f'<!doctype html><html lang="ko"><meta charset="utf-8"><meta name="viewport" content="width=device-width">'
        f"<title>{title} API</title><style>{_STYLE}</style><h1>{title} API</h1>"
        f"<p>{escape(document['info'].get('description', ''))} "
        f'<a href="/openapi.json">openapi.json</a> · 오류는 RFC 9457 문서입니다 (errors are problem documents).</p>'
        f"{sections}</html>"
    )


def _operation(method: str, path: str, operation: Mapping[str, Any], document: Mapping[str, Any]) -> str:
    taken = "".join(
        f"<li><code>{escape(name)}</code> ({escape(place)}) {escape(description)}</li>"
        for name, place, description in _taken(operation, document)
    )
    bodies = "".join(f"<pre>{escape(example)}</pre>" for example in _examples(operation, document))
    return (
        f"<h2><code>{method.upper()} {escape(path)}</code> {escape(operation.get('summary', ''))}</h2>"
        f"<p>{escape(operation.get('description', ''))}</p>"
        f"{f'<ul>{taken}</ul>' if taken else ''}{bodies}{_problems(operation)}"
    )


def _problems(operation: Mapping[str, Any]) -> str:
    """The codes of what may go wrong, by status."""
    told = "".join(
        f"<li>{escape(status)}: {escape(reply['description'])}</li>"
        for status, reply in sorted(operation["responses"].items())
        if not status.startswith("2")
    )
    return f"<details><summary>오류 (errors)</summary><ul>{told}</ul></details>" if told else ""


def _taken(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[tuple[str, str, str]]:
    """What an operation takes: the name, where it stands, what it is."""
    for parameter in operation.get("parameters", ()):
        yield parameter["name"], parameter["in"], parameter.get("description", "")
    for media in _content(operation).values():
        for name, field in _fields(media, document).items():
            yield name, "body", field.get("description", "")


def _examples(operation: Mapping[str, Any], document: Mapping[str, Any]) -> Iterator[str]:
    """Bodies that can be sent: the fields that have an example, which all that are required have."""
    for media in _content(operation).values():
        fields = _fields(media, document)
        shown = {name: field["examples"][0] for name, field in fields.items() if field.get("examples")}
        yield str(media["example"]) if "example" in media else json.dumps(shown, ensure_ascii=False, indent=2)


def _content(operation: Mapping[str, Any]) -> Mapping[str, Any]:
    found: Mapping[str, Any] = operation.get("requestBody", {}).get("content", {})
    return found


def _fields(media: Mapping[str, Any], document: Mapping[str, Any]) -> Mapping[str, Any]:
    name = media["schema"].get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = document.get("components", {}).get("schemas", {}).get(name, {}).get("properties", {})
    return found
