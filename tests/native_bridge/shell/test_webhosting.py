"""The web host's page and headers, and what its files say, without a browser."""

import json
import re
from pathlib import Path

import pytest

import native_bridge
from native_bridge.hosting import HostingError
from native_bridge.model import COMPILED
from native_bridge.webhosting import bundle_file_policies, host_page_headers, render_host_page

SHELL = Path(native_bridge.__file__).parent / "shell"
CONTRACT = json.loads(COMPILED.read_bytes())
DIGEST = "a" * 64
LINK = "https://app.bank.example/?a=1&open={route}"
WEB = "https://web.bank.example"


def source(name: str) -> str:
    return (SHELL / name).read_text(encoding="utf-8")


def test_the_page_carries_the_release_and_the_link_as_text() -> None:
    page = render_host_page(bundle="wealth", digest=DIGEST, app_link=LINK).decode()
    assert f'data-bundle="wealth" data-digest="{DIGEST}"' in page
    assert 'href="https://app.bank.example/?a=1&amp;open=wealth"' in page
    assert re.findall(r"<script(?![^>]*src=)|<style|\son\w+=|\sstyle=", page) == []


@pytest.mark.parametrize(
    ("bundle", "digest", "link"),
    [
        ('x"><script>', DIGEST, LINK),
        ("wealth", "0" * 63, LINK),
        ("wealth", DIGEST.upper(), LINK),
        ("wealth", DIGEST, "https://app.bank.example/"),
        ("wealth", DIGEST, "javascript:alert(1)//{route}"),
        ("wealth", DIGEST, 'https://app.bank.example/"{route}'),
    ],
)
def test_what_is_no_bundle_digest_or_link_makes_no_page(bundle: str, digest: str, link: str) -> None:
    with pytest.raises(HostingError):
        render_host_page(bundle=bundle, digest=digest, app_link=link)


def test_the_frame_is_held_to_one_release_and_to_none_without_one() -> None:
    held = host_page_headers(web_origin=WEB, bundle="wealth", digest=DIGEST)["Content-Security-Policy"]
    none = host_page_headers(web_origin=WEB, bundle="wealth", digest="")["Content-Security-Policy"]
    assert f"frame-src {WEB}/web/wealth/{DIGEST}/;" in held
    assert "frame-src 'none';" in none


def test_the_manifests_policy_stands_beside_the_constant_one() -> None:
    own, constant = bundle_file_policies(web_origin=WEB, bundle="wealth", digest=DIGEST, csp="default-src *")
    assert own == "default-src *"
    assert constant.startswith("sandbox allow-scripts allow-forms;")


def test_a_route_is_what_the_contract_calls_one() -> None:
    (pattern,) = re.findall(r"const ROUTE = /\^(.*)\$/;", source("core/route.mjs"))
    (longest,) = re.findall(r"const LONGEST = (\d+);", source("core/route.mjs"))
    route = CONTRACT["types"]["Route"]
    written = pattern.replace(r"\/", "/").replace("([a-z][a-z0-9-]{1,30})", "[a-z][a-z0-9-]{1,30}")
    assert (written, int(longest)) == (route["pattern"], route["maxLength"])


def test_the_reduced_methods_are_of_the_contract_and_need_no_device() -> None:
    stored = re.findall(r'^    "(store\.\w+)"', source("host/pages_store.mjs"), re.MULTILINE)
    methods = {*re.findall(r'^    "([a-z]+\.\w+)"', source("web/methods.mjs"), re.MULTILINE), *stored}
    assert methods == {
        "app.info",
        "app.ready",
        "log.event",
        "nav.close",
        "nav.open",
        "nav.setBackGuard",
        "session.status",
        "store.get",
        "store.remove",
        "store.set",
        "ui.setTitleBar",
    }
    assert methods <= set(CONTRACT["methods"])


def test_every_text_that_is_used_exists_in_both_languages() -> None:
    texts = dict(re.findall(r'^  "([\w.]+)": \{ (zh: ".+?", en: ".+?") \},$', source("web/texts.mjs"), re.MULTILINE))
    used = {key for name in ("main", "view") for key in re.findall(r'\bt\("([\w.]+)"', source(f"web/{name}.mjs"))}
    screens = re.findall(r'\.whole\("(\w+)"', source("web/main.mjs"))
    assert used | {f"{screen}.{part}" for screen in screens for part in ("title", "why")} <= set(texts)
    assert len(texts) > 10
    assert [text for text in texts.values() if re.search("[一-鿿]", text.partition('en: "')[2])] == []
