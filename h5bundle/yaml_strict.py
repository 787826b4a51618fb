"""YAML as people write it, without the surprises: plain types only, and no key given twice."""

from collections.abc import Hashable
from typing import Any

import yaml

from h5bundle.errors import ProjectError


class _StrictLoader(yaml.SafeLoader):
    """The safe loader, refusing repeated keys and merge keys."""

    def construct_mapping(self, node: yaml.MappingNode, deep: bool = False) -> dict[Hashable, Any]:  # noqa: FBT001, FBT002 - the signature is PyYAML's
        """Refuse a key that stands twice."""
        seen: set[Any] = set()
        for key_node, _ in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.constructor.ConstructorError(None, None, f"the key {key!r} is no text", key_node.start_mark)
            if key in seen:
                raise yaml.constructor.ConstructorError(None, None, f"{key} stands twice", key_node.start_mark)
            seen.add(key)
        return super().construct_mapping(node, deep=deep)


def load_yaml(text: str, *, name: str) -> Any:
    """Read one YAML document.

    Args:
        text: the document.
        name: what to call it in an error.

    Raises:
        ProjectError: it is no YAML of plain values, or a key stands twice.
    """
    try:
        return yaml.load(text, Loader=_StrictLoader)  # noqa: S506 - a SafeLoader that is stricter still
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise ProjectError(detail=f"{name} cannot be read: {' '.join(str(error).split())}") from error
