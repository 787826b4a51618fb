"""Reads contract files in YAML and remembers on which line everything stands."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeAlias

import yaml

from native_bridge.errors import ContractError, Finding

Path: TypeAlias = tuple[str | int, ...]
SECTIONS: Final = ("contract", "envelope", "types", "methods", "events", "errors")
MERGED: Final = frozenset({"types", "methods", "events", "errors"})
MAX_DEPTH: Final = 20


@dataclass(frozen=True, slots=True)
class Place:
    """Where something stands: file and line, counted from 1."""

    file: str
    line: int


@dataclass(frozen=True, slots=True)
class Source:
    """The merged contract as plain data, with the place of every member.

    Attributes:
        data, places: what the files say, and where each member stands.
        findings: what reading alone has found.
        whole: every file could be read, so a name that is missing is truly missing.
    """

    data: dict[str, Any] = field(default_factory=dict)
    places: dict[Path, Place] = field(default_factory=dict)
    findings: tuple[Finding, ...] = ()
    whole: bool = True

    def finding(self, path: Path, message: str, remedy: str) -> Finding:
        """Make a finding at the nearest place known for a path."""
        at = path
        while at and at not in self.places:
            at = at[:-1]
        place = self.places.get(at, Place("", 0))
        return Finding(place.file, place.line, ".".join(str(part) for part in path) or "(whole)", message, remedy)


class _Reader:
    """Turns the nodes of one YAML file into data; refuses duplicate keys, aliases and anything but JSON values."""

    def __init__(self, file: str) -> None:
        self.file = file
        self.places: dict[Path, Place] = {}
        self.findings: list[Finding] = []
        self._scalars = yaml.constructor.SafeConstructor()

    def _refuse_aliases(self, text: str) -> None:
        """Refuse aliases before anything is built of them: nine lines of them hold a thousand million values."""
        for event in yaml.parse(text, Loader=yaml.SafeLoader):
            if isinstance(event, yaml.AliasEvent):
                line = event.start_mark.line + 1 if event.start_mark is not None else 1
                raise ContractError([Finding(self.file, line, "(whole)", "an alias", "write the value out")])

    def read(self, text: str) -> dict[str, Any]:
        try:
            self._refuse_aliases(text)
            node = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, RecursionError) as error:
            mark = getattr(error, "problem_mark", None)
            line = mark.line + 1 if mark else 1
            problem = getattr(error, "problem", None) or "it is no YAML"
            raise ContractError([Finding(self.file, line, "(whole)", str(problem), "mend the YAML")]) from error
        if not isinstance(node, yaml.MappingNode):
            raise ContractError([Finding(self.file, 1, "(whole)", "not a mapping", f"start with one of {SECTIONS}")])
        data: dict[str, Any] = self._value(node, ())
        return data

    def _value(self, node: yaml.Node, path: Path) -> Any:
        self.places.setdefault(path, Place(self.file, node.start_mark.line + 1))
        if len(path) > MAX_DEPTH:
            self._find(node, path, "nested too deeply", "aliases that hold themselves are not for contracts")
            return None
        if isinstance(node, yaml.MappingNode):
            return self._mapping(node, path)
        if isinstance(node, yaml.SequenceNode):
            return [self._value(item, (*path, index)) for index, item in enumerate(node.value)]
        try:
            value = self._scalars.construct_object(node)
        except (yaml.YAMLError, ValueError, KeyError, IndexError, AttributeError):
            self._find(node, path, f"{node.value} cannot be read as a value", "put it between quotes")
            return None
        if value is None or isinstance(value, str | bool | int):
            return value
        self._find(node, path, f"{type(value).__name__} is no value of a contract", "put it between quotes")
        return None

    def _mapping(self, node: yaml.MappingNode, path: Path) -> dict[str, Any]:
        data: dict[str, Any] = {}
        for key_node, value_node in node.value:
            key = key_node.value
            if not isinstance(key, str):
                self._find(key_node, path, "a key is not a name", "write a plain name")
                continue
            if key in data:
                self._find(key_node, (*path, key), "stands twice", "keep one of the two")
            self.places[(*path, key)] = Place(self.file, key_node.start_mark.line + 1)
            data[key] = self._value(value_node, (*path, key))
        return data

    def _find(self, node: yaml.Node, path: Path, message: str, remedy: str) -> None:
        name = ".".join(str(part) for part in path)
        self.findings.append(Finding(self.file, node.start_mark.line + 1, name, message, remedy))


def parse(files: Mapping[str, str]) -> Source:
    """Read contract files and merge their sections; what is wrong stands in the source's findings for ``check``.

    A file that is no YAML does not hide what is wrong in the others.

    Args:
        files: text by file name.
    """
    source = Source()
    findings: list[Finding] = []
    whole = True
    for name in sorted(files):
        reader = _Reader(name)
        try:
            data = reader.read(files[name])
        except ContractError as error:
            findings += error.findings
            whole = False
            continue
        findings += reader.findings
        findings += _merge(source, data, reader.places)
    return Source(source.data, source.places, tuple(findings), whole)


def _merge(source: Source, data: Mapping[str, Any], places: Mapping[Path, Place]) -> Iterator[Finding]:
    for section, value in data.items():
        named = section in MERGED and isinstance(value, dict)
        paths: list[tuple[str, ...]] = [(section, name) for name in value] if named else [(section,)]
        for path in paths:
            if path in source.places and (named or section in source.data):
                known = source.places[path].file
                name = ".".join(path)
                yield Finding(places[path].file, places[path].line, name, f"stands in {known} too", "keep one of them")
        if named:
            source.data.setdefault(section, {}).update(value)
        else:
            source.data[section] = value
    for where, place in places.items():
        source.places.setdefault(where, place)
