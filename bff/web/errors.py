"""The one place where a refusal becomes HTTP: problem+json (RFC 9457) for every error, Flask's own included."""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from flask import Flask, Response
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from werkzeug.exceptions import HTTPException

from bff.db.errors import DatabaseBusyError
from bff.errors import BffError, RequestInvalidError
from bff.web.names import names

_log = logging.getLogger(__name__)
_TITLES: Final = {
    400: "Bad Request",
    401: "Unauthorized",
    403: "Forbidden",
    404: "Not Found",
    405: "Method Not Allowed",
    409: "Conflict",
    410: "Gone",
    413: "Content Too Large",
    415: "Unsupported Media Type",
    421: "Misdirected Request",
    422: "Unprocessable Content",
    423: "Locked",
    429: "Too Many Requests",
    500: "Internal Server Error",
    503: "Service Unavailable",
    507: "Insufficient Storage",
}


class RouteUnknownError(BffError):
    """Nothing is served at that address."""

    code = "ROUTE_UNKNOWN"
    status = 404
    zh = "没有找到这个地址。"
    en = "Nothing is served at this address."


class MethodNotAllowedError(BffError):
    """The address exists, but not with that method."""

    code = "METHOD_NOT_ALLOWED"
    status = 405
    zh = "这个地址不支持这种请求方式。"
    en = "This address does not take that method."


class TooLargeError(BffError):
    """The request's body is larger than the limit."""

    code = "TOO_LARGE"
    status = 413
    zh = "提交的内容太大，没有处理。"
    en = "The request is too large and was not processed."


class MediaTypeError(BffError):
    """The request's body is not JSON."""

    code = "MEDIA_TYPE_UNSUPPORTED"
    status = 415
    zh = "提交的内容格式不支持，没有处理。"
    en = "The request's format is not supported. Send application/json."


_OF_THE_CLIENT: Final = range(2000, 3000)
"""MariaDB: numbers by which its client library says that the server is not there."""
_OF_THE_SERVER: Final = frozenset(
    (*range(1040, 1046), 1021, 1049, 1053, 1114, 1129, 1130, 1203, 1205, 1213, 1226, 1290, 1317, 1836, 1927, 1969, 4031)
)
"""MariaDB: numbers by which the server says that it is full, closed, read-only or too busy, whatever was asked."""
_MISTAKES: Final = ("no such ", "has no column", "syntax error")
"""SQLite: words about the statement, not about the database."""
_OF_STATUS: Final[Mapping[int, type[BffError]]] = {
    404: RouteUnknownError,
    405: MethodNotAllowedError,
    413: TooLargeError,
    415: MediaTypeError,
    503: DatabaseBusyError,
}


def problem(error: BffError, request_id: str) -> dict[str, Any]:
    """Give the members of the problem document of a refusal.

    Args:
        error: the refusal.
        request_id: by which logs and support find the request again.
    """
    return {
        **error.extra,
        "type": f"urn:tidegate:problem:{error.code}",
        "title": _TITLES.get(error.status, "Error"),
        "status": error.status,
        "detail": error.detail,
        "code": error.code,
        "message": {"zh": error.zh, "en": error.en},
        "requestId": request_id,
    }


def respond(error: BffError) -> Response:
    """Answer with a refusal."""
    body = msgspec.json.encode(problem(error, names().request_id))
    response = Response(body, error.status, content_type="application/problem+json")
    if error.challenge:
        response.headers["WWW-Authenticate"] = error.challenge
    if "retryAfter" in error.extra:
        response.headers["Retry-After"] = str(error.extra["retryAfter"])
    elif error.status == DatabaseBusyError.status:
        response.headers["Retry-After"] = "2"
    return response


def _from_refusal(error: BffError) -> Response:
    """Answer with a refusal; one that is no fault of the caller's is logged with its reason."""
    if error.status >= 500:  # noqa: PLR2004 the server's own
        _log.error("%s: %s", error.code, error.detail, extra=names().facts())
    return respond(error)


def _from_http(error: HTTPException) -> Response:
    """Answer with what Flask or Werkzeug refused."""
    if error.code is not None and error.code < 400:  # noqa: PLR2004 redirects are no errors
        return Response(error.get_body(), error.code, error.get_headers())
    known = _OF_STATUS.get(error.code or 500)
    if known is None:
        known = RequestInvalidError if error.code is not None and error.code < 500 else BffError  # noqa: PLR2004 client or server
    response = respond(known())
    for name, value in error.get_headers():
        if name == "Allow":
            response.headers[name] = value
    return response


def _from_database(error: DBAPIError | PoolTimeoutError) -> Response:
    """Answer that the database is away; a mistake of ours in a statement stays a mistake of ours."""
    if isinstance(error, DBAPIError) and not (error.connection_invalidated or _is_away(error)):
        return _from_mistake(error)
    _log.error("the database does not answer: %s", _name_of(error.__cause__ or error), extra=names().facts())
    return respond(DatabaseBusyError(detail="the database does not answer"))


def _is_away(error: DBAPIError) -> bool:
    """Tell whether the database cannot serve now; drivers call a missing column by the same name as a lost server."""
    if type(error.orig).__name__ not in {"OperationalError", "InterfaceError"}:
        return False
    said = next(iter(getattr(error.orig, "args", ())), "")
    if isinstance(said, int):
        return said in _OF_THE_CLIENT or said in _OF_THE_SERVER
    return not any(words in str(said) for words in _MISTAKES)


def _name_of(error: BaseException) -> str:
    """Give a driver's error by class and number: its words may quote a customer's values."""
    number = getattr(error, "sqlite_errorname", None) or next(iter(error.args), None)
    known = isinstance(number, int) or str(number).startswith("SQLITE_")
    return f"{type(error).__name__} {number}" if known else type(error).__name__


def _from_mistake(error: Exception) -> Response:
    """Answer for what nobody foresaw: the trace goes to the log, never to the caller."""
    _log.error("unforeseen %s", type(error).__name__, exc_info=error, extra=names().facts())
    return respond(BffError(detail="an unforeseen error; the request id finds it in the log"))


def register(app: Flask) -> None:
    """Make every error of the application answer as a problem."""
    app.register_error_handler(BffError, _from_refusal)
    app.register_error_handler(HTTPException, _from_http)
    app.register_error_handler(DBAPIError, _from_database)
    app.register_error_handler(PoolTimeoutError, _from_database)
    app.register_error_handler(Exception, _from_mistake)
