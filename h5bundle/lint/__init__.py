"""The check: every rule over one bundle, and what the team has allowed with a reason."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Final, TypeAlias

from h5bundle.lint import apis, delivery, licences, markup, permissions, policy, reserved
from h5bundle.lint.findings import Finding, Knowledge, Severity, Subject, is_allowed

Rule: TypeAlias = Callable[[Subject], Iterator[Finding]]

RULES: Final[tuple[Rule, ...]] = (
    delivery.entry,
    delivery.external_origins,
    delivery.absolute_paths,
    delivery.size,
    delivery.version,
    markup.inline_code,
    markup.blocked_markup,
    markup.broken_references,
    policy.policy,
    apis.forbidden_apis,
    apis.navigation,
    apis.source_maps,
    permissions.permissions,
    permissions.events,
    permissions.operations,
    permissions.purposes,
    permissions.contract_range,
    licences.third_party,
    reserved.native_names,
    reserved.native_colours,
)

NEVER_ALLOWED: Final = frozenset(
    {"NATIVE_NAME", "NATIVE_COLOUR", "ENTRY_MISSING", "OP_UNKNOWN", "PERMISSION_UNKNOWN", "VERSION_RESERVED"}
)
"""Findings that no reason excuses."""

__all__ = ["NEVER_ALLOWED", "RULES", "Finding", "Knowledge", "Severity", "Subject", "check"]


def check(subject: Subject) -> tuple[Finding, ...]:
    """Run every rule.

    Returns:
        Findings in the order of their places; those that ``bundle.yaml`` allows carry the reason.
    """
    first: dict[tuple[str, int, str, str], Finding] = {}
    for finding in sorted(finding for rule in RULES for finding in rule(subject)):
        first.setdefault((finding.path, finding.line, finding.code, finding.what), finding)
    return tuple(_weighed(subject, finding) for finding in first.values())


def _weighed(subject: Subject, finding: Finding) -> Finding:
    """Put the reason to a finding that was allowed."""
    if finding.code in NEVER_ALLOWED:
        return finding
    return replace(finding, allowed=is_allowed(subject.declaration, finding))
