"""Tells what differs between two contracts, and what of it breaks a page that was built for the old one."""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

from native_bridge.differences import NEW_VERSION, Difference, Differences, Shapes
from native_bridge.errors import BridgeError
from native_bridge.model import Contract, Method, compile_folder, load

VERSION: Final = re.compile(r"[0-9]+\.[0-9]+")
SHEDS: Final = ("doc", "notes", "remedy", "example")
AS_BEFORE: Final = "leave it as it was"
KEEP: Final = "deprecate it first and keep it until the contract has passed removeAfter"


def read_contract(path: Path) -> Contract:
    """Read a folder of YAML files or one compiled contract.

    Raises:
        ContractError: the folder's contract has findings.
        BridgeError: the file is no compiled contract.
    """
    if path.is_dir():
        return compile_folder(path)
    try:
        contract = load(path.read_bytes())
        number(contract.version)
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        message = f"{path} is not a compiled contract: `bridge compile --out {path}` makes one"
        raise BridgeError(message) from error
    return contract


def released(folder: Path) -> Path | None:
    """Give the released contract with the highest version, None when nothing is released."""
    named = [path for path in folder.glob("*.json") if VERSION.fullmatch(path.stem)]
    return max(named, key=lambda path: number(path.stem), default=None)


def number(version: str) -> tuple[int, ...]:
    """Give a contract's version as numbers, so that 1.10 lies above 1.9."""
    return tuple(map(int, version.split(".")))


def diff(old: Contract, new: Contract) -> tuple[Difference, ...]:
    """Give every difference, the breaking ones first."""
    shapes = Shapes(old.types, new.types)
    found = [
        *_methods(old, new, shapes),
        *_events(old, new, shapes),
        *_errors(old, new),
        *_envelope(old, new),
        *_retired(old, new),
    ]
    found += _version(old, new, found)
    order = ("break", "mistake", "allowed")
    return tuple(sorted(set(found), key=lambda each: (order.index(each.kind), each.path, each.message)))


def _version(old: Contract, new: Contract, found: list[Difference]) -> Differences:
    before, after = number(old.version), number(new.version)
    if after < before or (after == before and found):
        remedy = f"write contract: {old.version.split('.')[0]}.{before[1] + 1}"
        yield Difference("mistake", "contract", f"{old.version} became {new.version}", remedy)
    elif after[0] > before[0]:
        message = f"{old.version} became {new.version}: hosts refuse pages of another major version"
        yield Difference(
            "break", "contract", message, f"write contract: {before[0]}.{before[1] + 1}; a break is a new mv"
        )
    elif after == before and _bare(old) != _bare(new):
        yield Difference("mistake", "contract", "something changed that this command does not judge", "raise contract")
    elif after == before and old.hash != new.hash:
        yield Difference("allowed", "contract", "only what is told to people changed")


def _bare(contract: Contract) -> Any:
    """Give a contract without its prose and without defaults that an older compiler did not write."""
    data = json.loads(contract.compiled)
    return _shed({**data, "retired": data.get("retired", [])})


def _shed(value: Any) -> Any:
    if isinstance(value, dict):
        kept = {key: _shed(item) for key, item in value.items() if not (key in SHEDS and isinstance(item, str | list))}
        return {key: item for key, item in kept.items() if item is not None}
    return [_shed(item) for item in value] if isinstance(value, list) else value


def _methods(old: Contract, new: Contract, shapes: Shapes) -> Differences:
    for name, versions in old.versions.items():
        if name not in new.versions and name not in new.retired:
            remedy = "add it to retired, so that the name is never used again"
            yield Difference("mistake", f"methods.{name}", "went away and is not retired", remedy)
        for mv, was in versions.items():
            now = new.versions.get(name, {}).get(mv)
            if now is None:
                yield _gone(was, new)
            else:
                yield from _method(was, now, (old, new), shapes)
    for name, versions in new.versions.items():
        known = old.versions.get(name, {})
        for mv, now in versions.items():
            if mv not in known:
                yield from _new(now, max(known, default=0), new)


def _gone(was: Method, new: Contract) -> Difference:
    path = _path(was)
    if was.deprecated is None:
        return Difference("break", path, "is gone and was not deprecated", KEEP)
    if number(new.version) <= number(was.deprecated.remove_after):
        return Difference("break", path, f"is gone before {was.deprecated.remove_after} has passed", KEEP)
    return Difference("allowed", path, f"is gone, as announced for after {was.deprecated.remove_after}")


def _new(now: Method, highest: int, new: Contract) -> Differences:
    path = _path(now)
    if now.mv < highest:
        yield Difference("break", f"{path}.mv", f"comes back below {highest}", f"use {highest + 1} or higher")
    else:
        yield Difference("allowed", path, "is new")
    yield from _fresh(path, now.since, new)


def _fresh(path: str, since: str, new: Contract) -> Differences:
    if since != new.version:
        yield Difference("mistake", f"{path}.since", f"says {since}", f'write since: "{new.version}"')


def _path(method: Method) -> str:
    return f"methods.{method.name}/{method.mv}"


