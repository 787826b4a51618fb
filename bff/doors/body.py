"""Reading a request's body: JSON, one object, strictly; or one file of a type and length that its operation takes."""

import hashlib
from typing import Any

from flask import Request

from bff.catalogue import Upload
from bff.errors import RequestInvalidError
from bff.web.errors import MediaTypeError
from security.encoding import canonical_json, parse_object
from security.errors import EncodingError


def read_body(request: Request) -> tuple[dict[str, Any], str]:
    """Read the body of a request that changes something.

    Returns:
        Its members (none when it is empty), and the hex SHA-256 of its bytes.

    Raises:
        MediaTypeError: it is not application/json.
        RequestInvalidError: not strict JSON (a key twice, NaN, too deep, a lone surrogate, a number beyond
            2^53), or not an object.
    """
    raw = request.get_data(cache=False)
    body_hash = hashlib.sha256(raw).hexdigest()
    if not raw:
        return {}, body_hash
    if request.mimetype != "application/json":
        raise MediaTypeError(detail="Content-Type must be application/json")
    try:
        members = dict(parse_object(raw))
        canonical_json(members)  # refuses numbers and texts that evidence could not hold
    except EncodingError as error:
        raise RequestInvalidError(detail=f"the body is not strict JSON: {error.detail}", field="") from error
    return members, body_hash


def read_file(request: Request, upload: Upload) -> tuple[dict[str, Any], str]:
    """Read the file that is the body of a request.

    Returns:
        The members ``content`` and ``mediaType``, and the hex SHA-256 of its bytes.

    Raises:
        MediaTypeError: it is of a type that the operation does not take.
        RequestInvalidError: there is no file.
        RequestEntityTooLarge: it is longer than the operation takes.
    """
    if request.mimetype not in upload.media_types:
        raise MediaTypeError(detail=f"Content-Type must be one of {', '.join(sorted(upload.media_types))}")
    request.max_content_length = upload.most_bytes
    raw = request.get_data(cache=False)
    if not raw:
        raise RequestInvalidError(detail="the body holds no file", field="content")
    return {"content": raw, "mediaType": request.mimetype}, hashlib.sha256(raw).hexdigest()
