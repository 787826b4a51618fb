from dataclasses import dataclass

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from h5bundle.manifest import DEFAULT_CSP, Manifest
from h5bundle.widening import looser, widening
from tests.h5bundle.conftest import package

PLAIN: Manifest = package().manifest
SOURCES = st.sets(st.sampled_from(["'self'", "data:", "https:", "https://a.example", "'unsafe-inline'"]))
NAMES = st.sampled_from(["default-src", "script-src", "img-src", "child-src", "base-uri", "sandbox"])
POLICIES = st.dictionaries(NAMES, SOURCES, max_size=5).map(
    lambda policy: "; ".join(f"{name} {' '.join(sorted(sources))}" for name, sources in policy.items())
)


def asking(**more: object) -> Manifest:
    return msgspec.structs.replace(PLAIN, **more)


@dataclass(frozen=True)
class Case:
    """What a release had, what it asks for now, and what is more."""

    old: dict[str, object]
    new: dict[str, object]
    more: tuple[str, ...]


CASES = [
    Case({"permissions": {"a.b": 1}}, {"permissions": {"a.b": 1}}, ()),
    Case({"permissions": {"a.b": 2}}, {"permissions": {"a.b": 1}}, ()),
    Case({"permissions": {"a.b": 1}}, {"permissions": {}}, ()),
    Case({"permissions": {"a.b": 1}}, {"permissions": {"a.b": 2}}, ("permission a.b: version 2 instead of 1",)),
    Case({"permissions": {}}, {"permissions": {"a.b": 1}}, ("permission a.b: new (version 1)",)),
    Case(
        {"permissions": {"a.b": 1}},
        {"permissions": {"c.d": 1, "a.c": 3}},
        ("permission a.c: new (version 3)", "permission c.d: new (version 1)"),
    ),
    Case({"purposes": ("x",)}, {"purposes": ("x", "y")}, ("purpose y: new",)),
    Case({"events": ("x", "y")}, {"events": ("y",)}, ()),
    Case({"events": ()}, {"events": ("z",)}, ("event z: new",)),
    Case({"ops": ("a.b",)}, {"ops": ("a.c", "a.b")}, ("op a.c: new",)),
    Case({"version": "1.0.0"}, {"version": "9.0.0", "floor": "9.0.0"}, ()),
]


@pytest.mark.parametrize("case", CASES)
def test_what_is_more_is_named_and_what_is_less_is_not(case: Case) -> None:
    assert widening(asking(**case.old), asking(**case.new)) == case.more


def test_a_first_release_is_compared_with_one_that_asks_for_nothing() -> None:
    assert widening(None, asking(permissions={}, ops=(), purposes=(), events=())) == ()
    assert widening(None, PLAIN) == (
        "permission app.info: new (version 1)",
        "permission net.request: new (version 1)",
        "op wealth.order.prepare: new",
    )


def test_every_kind_of_more_is_named_at_once() -> None:
    new = asking(
        permissions={**PLAIN.permissions, "tx.sign": 1},
        purposes=("p.q",),
        events=("e",),
        ops=(*PLAIN.ops, "o.p"),
        csp=f"{DEFAULT_CSP}; media-src 'self'",
    )
    kinds = [text.split()[0] for text in widening(PLAIN, new)]
    assert kinds == ["permission", "purpose", "event", "op", "csp"]


@pytest.mark.parametrize(
    ("old", "new", "more"),
    [
        ("script-src 'self'", "script-src 'self'", ()),
        ("script-src 'self' https:", "script-src 'self'", ()),
        ("script-src 'self'", "script-src 'none'", ()),
        ("script-src 'none'", "script-src 'self'", ("csp script-src: also 'self'",)),
        ("SCRIPT-SRC 'self'", "script-src 'self'", ()),
        ("script-src 'self'", "script-src 'self' https://a.example", ("csp script-src: also https://a.example",)),
        ("img-src https:", "img-src https://a.example", ("csp img-src: also https://a.example",)),
        ("script-src 'self'", "", ("csp script-src: no longer restricted",)),
        ("", "script-src *", ()),
        ("default-src 'none'; img-src 'self'", "default-src 'none'", ()),
        ("default-src 'self'; img-src 'none'", "default-src 'self'", ("csp img-src: also 'self'",)),
        ("default-src 'none'", "default-src 'none'; worker-src 'self'", ("csp worker-src: also 'self'",)),
        ("default-src 'none'", "default-src 'self'", ("csp default-src: also 'self'",)),
        ("default-src 'self'", "script-src 'self'", ("csp default-src: no longer restricted",)),
        (
            "default-src https:; script-src 'self'",
            "default-src https:; script-src 'self'; child-src https:",
            ("csp worker-src: also https:",),
        ),
        (
            "script-src 'nonce-x' 'unsafe-inline'",
            "script-src 'unsafe-inline'",
            ("csp script-src: without 'nonce-x'",),
        ),
        (
            "script-src 'strict-dynamic' https:",
            "script-src https:",
            ("csp script-src: without 'strict-dynamic'",),
        ),
        ("script-src 'sha256-a' 'unsafe-inline'", "script-src 'none'", ()),
        ("base-uri 'none'", "base-uri 'self'", ("csp base-uri: also 'self'",)),
        ("base-uri 'none'", "", ("csp base-uri: no longer restricted",)),
        ("", "base-uri 'self'", ()),
        ("sandbox", "sandbox allow-scripts", ("csp sandbox: also allow-scripts",)),
        ("sandbox allow-scripts", "sandbox", ()),
        ("upgrade-insecure-requests", "", ("csp upgrade-insecure-requests: no longer demanded",)),
        ("", "upgrade-insecure-requests", ()),
        (
            "require-trusted-types-for 'script'",
            "require-trusted-types-for",
            ("csp require-trusted-types-for: no longer demanded",),
        ),
        ("", "report-uri https://evil.example", ("csp report-uri: also https://evil.example",)),
        ("report-uri /r", "", ()),
        ("", "brand-new x", ("csp brand-new: changed, and not known to this rule",)),
        ("brand-new x", "", ("csp brand-new: changed, and not known to this rule",)),
    ],
)
def test_a_policy_is_looser_when_a_source_comes_or_a_restriction_goes(
    old: str, new: str, more: tuple[str, ...]
) -> None:
    assert looser(old, new) == more


def test_of_a_directive_that_stands_twice_the_first_counts_as_in_browsers() -> None:
    old = "script-src 'self'; script-src https:"
    assert looser(old, "script-src https:") == ("csp script-src: also https:",)


def test_what_only_python_takes_for_a_blank_parts_nothing() -> None:
    assert looser("img-src 'self' data:", "img-src 'self'\x1fdata:") == ("csp img-src: also 'self'\x1fdata:",)


@given(POLICIES)
def test_no_policy_is_looser_than_itself(policy: str) -> None:
    assert looser(policy, policy) == ()


@given(POLICIES, POLICIES, POLICIES)
def test_what_two_steps_do_not_loosen_they_do_not_loosen_together(first: str, second: str, third: str) -> None:
    if not looser(first, second) and not looser(second, third):
        assert looser(first, third) == ()


@given(POLICIES, NAMES, st.sampled_from(["https://evil.example", "*"]))
def test_a_source_that_was_nowhere_is_always_named(policy: str, name: str, source: str) -> None:
    parts = dict(part.strip().partition(" ")[::2] for part in policy.split(";") if part.strip())
    if name in parts:
        parts[name] += f" {source}"
        assert looser(policy, "; ".join(" ".join(pair) for pair in parts.items())) != ()
