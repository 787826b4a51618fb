from pathlib import Path

import pytest

from h5bundle.lint import Finding, Knowledge, Severity, Subject, check
from h5bundle.lint.reserved import nearest
from h5bundle.lint.sarif import report
from h5bundle.project import Project, parse_declaration
from tests.h5bundle.conftest import declaration

KNOWLEDGE = Knowledge(
    contract="1.0",
    methods={"app.info": 1, "net.request": 2, "tx.sign": 1, "store.get": 1},
    events=frozenset({"page.back"}),
    ops=frozenset({"wealth.order.prepare", "wealth.product.list"}),
)
PAGE = '<!doctype html><script type="module" src="./app.js"></script>'
SCRIPT = 'await bridge.app.info({});\nawait bridge.net.request({ op: "wealth.order.prepare" });\n'
CLEAN = {"index.html": PAGE, "app.js": SCRIPT}


def found(files: dict[str, str] | None = None, shared: tuple[str, ...] | None = (), **more: str) -> list[Finding]:
    text = declaration(**more)
    texts = {**CLEAN, **(files or {})}
    served = {name: content.encode() for name, content in texts.items()}
    project = Project(Path(), parse_declaration(text), text)
    return list(check(Subject(project, texts, served, KNOWLEDGE, shared)))


def codes(findings: list[Finding]) -> list[tuple[str, str, int]]:
    return [(finding.code, finding.path, finding.line) for finding in findings]


