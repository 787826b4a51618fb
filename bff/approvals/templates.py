"""The templates by which the sign sheet draws an operation, with its terms; data, named and hashed into what is signed.

Invariant: a template that is loaded can be read whole: its name, its title in both languages, its rows and its policy.
"""

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from bff.approvals.errors import TemplateInvalidError, TemplateUnknownError
from bff.approvals.policies import policy_of
from security.display import check_rows, template_hash
from security.encoding import parse_object
from security.errors import DisplayError

_MEMBERS: Final = frozenset({"id", "title", "policy", "rows"})
_NAME = re.compile(r"[a-z][a-z0-9_.-]*/[1-9][0-9]*")
TEMPLATE_FOLDER: Final = Path(__file__).parent / "templates"


class Templates:
    """Templates by id."""

    def __init__(self, templates: Mapping[str, Mapping[str, Any]]) -> None:
        """Take the templates.

        Raises:
            TemplateInvalidError: one is not whole.
        """
        for template in templates.values():
            _check(template)
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


def _check(template: Mapping[str, Any]) -> None:
    if set(template) != _MEMBERS or not _NAME.fullmatch(str(template["id"])):
        message = (
            f"{template.get('id')}: a template has the members {', '.join(sorted(_MEMBERS))} and a name like a.b/1"
        )
        raise TemplateInvalidError(detail=message)
    title = template["title"]
    if not isinstance(title, dict) or set(title) != {"zh", "en"}:
        raise TemplateInvalidError(detail=f"{template['id']}: title is a text in zh and en")
    try:
        check_rows(template)
    except DisplayError as error:
        raise TemplateInvalidError(detail=f"{template['id']}: {error.detail}") from error
    policy_of(template)
