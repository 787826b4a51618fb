"""Rules about what a bundle asks for: bridge methods, events, operations, the contract range, signing purposes."""

import re
from collections.abc import Iterator
from typing import Final

from h5bundle.lint.findings import Finding, Severity, Subject, matches
from h5bundle.manifest import ContractRange
from h5bundle.versions import is_spoken

_CALL: Final = re.compile(r"\bbridge\s*\.\s*([a-z]+)\s*\.\s*([a-z][A-Za-z]*)\b")
_DOTTED: Final = re.compile(r"\b(?=([a-z]+)\s*\.\s*([a-z][A-Za-z]*)\b(?![\"']\s*:))")
"""Any ``a.b``, overlapping (``bridge.app.info``), but not the keys of a list of needs."""
_LITERAL: Final = re.compile(r"[\"'`]([a-z]+(?:\.[a-z_A-Z]+)+)[\"'`]")
_OP: Final = re.compile(r"\bop\s*:\s*[\"'`]([a-z_]+(?:\.[a-z_]+)+)[\"'`]")
"""A catalogue's codes have dots; the operations of a JSON patch have none."""
_SIGN: Final = "tx.sign"
_REQUEST: Final = "net.request"


def permissions(subject: Subject) -> Iterator[Finding]:
    """Find permissions that do not exist, are asked for without need, or are needed and not asked for."""
    known, asked = subject.knowledge.methods, subject.declaration.permissions
    for method, version in asked.items():
        if method not in known:
            what = f"the contract {subject.knowledge.contract} has no method {method}"
            yield subject.declared("PERMISSION_UNKNOWN", f"{method}:", what, "correct the name or remove it")
        elif not 1 <= version <= known[method]:
            what = f"{method} has versions up to {known[method]}, not {version}"
            yield subject.declared("PERMISSION_UNKNOWN", f"{method}:", what, f"write {method}: {known[method]}")
    missing: dict[str, tuple[str, int]] = {}
    for name, line, match in matches(_CALL, subject.scripts):
        method = f"{match[1]}.{match[2]}"
        if method in known and method not in asked:
            missing.setdefault(method, (name, line))
    if subject.declaration.kind == "app":
        for method, (name, line) in missing.items():
            what = f"{method} is called and not declared"
            yield Finding(name, line, "PERMISSION_MISSING", what, f"add {method}: {known[method]} to permissions")
    yield from _unused_permissions(subject)


def _unused_permissions(subject: Subject) -> Iterator[Finding]:
    """Find permissions that neither the bundle nor its shared bundles use."""
    if subject.shared is None:
        return
    used = {f"{match[1]}.{match[2]}" for text in _everything(subject) for match in _DOTTED.finditer(text)}
    for method in subject.declaration.permissions:
        if method not in used and method in subject.knowledge.methods:
            what = f"{method} is declared and never called"
            yield subject.declared("PERMISSION_UNUSED", f"{method}:", what, "remove it", Severity.WARNING)


def events(subject: Subject) -> Iterator[Finding]:
    """Find events that do not exist."""
    for event in subject.declaration.events:
        if event not in subject.knowledge.events:
            what = f"the contract {subject.knowledge.contract} has no event {event}"
            yield subject.declared("EVENT_UNKNOWN", event, what, "correct the name or remove it")


def operations(subject: Subject) -> Iterator[Finding]:
    """Find operations that do not exist, are called and not declared, or are declared and never named."""
    asked, known = subject.declaration.ops, subject.knowledge.ops
    for op in asked:
        if known is not None and op not in known:
            yield subject.declared("OP_UNKNOWN", op, f"the catalogue has no operation {op}", "correct or remove it")
    named: dict[str, tuple[str, int]] = {}
    for pattern in (_OP, _LITERAL):
        for name, line, match in matches(pattern, subject.scripts):
            if pattern is _OP or match[1] in (known or ()):
                named.setdefault(match[1], (name, line))
    for op, (name, line) in named.items():
        if op not in asked and subject.declaration.kind == "app":
            yield Finding(name, line, "OP_MISSING", f"{op} is called and not declared", f"add {op} to ops")
    yield from _unused_operations(subject)
    if asked and _REQUEST not in subject.declaration.permissions:
        what = "ops are declared without the permission net.request"
        yield subject.declared("PERMISSION_MISSING", "ops:", what, "add net.request: 1 to permissions")


def _unused_operations(subject: Subject) -> Iterator[Finding]:
    """Find declared operations that no script names."""
    if subject.shared is None:
        return
    literals = {match[1] for text in _everything(subject) for match in _LITERAL.finditer(text)}
    for op in subject.declaration.ops:
        if op not in literals:
            what = f"{op} is declared and never named"
            yield subject.declared(
                "OP_UNUSED", op, what, "remove it: what is not asked cannot be abused", Severity.WARNING
            )


def purposes(subject: Subject) -> Iterator[Finding]:
    """Find signing without a purpose, and purposes without signing."""
    signs = _SIGN in subject.declaration.permissions
    if signs and not subject.declaration.purposes:
        what = "tx.sign is declared without purposes, so nothing may be signed"
        yield subject.declared(
            "PURPOSE_MISSING", f"{_SIGN}:", what, "name what is signed: purposes: [wealth.order.place]"
        )
    if subject.declaration.purposes and not signs:
        what = "purposes are declared without tx.sign"
        yield subject.declared("PERMISSION_MISSING", "purposes:", what, "add tx.sign: 1 to permissions")


def contract_range(subject: Subject) -> Iterator[Finding]:
    """Find a range that the present contract does not serve."""
    given: ContractRange = subject.declaration.contract
    if not is_spoken(subject.knowledge.contract, least=given.min, tested=given.max):
        what = f"the bridge has contract {subject.knowledge.contract}, outside {given.min} to {given.max}"
        yield subject.declared("CONTRACT_RANGE", "contract:", what, "widen contract.min and contract.max")


def _everything(subject: Subject) -> Iterator[str]:
    """Go through the scripts of the bundle and of its shared bundles."""
    yield from subject.scripts.values()
    yield from subject.shared or ()