def test_a_clean_bundle_has_no_finding() -> None:
    assert found() == []


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({"index.html": PAGE + '\n<img src="https://cdn.example/x.png">'}, ("EXTERNAL_ORIGIN", "index.html", 2)),
        ({"index.html": PAGE + '\n<a href="//evil.example">x</a>'}, ("EXTERNAL_ORIGIN", "index.html", 2)),
        ({"index.html": PAGE + '<a href="javascript:alert(1)">x</a>'}, ("EXTERNAL_ORIGIN", "index.html", 1)),
        ({"index.html": PAGE + '<base href="https://evil.example/">'}, ("EXTERNAL_ORIGIN", "index.html", 1)),
        ({"a.css": "\n@import 'https://fonts.example/a.css';"}, ("EXTERNAL_ORIGIN", "a.css", 2)),
        ({"a.css": "x{background:url( //cdn.example/a.png )}"}, ("EXTERNAL_ORIGIN", "a.css", 1)),
        ({"b.js": '\nimport x from "https://cdn.example/x.js";'}, ("EXTERNAL_ORIGIN", "b.js", 2)),
        ({"b.js": 'new Worker("//cdn.example/x.js")'}, ("EXTERNAL_ORIGIN", "b.js", 1)),
        ({"index.html": '<script src="/app.js"></script>'}, ("ABSOLUTE_PATH", "index.html", 1)),
        ({"a.css": "x{background:url(/a.png)}"}, ("ABSOLUTE_PATH", "a.css", 1)),
        ({"index.html": PAGE + "\n<script>\nrun()\n</script>"}, ("INLINE_SCRIPT", "index.html", 2)),
        ({"index.html": PAGE + '\n<b onclick="x()">x</b>'}, ("INLINE_SCRIPT", "index.html", 2)),
        ({"index.html": PAGE + '\n<b style="color:red">x</b>'}, ("INLINE_STYLE", "index.html", 2)),
        ({"index.html": PAGE + "\n<style>b{}</style>"}, ("INLINE_STYLE", "index.html", 2)),
        ({"b.js": "x;\neval('1')"}, ("FORBIDDEN_API", "b.js", 2)),
        ({"b.js": "new  Function('x')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "navigator.serviceWorker.register('x')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "document.cookie = 'a=b'"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "new RTCPeerConnection()"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "\nsetTimeout('run()', 1)"}, ("FORBIDDEN_API", "b.js", 2)),
        ({"b.js": "new Worker('./w.js')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "new WebTransport('x')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "navigator.sendBeacon('x')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "document.write('x')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "caches.open('x')"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "localStorage.a = 1"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "navigator.mediaDevices.getUserMedia({})"}, ("FORBIDDEN_API", "b.js", 1)),
        ({"b.js": "\nwindow.open('x')"}, ("NAVIGATION", "b.js", 2)),
        ({"b.js": "top.location = 'x'"}, ("NAVIGATION", "b.js", 1)),
        ({"b.js": "window.parent.location.href"}, ("NAVIGATION", "b.js", 1)),
        ({"b.js": "location.href = 'https://evil.example'"}, ("NAVIGATION", "b.js", 1)),
        ({"b.js": "location.replace('//evil.example')"}, ("NAVIGATION", "b.js", 1)),
        ({"b.js": "x;\n//# sourceMappingURL=data:application/json;base64,e30="}, ("SOURCE_MAP", "b.js", 2)),
        ({"b.js.map": "{}"}, ("SOURCE_MAP", "b.js.map", 1)),
        ({"a.css": "x{background:image-set('//cdn.example/a.png' 1x)}"}, ("EXTERNAL_ORIGIN", "a.css", 1)),
        ({"a.css": "@import url(https://cdn.example/a.css);"}, ("EXTERNAL_ORIGIN", "a.css", 1)),
        ({"index.html": PAGE + '<img srcset="./app.js 1x, //cdn.example/x 2x">'}, ("EXTERNAL_ORIGIN", "index.html", 1)),
        (
            {"index.html": PAGE + '<link rel=preconnect href="https://cdn.example">'},
            ("EXTERNAL_ORIGIN", "index.html", 1),
        ),
        ({"x.svg": '<svg><script href="https://evil.example/x.js"/></svg>'}, ("EXTERNAL_ORIGIN", "x.svg", 1)),
        ({"x.svg": "<svg>\n<script>run()</script></svg>"}, ("INLINE_SCRIPT", "x.svg", 2)),
        ({"x.svg": '<svg onload="run()"/>'}, ("INLINE_SCRIPT", "x.svg", 1)),
        ({"index.html": PAGE + '\n<meta http-equiv="Refresh" content="1">'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<a target="_blank" href="#x">x</a>'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<iframe src="./x.html"></iframe>'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<object data="./x"></object>'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<base href="./x/">'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<form action="./x"></form>'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<a download href="#">x</a>'}, ("MARKUP_BLOCKED", "index.html", 2)),
        ({"index.html": PAGE + '\n<img src="./gone.png">'}, ("REFERENCE_BROKEN", "index.html", 2)),
        ({"sub/p.html": '<script src="./app.js"></script>'}, ("REFERENCE_BROKEN", "sub/p.html", 1)),
        ({"b.js": "await bridge.store.get({ key: 'x' })"}, ("PERMISSION_MISSING", "b.js", 1)),
        ({"b.js": '\nask({ op: "accounts.list" })'}, ("OP_MISSING", "b.js", 2)),
        ({"b.js": 'look("wealth.product.list")'}, ("OP_MISSING", "b.js", 1)),
        ({"b.js": "/*! lib v1 | MIT License */"}, ("LICENCE_MISSING", "b.js", 1)),
        ({"b.js": "\n// Copyright (c) Somebody"}, ("LICENCE_MISSING", "b.js", 2)),
        ({"a.css": "x{color:var(--native-brass)}"}, ("NATIVE_NAME", "a.css", 1)),
        ({"a.css": "\nx{color:#E8BE68}"}, ("NATIVE_COLOUR", "a.css", 2)),
        ({"a.css": "x{color:#e6bf6a}"}, ("NATIVE_COLOUR", "a.css", 1)),
        ({"a.css": "x{color:rgb(7, 36, 42)}"}, ("NATIVE_COLOUR", "a.css", 1)),
        ({"b.js": "paint('#0d333aff')"}, ("NATIVE_COLOUR", "b.js", 1)),
    ],
)
def test_a_file_that_breaks_a_rule_is_named_with_its_line(
    files: dict[str, str], expected: tuple[str, str, int]
) -> None:
    assert expected in codes(found(files))


