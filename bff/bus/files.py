"""Files as answers: held to what their operation declared, and named so that every client keeps them by that name.

Invariants: a file is of a declared type and length; its name is plain ASCII; nobody between keeps a copy.
"""

import re
from typing import Final

from bff.bus.call import Reply
from bff.catalogue import File, Operation
from bff.errors import CatalogueError

_NAME: Final = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")


def as_reply(operation: Operation, file: File) -> Reply:
    """Give a file as a reply.

    Raises:
        CatalogueError: it is not what its operation declared: a mistake of ours.
    """
    declared = operation.download
    media_type = file.media_type.partition(";")[0]
    if declared is None or media_type not in declared.media_types or len(file.content) > declared.most_bytes:
        raise CatalogueError(detail=f"{operation.code} gave a file of another type or length than it declares")
    if not _NAME.fullmatch(file.name):
        raise CatalogueError(detail=f"{operation.code} gave a file a name that is not plain")
    headers = {"Content-Disposition": f'attachment; filename="{file.name}"', "Cache-Control": "no-store"}
    return Reply(200, file.content, headers, file.media_type)
