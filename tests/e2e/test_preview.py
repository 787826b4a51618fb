"""A tester scans a preview: refused, named by the owner, opened and marked, and back to the normal release."""

import json
import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from h5bundle.cli import main
from tests.e2e.browser import SECONDS, Person
from tests.running import ROOT, Running

pytestmark = [pytest.mark.browser, pytest.mark.slow]


@pytest.fixture
def shoot(tmp_path: Path) -> Callable[[Person, str], None]:
    folder = Path(os.environ.get("TIDEGATE_SCREENSHOTS", str(tmp_path)))  # noqa: TID251 - where a person looks at them

    def take(visitor: Person, name: str) -> None:
        visitor.page.screenshot(path=folder / f"{name}.png")

    return take


@pytest.fixture
def h5bundle(running: Running) -> Callable[..., str]:
    keys = running.var / "release-keys"
    places = ("--repository", str(running.var / "repo"))
    signing = ("--keys", str(keys), "--passphrase-file", str(keys.parent / "passphrase"))

    def call(*words: str, signs: bool = True) -> str:
        done = running.call(*words, *places, *(signing if signs else ()), command=main)
        assert done.returncode == 0, done.stderr
        return done.stdout

    return call


def offer_next_wealth(h5bundle: Callable[..., str], folder: Path) -> None:
    """Publish another wealth for nobody."""
    source = ROOT / "h5bundle" / "apps" / "wealth"
    shutil.copytree(source, folder)
    declaration = folder / "bundle.yaml"
    declaration.write_text(re.sub(r"(?m)^version: .*$", "version: 1.9.0", declaration.read_text()), encoding="utf-8")
    h5bundle("publish", str(folder), "--permyriad", "0")


def called_back(running: Running, digest: str) -> None:
    """Let the bank call one release back."""
    done = running.call("revoke-bundle", digest)
    assert done.returncode == 0, done.stderr


def preview_link(h5bundle: Callable[..., str], running: Running, *more: str) -> str:
    made = json.loads(
        h5bundle("preview", "wealth", "1.9.0", "--app-link", f"{running.url}/", "--json", *more, signs=bool(more))
    )
    return str(made["link"])


def kept_of(visitor: Person, bundle: str) -> dict[str, Any]:
    """Give what the shell has stored of a bundle's releases, and what its adoption counters wait to say."""
    script = """async (bundle) => {
      const { Store } = await import("/shell/core/store.mjs");
      const store = await Store.open();
      const values = await Promise.all((await store.keys("values")).map((key) => store.get("values", key)));
      return { standing: await store.get("releases", bundle), values: JSON.stringify(values) };
    }"""
    return dict(visitor.page.evaluate(script, bundle))


def refused(visitor: Person, address: str) -> str:
    visitor.page.goto(address)
    expect(visitor.dialog).to_be_visible(timeout=SECONDS)
    said = visitor.dialog.inner_text()
    visitor.dialog.get_by_role("button", name="关闭").click()
    assert visitor.page.url.endswith("/")
    return said


def test_a_tester_is_named_opens_the_preview_and_goes_back(
    running: Running,
    person: Callable[..., Person],
    h5bundle: Callable[..., str],
    shoot: Callable[[Person, str], None],
    tmp_path: Path,
) -> None:
    by = ("--by", "anna", "--why", "a preview")
    offer_next_wealth(h5bundle, tmp_path / "wealth")
    h5bundle("offer", "wealth", "1.0.0", "99.99%", *by)
    link = preview_link(h5bundle, running)
    digest = link.rsplit("_", 1)[1]
    visitor = person()
    visitor.wait_until_installed()

    visitor.page.goto(link)
    expect(visitor.dialog.get_by_role("heading", name="不适用于本设备")).to_be_visible(timeout=SECONDS)
    assert visitor.dialog.locator("svg.qr path").get_attribute("d")
    shoot(visitor, "preview-not-mine")
    hashed = visitor.dialog.locator(".hash").inner_text()
    assert re.fullmatch("[0-9a-f]{64}", hashed)
    visitor.dialog.get_by_role("button", name="关闭").click()

    assert preview_link(h5bundle, running, "--add-tester", hashed, *by) == link
    visitor.page.goto(link)
    badge = visitor.page.get_by_text("预览 Preview 1.9.0")
    expect(badge).to_be_visible(timeout=SECONDS)
    frame = visitor.frame("wealth")
    expect(frame.get_by_role("heading").first).to_be_visible(timeout=SECONDS)
    shoot(visitor, "preview-open")
    assert f"/v/{digest}/" in frame.locator("body").evaluate("() => location.pathname")
    visitor.page.get_by_role("button", name="回到正式版本").click()
    expect(badge).to_be_hidden()
    expect(frame.get_by_role("heading").first).to_be_visible(timeout=SECONDS)
    assert f"/v/{digest}/" not in frame.locator("body").evaluate("() => location.pathname")
    kept = kept_of(visitor, "wealth")
    assert kept["standing"]["standing"]["running"]["version"] == "1.0.0"
    assert digest not in json.dumps(kept["standing"]["standing"]) + kept["values"]

    assert "摘要" in refused(visitor, link.replace(digest, "0" * 64))
    assert "没有这个离线包" in refused(visitor, link.replace("wealth_", "foreign_"))
    assert "低于签名的下限" in refused(visitor, link.replace("1.9.0", "0.9.0"))
    assert "不在策略里" in refused(visitor, link.replace("1.9.0", "1.8.0"))
    assert "不是本 App 的预览链接" in refused(visitor, f"{running.url}/?preview=<img src=x onerror=alert(1)>")
    assert visitor.page.locator("img[src=x]").count() == 0
    called_back(running, digest)
    assert "召回" in refused(visitor, link)
    h5bundle("halt", "wealth", *by)
    assert "已暂停" in refused(visitor, link)
    shoot(visitor, "preview-after")
