"""Findings as SARIF 2.1.0, which code-scanning services show beside the lines of a change."""

from collections.abc import Iterable
from typing import Any, Final

from h5bundle.lint.findings import Finding

SCHEMA: Final = "https://json.schemastore.org/sarif-2.1.0.json"
_PLACE: Final = "PROJECT"


def report(findings: Iterable[Finding], *, root: str, version: str) -> dict[str, Any]:
    """Make one SARIF log.

    Args:
        findings: of one project.
        root: its folder as seen from the root of the repository, with a slash at its end, or empty.
        version: of the tool.
    """
    found = list(findings)
    rules = sorted({finding.code for finding in found})
    driver = {"name": "h5bundle check", "semanticVersion": version, "rules": [{"id": rule} for rule in rules]}
    run = {
        "tool": {"driver": driver},
        "originalUriBaseIds": {_PLACE: {"uri": root}} if root else {},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, rules) for finding in found],
    }
    return {"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}


def _result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    """Give one finding; one that was allowed carries the reason as its suppression."""
    place = {
        "artifactLocation": {"uri": finding.path, "uriBaseId": _PLACE},
        "region": {"startLine": finding.line, "startColumn": finding.column},
    }
    allowed = [{"kind": "inSource", "justification": finding.allowed}] if finding.allowed else []
    return {
        "ruleId": finding.code,
        "ruleIndex": rules.index(finding.code),
        "level": str(finding.severity),
        "message": {"text": f"{finding.what}. To mend it: {finding.mend}."},
        "locations": [{"physicalLocation": place}],
        "suppressions": allowed,
    }
