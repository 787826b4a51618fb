"""The shell's own files, small bundles, a repository that is fresh by the real clock, and the bank of this folder."""

import json
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from native_bridge.hosting import HostedAnswer, shell_headers
from native_bridge.model import compile_folder
from tests.native_bridge.shell import site as base
from tests.native_bridge.shell import tuf_repository
from tests.native_bridge.shell_ui.bank import Bank

ROOT = Path(__file__).parents[3]
SHELL = ROOT / "native_bridge" / "shell"
TYPES = {
    ".mjs": "text/javascript",
    ".svg": "image/svg+xml",
    ".css": "text/css",
    ".html": "text/html",
    ".json": "application/json",
}
CONTRACT = compile_folder().compiled
MAIN = b"""import { connect } from "./_shared/common/bridge.js";
const bridge = await connect({ want: { "tx.sign": 1, "scan.code": 1 } });
window.bridge = bridge;
window.told = [];
for (const name of ["page.back", "page.shown", "theme.changed", "network.changed", "session.changed"]) {
  bridge.on(name, (payload) => window.told.push([name, payload]));
}
bridge.on("theme.changed", ({ theme }) => { document.documentElement.dataset.theme = theme; });
const { locale, theme } = await bridge.app.info();
document.documentElement.lang = locale;
document.documentElement.dataset.theme = theme;
await bridge.ui.setTitleBar({ title: "\xe4\xba\xa7\xe5\x93\x81\xe8\xaf\xa6\xe6\x83\x85" });
await bridge.app.ready();
document.body.dataset.ready = "yes";
"""
PAGE = (
    '<!doctype html><html lang="zh-CN"><meta charset="utf-8"><title>wealth</title>'
    '<link rel="stylesheet" href="./_shared/common/tokens.css">'
    '<link rel="stylesheet" href="./_shared/common/look.css">'
    '<script type="module" src="./main.js"></script>'
    '<body class="page"><section class="card"><h3>金芒果 · 稳盈 90 天持有</h3>'
    '<p class="cap">业绩比较基准（年化）</p><p class="amount">2.35% – 2.85%</p></section></body>'
)
PERMISSIONS = dict.fromkeys(
    (
        "app.info", "app.ready", "ui.setTitleBar", "nav.open", "nav.close", "nav.setBackGuard", "log.event",
        "session.status", "session.logout", "net.request", "store.get", "store.set", "store.remove", "device.status",
        "device.bind", "tx.sign", "session.stepUp", "auth.verifyUser", "auth.biometricInfo", "device.unbind",
        "scan.code", "media.pick", "share.open", "file.save", "nav.openExternal", "net.upload",
    ),
    1,
)  # fmt: skip
EVENTS = ["page.back", "page.shown", "theme.changed", "network.changed", "session.changed"]
SAMPLES = [
    {
        "name": "陈屿", "idNumber": "330106199203124518", "mobile": "13800006620", "card": "6217001234567898026",
        "cardClass": "Ⅰ", "bankZh": "滨海银行", "bankEn": "Binhai Bank",
        "note": {"zh": "一切顺利，评为 C3。", "en": "All goes well; rated C3."},
        "also": [{"card": "6217001234567898034", "cardClass": "Ⅰ", "bankZh": "江城银行", "bankEn": "Jiangcheng Bank"}],
    },
    {
        "name": "苏荷", "idNumber": "110101200001011239", "mobile": "13900001234", "card": "6222021234567890128",
        "cardClass": "Ⅱ", "bankZh": "江城银行",
        "note": {"zh": "卡是 Ⅱ类户，绑定会被拒绝。", "en": "Class II card: linking is refused."},
    },
]  # fmt: skip


def stocked(now: datetime, *, partial: bool = False) -> tuple[tuf_repository.Repository, str]:
    """A repository with common, accounts and wealth; give wealth's bundle string too."""
    kept, tuf_repository.NOW = tuf_repository.NOW, now
    try:
        repository = tuf_repository.Repository(("common", "accounts", "wealth"))
        shared = ROOT / "h5bundle" / "apps" / "common" / "src"
        names = ("bridge.js", "tokens.css", "look.css")
        common = repository.add_release(
            "common",
            "1.0.0",
            {name: (shared / name).read_bytes() for name in names},
            title={"zh": "共享资源", "en": "Common"},
        )
        members = {
            "requires": {"common": {"version": "1.0.0", "digest": common}},
            "permissions": PERMISSIONS,
            "events": EVENTS,
        }
        files = {"index.html": PAGE.encode(), "main.js": MAIN}
        repository.add_release(
            "accounts",
            "1.0.0",
            files,
            title={"zh": "Ⅱ类户", "en": "Accounts"},
            ops=["accounts.application.current", "accounts.application.document"],
            **members,
        )
        more = {
            "ops": ["wealth.product.list", "wealth.suitability.assess"],
            "purposes": ["wealth.order.place"],
            "title": {"zh": "金芒果", "en": "Wealth"},
        }
        digest = repository.add_release("wealth", "1.0.0", files, **more, **members)
        if partial:
            newer = repository.add_release("wealth", "1.1.0", {**files, "more.js": b"export {};\n"}, **more, **members)
            repository.add_policy("wealth", [("1.1.0", newer, 1), ("1.0.0", digest, 10_000)])
        repository.publish("app-common", "app-accounts", "app-wealth", "rollout")
    finally:
        tuf_repository.NOW = kept
    return repository, f"wealth@1.0.0#{digest}"


@dataclass
class ShellSite(base.Site):
    """The shell as it is served, with its own bank."""

    teller: Bank = field(default_factory=lambda: Bank(now=tuf_repository.NOW))
    extra: dict[str, Any] = field(default_factory=dict)

    def config(self) -> dict[str, Any]:
        return {
            "bank": {"zh": "澜江银行", "en": "Lanjiang Bank"}, "env": "sandbox", "aud": "tidegate-bff",
            "shellOrigin": self.origin,
            "apiBase": "/app/v1", "repository": "/repo", "trustedRoot": self.repository.trusted_root,
            "bundles": ["common", "accounts", "wealth"], "bundleOrigin": f"http://{{bundle}}-h5.localhost:{self.port}",
            "app": {"id": "cn.lanjiang.tidegate", "version": "1.0.0"}, "contract": "/shell/contract.json",
            "links": {"complaints": "https://bank.example/complaints?from=app"}, "samples": SAMPLES, **self.extra,
        }  # fmt: skip

    def _shell(self, target: str) -> HostedAnswer:
        if target.startswith("/repo/"):
            return super()._shell(target)
        target = target.partition("?")[0]
        headers = shell_headers(bundle_origins=[self.bundle_origin("wealth"), self.bundle_origin("accounts")])
        json_headers = headers | {"Content-Type": "application/json"}
        if target == "/shell/config.json":
            return HostedAnswer(200, json_headers, json.dumps(self.config(), ensure_ascii=False).encode())
        if target == "/shell/contract.json":
            return HostedAnswer(200, json_headers, CONTRACT)
        path = SHELL / ("index.html" if target == "/" else target.removeprefix("/shell/"))
        if ".." in target or not path.is_file():
            return base.NOTHING
        return HostedAnswer(200, headers | {"Content-Type": f"{TYPES[path.suffix]}; charset=utf-8"}, path.read_bytes())
