"""Cases of preview links and of the rule behind them, made from one seed.

``python -m tests.h5bundle.previews`` writes ``native_bridge/vectors/preview.json`` anew.
"""

import json
import random  # noqa: TID251 - cases of one seed
from pathlib import Path
from typing import Any

import msgspec

from h5bundle.errors import PreviewError
from h5bundle.previews import read_link
from h5bundle.rollout import Here, RolloutPolicy, Wish, hashed, preview
from tests.h5bundle.rollouts import IDS, VERSIONS, case, here_of

VECTORS = Path(__file__).parents[2] / "native_bridge" / "vectors" / "preview.json"
SEED = 2027
COUNT = 300
APP = "https://bank.example/open"
DIGEST = "5" * 64
GOOD = f"{APP}?preview=wealth_1.5.0_{DIGEST}"
LINKS = (
    (GOOD, APP),
    (f"http://localhost:8000/?preview=wealth_1.5.0_{DIGEST}", "http://localhost:8000"),
    (f"bank://open/?preview=wealth_0.0.0_{DIGEST}", "bank://open"),
    (GOOD, "https://bank.example/"),
    (GOOD.replace("bank.example", "evil.example"), APP),
    (GOOD.replace("https:", "http:"), APP),
    (GOOD.replace("bank.example", "bank.example.evil.example"), APP),
    (GOOD.replace("bank.example", "bank.example@evil.example"), APP),
    (f"javascript:alert(1)//{GOOD}", APP),
    (f"{GOOD}&preview=wealth_1.4.0_{DIGEST}", APP),
    (f"{GOOD}#/orders", APP),
    (f"{GOOD}\n", APP),
    (f" {GOOD}", APP),
    (GOOD.upper(), APP),
    (GOOD.replace("wealth", "<img src=x onerror=alert(1)>"), APP),
    (GOOD.replace("wealth", "%3Cscript%3E"), APP),
    (GOOD.replace("wealth", "../wealth"), APP),
    (GOOD.replace("1.5.0", "1.5"), APP),
    (GOOD.replace("1.5.0", "01.5.0"), APP),
    (GOOD.replace("1.5.0", "1.5.0-beta"), APP),
    (GOOD.replace("1.5.0", "1.5.1000000"), APP),
    (GOOD.replace("1.5.0", "\u0661.5.0"), APP),
    (GOOD[:-1], APP),
    (f"{GOOD}5", APP),
    (APP, APP),
    ("", APP),
)


def decision(chance: random.Random) -> dict[str, Any]:
    """Make one case: a policy, an installation that is often a tester, a link that is mostly right."""
    made = case(chance)
    policy = msgspec.convert(made["policy"], RolloutPolicy)
    install = chance.choice(IDS)
    testers = tuple(sorted({hashed(install), hashed(IDS[0])})) if chance.random() < 0.6 else ()
    releases = tuple(msgspec.structs.replace(one, allow=testers) for one in policy.releases)
    policy = msgspec.structs.replace(policy, releases=releases)
    wished = chance.choice(releases) if releases and chance.random() < 0.9 else None
    wish = Wish(
        bundle="wealth" if chance.random() < 0.95 else "cards",
        version=chance.choice(VERSIONS) if wished is None else wished.version,
        digest=DIGEST if wished is None or chance.random() < 0.1 else wished.digest,
    )
    here = Here(
        install_id=install,
        app_version=chance.choice(VERSIONS),
        platform=chance.choice(("android", "browser", "harmony")),
        channel=chance.choice(("stable", "beta")),
    )
    release, reason = preview(policy, wish, here)
    return {
        "policy": msgspec.to_builtins(policy),
        "here": here_of(here),
        "wish": wish_of(wish),
        "expected": {"digest": None if release is None else release.digest, "reason": str(reason)},
    }


def wish_of(wish: Wish) -> dict[str, str]:
    """Give a wish as the shell names it."""
    return {"bundle": wish.bundle, "version": wish.version, "digest": wish.digest}


def link(text: str, app: str) -> dict[str, Any]:
    """Make one case of a link, and what it wishes; None for what is no link of this app."""
    try:
        wish = wish_of(read_link(text, app))
    except PreviewError:
        return {"link": text, "app": app, "wish": None}
    return {"link": text, "app": app, "wish": wish}


def text() -> str:
    """Give the golden file's text: one case a line."""
    chance = random.Random(SEED)
    parts = {"links": [link(*one) for one in LINKS], "decisions": [decision(chance) for _ in range(COUNT)]}
    written = []
    for name, cases in parts.items():
        lines = ",\n".join(json.dumps(one, sort_keys=True) for one in cases)
        written.append(f'"{name}": [\n{lines}\n]')
    return "{\n" + ",\n".join(written) + "\n}\n"


if __name__ == "__main__":
    VECTORS.write_text(text(), encoding="utf-8")
