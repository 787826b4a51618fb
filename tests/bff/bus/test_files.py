"""Files as answers: only what was declared leaves, under a plain name."""

from dataclasses import replace

import pytest
from sqlalchemy.orm import Session

from bff.bus.files import as_reply
from bff.catalogue import Catalogue, Download, Empty, File, Idempotency, Operation
from bff.errors import CatalogueError
from bff.kinds import Context

DECLARED = Download(frozenset({"text/csv"}), 10)
GOOD = File(b"a,b", "text/csv; charset=utf-8", "statement-2026.csv")


def handler(session: Session, context: Context, request: Empty) -> File:
    del session, context, request
    return GOOD


OPERATION = Operation(
    code="files.get",
    summary="Give a file.",
    method="GET",
    path="/files",
    request=Empty,
    response=File,
    handler=handler,
    idempotency=Idempotency.NONE,
    download=DECLARED,
)


def test_a_file_is_an_attachment_that_nobody_keeps() -> None:
    reply = as_reply(OPERATION, GOOD)
    assert (reply.status, reply.body, reply.content_type) == (200, b"a,b", "text/csv; charset=utf-8")
    assert reply.headers == {
        "Content-Disposition": 'attachment; filename="statement-2026.csv"',
        "Cache-Control": "no-store",
    }


@pytest.mark.parametrize(
    "file",
    [
        File(b"a" * 11, "text/csv", "a.csv"),
        File(b"a", "text/html", "a.csv"),
        File(b"a", "text/csv", 'a".csv'),
        File(b"a", "text/csv", "../a.csv"),
        File(b"a", "text/csv", "账单.csv"),
        File(b"a", "text/csv", ""),
    ],
)
def test_what_was_not_declared_does_not_leave(file: File) -> None:
    with pytest.raises(CatalogueError):
        as_reply(OPERATION, file)


def test_who_answers_with_a_file_declares_it_and_changes_nothing() -> None:
    Catalogue([OPERATION])
    for wrong in (
        replace(OPERATION, download=None),
        replace(OPERATION, response=Empty),
        replace(OPERATION, method="POST", idempotency=Idempotency.KEY),
    ):
        with pytest.raises(CatalogueError):
            Catalogue([wrong])
