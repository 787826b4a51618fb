"""The page of the security team names every rule, and its example of a policy is one."""

import re
from pathlib import Path

from security.attestation.policies import read_policies
from security.attestation.rules import Rule

PAGE = (Path(__file__).parents[3] / "docs" / "security.md").read_text(encoding="utf-8")


def test_the_page_names_every_rule_by_its_code() -> None:
    assert [rule.value for rule in Rule if f"`{rule.value}`" not in PAGE] == []
    assert [rule.name for rule in Rule] == [rule.value for rule in Rule]


def test_the_example_of_a_policy_is_one() -> None:
    (example,) = re.findall(r"^```yaml\n(apps:.*?)^```", PAGE, re.MULTILINE | re.DOTALL)
    policies = read_policies(re.sub(r"<SHA-256[^>]*>", "ab" * 32, example).encode())
    app = policies.apps["cn.lanjiang.tidegate"]
    assert app.android is not None
    assert app.apple is not None
    assert (app.android.patch_days, app.apple.app_id) == (180, "ABCDE12345.cn.lanjiang.tidegate")
