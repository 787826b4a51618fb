"""The command line of evidence: verify what the bank gave out, alone and offline."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from security.encoding import parse_json, parse_object
from security.errors import EvidenceError, SecurityError
from security.evidence import VerifiedEvidence, anchors_of, verifier, verify_export
from security.jwk import PublicJwk

_READABLE = click.Path(exists=True, dir_okay=False, readable=True, path_type=Path)


@click.group(
    epilog="Example: evidence verify order.evidence.json. Exit codes: 0 done, every link holds; 1 refused, or a link "
    "is broken; 2 called or configured wrongly, or a file cannot be read.",
    context_settings={"help_option_names": ["-h", "--help"]},
)
def evidence() -> None:
    """Evidence of orders: who asked, with which code, on which device, for what, and how it ended."""


@evidence.command(epilog="Example: evidence verify order.evidence.json --anchor audit-jwks.json --root root.json")
@click.argument("file", type=_READABLE)
@click.option("--anchor", type=_READABLE, help="JWK set of the bank's audit keys, got from the bank by another way.")
@click.option("--root", type=_READABLE, help="TUF root metadata of the bank's releases, got by another way.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def verify(file: Path, anchor: Path | None, root: Path | None, *, as_json: bool) -> None:
    """Verify FILE (an order, a period or a checkpoint) link by link.

    Exit code 0: every link holds; 1: one is broken; 2: usage or unreadable input.
    """
    keys, first, data = _anchors(anchor), _root(root), file.read_bytes()
    try:
        if _is_of_chain(data):
            jwks = None if keys is None else [key.as_dict() for key in keys.values()]
            _tell(_held(lambda: verifier.verify(data, jwks)), as_json=as_json)
            return
        verified = verify_export(data, anchors=keys, root=first)
    except EvidenceError as error:
        click.echo(_json({"ok": False, "link": error.link, "detail": error.reason}) if as_json else _broken(error))
        raise SystemExit(1) from error
    click.echo(_json(_members(verified)) if as_json else _words(verified))


@evidence.command(epilog="Example: evidence consistency old.json new.json --proof proof.json --anchor audit-jwks.json")
@click.argument("old", type=_READABLE)
@click.argument("new", type=_READABLE)
@click.option("--proof", required=True, type=_READABLE, help="What the bank answered: evidence prove OLD NEW.")
@click.option("--anchor", required=True, type=_READABLE, help="JWK set of the bank's audit keys, got another way.")
@click.option("--json", "as_json", is_flag=True, help="Answer in JSON.")
def consistency(old: Path, new: Path, proof: Path, anchor: Path, *, as_json: bool) -> None:
    """Verify that the chain of the checkpoint NEW goes on from that of OLD; exit codes as for verify."""
    jwks = [key.as_dict() for key in (_anchors(anchor) or {}).values()]
    files = [path.read_bytes() for path in (old, new, proof)]
    try:
        _tell(_held(lambda: verifier.verify_consistency(files[0], files[1], files[2], jwks)), as_json=as_json)
    except EvidenceError as error:
        click.echo(_json({"ok": False, "link": error.link, "detail": error.reason}) if as_json else _broken(error))
        raise SystemExit(1) from error


@evidence.command("verifier", epilog="Example: evidence verifier > verify.py")
def verifier_command() -> None:
    """Give the verifier as one file that needs Python and the package cryptography, and nothing of Tidegate."""
    click.echo(Path(verifier.__file__).read_text(encoding="utf-8"), nl=False)


def _is_of_chain(data: bytes) -> bool:
    """Tell whether a file speaks of the chain and not of one order."""
    try:
        return parse_object(data).get("format") in {verifier.PERIOD, verifier.CHECKPOINT}
    except SecurityError:
        return False


def _held(work: Callable[[], verifier.Report]) -> verifier.Report:
    try:
        return work()
    except verifier.BrokenError as error:
        raise EvidenceError(link=error.link, detail=error.detail) from error


def _tell(report: verifier.Report, *, as_json: bool) -> None:
    links = [{"name": link, "sentence": sentence} for link, sentence in report.sentences]
    lines = [f"{report.title}: every link holds.", ""]
    lines += [f"  ok  {link:<10}  {sentence}" for link, sentence in report.sentences]
    lines += ["", f"Signed with keys of these thumbprints: {', '.join(sorted(report.kids))}."]
    click.echo(_json({"ok": True, "links": links, "keys": sorted(report.kids)}) if as_json else "\n".join(lines))


def _anchors(path: Path | None) -> dict[str, PublicJwk] | None:
    if path is None:
        return None
    try:
        return anchors_of(parse_json(path.read_bytes()))
    except SecurityError as error:
        raise click.BadParameter(error.detail, param_hint="--anchor") from error


def _root(path: Path | None) -> bytes | None:
    if path is None:
        return None
    data = path.read_bytes()
    try:
        held = json.loads(data)["signed"]["_type"] == "root"
    except (ValueError, KeyError, TypeError):
        held = False
    if not held:
        message = f"{path} is no TUF root metadata; the bank gives its own with: tidegate root"
        raise click.BadParameter(message, param_hint="--root")
    return data


def _words(verified: VerifiedEvidence) -> str:
    lines = [f"Order {verified.order} ({verified.env}, {verified.aud}): every link holds.", ""]
    lines += [f"  ok  {link.name:<10}  {link.sentence}" for link in verified.links]
    return "\n".join([*lines, "", *verified.trust])


def _broken(error: EvidenceError) -> str:
    return f"BROKEN at link {error.link}: {error.reason}"


def _members(verified: VerifiedEvidence) -> dict[str, Any]:
    return {
        "ok": True,
        "order": verified.order,
        "env": verified.env,
        "aud": verified.aud,
        "links": [{"name": link.name, "sentence": link.sentence} for link in verified.links],
        "trust": list(verified.trust),
        "anchored": verified.anchored,
        "rows": [list(row) for row in verified.rows],
    }


def _json(value: dict[str, Any]) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2)
