"""Both tables say the same things, and every text that is used exists."""

import json
import re
from pathlib import Path

SHELL = Path(__file__).parents[3] / "native_bridge" / "shell"
LINE = re.compile(r'^  ("[^"]+"): (".*"),$', re.MULTILINE)
USED = re.compile(r'\b(?:t|say|t\(\))\(\s*"([a-z][A-Za-z0-9_.]*)"')
PARAMETER = re.compile(r"\{(\w+)\}")


def table(name: str) -> dict[str, str]:
    source = (SHELL / "ui" / name).read_text(encoding="utf-8")
    return {json.loads(key): json.loads(text) for key, text in LINE.findall(source)}


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    zh, en = table("texts.zh.mjs"), table("texts.en.mjs")
    parameters = {key: sorted(PARAMETER.findall(text)) for key, text in zh.items()}
    assert parameters == {key: sorted(PARAMETER.findall(text)) for key, text in en.items()}
    assert len(zh) > 200


def test_no_english_in_chinese_and_no_chinese_in_english() -> None:
    assert [key for key, text in table("texts.en.mjs").items() if re.search(r"[一-鿿]", text)] == []


def test_every_text_that_is_used_exists() -> None:
    known = table("texts.zh.mjs")
    used = {
        key
        for path in [*SHELL.glob("ui/*.mjs"), SHELL / "main.mjs"]
        for key in USED.findall(path.read_text(encoding="utf-8"))
    }
    assert used - set(known) == set()
    assert len(used) > 120


def test_each_error_of_the_contract_has_a_remedy() -> None:
    contract = (SHELL.parent / "contract" / "errors.yaml").read_text(encoding="utf-8")
    codes = set(re.findall(r"^  ([A-Z_]+):", contract, re.MULTILINE))
    told = {key.removeprefix("remedy.") for key in table("texts.zh.mjs") if key.startswith("remedy.")}
    assert codes - told == {
        "ENVELOPE_INVALID",
        "TOO_LARGE",
        "RATE_LIMITED",
        "CANCELLED",
        "INTERRUPTED",
        "KEY_INVALIDATED",
    }
