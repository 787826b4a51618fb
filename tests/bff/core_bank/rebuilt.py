"""The XML schema of an ISO 20022 message, rebuilt from the classes that `pyiso20022` generated from it.

The classes keep what the schema says: order, cardinality, codes, lengths, patterns, digits. A choice is told by its
name, which ISO 20022 ends in "Choice"; its members are its alternatives.
"""

from collections.abc import Iterator
from dataclasses import Field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any, Final, get_args, get_type_hints
from xml.sax.saxutils import quoteattr

import xmlschema
from xsdata.models.datatype import XmlDate, XmlDateTime

_XS: Final = "http://www.w3.org/2001/XMLSchema"
_BASES: Final = {str: "string", Decimal: "decimal", bool: "boolean", XmlDate: "date", XmlDateTime: "dateTime"}
_FACETS: Final = {
    "min_length": "minLength",
    "max_length": "maxLength",
    "pattern": "pattern",
    "total_digits": "totalDigits",
    "fraction_digits": "fractionDigits",
    "min_inclusive": "minInclusive",
}


def schema_of(document: type) -> xmlschema.XMLSchema:
    """Rebuild the schema of a message.

    Args:
        document: its class `Document`, as generated, with the namespace in its `Meta`.
    """
    namespace = quoteattr(document.Meta.namespace)  # type: ignore[attr-defined]  # every generated root has one
    head = f'<xs:schema xmlns:xs="{_XS}" xmlns={namespace} targetNamespace={namespace} elementFormDefault="qualified">'
    root = '<xs:element name="Document" type="Document"/>'
    return xmlschema.XMLSchema(f"{head}{root}{''.join(_complex(kind) for kind in _reached(document))}</xs:schema>")


def _reached(kind: type) -> list[type]:
    found = [kind]
    for at in found:
        found.extend(below for _, below in _members(at) if is_dataclass(below) and below not in found)
    return found


def _members(kind: type) -> Iterator[tuple[Field[Any], Any]]:
    hints = get_type_hints(kind)
    for member in fields(kind):
        hint = hints[member.name]
        (told,) = [part for part in get_args(hint) if part is not type(None)] or [hint]
        yield member, told


def _complex(kind: type) -> str:
    members = list(_members(kind))
    attributes = [pair for pair in members if pair[0].metadata.get("type") == "Attribute"]
    if attributes:
        ((text, told),) = [pair for pair in members if pair not in attributes]
        base = f"{kind.__name__}.text"
        said = f'<xs:extension base="{base}">{"".join(map(_attribute, attributes))}</xs:extension>'
        before = f'<xs:simpleType name="{base}">{_restricted(told, text)}</xs:simpleType>'
        return f"{before}{_named(kind, f'<xs:simpleContent>{said}</xs:simpleContent>')}"
    model = "choice" if kind.__name__.endswith("Choice") else "sequence"
    inner = "".join(_element(member, told, chosen=model == "choice") for member, told in members)
    return _named(kind, f"<xs:{model}>{inner}</xs:{model}>")


def _named(kind: type, content: str) -> str:
    return f'<xs:complexType name="{kind.__name__}">{content}</xs:complexType>'


def _attribute(pair: tuple[Field[Any], Any]) -> str:
    member, told = pair
    use = "required" if member.metadata.get("required") else "optional"
    head = f'<xs:attribute name="{member.metadata["name"]}" use="{use}">'
    return f"{head}<xs:simpleType>{_restricted(told, member)}</xs:simpleType></xs:attribute>"


def _element(member: Field[Any], told: Any, *, chosen: bool) -> str:
    said = member.metadata
    if said["type"] == "Wildcard":
        return '<xs:any namespace="##any" processContents="lax"/>'
    several = member.default_factory is list
    least = 1 if chosen or said.get("required") else said.get("min_occurs", 0)
    most = said.get("max_occurs", "unbounded") if several else 1
    head = f'<xs:element name="{said["name"]}" minOccurs="{least}" maxOccurs="{most}"'
    if is_dataclass(told):
        return f'{head} type="{told.__name__}"/>'  # type: ignore[union-attr]  # a dataclass that was reached is a class
    return f"{head}><xs:simpleType>{_restricted(told, member)}</xs:simpleType></xs:element>"


def _restricted(told: Any, member: Field[Any]) -> str:
    if issubclass(told, Enum):
        base, facets = "string", [("enumeration", code.value) for code in told]
    else:
        said = member.metadata
        base, facets = _BASES[told], [(name, str(said[key])) for key, name in _FACETS.items() if key in said]
    inner = "".join(f"<xs:{name} value={quoteattr(value)}/>" for name, value in facets)
    return f'<xs:restriction base="xs:{base}">{inner}</xs:restriction>'


def told_by(schema: xmlschema.XMLSchema) -> Iterator[tuple[Any, ...]]:
    """Tell what a message's schema says of each element, in its order: two that tell the same accept the same messages.

    Yields:
        Path, least and most occurrences, model or facets, attributes.
    """
    waiting = [("", schema.elements["Document"], frozenset[Any]())]
    while waiting:
        path, element, above = waiting.pop()
        kind = element.type
        attributes = tuple((name, one.use, _facets(one.type)) for name, one in element.attributes.items())
        grouped = kind.is_complex() and not kind.has_simple_content()
        yield (
            path,
            element.min_occurs,
            element.max_occurs,
            kind.content.model if grouped else _facets(kind),
            attributes,
        )
        if grouped and kind not in above:
            below = [one for one in kind.content.iter_elements() if isinstance(one, xmlschema.XsdElement)]
            waiting.extend((f"{path}/{one.local_name}", one, above | {kind}) for one in reversed(below))


def _facets(kind: Any) -> tuple[Any, ...]:
    simple = kind.content if kind.is_complex() else kind
    bounds = (simple.min_length, simple.max_length, simple.min_value, simple.max_value)
    digits = tuple(simple.facets[name].value for name in sorted(filter(None, simple.facets)) if name.endswith("Digits"))
    patterns = tuple(simple.patterns.regexps) if simple.patterns else ()
    return (simple.root_type.local_name, bounds, digits, patterns, tuple(simple.enumeration or ()))
