"""What a template asks of an approval beside how it is drawn: pure rules over data that is signed with it.

The policy stands in the template, so its hash is in the signed bytes: evidence shows under which terms it was approved.
"""

from collections.abc import Mapping
from typing import Annotated, Any, Final

import msgspec

from bff.approvals.errors import DeviceLevelError, TemplateInvalidError
from security.devices import LEVELS

FACTORS: Final = frozenset({"face", "pin"})
"""Factors that the signed bytes can name."""


class Strong(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """From which amount on fewer factors are good enough."""

    from_fen: Annotated[int, msgspec.Meta(ge=1)]
    factors: tuple[str, ...]


class Policy(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Terms of one type of approval.

    Attributes:
        seconds: how long the challenge stands.
        factors: by which the person may confirm.
        levels: attestation levels of devices that may approve.
        strong: for large amounts, or None.
        counts: whether the amount counts against the device's day; what a customer gets or agrees to does not.
    """

    seconds: Annotated[int, msgspec.Meta(ge=30, le=600)]
    factors: tuple[str, ...]
    levels: tuple[str, ...]
    strong: Strong | None = None
    counts: bool = True

    def factors_for(self, amount_fen: int) -> frozenset[str]:
        """Give the factors that are good enough for an amount."""
        if self.strong is not None and amount_fen >= self.strong.from_fen:
            return frozenset(self.strong.factors)
        return frozenset(self.factors)

    def require_level(self, level: str) -> None:
        """Hold that a device of that level may approve.

        Raises:
            DeviceLevelError: it may not.
        """
        if level not in self.levels:
            raise DeviceLevelError(detail=f"devices of level {level} may not approve this", level=level)


def policy_of(template: Mapping[str, Any]) -> Policy:
    """Read a template's policy.

    Raises:
        TemplateInvalidError: it has none, or one that says nothing sensible; the detail names the member.
    """
    try:
        policy = msgspec.convert(template.get("policy"), Policy, str_keys=True)
    except msgspec.ValidationError as error:
        raise TemplateInvalidError(detail=f"{template.get('id')}: policy: {error}") from error
    sets = {"factors": (policy.factors, FACTORS), "levels": (policy.levels, LEVELS)}
    if policy.strong is not None:
        sets["strong.factors"] = (policy.strong.factors, frozenset(policy.factors))
    for name, (given, known) in sets.items():
        if not given or not set(given) <= known or len(set(given)) != len(given):
            message = f"{template.get('id')}: policy.{name} names some of {', '.join(sorted(known))}, each once"
            raise TemplateInvalidError(detail=message)
    return policy
