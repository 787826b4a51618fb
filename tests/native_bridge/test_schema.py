"""The schema reader, with the jsonschema library as its oracle."""

import copy
import json
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator

from native_bridge.check import META_SCHEMA
from native_bridge.conformance import SCHEMA, VECTORS
from native_bridge.model import FOLDER
from native_bridge.parse import parse
from native_bridge.schema import Schema

META = json.loads(META_SCHEMA.read_text(encoding="utf-8"))
CONTRACT = parse({path.name: path.read_text(encoding="utf-8") for path in FOLDER.glob("*.yaml")}).data
VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-5, 10**6),
    st.text(max_size=3),
    st.just([]),
    st.just({}),
    st.just(["a", "a"]),
    st.sampled_from(["Nothing", "string", "record", "app.info", "1.0", "none", "INTERNAL"]),
)


def places(value: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [path, *(place for key, item in items for place in places(item, (*path, key)))]


PLACES = places(CONTRACT)


def altered(place: tuple[Any, ...], value: Any, extra: str | None) -> Any:
    if not place:
        return value
    changed = copy.deepcopy(CONTRACT)
    parent = changed
    for key in place[:-1]:
        parent = parent[key]
    if extra is not None and isinstance(parent, dict):
        parent[extra] = value
    else:
        parent[place[-1]] = value
    return changed


@settings(deadline=None)
@given(
    place=st.sampled_from(PLACES), value=VALUES, extra=st.one_of(st.none(), st.sampled_from(["x", "of", "Name", "max"]))
)
def test_it_judges_an_altered_contract_as_the_library_does(
    place: tuple[Any, ...], value: Any, extra: str | None
) -> None:
    changed = altered(place, value, extra)
    assert (Schema(META).mistakes(changed) == ()) == Draft202012Validator(META).is_valid(changed)


@pytest.mark.parametrize("path", sorted(VECTORS.glob("*/*.json")), ids=lambda path: path.stem)
def test_the_library_takes_the_vectors_too(path: Any) -> None:
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    assert Draft202012Validator(schema).is_valid(json.loads(path.read_text(encoding="utf-8")))


def test_the_schemas_are_schemas() -> None:
    for schema in (META, json.loads(SCHEMA.read_text(encoding="utf-8"))):
        Draft202012Validator.check_schema(schema)


def test_a_keyword_that_would_not_be_enforced_is_refused() -> None:
    with pytest.raises(ValueError, match="keyword contains is not enforced"):
        Schema({"properties": {"a": {"contains": {}}}})


def test_a_mistake_tells_its_place() -> None:
    schema = Schema({"type": "object", "properties": {"a": {"items": {"type": "string"}}}})
    assert schema.mistakes({"a": ["x", 1]}) == ((("a", 1), "has to be of type string"),)
