"""The page that shows the interface to people: ``/docs/api``, and the document behind it: ``/openapi.json``."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from flask import Blueprint, Response, render_template

from bff.web.problems import ProblemCatalogue

CSP: Final = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_JSON_TYPE: Final = "application/json"
_DEEPEST: Final = 6


@dataclass(frozen=True, slots=True)
class Field:
    """One row of a table of fields."""

    name: str
    kind: str
    required: bool
    place: str
    note: str


@dataclass(frozen=True, slots=True)
class Entry:
    """One operation as the page shows it."""

    code: str
    summary: str
    method: str
    path: str
    scope: str
    from_shell: bool
    keyed: bool
    asks: tuple[Field, ...]
    gives: tuple[Field, ...]
    refusals: tuple[tuple[str, str], ...]
    curl: str
    example: str


def blueprint(document: Callable[[], Mapping[str, Any]], problems: ProblemCatalogue, *, tokens_url: str) -> Blueprint:
    """Make the two routes and those of their style and script.

    Args:
        document: gives the OpenAPI document.
        problems: for what each code means.
        tokens_url: address of the design tokens' style sheet.
    """
    routes = Blueprint(
        "reference",
        __name__,
        template_folder="templates",
        static_folder="static",
        static_url_path="/docs/api/static",
    )

    def openapi() -> Response:
        return Response(msgspec.json.encode(document()), content_type=_JSON_TYPE)

    def page() -> Response:
        described = document()
        groups: dict[str, list[Entry]] = {}
        for entry in entries(described, problems):
            groups.setdefault(entry.code.split(".")[0], []).append(entry)
        html = render_template(
            "reference.html", groups=groups, info=described["info"], tokens_url=tokens_url, problems=list(problems)
        )
        return Response(html, content_type="text/html; charset=utf-8", headers={"Content-Security-Policy": CSP})

    routes.add_url_rule("/openapi.json", view_func=openapi, endpoint="openapi")
    routes.add_url_rule("/docs/api", view_func=page, endpoint="page")
    return routes


def entries(document: Mapping[str, Any], problems: ProblemCatalogue) -> list[Entry]:
    """Give the page's rows in the order of their codes."""
    found = [
        _entry(document, path, method, operation, problems)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
    ]
    return sorted(found, key=lambda entry: entry.code)


def _entry(
    document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any], problems: ProblemCatalogue
) -> Entry:
    schemas = document["components"]["schemas"]
    body = operation.get("requestBody", {}).get("content", {}).get(_JSON_TYPE, {}).get("schema", {})
    answer = operation["responses"]["200"]["content"][_JSON_TYPE]["schema"]
    parameters = [item for item in operation["parameters"] if item["in"] != "header"]
    asked = [
        Field(item["name"], _kind(item["schema"]), item["required"], item["in"], _note(item["schema"]))
        for item in parameters
    ]
    listed = [code for refusal in operation["responses"].values() for code in _codes(refusal)]
    keyed = any(item["name"] == "Idempotency-Key" for item in operation["parameters"])
    sample = None if not body.get("properties") else example(body, schemas)
    url = document["servers"][0]["url"] + path
    return Entry(
        code=operation["operationId"],
        summary=operation["summary"],
        method=method.upper(),
        path=path,
        scope=operation.get("x-scope", "public"),
        from_shell=operation["x-from-shell"],
        keyed=keyed,
        asks=(*asked, *_rows(body, schemas, "body")),
        gives=_rows(answer, schemas, "answer"),
        refusals=tuple((code, _meaning(code, problems)) for code in listed),
        curl=curl(method.upper(), url, sample, protected="x-scope" in operation, keyed=keyed),
        example=json.dumps(example(answer, schemas), ensure_ascii=False, indent=2),
    )


def curl(method: str, url: str, body: Any, *, protected: bool, keyed: bool) -> str:
    """Give the command line that makes the call."""
    lines = [f"curl -X {method} '{url}'"]
    if protected:
        lines += ["-H 'Authorization: DPoP <access token>'", "-H 'DPoP: <proof>'"]
    if keyed:
        lines.append("-H 'Idempotency-Key: <a new id for each intent>'")
    if method != "GET":
        text = json.dumps({} if body is None else body, ensure_ascii=False)
        lines += ["-H 'Content-Type: application/json'", f"-d '{text}'"]
    return " \\\n  ".join(lines)


def example(schema: Mapping[str, Any], schemas: Mapping[str, Any], depth: int = 0) -> Any:
    """Make a value that has a schema's shape."""
    if "$ref" in schema:
        return {} if depth > _DEEPEST else example(schemas[schema["$ref"].rpartition("/")[2]], schemas, depth + 1)
    for key in ("examples", "enum"):
        if schema.get(key):
            return schema[key][0]
    if "anyOf" in schema:
        return example(schema["anyOf"][0], schemas, depth + 1)
    kind = schema.get("type")
    if kind == "object":
        return {name: example(item, schemas, depth + 1) for name, item in schema.get("properties", {}).items()}
    if kind == "array":
        item = schema.get("items")
        return [example(item, schemas, depth + 1)] if isinstance(item, Mapping) else []
    simple = {"string": "…", "integer": schema.get("minimum", 1), "number": 1.5, "boolean": True}
    return simple.get(str(kind))


def _rows(schema: Mapping[str, Any], schemas: Mapping[str, Any], place: str) -> tuple[Field, ...]:
    if "$ref" in schema:
        schema = schemas[schema["$ref"].rpartition("/")[2]]
    required = schema.get("required", [])
    return tuple(
        Field(name, _kind(item), name in required, place, _note(item))
        for name, item in schema.get("properties", {}).items()
    )


def _kind(schema: Mapping[str, Any]) -> str:
    if "$ref" in schema:
        return str(schema["$ref"].rpartition("/")[2])
    if "anyOf" in schema:
        return " | ".join(_kind(item) for item in schema["anyOf"])
    if schema.get("type") == "array":
        return f"{_kind(schema.get('items') or {})}[]"
    return str(schema.get("type", "string" if "enum" in schema else "any"))


def _note(schema: Mapping[str, Any]) -> str:
    words = [str(schema["description"])] if "description" in schema else []
    if "enum" in schema:
        words.append(" · ".join(map(str, schema["enum"])))
    names = ("minimum", "maximum", "minLength", "maxLength", "pattern")
    words += [f"{name} {schema[name]}" for name in names if name in schema]
    return "; ".join(words)


def _codes(refusal: Mapping[str, Any]) -> list[str]:
    problem = "application/problem+json" in refusal["content"]
    return str(refusal["description"]).split(", ") if problem else []


def _meaning(code: str, problems: ProblemCatalogue) -> str:
    found = problems.get(code)
    return "" if found is None else found.en
