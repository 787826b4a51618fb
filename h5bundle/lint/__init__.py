"""The check: every rule over one bundle, and what the team has allowed with a reason."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from h5bundle.lint import delivery, licences, permissions, reserved
from h5bundle.lint.findings import Finding, Knowledge, Severity, Subject, is_allowed

Rule: TypeAlias = Callable[[Subject], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    delivery.entry,
    delivery.external_origins,
    delivery.absolute_paths,
    delivery.inline_code,
    delivery.policy,
    delivery.size,
    delivery.forbidden_apis,
    permissions.permissions,
    permissions.events,
    permissions.operations,
    permissions.purposes,
    permissions.contract_range,
    licences.third_party,
    reserved.native_names,
    reserved.native_colours,
)

NEVER_ALLOWED: Final = frozenset({"NATIVE_NAME", "NATIVE_COLOUR", "ENTRY_MISSING", "OP_UNKNOWN", "PERMISSION_UNKNOWN"})
"""Findings that no reason excuses."""

__all__ = ["NEVER_ALLOWED", "RULES", "Finding", "Knowledge", "Severity", "Subject", "check"]


def check(subject: Subject) -> tuple[Finding, ...]:
    """Run every rule.

    Returns:
        Findings in the order of their places; those that ``bundle.yaml`` allows carry the reason.
    """
    found = {finding for rule in RULES for finding in rule(subject)}
    return tuple(sorted(_weighed(subject, finding) for finding in found))


def _weighed(subject: Subject, finding: Finding) -> Finding:
    """Put the reason to a finding that was allowed."""
    if finding.code in NEVER_ALLOWED:
        return finding
    return replace(finding, allowed=is_allowed(subject.declaration, finding))
