import json
from pathlib import Path
from typing import Any

import pytest

from h5bundle.client import trials
from h5bundle.client.trials import Slot, Standing

CASES = json.loads((Path(__file__).parent / "trials.json").read_text(encoding="utf-8"))
AT = "2026-11-23T08:00:00+00:00"


def step(standing: Standing, name: str, *given: Any) -> Standing:
    if name == "told":
        policy, floor, chosen = given
        return trials.told(standing, policy=policy, floor=floor, chosen=chosen)
    if name == "downloaded":
        return trials.downloaded(standing, Slot(*given))
    if name == "opened":
        return trials.opened(standing, at=AT)
    if name == "failed":
        return trials.failed(standing, given[0], reason="not-ready", at=AT)
    return {"ready": trials.ready, "left": trials.left}[name](standing, *given)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["name"])
def test_the_rules_of_trials(case: dict[str, Any]) -> None:
    standing = Standing()
    for name, *given in case["steps"]:
        standing = step(standing, name, *given)
    digests = {
        name: None if slot is None else slot.digest
        for name, slot in (("running", standing.running), ("next", standing.next), ("good", standing.good))
    }
    assert digests == {name: case[name] for name in digests}
    assert [one.digest for one in standing.refused] == case["refused"]


def test_a_preset_is_gone_back_to_when_nothing_else_is_known_to_be_good() -> None:
    standing = trials.opened(trials.downloaded(Standing(), Slot("1.1.0", "b")), at=AT)
    back = trials.failed(standing, "b", reason="silent", at=AT, preset=Slot("1.0.0", "p"))
    assert (back.running, back.good) == (Slot("1.0.0", "p"), Slot("1.0.0", "p"))
    assert [(one.digest, one.reason, one.at) for one in back.refused] == [("b", "silent", AT)]


def test_a_setting_allows_more_failures() -> None:
    standing = trials.ready(trials.opened(trials.downloaded(Standing(), Slot("1.0.0", "a")), at=AT), "a")
    standing = trials.opened(trials.downloaded(standing, Slot("1.1.0", "b")), at=AT)
    once = trials.failed(standing, "b", reason="not-ready", at=AT, limit=2)
    assert once.running == Slot("1.1.0", "b")
    assert trials.failed(once, "b", reason="not-ready", at=AT, limit=2).running == Slot("1.0.0", "a")
