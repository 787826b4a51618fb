"""Cases of rollout policies, made from one seed: the golden file is written from them, and tests hold it to them.

``python -m tests.h5bundle.rollouts`` writes ``native_bridge/vectors/rollout.json`` anew.
"""

import json
import random  # noqa: TID251 - cases of one seed
from pathlib import Path
from typing import Any

import msgspec

from h5bundle import terms
from h5bundle.rollout import FORMAT, AppRange, Change, Here, RolloutPolicy, RolloutRelease, decide, hashed

VECTORS = Path(__file__).parents[2] / "native_bridge" / "vectors" / "rollout.json"
SEED = 2026
COUNT = 300
TIMED = 200
VERSIONS = ("1.0.0", "1.2.0", "1.10.0", "2.0.0")
IDS = tuple(f"install-{number}" for number in range(40))


def release(chance: random.Random, version: str) -> RolloutRelease:
    """Make one release with targets of all kinds."""
    return RolloutRelease(
        version=version,
        manifest=f"apps/wealth/{version}.manifest.json",
        digest=f"{chance.getrandbits(256):064x}",
        permyriad=chance.choice((0, 1, 500, 5000, 9999, 10_000)),
        salt=f"{chance.getrandbits(64):016x}",
        allow=tuple(sorted(hashed(one) for one in chance.sample(IDS, chance.choice((0, 0, 3))))),
        platforms=chance.choice(((), (), ("android",), ("browser", "ios"))),
        channels=chance.choice(((), (), ("beta",), ("beta", "stable"))),
        app=AppRange(chance.choice(VERSIONS), chance.choice((None, None, "1.10.0"))),
        forced=chance.random() < 0.1,
    )


def case(chance: random.Random) -> dict[str, Any]:
    """Make one case: a policy, an installation, and what shall come of them."""
    policy = RolloutPolicy(
        format=FORMAT,
        bundle="wealth",
        policy=chance.randrange(1, 1000),
        releases=tuple(release(chance, version) for version in chance.sample(VERSIONS, chance.randrange(4))),
        halt=chance.random() < 0.1,
        floor=chance.choice(("1.0.0", "1.0.0", "1.2.0")),
        stale_hours=chance.choice((None, 72)),
        change=Change("anna", "a case"),
    )
    here = Here(
        install_id=chance.choice(IDS),
        app_version=chance.choice(VERSIONS),
        platform=chance.choice(("android", "browser", "harmony")),
        channel=chance.choice(("stable", "beta")),
    )
    return {"policy": msgspec.to_builtins(policy), "here": here_of(here), "expected": outcome(policy, here)}


def here_of(here: Here) -> dict[str, str]:
    """Give an installation as the shell names it."""
    names = {"installId": here.install_id, "appVersion": here.app_version}
    return {**names, "platform": here.platform, "channel": here.channel}


def outcome(policy: RolloutPolicy, here: Here) -> dict[str, Any]:
    """Give what the toolkit decides."""
    decision = decide(policy, here)
    return {
        "version": None if decision.release is None else decision.release.version,
        "reason": str(decision.reason),
        "forced": decision.forced,
        "verdicts": [[verdict.bucket, str(verdict.reason)] for verdict in decision.verdicts],
    }


def cases() -> list[dict[str, Any]]:
    """Make all cases."""
    chance = random.Random(SEED)
    plain = [case(chance) for _ in range(COUNT)]
    return plain + [timed(chance) for _ in range(TIMED)]


def timed(chance: random.Random) -> dict[str, Any]:
    """Make one case with what a device keeps and shows: an hour's edge, clocks set back, releases sent back."""
    made = case(chance)
    policy = msgspec.convert(made["policy"], RolloutPolicy)
    forced = tuple(msgspec.structs.replace(one, forced=chance.random() < 0.8) for one in policy.releases)
    policy = msgspec.structs.replace(policy, releases=forced, halt=False)
    made["policy"] = msgspec.to_builtins(policy)
    asked = made["here"]
    here = Here(
        install_id=asked["installId"],
        app_version=asked["appVersion"],
        platform=asked["platform"],
        channel=asked["channel"],
    )
    checked = 1_795_000_000
    shown = checked + chance.choice((0, 3_600, 72 * 3_600, 72 * 3_600 + 1))
    now = shown + chance.choice((0, 1, 72 * 3_600, -300, -301, -86_400))
    kept = msgspec.structs.replace(terms.checked(policy, decide(policy, here), now=checked), seen=shown)
    opens = chance.choice((None, kept.must, "0" * 64))
    device = {"checked": checked, "seen": shown, "now": now, "opens": opens, "sentBack": chance.random() < 0.3}
    held = terms.obstacle(kept, opens=opens, sent_back=device["sentBack"], now=now)
    made["expected"] = {
        **outcome(policy, here),
        "obstacle": held,
        "stale": terms.is_stale(kept, now=now),
        "must": kept.must,
    }
    return {**made, "device": device}


def text() -> str:
    """Give the golden file's text: one case a line."""
    return "[\n" + ",\n".join(json.dumps(one, sort_keys=True) for one in cases()) + "\n]\n"


if __name__ == "__main__":
    VECTORS.write_text(text(), encoding="utf-8")
