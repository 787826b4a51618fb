"""Members and lists as XML and back, with nothing of XML but elements and text.

Invariants: a document with a DTD, an entity, an attribute other than the mark of a list, or more than ``DEPTH`` floors
is refused; text that XML cannot carry unchanged is refused when written, so what is read is what was written.
"""

import re
from collections.abc import Mapping
from html import escape
from typing import Any, Final, TypeAlias

from defusedxml.common import DefusedXmlException
from defusedxml.ElementTree import ParseError, fromstring

from bff.core_bank.esb.messages import MessageError

Tree: TypeAlias = "str | Mapping[str, Tree] | list[Tree]"
DEPTH: Final = 8
_ITEM: Final = "Item"
_LIST: Final = {"list": "true"}
_UNSPEAKABLE: Final = re.compile("[^\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_HUMP: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")


def write(name: str, value: Tree) -> bytes:
    """Give a document.

    Args:
        name: of its root.
        value: text, members or a list; members whose names are in snake case get humps.

    Raises:
        MessageError: a text has a character that XML does not carry.
    """
    return ('<?xml version="1.0" encoding="UTF-8"?>' + _element(name, value)).encode()


def parse(data: bytes) -> Any:
    """Give a document's root element, safely parsed.

    Raises:
        MessageError: it is not well-formed, or has what may be used for an attack.
    """
    try:
        return fromstring(data, forbid_dtd=True)
    except (ParseError, DefusedXmlException, ValueError, LookupError) as error:
        message = f"a message is not XML that may be read: {type(error).__name__}"
        raise MessageError(message) from error


def read(data: bytes, name: str) -> Any:
    """Give the value of a document whose root has the name; names with humps come back in snake case.

    Raises:
        MessageError: the document is not of the form that ``write`` gives.
    """
    root = parse(data)
    if root.tag != name:
        message = f"a message must be a {name}"
        raise MessageError(message)
    return _value(root, 1)


def _element(name: str, value: Tree) -> str:
    if isinstance(value, str):
        if _UNSPEAKABLE.search(value):
            message = f"{name} has a character that XML does not carry"
            raise MessageError(message)
        return f"<{name}>{escape(value, quote=False)}</{name}>"
    if isinstance(value, list):
        return f'<{name} list="true">' + "".join(_element(_ITEM, item) for item in value) + f"</{name}>"
    return f"<{name}>" + "".join(_element(_humped(key), item) for key, item in value.items()) + f"</{name}>"


def _value(element: Any, depth: int) -> Any:
    children = list(element)
    if depth > DEPTH or (element.attrib and element.attrib != _LIST):
        message = f"{element.tag} has attributes, or is too deep"
        raise MessageError(message)
    if element.attrib:
        return [_value(child, depth + 1) for child in children]
    if not children:
        return element.text or ""
    members = {_snaked(child.tag): _value(child, depth + 1) for child in children}
    if len(members) != len(children):
        message = f"{element.tag} has a member twice"
        raise MessageError(message)
    return members


def _humped(name: str) -> str:
    return name if name.isupper() else "".join(part.capitalize() for part in name.split("_"))


def _snaked(name: str) -> str:
    return name if name.isupper() else _HUMP.sub("_", name).lower()
