"""The interface description: OpenAPI 3.1 made from the operations' own declarations."""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, Protocol

import msgspec

from bff.web.problems import ProblemCatalogue

_PARAMETER: Final = re.compile(r"\{([a-z0-9_]+)\}")
_COMPONENT: Final = "#/components/schemas/{name}"
_PREFIX: Final = "/app/v1"
COMMON: Final = ("REQUEST_INVALID", "RATE_LIMITED", "BUSY", "INTERNAL")
PROTECTED: Final = ("TOKEN_INVALID", "TOKEN_EXPIRED", "PROOF_INVALID", "PROOF_REPLAYED", "NONCE_REQUIRED")
PAGES: Final = ("BUNDLE_REQUIRED", "BUNDLE_UNKNOWN", "BUNDLE_REVOKED", "OP_NOT_IN_MANIFEST", "SCOPE_MISSING")
KEYED: Final = ("IDEMPOTENCY_KEY_REQUIRED", "IDEMPOTENCY_MISMATCH", "IDEMPOTENCY_RUNNING")
_PROBLEM: Final = {
    "type": "object",
    "description": "RFC 9457 problem; further members carry data of the refusal.",
    "required": ["type", "title", "status", "detail", "code", "message", "requestId"],
    "properties": {
        "type": {"type": "string", "examples": ["urn:tidegate:problem:REQUEST_INVALID"]},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "For developers."},
        "code": {"type": "string", "description": "Stable; docs/errors.md lists them all."},
        "message": {
            "type": "object",
            "required": ["zh", "en"],
            "properties": {"zh": {"type": "string"}, "en": {"type": "string"}},
        },
        "requestId": {"type": "string"},
    },
}


class Taken(Protocol):
    """Files that an operation takes."""

    @property
    def media_types(self) -> frozenset[str]:
        """Their types."""
        ...

    @property
    def most_bytes(self) -> int:
        """Length of the longest."""
        ...


class Described(Protocol):
    """An operation as far as its description goes."""

    @property
    def code(self) -> str:
        """Dotted name."""
        ...

    @property
    def summary(self) -> str:
        """One English sentence."""
        ...

    @property
    def method(self) -> str:
        """HTTP method."""
        ...

    @property
    def path(self) -> str:
        """Path below the door's prefix."""
        ...

    @property
    def request(self) -> type[msgspec.Struct]:
        """Shape of the request."""
        ...

    @property
    def response(self) -> type[msgspec.Struct]:
        """Shape of the answer."""
        ...

    @property
    def scope(self) -> str | None:
        """What the session must hold."""
        ...

    @property
    def from_shell(self) -> bool:
        """Whether it belongs to the native shell."""
        ...

    @property
    def idempotency(self) -> str:
        """How repeats are recognised."""
        ...

    @property
    def errors(self) -> tuple[str, ...]:
        """Codes of its own refusals."""
        ...

    @property
    def upload(self) -> Taken | None:
        """What file is its body, if any."""
        ...


def describe(
    operations: Iterable[Described], problems: ProblemCatalogue, *, server: str, version: str
) -> Mapping[str, Any]:
    """Give the OpenAPI document.

    Args:
        operations: published on the app's door.
        problems: all refusals, for the statuses of their codes.
        server: origin at which the interface is reached.
        version: of the interface.
    """
    listed = list(operations)
    types = [shape for operation in listed for shape in (operation.request, operation.response)]
    references, components = msgspec.json.schema_components(types, ref_template=_COMPONENT)
    paths: dict[str, dict[str, Any]] = {}
    for index, operation in enumerate(listed):
        wire = _wire_path(operation)
        request = _resolve(references[2 * index], components)
        item = _operation(operation, request, references[2 * index + 1], problems)
        paths.setdefault(_PREFIX + wire, {})[operation.method.lower()] = item
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Tidegate",
            "version": version,
            "summary": "The app's interface of the bank.",
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": server}],
        "paths": paths,
        "components": {
            "schemas": {**components, "Problem": _PROBLEM},
            "securitySchemes": {
                "dpop": {"type": "http", "scheme": "DPoP", "description": "RFC 9449: DPoP access token and proof."}
            },
        },
        "tags": [{"name": tag} for tag in sorted({operation.code.split(".")[0] for operation in listed})],
    }


