"""The templates by which the sign sheet draws an operation; they are data, named and hashed into what is signed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bff.approvals.errors import TemplateUnknownError
from security.display import template_hash
from security.encoding import parse_object

TEMPLATE_FOLDER: Final = Path(__file__).parent / "templates"


class Templates:
    """Templates by id."""

    def __init__(self, templates: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the templates."""
        self._templates = dict(templates)

    @classmethod
    def load(cls, folder: Path = TEMPLATE_FOLDER) -> "Templates":
        """Read every template of a folder."""
        read = [parse_object(path.read_bytes()) for path in sorted(folder.glob("*.json"))]
        return cls({str(template["id"]): template for template in read})

    def get(self, template_id: str) -> tuple[Mapping[str, Any], str]:
        """Give a template and its name as ``tmpl`` carries it, ``wealth.order.place/1#<hash>``.

        Raises:
            TemplateUnknownError: there is none of that id.
        """
        template = self._templates.get(template_id)
        if template is None:
            raise TemplateUnknownError(detail=f"no template is called {template_id}")
        return template, f"{template_id}#{template_hash(template)}"
