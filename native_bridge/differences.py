"""Compares two forms of one type as a page of the old contract meets them: what it may send, and what it is told."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal, TypeAlias

Kind: TypeAlias = Literal["break", "mistake", "allowed"]
Side: TypeAlias = Literal["input", "output"]
Types: TypeAlias = Mapping[str, Mapping[str, Any]]

UPPER: Final = ("maxLength", "maxBytes", "maxItems", "maxEntries", "max")
LOWER: Final = {"maxLength": "minLength", "maxBytes": "minBytes", "maxItems": "minItems", "max": "min"}
ROOTS: Final = ("object", "array", "string", "number", "boolean", "null")
FLOORS: Final = tuple(LOWER.values())
UNSET_FLOOR: Final = {"minLength": 0, "minBytes": 0, "minItems": 0, "min": -(2**53)}
NEW_VERSION: Final = "leave it as it was, or declare a new mv of the method with a type of its own"


@dataclass(frozen=True, slots=True)
class Difference:
    """One difference between two contracts.

    Attributes:
        kind: ``break`` for a page of the old contract, ``mistake`` in how the new one is written, or ``allowed``.
        path: place in the contract, ``types.TxSign.fields.challengeId``.
        message: what differs, with the method or event from which a type was reached.
        remedy: what to do about it; empty when it is allowed.
    """

    kind: Kind
    path: str
    message: str
    remedy: str = ""

    def __str__(self) -> str:
        """Write the difference as one line."""
        remedy = f" ({self.remedy})" if self.remedy else ""
        return f"{self.kind}: {self.path}: {self.message}{remedy}"


Differences: TypeAlias = Iterator[Difference]


class Shapes:
    """Walks two sets of types in step; each pair of types is judged once for a side."""

    def __init__(self, old: Types, new: Types) -> None:
        """Take the types of both contracts."""
        self._old, self._new = old, new
        self._seen: set[tuple[str, str, Side]] = set()

    def compare(self, old: str, new: str, side: Side, where: str) -> Differences:
        """Give the differences of two types and all that they hold.

        Args:
            old: its name in the old contract.
            new: its name in the new one.
            side: whether a page sends it or is told it; chunks and payloads are told.
            where: the method or event from which it was reached, for the message.
        """
        if (old, new, side) in self._seen:
            return
        self._seen.add((old, new, side))
        was, now = self._old.get(old, {"kind": old}), self._new.get(new, {"kind": new})
        at = _Place(f"types.{new}" if new in self._new else new, side, where)
        if was["kind"] != now["kind"]:
            yield at.breaks("", f"{was['kind']} became {now['kind']}")
            return
        if "fields" in was:
            yield from self._record(was["fields"], now["fields"], at)
        if "cases" in was:
            yield from self._union(was, now, at)
        if "of" in was:
            yield from self.compare(was["of"], now["of"], side, where)
        yield from _values(was, now, at)
        yield from _limits(was, now, at)
        yield from _texts(was, now, at)

    def _record(self, was: Types, now: Types, at: "_Place") -> Differences:
        for name in sorted(was.keys() - now.keys()):
            yield at.breaks(f".fields.{name}", "is gone")
        for name in sorted(now.keys() - was.keys()):
            if at.side == "input" and not now[name]["optional"]:
                yield at.breaks(f".fields.{name}", "is a new required input")
            else:
                yield at.allows(f".fields.{name}", "is new")
        for name in sorted(was.keys() & now.keys()):
            for member in ("optional", "nullable"):
                if was[name][member] != now[name][member]:
                    word = f"became {member}" if now[name][member] else f"is not {member} any more"
                    yield at.judge(f".fields.{name}.{member}", word, wider=now[name][member])
            yield from self.compare(was[name]["type"], now[name]["type"], at.side, at.where)

    def _union(self, was: Mapping[str, Any], now: Mapping[str, Any], at: "_Place") -> Differences:
        if was["tag"] != now["tag"]:
            yield at.breaks(".tag", f"{was['tag']} became {now['tag']}")
        for tag in sorted(was["cases"].keys() ^ now["cases"].keys()):
            new = tag in now["cases"]
            yield at.judge(f".cases.{tag}", "is new" if new else "is gone", wider=new)
        for tag in sorted(was["cases"].keys() & now["cases"].keys()):
            yield from self.compare(was["cases"][tag], now["cases"][tag], at.side, at.where)


@dataclass(frozen=True, slots=True)
class _Place:
    path: str
    side: Side
    where: str

    def breaks(self, below: str, message: str) -> Difference:
        return Difference("break", self.path + below, f"{message}, {self.side} of {self.where}", NEW_VERSION)

    def allows(self, below: str, message: str) -> Difference:
        return Difference("allowed", self.path + below, f"{message}, {self.side} of {self.where}")

    def judge(self, below: str, message: str, *, wider: bool) -> Difference:
        """Break an input that takes less, and an output that may say more."""
        return self.breaks(below, message) if wider == (self.side == "output") else self.allows(below, message)


def _values(was: Mapping[str, Any], now: Mapping[str, Any], at: _Place) -> Differences:
    if was["kind"] == "enum":
        for value in sorted(set(was["values"]) ^ set(now["values"])):
            new = value in now["values"]
            listed = at.judge(f".values.{value}", "is a new value" if new else "is gone", wider=new)
            told = new and at.side == "output" and was["open"]
            yield at.allows(f".values.{value}", "is a new value of an open enum") if told else listed
        if was["open"] != now["open"]:
            yield at.judge(".open", "became open" if now["open"] else "became closed", wider=now["open"])
    if was["kind"] == "json":
        before, after = set(was.get("roots", ROOTS)), set(now.get("roots", ROOTS))
        for root in sorted(before ^ after):
            yield at.judge(f".roots.{root}", "is new" if root in after else "is gone", wider=root in after)
        if was["owner"] != now["owner"]:
            yield at.breaks(".owner", f"{was['owner']} became {now['owner']}")


def _limits(was: Mapping[str, Any], now: Mapping[str, Any], at: _Place) -> Differences:
    """Judge bounds; an output may grow where a page reads it by its length, and not where it counts or computes."""
    for key in UPPER:
        before, after = was.get(key), now.get(key)
        if before == after:
            continue
        wider = after is None or (before is not None and after > before)
        message = f"{_shown(before)} became {_shown(after)}"
        fixed = before is not None and was.get(LOWER.get(key, "")) == before
        if wider and at.side == "output" and key != "max" and not fixed:
            yield at.allows(f".{key}", message)
        else:
            yield at.judge(f".{key}", message, wider=wider)
    for key in FLOORS:
        before, after = was.get(key, UNSET_FLOOR[key]), now.get(key, UNSET_FLOOR[key])
        if before != after:
            message = f"{_shown(was.get(key))} became {_shown(now.get(key))}"
            yield at.judge(f".{key}", message, wider=after < before)
    if was.get("scale") != now.get("scale"):
        message = f"{was['scale']} became {now['scale']}"
        yield at.judge(".scale", message, wider=now["scale"] > was["scale"])


def _texts(was: Mapping[str, Any], now: Mapping[str, Any], at: _Place) -> Differences:
    """Judge patterns: whether one takes all that another took is not decided here, so a changed one breaks."""
    for key in ("pattern", "keyPattern"):
        before, after = was.get(key), now.get(key)
        if before == after:
            continue
        if before is None or after is None:
            yield at.judge(f".{key}", "is new" if before is None else "is gone", wider=after is None)
        else:
            yield at.breaks(f".{key}", f"{before} became {after}")


def _shown(value: int | None) -> str:
    return "no limit" if value is None else str(value)