def codes(operation: Described) -> tuple[str, ...]:
    """Give every code that an operation can answer, its own first."""
    own = operation.errors
    protected = PROTECTED if operation.scope is not None else ()
    pages = ("SHELL_ONLY",) if operation.from_shell else PAGES
    keyed = KEYED if operation.idempotency == "key" else ()
    committed = () if operation.idempotency == "none" else ("OUTCOME_UNKNOWN",)
    return tuple(dict.fromkeys((*own, *keyed, *committed, *protected, *pages, *COMMON)))


def _operation(
    operation: Described, request: Mapping[str, Any], response: Mapping[str, Any], problems: ProblemCatalogue
) -> dict[str, Any]:
    in_path = [_wire_name(operation, name) for name in _PARAMETER.findall(operation.path)]
    item: dict[str, Any] = {
        "operationId": operation.code,
        "summary": operation.summary,
        "tags": [operation.code.split(".")[0]],
        "parameters": [*_fields(operation, request, in_path), *_headers(operation)],
        "responses": {
            "200": {"description": "Done.", "content": {"application/json": {"schema": response}}},
            **_refusals(codes(operation), problems),
        },
        "x-from-shell": operation.from_shell,
    }
    if operation.method != "GET":
        item["requestBody"] = {"required": True, "content": _content(operation, _body(request, in_path))}
    if operation.scope is not None:
        item["security"] = [{"dpop": []}]
        item["x-scope"] = str(operation.scope)
    return item


def _content(operation: Described, body: Mapping[str, Any]) -> dict[str, Any]:
    """Describe the body by its media types; a file's schema is empty, as OpenAPI 3.1 writes raw bytes."""
    if operation.upload is None:
        return {"application/json": {"schema": body}}
    described = {"description": f"At most {operation.upload.most_bytes} bytes."}
    return {media_type: {"schema": described} for media_type in sorted(operation.upload.media_types)}


def _fields(operation: Described, request: Mapping[str, Any], in_path: list[str]) -> list[dict[str, Any]]:
    """Describe the fields that stand in the path, and for a GET those in the query."""
    required = request.get("required", [])
    found = []
    for name, schema in request.get("properties", {}).items():
        if name in in_path:
            found.append({"name": name, "in": "path", "required": True, "schema": schema})
        elif operation.method == "GET":
            found.append({"name": name, "in": "query", "required": name in required, "schema": schema})
    return found


def _headers(operation: Described) -> list[dict[str, Any]]:
    text = {"type": "string"}
    found: list[dict[str, Any]] = []
    if operation.scope is not None:
        found.append(
            {"name": "DPoP", "in": "header", "required": True, "schema": text, "description": "RFC 9449 proof."}
        )
    if operation.idempotency == "key":
        limited = {"type": "string", "minLength": 1, "maxLength": 80}
        found.append({"name": "Idempotency-Key", "in": "header", "required": True, "schema": limited})
    return found


def _refusals(listed: Iterable[str], problems: ProblemCatalogue) -> dict[str, Any]:
    """Group codes by their HTTP status."""
    by_status: dict[int, list[str]] = {}
    for code in listed:
        known = problems.get(code)
        by_status.setdefault(400 if known is None else known.status, []).append(code)
    content = {"application/problem+json": {"schema": {"$ref": _COMPONENT.format(name="Problem")}}}
    return {
        str(status): {"description": ", ".join(grouped), "content": content}
        for status, grouped in sorted(by_status.items())
    }


def _body(request: Mapping[str, Any], in_path: list[str]) -> dict[str, Any]:
    """Give the request's schema without what stands in the path."""
    properties = {name: schema for name, schema in request.get("properties", {}).items() if name not in in_path}
    required = [name for name in request.get("required", []) if name not in in_path]
    return {**request, "properties": properties, "required": required}


def _resolve(reference: Mapping[str, Any], components: Mapping[str, Any]) -> Mapping[str, Any]:
    name = reference.get("$ref", "").rpartition("/")[2]
    found: Mapping[str, Any] = components.get(name, reference)
    return found


def _wire_path(operation: Described) -> str:
    return _PARAMETER.sub(lambda match: "{" + _wire_name(operation, match[1]) + "}", operation.path)


def _wire_name(operation: Described, name: str) -> str:
    shape = operation.request
    wire = dict(zip(shape.__struct_fields__, shape.__struct_encode_fields__, strict=True))
    return wire.get(name, name)
