"""A call as every door hands it to the bus, and the reply that every door sends out."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from bff.kinds import Context


@dataclass(frozen=True, slots=True)
class Call:
    """One call of one operation.

    Attributes:
        operation: its code.
        payload: path, query and body merged, camelCase names, JSON values.
        context: caller, time, chance and names.
        idempotency_key: the Idempotency-Key header, or None.
    """

    operation: str
    payload: Mapping[str, Any]
    context: Context
    idempotency_key: str | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """What goes out: an HTTP status, bytes exactly as they were first made, further headers, and what the bytes are."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