@pytest.mark.parametrize(
    ("more", "code", "line_of"),
    [
        ({"permissions": "{app.info: 1, net.request: 1, scan.everything: 1}"}, "PERMISSION_UNKNOWN", "permissions"),
        ({"permissions": "{app.info: 1, net.request: 9}"}, "PERMISSION_UNKNOWN", "permissions"),
        ({"permissions": "{app.info: 1, net.request: 1, store.get: 1}"}, "PERMISSION_UNUSED", "permissions"),
        ({"permissions": "{app.info: 1}"}, "PERMISSION_MISSING", "ops"),
        ({"permissions": "{app.info: 1, net.request: 1, tx.sign: 1}"}, "PURPOSE_MISSING", "permissions"),
        ({"purposes": "[wealth.order.place]"}, "PERMISSION_MISSING", "purposes"),
        ({"ops": "[wealth.order.prepare, wealth.everything]"}, "OP_UNKNOWN", "ops"),
        ({"ops": "[wealth.order.prepare, wealth.product.list]"}, "OP_UNUSED", "ops"),
        ({"events": "[page.everything]"}, "EVENT_UNKNOWN", "events"),
        ({"contract": '{min: "1.1", max: "2.0"}'}, "CONTRACT_RANGE", "contract"),
        ({"size_budget": "10"}, "SIZE_BUDGET", "size_budget"),
        ({"csp": "\"default-src 'self'\""}, "CSP_LAX", "csp"),
        ({"csp": "\"default-src 'none'; script-src 'self' 'unsafe-eval'\""}, "CSP_LAX", "csp"),
        ({"csp": "\"default-src 'none'; connect-src https://api.example\""}, "CSP_LAX", "csp"),
        ({"csp": "\"default-src 'none'; img-src *.example.com\""}, "CSP_LAX", "csp"),
        ({"csp": "\"default-src 'none'; script-src 'self' data:\""}, "CSP_LAX", "csp"),
        ({"csp": "\"default-src 'none'; script-src 'self' 'strict-dynamic'\""}, "CSP_LAX", "csp"),
        ({"csp": "\"default-src 'none'; script-src *; script-src 'self'\""}, "CSP_LAX", "csp"),
        ({"version": "1.0.900001"}, "VERSION_RESERVED", "version"),
        ({"entry": "start.html"}, "ENTRY_MISSING", "entry"),
        (
            {"third_party": "[{name: x, version: 1.0.0, licence: MIT, files: [app.js], licence_file: LICENSE}]"},
            "LICENCE_MISSING",
            "third_party",
        ),
    ],
)
def test_a_declaration_that_breaks_a_rule_is_named_with_its_line(more: dict[str, str], code: str, line_of: str) -> None:
    lines = declaration(**more).splitlines()
    line = next(number for number, text in enumerate(lines, 1) if text.startswith(f"{line_of}:"))
    assert (code, "bundle.yaml", line) in codes(found(**more))


@pytest.mark.parametrize(
    "files",
    [
        {"b.js": "// eval('1') and new WebSocket(x) are forbidden\n/* window.open() */\nrun()"},
        {"b.js": "const link = location.href; model.eval(1); tab.open('x'); evaluate(1)"},
        {"b.js": "const options = { location: '//x' }; parentNode.location"},
        {"index.html": PAGE + '<a href="#top" target="_self">x</a><a href="./sub/p.html">y</a><form></form>'},
        {"index.html": PAGE + '<img src="data:image/png;base64,AA=="><link rel="icon" href="./_shared/common/i.png">'},
        {"index.html": PAGE + '<script src="./app.js?v=1#x" type="module"></script>'},
        {"x.svg": '<svg style="color:red"><a href="https://tool.example/docs"/><use href="#a"/></svg>'},
        {"b.js": "x;\n//# sourceMappingURL=b.js.map"},
    ],
)
def test_what_only_looks_like_a_breach_is_no_finding(files: dict[str, str]) -> None:
    assert codes(found(files)) == []


