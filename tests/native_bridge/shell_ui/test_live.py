"""Live reload in the shell, run by Node: who may ask for it, and how the repository is followed."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.services import NODE

MODULE = (Path(__file__).parents[3] / "native_bridge" / "shell" / "ui" / "live.mjs").as_uri()


def told(script: str) -> Any:
    """Give what a script over the module prints as JSON."""
    names = "liveWish, followRepository, promptly"
    source = f"import {{ {names} }} from {json.dumps(MODULE)};\nglobalThis.document = {{}};\n{script}"
    command = [NODE, "--input-type=module", "-"]
    done = subprocess.run(command, input=source, capture_output=True, text=True, check=True, timeout=60)
    return json.loads(done.stdout)


@pytest.mark.parametrize(
    ("search", "env", "wish"),
    [
        ("?live=wealth", "sandbox", {"bundle": "wealth", "at": ""}),
        ("?live=wealth&at=%23%2Forders", "sandbox", {"bundle": "wealth", "at": "#/orders"}),
        ("?live=wealth&at=https://evil.example", "sandbox", {"bundle": "wealth", "at": ""}),
        ("?live=wealth", "production", None),
        ("?live=wealth", "", None),
        ("?live=../x", "sandbox", None),
        ("", "sandbox", None),
    ],
)
def test_only_a_sandbox_listens_to_the_address(search: str, env: str, wish: dict[str, str] | None) -> None:
    assert told(f"console.log(JSON.stringify(liveWish({json.dumps(search)}, {json.dumps(env)})))") == wish


def test_each_timestamp_is_shown_once_a_failure_again_and_silence_is_waited_for() -> None:
    script = """
const answers = ["a", "a", null, "b", "b", "b", "b"];
const [events, failures] = [[], []];
let tries = 0;
const fetch = async () => {
  const text = answers.length > 1 ? answers.shift() : answers[0];
  if (text === null) throw new TypeError("no connection");
  events.push(`asked ${text}`);
  return { ok: true, text: async () => text };
};
const changed = async () => {
  events.push("shown");
  tries += 1;
  if (tries === 2) throw new Error("half written");
};
const stop = followRepository({ address: "/t", fetch, changed, failed: (error) => failures.push(error.message) });
setTimeout(() => { stop(); console.log(JSON.stringify({ events, failures })); process.exit(0); }, 2000);
"""
    found = told(script)
    assert found["events"][:7] == ["asked a", "shown", "asked a", "asked b", "shown", "asked b", "shown"]
    assert (found["events"].count("shown"), found["failures"]) == (3, ["half written"])
    assert len(found["events"]) > 8


def test_a_page_that_does_not_come_is_shown_once_more_and_a_failure_is_told() -> None:
    script = """
const never = () => new Promise(() => {});
let shown = 0;
const late = await promptly(() => ((shown += 1) === 1 ? never() : Promise.resolve()), 5);
const atOnce = await promptly(async () => { shown += 10; }, 1000);
const failure = await promptly(async () => { throw new Error("no"); }, 1000).catch((error) => error.message);
console.log(JSON.stringify([late, atOnce, failure, shown]));
"""
    assert told(script) == [False, True, "no", 12]
