"""Compiles a checked contract to one canonical JSON text (RFC 8785); its SHA-256 is the contract hash."""

import hashlib
from typing import Any, Final

import rfc8785

from native_bridge.check import check
from native_bridge.parse import Source

FORMAT: Final = "tidegate-bridge/1"


def compile_contract(source: Source) -> bytes:
    """Check a contract and write it canonically: every default spelled out, methods by name and version.

    Raises:
        ContractError: the contract has findings.
    """
    check(source)
    data = source.data
    return rfc8785.dumps(
        {
            "format": FORMAT,
            "contract": data["contract"],
            "envelope": data["envelope"],
            "types": {name: _type(spec) for name, spec in data["types"].items()},
            "methods": {
                name: {str(spec["mv"]): _method(spec) for spec in (newest, *newest.get("older", ()))}
                for name, newest in data["methods"].items()
            },
            "events": {name: {"always": False, **spec} for name, spec in data["events"].items()},
            "errors": data["errors"],
            "retired": sorted(data.get("retired", ())),
        }
    )


def contract_hash(compiled: bytes) -> str:
    """Give the contract hash as hello carries it: ``sha256-<hex>``."""
    return "sha256-" + hashlib.sha256(compiled).hexdigest()


def _method(spec: dict[str, Any]) -> dict[str, Any]:
    declared = {member: value for member, value in spec.items() if member != "older"}
    return {"allow": None, "chunk": None, "deprecated": None, **declared}


def _type(spec: dict[str, Any]) -> dict[str, Any]:
    if spec["kind"] != "record":
        return spec
    fields = {name: {"optional": False, "nullable": False, **field} for name, field in spec["fields"].items()}
    return {**spec, "fields": fields}
