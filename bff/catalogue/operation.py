"""An operation of the bank as one declaration, and the catalogue that holds them all.

Doors make routes from it, bundles name it in their manifests, the bridge's ``net.request`` names it, OpenAPI is made
from it. A code, once published, never changes its meaning.
"""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from typing import Any, TypeAlias

import msgspec
from sqlalchemy.orm import Session

from bff.errors import CatalogueError, OperationUnknownError
from bff.kinds import Channel, Context, Scope

Handler: TypeAlias = Callable[[Session, Context, Any], msgspec.Struct]
"""A step inside the bus's transaction: takes the session, the context and the parsed request; never commits."""

Settle: TypeAlias = Callable[[Session, Context, Any, Any], msgspec.Struct]
"""Reads the final answer after the relay has spoken to the core: (session, context, request, first answer)."""


class Empty(msgspec.Struct, rename="camel", forbid_unknown_fields=True):
    """A request or an answer without fields."""


class Idempotency(StrEnum):
    """How a second delivery of the same request is recognised."""

    NONE = "none"
    """It changes nothing."""
    KEY = "key"
    """By the Idempotency-Key header."""
    NATURAL = "natural"
    """By what it spends itself: a single-use challenge or a rotating token."""


@dataclass(frozen=True, slots=True)
class Upload:
    """A file as the body of a request, in place of JSON.

    The request gets it as ``content: bytes`` and its type as ``media_type: str``; its other fields stand in the path.

    Attributes:
        media_types: those that are taken.
        most_bytes: longest file.
    """

    media_types: frozenset[str]
    most_bytes: int


@dataclass(frozen=True, slots=True)
class Download:
    """A file as the answer, in place of JSON: the handler gives a ``File``.

    Attributes:
        media_types: what it may be, parameters left out.
        most_bytes: longest file; a longer one is a mistake of the operation, which has to bound what it writes.
    """

    media_types: frozenset[str]
    most_bytes: int


class File(msgspec.Struct, frozen=True):
    """A file that an operation answers with.

    Attributes:
        content: its bytes; media_type: ``text/csv; charset=utf-8``.
        name: of the file that a person keeps: ASCII letters, digits, ``.``, ``_`` and ``-``, no personal data.
    """

    content: bytes
    media_type: str
    name: str


@dataclass(frozen=True, kw_only=True, slots=True)
class Operation:
    """One business function.

    Attributes:
        code: dotted name, ``wealth.order.prepare``; version: its major version.
        summary: one English sentence for OpenAPI.
        method, path: the HTTP binding below the door's prefix; ``{order_id}`` names a field of the request by its
            snake_case name. Other fields of a GET come from the query, those of a POST from the JSON body.
        request, response: msgspec structs, ``rename="camel"``, requests with ``forbid_unknown_fields=True``.
        scope: what the session must hold; None means anybody who passes the door.
        from_shell: only the native shell may call it, never a page's bundle. Page operations need a running bundle
            whose manifest names the code.
        channels: doors on which it is published.
        idempotency: how repeats are recognised; it is NONE exactly when the operation changes nothing.
        template: approval template that a device signs before the money moves, or None.
        limit: rate per caller in Flask-Limiter's words, ``60/minute``.
        fee: price of one call to a partner in fen.
        fresh: how long ago at most the person must have been verified on the device, or None.
        upload: what file is its body, or None when it takes JSON.
        download: what file it answers with, or None when it answers JSON; only what changes nothing may.
        errors: codes of the problems that this operation can answer besides the common ones.
        handler, settle: the step, and what reads the final answer after the relay (or None).
    """

    code: str
    summary: str
    method: str
    path: str
    request: type[msgspec.Struct]
    response: type[msgspec.Struct]
    handler: Handler
    idempotency: Idempotency
    scope: Scope | None = Scope.CUSTOMER
    version: int = 1
    from_shell: bool = False
    channels: frozenset[Channel] = frozenset({Channel.APP})
    template: str | None = None
    limit: str = "120/minute"
    fee: int = 0
    fresh: timedelta | None = None
    upload: Upload | None = None
    download: Download | None = None
    errors: tuple[str, ...] = ()
    settle: Settle | None = None

    @property
    def changes(self) -> bool:
        """Tell whether a call may change something."""
        return self.idempotency is not Idempotency.NONE


class Catalogue:
    """All operations by code; refuses a code or a binding given twice."""

    def __init__(self, operations: Iterable[Operation]) -> None:
        """Collect the operations.

        Raises:
            CatalogueError: two operations share a code or a binding, or one contradicts itself.
        """
        self._by_code: dict[str, Operation] = {}
        bindings: dict[tuple[str, str], str] = {}
        for operation in operations:
            if operation.code in self._by_code:
                raise CatalogueError(detail=f"operation {operation.code} is declared twice")
            binding = (operation.method, operation.path)
            if binding in bindings:
                raise CatalogueError(detail=f"{operation.code} and {bindings[binding]} share {binding}")
            if operation.upload is not None and not {"content", "media_type"} <= set(
                operation.request.__struct_fields__
            ):
                raise CatalogueError(detail=f"{operation.code} takes a file and its request has no place for it")
            if (operation.download is None) is issubclass(operation.response, File):
                raise CatalogueError(detail=f"{operation.code}: who answers with a File declares a download")
            if operation.download is not None and (operation.changes or operation.settle is not None):
                raise CatalogueError(detail=f"{operation.code} answers with a file and may change nothing")
            if operation.changes == (operation.method == "GET"):
                raise CatalogueError(detail=f"{operation.code}: GET and only GET must change nothing")
            bindings[binding] = operation.code
            self._by_code[operation.code] = operation

    def __iter__(self) -> Iterator[Operation]:
        """Go through the operations in the order of their codes."""
        return iter(sorted(self._by_code.values(), key=lambda operation: operation.code))

    def get(self, code: str) -> Operation:
        """Give the operation of that code.

        Raises:
            OperationUnknownError: no operation has that code.
        """
        try:
            return self._by_code[code]
        except KeyError:
            raise OperationUnknownError(detail=f"no operation is called {code}") from None
