"""A table as two operations, one that answers with CSV and one with PDF.

Invariant: a file has at most what a page gets as one message over the bridge.
"""

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from typing import Any, Final, TypeAlias

import msgspec
from sqlalchemy.orm import Session

from bff.catalogue.operation import Download, File, Idempotency, Operation
from bff.exports import csv_file, pdf_file
from bff.exports.errors import StatementTooLongError
from bff.exports.table import Table
from bff.kinds import Context

MOST_BYTES: Final = 180_000
"""Longest file: what a page gets as one message over the bridge, with its base64."""

Tabled: TypeAlias = Callable[[Session, Context, Any], Table]
"""Gives the table that a request asks for; a step as a handler is one."""


class Kind(StrEnum):
    """What a table is written as; the ending of the file."""

    CSV = "csv"
    PDF = "pdf"


_MEDIA_TYPES: Final = {Kind.CSV: "text/csv", Kind.PDF: pdf_file.MEDIA_TYPE}


def exported(
    *, code: str, what: str, path: str, request: type[msgspec.Struct], tabled: Tabled, errors: tuple[str, ...] = ()
) -> tuple[Operation, ...]:
    """Give the operations ``<code>.csv`` and ``<code>.pdf`` at ``<path>/csv`` and ``<path>/pdf``.

    Args:
        code: of both, without the ending.
        what: the table in words, ``the movements of a period``.
        path: of both, without the ending.
        request: as an ``Operation`` has it.
        tabled: gives the table; it reads only.
        errors: what it can refuse, besides that the file is too long.
    """
    return tuple(
        Operation(
            code=f"{code}.{kind}",
            summary=f"Give {what} as a {kind.upper()} file.",
            method="GET",
            path=f"{path}/{kind}",
            request=request,
            response=File,
            handler=partial(_file, tabled, kind),
            idempotency=Idempotency.NONE,
            limit="10/minute",
            download=Download(frozenset({_MEDIA_TYPES[kind]}), MOST_BYTES),
            errors=(*errors, StatementTooLongError.code),
        )
        for kind in Kind
    )


def _file(tabled: Tabled, kind: Kind, session: Session, context: Context, request: Any) -> File:
    table = tabled(session, context, request)
    if kind is Kind.CSV:
        content, media_type = csv_file.written(table), csv_file.MEDIA_TYPE
    else:
        content, media_type = pdf_file.written(table, context.now), pdf_file.MEDIA_TYPE
    if len(content) > MOST_BYTES:
        raise StatementTooLongError(mostBytes=MOST_BYTES)
    return File(content, media_type, f"{table.name}.{kind}")