def _method(was: Method, now: Method, between: tuple[Contract, Contract], shapes: Shapes) -> Differences:
    old, new = between
    path, where = _path(now), f"{now.name}/{now.mv}"
    yield from shapes.compare(was.input, now.input, "input", where)
    yield from shapes.compare(was.output, now.output, "output", where)
    if was.chunk and now.chunk:
        yield from shapes.compare(was.chunk, now.chunk, "output", where)
    elif was.chunk != now.chunk:
        yield Difference("break", f"{path}.chunk", "is new" if now.chunk else "is gone", NEW_VERSION)
    for code in sorted({*was.errors} - {*now.errors}):
        yield Difference("allowed", f"{path}.errors.{code}", "is not answered any more")
    for code in sorted({*now.errors} - {*was.errors}):
        if not old.errors.get(code, {"common": False})["common"]:
            yield Difference("break", f"{path}.errors.{code}", "is a new error on an old path", NEW_VERSION)
    changes = (
        ("tier", was.tier, now.tier, now.tier > was.tier),
        ("consent", was.consent, now.consent, True),
        ("timeoutMs", was.timeout_ms, now.timeout_ms, now.timeout_ms < was.timeout_ms),
        ("idempotent", was.idempotent, now.idempotent, was.idempotent),
        ("allow", was.allow, now.allow, now.allow is not None),
        ("audit", was.audit, now.audit, False),
    )
    yield from (_change(f"{path}.{name}", a, b, breaks=breaks) for name, a, b, breaks in changes if a != b)
    if was.since != now.since:
        yield Difference("mistake", f"{path}.since", f"{was.since} became {now.since}", AS_BEFORE)
    yield from _deprecation(was, now, new)


def _change(path: str, was: object, now: object, *, breaks: bool) -> Difference:
    remedy = NEW_VERSION if breaks else ""
    return Difference("break" if breaks else "allowed", path, f"{_text(was)} became {_text(now)}", remedy)


def _text(value: object) -> str:
    return json.dumps(value)


def _deprecation(was: Method, now: Method, new: Contract) -> Differences:
    before, after = was.deprecated, now.deprecated
    path = f"{_path(now)}.deprecated"
    if before == after:
        return
    if before is None and after is not None:
        yield Difference("allowed", path, f"is new: use {after.use}, gone after {after.remove_after}")
        yield from _fresh(path, after.since, new)
    elif after is None:
        yield Difference("allowed", path, "is taken back")
    elif before is not None and number(after.remove_after) < number(before.remove_after):
        message = f"{before.remove_after} became {after.remove_after}: pages were promised more time"
        yield Difference("break", f"{path}.removeAfter", message, AS_BEFORE)
    else:
        yield Difference("allowed", path, "changed")


def _events(old: Contract, new: Contract, shapes: Shapes) -> Differences:
    for name, was in sorted(old.events.items()):
        now = new.events.get(name)
        path = f"events.{name}"
        if now is None:
            yield Difference("break", path, "is gone", "keep sending it")
            continue
        yield from shapes.compare(was["payload"], now["payload"], "output", name)
        if was["always"] != now["always"]:
            yield _change(f"{path}.always", was["always"], now["always"], breaks=was["always"])
        if was["since"] != now["since"]:
            yield Difference("mistake", f"{path}.since", f"{was['since']} became {now['since']}", AS_BEFORE)
    for name in sorted(new.events.keys() - old.events.keys()):
        yield Difference("allowed", f"events.{name}", "is new")
        yield from _fresh(f"events.{name}", new.events[name]["since"], new)


def _errors(old: Contract, new: Contract) -> Differences:
    for code, was in sorted(old.errors.items()):
        now = new.errors.get(code)
        path = f"errors.{code}"
        if now is None:
            yield Difference("break", path, "is gone", "keep it: pages compare with it")
            continue
        if was["common"] != now["common"]:
            yield _change(f"{path}.common", was["common"], now["common"], breaks=now["common"])
        if was["retryable"] != now["retryable"]:
            message = f"{_text(was['retryable'])} became {_text(now['retryable'])}: pages repeat a call by it"
            yield Difference("break", f"{path}.retryable", message, "leave it, or declare another code")
    for code in sorted(new.errors.keys() - old.errors.keys()):
        common = new.errors[code]["common"]
        text = "is a new error of every method" if common else "is new"
        remedy = "write common: false and list it where a new mv needs it" if common else ""
        yield Difference("break" if common else "allowed", f"errors.{code}", text, remedy)


def _envelope(old: Contract, new: Contract) -> Differences:
    limits: Mapping[str, int] = old.envelope
    for name in sorted(limits.keys() | new.envelope.keys()):
        was, now = limits.get(name), new.envelope.get(name)
        if was == now:
            continue
        lowered = was is not None and (now is None or now < was or name == "version")
        message = f"{_text(was)} became {_text(now)}"
        yield Difference("break" if lowered else "allowed", f"envelope.{name}", message, AS_BEFORE if lowered else "")


def _retired(old: Contract, new: Contract) -> Differences:
    for name in sorted(old.retired - new.retired):
        yield Difference("break", f"retired.{name}", "is not retired any more", "a name is never used again: keep it")
