"""Enforces the JSON Schemas of this package: exactly the part of JSON Schema 2020-12 that they use, and no more."""

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final, TypeAlias

Path: TypeAlias = tuple[str | int, ...]
Mistake: TypeAlias = tuple[Path, str]
Mistakes: TypeAlias = Iterator[Mistake]

ANNOTATIONS: Final = frozenset({"$schema", "$id", "$defs", "title", "description", "then"})
TYPES: Final[Mapping[str, Callable[[Any], bool]]] = {
    "object": lambda value: isinstance(value, dict),
    "array": lambda value: isinstance(value, list),
    "string": lambda value: isinstance(value, str),
    "integer": lambda value: isinstance(value, int) and not isinstance(value, bool),
    "boolean": lambda value: isinstance(value, bool),
}


class Schema:
    """One schema document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        """Take a schema; a keyword that this module does not know is a mistake of ours.

        Raises:
            ValueError: the document uses a keyword that would not be enforced.
        """
        self._document = document
        self._keywords: dict[str, Callable[[Any, Any, Path, Mapping[str, Any]], Mistakes]] = {
            "$ref": self._ref,
            "additionalProperties": self._additional,
            "allOf": self._all_of,
            "if": self._if,
            "items": self._items,
            "oneOf": self._one_of,
            "properties": self._properties,
            "propertyNames": self._names,
            **_PLAIN,
        }
        self._known(document)

    def mistakes(self, value: Any) -> tuple[Mistake, ...]:
        """Give every place where a JSON value breaks the schema, and what is wrong there."""
        return tuple(self._walk(self._document, value, ()))

    def _known(self, schema: Any) -> None:
        if isinstance(schema, bool):
            return
        for keyword, argument in schema.items():
            if keyword not in self._keywords and keyword not in ANNOTATIONS:
                message = f"keyword {keyword} is not enforced"
                raise ValueError(message)
            if keyword in ("properties", "$defs"):
                for each in argument.values():
                    self._known(each)
            elif keyword in ("allOf", "oneOf"):
                for each in argument:
                    self._known(each)
            elif keyword in ("items", "propertyNames", "additionalProperties", "if", "then"):
                self._known(argument)

    def _walk(self, schema: Any, value: Any, path: Path) -> Mistakes:
        if isinstance(schema, bool):
            if not schema:
                yield path, "is not allowed here"
            return
        for keyword, argument in schema.items():
            if keyword not in ANNOTATIONS:
                yield from self._keywords[keyword](argument, value, path, schema)

    def _ref(self, argument: str, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        yield from self._walk(self._document["$defs"][argument.removeprefix("#/$defs/")], value, path)

    def _properties(self, argument: Mapping[str, Any], value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        if isinstance(value, dict):
            for name in argument.keys() & value.keys():
                yield from self._walk(argument[name], value[name], (*path, name))

    def _additional(self, argument: Any, value: Any, path: Path, schema: Mapping[str, Any]) -> Mistakes:
        if isinstance(value, dict):
            for name in value.keys() - schema.get("properties", {}).keys():
                yield from self._walk(argument, value[name], (*path, name))

    def _names(self, argument: Any, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        for name in value if isinstance(value, dict) else ():
            for _, message in self._walk(argument, name, ()):
                yield (*path, name), f"the name {message}"

    def _items(self, argument: Any, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        for index, item in enumerate(value if isinstance(value, list) else ()):
            yield from self._walk(argument, item, (*path, index))

    def _all_of(self, argument: list[Any], value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        for schema in argument:
            yield from self._walk(schema, value, path)

    def _one_of(self, argument: list[Any], value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        tried = [list(self._walk(schema, value, path)) for schema in argument]
        matching = sum(not mistakes for mistakes in tried)
        if matching > 1:
            yield path, "fits several alternatives"
        elif matching == 0:
            yield from min(tried, key=len)

    def _if(self, argument: Any, value: Any, path: Path, schema: Mapping[str, Any]) -> Mistakes:
        if not any(True for _ in self._walk(argument, value, path)):
            yield from self._walk(schema.get("then", True), value, path)


def _type(argument: str, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
    if not TYPES[argument](value):
        yield path, f"has to be of type {argument}"


def _required(argument: list[str], value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
    for name in argument if isinstance(value, dict) else ():
        if name not in value:
            yield path, f"lacks {name}"


def _enum(argument: list[Any], value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
    if not any(_equal(value, each) for each in argument):
        yield path, f"has to be one of {', '.join(map(str, argument))}"


def _const(argument: Any, value: Any, path: Path, schema: Mapping[str, Any]) -> Mistakes:
    yield from _enum([argument], value, path, schema)


def _equal(one: Any, other: Any) -> bool:
    """Compare as JSON does: true is not 1."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)


def _pattern(argument: str, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
    if isinstance(value, str) and (not re.search(argument, value) or value.endswith("\n")):
        yield path, f"does not match {argument}"


def _unique(argument: bool, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:  # noqa: FBT001 — a keyword's argument
    items = value if argument and isinstance(value, list) else []
    if any(_equal(item, other) for index, item in enumerate(items) for other in items[:index]):
        yield path, "holds something twice"


def _bound(kind: type, measure: Callable[[Any], int], words: str, sign: int) -> Callable[..., Mistakes]:
    def check(argument: int, value: Any, path: Path, _schema: Mapping[str, Any]) -> Mistakes:
        fits = not isinstance(value, kind) or isinstance(value, bool) or sign * measure(value) <= sign * argument
        if not fits:
            yield path, f"{words} {argument}"

    return check


_PLAIN: Final[dict[str, Callable[..., Mistakes]]] = {
    "const": _const,
    "enum": _enum,
    "maxLength": _bound(str, len, "has to have at most so many characters:", 1),
    "maximum": _bound(int, int, "has to be at most", 1),
    "minItems": _bound(list, len, "has to have at least so many items:", -1),
    "minLength": _bound(str, len, "has to have at least so many characters:", -1),
    "minProperties": _bound(dict, len, "has to have at least so many members:", -1),
    "minimum": _bound(int, int, "has to be at least", -1),
    "pattern": _pattern,
    "required": _required,
    "type": _type,
    "uniqueItems": _unique,
}
