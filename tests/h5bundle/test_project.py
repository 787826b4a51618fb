import pytest

from h5bundle.errors import H5BundleError, ProjectError
from h5bundle.project import parse_declaration
from h5bundle.versions import is_spoken
from tests.h5bundle.conftest import declaration


def test_what_is_not_said_has_safe_defaults() -> None:
    found = parse_declaration("id: wealth\nversion: 1.0.0\ntitle: {zh: 名, en: Name}\ndist: dist\n")
    assert (found.kind, found.page, found.permissions, found.ops) == ("app", "index.html", {}, ())
    assert found.csp.startswith("default-src 'none'; script-src 'self'")


@pytest.mark.parametrize(
    "text",
    [
        declaration(permission="{app.info: 1}"),
        declaration() + "id: other\n",
        declaration(id="Wealth"),
        declaration(version="1.0"),
        declaration(floor="1"),
        declaration(kind="thing"),
        declaration(kind="shared"),
        declaration(build="{source: src}"),
        declaration(contract='{min: "1.2", max: "1.0"}'),
        declaration(contract="{min: 1.0, max: 1.0}"),
        declaration(allow="[{code: X, path: a.js, reason: because}]"),
        declaration(dist="!!python/object/apply:os.system [ls]"),
        declaration(ops="{a: b}"),
        "id: wealth\n",
        "- a\n",
        "",
        "a: [",
        "1: x\n",
    ],
)
def test_a_declaration_that_is_not_exact_is_refused(text: str) -> None:
    with pytest.raises(H5BundleError):
        parse_declaration(text)


def test_an_unknown_key_is_named() -> None:
    with pytest.raises(ProjectError, match="permission"):
        parse_declaration(declaration(permission="{}"))


def test_an_unknown_filter_is_named() -> None:
    text = declaration().replace("dist: dist\n", "build: {bundles: {app.js: {sources: [a.js], filters: [jsmin]}}}\n")
    with pytest.raises(ProjectError, match="jsmin"):
        parse_declaration(text)


def test_a_newer_contract_of_the_same_major_version_serves_a_bundle() -> None:
    spoken = [each for each in ("0.9", "1.1", "1.2", "1.3", "1.9", "2.0") if is_spoken(each, least="1.2", tested="1.3")]
    assert spoken == ["1.2", "1.3", "1.9"]