def test_one_breach_is_told_once_a_line_with_its_column() -> None:
    (finding,) = found({"b.js": "a();eval(x);eval(y)"})
    assert (finding.line, finding.column) == (1, 5)


def test_a_csp_of_hashes_pictures_and_wasm_is_strict_enough() -> None:
    csp = "default-src 'none'; script-src 'self' 'wasm-unsafe-eval' 'sha256-AA='; img-src data:; report-uri /x"
    assert found(csp=f'"{csp}"') == []


def test_findings_become_sarif_with_place_and_reason() -> None:
    allow = "[{code: FORBIDDEN_API, path: 'b*.js', reason: the parser is generated and audited}]"
    log = report(found({"b.js": "x;\n  eval('1')", "c.js": "eval('1')"}, allow=allow), root="apps/x/", version="1.0.0")
    (run,) = log["runs"]
    first, second = run["results"]
    assert (log["version"], [rule["id"] for rule in run["tool"]["driver"]["rules"]]) == ("2.1.0", ["FORBIDDEN_API"])
    place = first["locations"][0]["physicalLocation"]
    assert (place["artifactLocation"]["uri"], place["region"]) == ("b.js", {"startLine": 2, "startColumn": 3})
    assert (first["level"], first["suppressions"][0]["justification"]) == (
        "error",
        "the parser is generated and audited",
    )
    assert second["suppressions"] == []


def test_inline_code_is_fine_where_the_csp_permits_it() -> None:
    csp = "\"default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'\""
    findings = found({"index.html": PAGE + '<b style="color:red">x</b>'}, csp=csp)
    assert [(finding.code, finding.severity) for finding in findings] == [("CSP_LAX", Severity.WARNING)]


def test_the_operations_of_a_json_patch_are_no_operations_of_the_bank() -> None:
    assert codes(found({"b.js": "apply([{ op: 'add', path: '/a' }, { op: `replace` }])"})) == []


def test_what_a_shared_bundle_calls_counts_as_used() -> None:
    more = {"permissions": "{app.info: 1, net.request: 1, store.get: 1}"}
    assert found(shared=("bridge.store.get({})",), **more) == []
    assert [finding.code for finding in found(shared=(), **more)] == ["PERMISSION_UNUSED"]
    assert found(shared=None, **more) == []


def test_an_allowed_finding_carries_its_reason_and_stops_nothing() -> None:
    allow = "[{code: FORBIDDEN_API, path: 'b*.js', reason: the parser is generated and audited}]"
    (finding,) = found({"b.js": "eval('1')"}, allow=allow)
    assert (finding.stops, finding.allowed) == (False, "the parser is generated and audited")
    (other,) = found({"c.js": "eval('1')"}, allow=allow)
    assert other.stops


def test_no_reason_excuses_the_colours_of_the_host() -> None:
    allow = "[{code: NATIVE_COLOUR, path: '*', reason: our brand is brass too}]"
    (finding,) = found({"a.css": "x{color:#E8BE68}"}, allow=allow)
    assert finding.stops


@pytest.mark.parametrize(
    ("colour", "near"),
    [
        ("#E8BE68", "brass"),
        ("#07242A", "abyss"),
        ("#0D333A", "deep"),
        ("#0A5F5B", None),
        ("#0B4747", None),
        ("#FFFFFF", None),
        ("#F0A956", None),
    ],
)
def test_reserved_colours_are_told_from_the_pages_own(colour: str, near: str | None) -> None:
    assert nearest(colour) == near
