"""Templates as data: their terms hold, are signed with them, and a template that is not whole is refused by name."""

import json
from typing import Any

import pytest

from bff.approvals.errors import DeviceLevelError, FactorRefusedError, TemplateInvalidError
from bff.approvals.policies import policy_of
from bff.approvals.rules import BEFORE, DONE, FAILED
from bff.approvals.templates import TEMPLATE_FOLDER, Templates
from tests.bff.wealth.world import World

PLACE = json.loads((TEMPLATE_FOLDER / "wealth.order.place-2.json").read_bytes())
ALL = ["sim", "tee", "strongbox", "app-attest"]


def template(**policy: Any) -> dict[str, Any]:
    return {**PLACE, "policy": {"seconds": 120, "factors": ["face", "pin"], "levels": ALL, **policy}}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"seconds": 29}, "seconds"),
        ({"seconds": 601}, "seconds"),
        ({"seconds": "120"}, "seconds"),
        ({"factors": []}, "policy.factors"),
        ({"factors": ["face", "face"]}, "policy.factors"),
        ({"factors": ["password"]}, "policy.factors"),
        ({"levels": ["root"]}, "policy.levels"),
        ({"strong": {"from_fen": 0, "factors": ["pin"]}}, "from_fen"),
        ({"strong": {"from_fen": 1, "factors": []}}, "policy.strong.factors"),
        ({"factors": ["face"], "strong": {"from_fen": 1, "factors": ["pin"]}}, "policy.strong.factors"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_terms_that_say_nothing_sensible_are_refused_by_name(changes: dict[str, Any], said: str) -> None:
    with pytest.raises(TemplateInvalidError) as caught:
        Templates({"x": template(**changes)})
    assert "wealth.order.place/2" in caught.value.detail
    assert said in caught.value.detail


@pytest.mark.parametrize("changes", [{"id": "Wealth"}, {"id": "a.b/0"}, {"title": {"zh": "买"}}, {"extra": 1}])
def test_a_template_without_its_members_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(TemplateInvalidError):
        Templates({"x": {**PLACE, **changes}})
    with pytest.raises(TemplateInvalidError, match="policy"):
        policy_of({name: value for name, value in PLACE.items() if name != "policy"})


ROW = PLACE["rows"][0]
WARNING = next(row for row in PLACE["rows"] if row["as"] == "warning")


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([], "rows: a template has some"),
        ({}, "rows: a template has some"),
        ([ROW, ROW], "own key"),
        ([ROW, {**WARNING, "colour": "red"}], "rows[1]: a row has unknown members"),
        ([{**ROW, "as": "picture"}], "rows[0]: it cannot be drawn as 'picture'"),
        ([{**ROW, "from": ["amt"]}], "rows[0]: it cannot be drawn as 'money'"),
        ([{**ROW, "from": "amt"}], "rows[0]: sources stand in a list"),
        ([{**ROW, "from": ["cur", "seq"]}], "rows[0]: no field 'seq'"),
        ([{**ROW, "from": ["cur", "memo.A"]}], "rows[0]: no field 'memo.A'"),
        ([{**ROW, "from": ["cur", 1]}], "rows[0]: a member is missing or of another kind"),
        ([{**ROW, "label": {"zh": "金额"}}], "rows[0]: a member is missing or of another kind ('en')"),
        ([{**ROW, "label": {"zh": "金额", "en": "Am\u200bount"}}], "rows[0]"),
        ([{**ROW, "text": {"zh": "金额", "en": "x"}}], "rows[0]: it cannot be drawn as 'money'"),
        ([{**WARNING, "text": {"zh": "金\u202e额", "en": "x"}}], "rows[0]"),
        ([{**WARNING, "from": ["amt"]}], "rows[0]: it cannot be drawn as 'warning'"),
        (["money"], "rows[0]"),
    ],
)
def test_rows_that_cannot_be_drawn_are_refused_by_number(rows: Any, said: str) -> None:
    with pytest.raises(TemplateInvalidError) as caught:
        Templates({"x": {**PLACE, "rows": rows}})
    assert caught.value.detail.startswith("wealth.order.place/2: rows")
    assert said in caught.value.detail


def test_large_amounts_ask_for_fewer_factors() -> None:
    policy = policy_of(template(strong={"from_fen": 100, "factors": ["pin"]}))
    assert [policy.factors_for(fen) for fen in (99, 100)] == [{"face", "pin"}, {"pin"}]


def use(world: World, **policy: Any) -> None:
    object.__setattr__(world.approvals, "templates", Templates({PLACE["id"]: template(**policy)}))


def test_a_weak_factor_is_refused_for_a_large_amount(world: World) -> None:
    use(world, strong={"from_fen": 5_000_000, "factors": ["pin"]})
    phone = world.ready()
    challenge = world.prepare(phone)["challengeId"]
    with pytest.raises(FactorRefusedError):
        world.approve(phone, challenge, world.message(phone, challenge, factor="face"))
    assert world.approve(phone, challenge, world.message(phone, challenge))["status"] == "DONE"
    small = world.prepare(phone, fen=1_000_000)["challengeId"]
    assert world.approve(phone, small, world.message(phone, small, factor="face"))["status"] == "DONE"


def test_an_operation_keeps_the_terms_under_which_it_was_asked_for(world: World) -> None:
    phone = world.ready()
    before = world.prepare(phone)["challengeId"]
    use(world, factors=["pin"], levels=["tee"])
    assert world.approve(phone, before, world.message(phone, before, factor="face"))["status"] == "DONE"
    with pytest.raises(DeviceLevelError):
        world.prepare(phone)


def test_the_challenge_stands_as_long_as_the_template_says(world: World) -> None:
    use(world, seconds=30)
    phone = world.ready()
    frozen = world.call(phone, "approval.get", {"challengeId": world.prepare(phone)["challengeId"]})
    assert int(frozen["fields"]["exp"]) - int(frozen["fields"]["iat"]) == 30
    assert frozen["template"]["policy"]["seconds"] == 30


def test_only_what_executes_can_end_well_or_badly() -> None:
    final = {state for state in BEFORE if not any(state in before for before in BEFORE.values())}
    assert final == {"DONE", "FAILED", "REJECTED", "EXPIRED", "CANCELLED"}
    assert BEFORE[DONE] == BEFORE[FAILED]
    assert {state for state, before in BEFORE.items() if "CHALLENGED" in before} == {
        "EXECUTING",
        "REJECTED",
        "EXPIRED",
        "CANCELLED",
    }
