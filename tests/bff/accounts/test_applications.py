"""Applications over the real bus: every element has its own refusal, and a person has one account of a class."""

from typing import Any

import pytest

from bff.accounts import repository
from bff.accounts.errors import (
    ApplicationExpiredError,
    BindMismatchError,
    BindNotClassIError,
    CardCheckPendingError,
    CardLuhnError,
    CrsRequiredError,
    UnderageError,
)
from bff.core_bank.network import SandboxCardNetwork
from bff.core_bank.port import CoreRefusedError
from bff.customers.errors import (
    CodeExpiredError,
    CodeLockedError,
    CodeTooSoonError,
    CodeWrongError,
    DuplicateAccountError,
    IdChecksumError,
    MobileInvalidError,
    NameInvalidError,
)
from bff.db.engine import transaction
from bff.errors import ConflictError, NotFoundError
from bff.outbox import Relay, Relayed
from tests.bff.wealth.world import CHEN, LIN, XU, ZHOU, World

TAX = {"residency": "CN_ONLY", "declared": True}


def wrong(code: str) -> str:
    return f"{(int(code) + 1) % 1_000_000:06d}"


def test_an_account_is_opened_step_by_step_and_shows_masks_only(world: World) -> None:
    phone = world.registered()
    begun = world.applied(phone, CHEN)
    done = world.opened(phone, CHEN)
    assert (begun["state"], done["state"]) == ("ID_CHECK", "OPEN")
    assert (done["name"], done["idNumber"], done["mobile"]) == ("陈*", "3301 **** 0002", "138 **** 6620")
    assert done["card"] == {"tail": "4174", "bankZh": "望潮银行", "bankEn": "Wangchao Bank"}
    assert len(done["account"]["number"]) == 4
    assert done["sandboxCode"] is None
    assert world.call(phone, "accounts.application.current") == done


def test_an_application_that_was_left_goes_on_where_it_stood(world: World) -> None:
    phone = world.registered()
    begun = world.applied(phone, CHEN)
    ids = {"applicationId": begun["applicationId"]}
    world.call(phone, "accounts.application.verify_code", {**ids, "code": begun["sandboxCode"]})
    world.later(hours=20)
    half = world.call(phone, "accounts.application.current")
    assert (half["applicationId"], half["state"], half["sandboxCode"]) == (ids["applicationId"], "BIND_VERIFY", None)
    world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": CHEN.card})
    assert world.call(phone, "accounts.application.current")["state"] == "CRS"
    assert world.call(phone, "accounts.application.declare_tax", {**ids, **TAX})["state"] == "OPEN"
    with pytest.raises(NotFoundError):
        world.call(world.registered(), "accounts.application.current")


def test_nothing_that_names_a_person_or_a_card_stands_in_clear(world: World) -> None:
    world.bound(CHEN, 100)
    tables = [name for (name,) in world.sql("SELECT name FROM sqlite_master WHERE type = 'table'")]
    everything = b""
    for table in tables:
        for row in world.sql(f"SELECT * FROM {table}"):  # noqa: S608 names from the schema itself
            everything += b"|".join(cell if isinstance(cell, bytes) else str(cell).encode() for cell in row)
    for secret in (CHEN.name, CHEN.id_number, CHEN.mobile, CHEN.card):
        assert secret.encode() not in everything


@pytest.mark.parametrize(
    ("changes", "refusal"),
    [
        ({"idNumber": CHEN.id_number[:-1] + "3"}, IdChecksumError),
        ({"idNumber": "330106199402300009"}, IdChecksumError),
        ({"idNumber": "33010619940512000"}, IdChecksumError),
        ({"mobile": "12800006620"}, MobileInvalidError),
        ({"mobile": "1380000662"}, MobileInvalidError),
        ({"name": ""}, NameInvalidError),
        ({"name": "陈\u202e屿"}, NameInvalidError),
        ({"name": "陈1"}, NameInvalidError),
    ],
)
def test_each_element_has_its_own_refusal(world: World, changes: dict[str, str], refusal: type[Exception]) -> None:
    with pytest.raises(refusal):
        world.applied(world.registered(), CHEN, **changes)


def test_an_unlisted_region_is_noted_without_the_number_and_not_refused(
    world: World, caplog: pytest.LogCaptureFixture
) -> None:
    number = "999999199405120000"
    assert world.applied(world.registered(), CHEN, idNumber=number)["state"] == "ID_CHECK"
    assert "region code" in caplog.text
    assert number not in caplog.text


def test_minors_are_refused(world: World) -> None:
    with pytest.raises(UnderageError):
        world.applied(world.registered(), XU)


@pytest.mark.parametrize(
    ("changes", "card", "element"),
    [
        ({"name": "陈岛"}, CHEN.card, "name"),
        ({"mobile": "13800006621"}, CHEN.card, "mobile"),
        ({"idNumber": LIN.id_number}, CHEN.card, "idNumber"),
        ({}, "6222021234567890128", "card"),
    ],
)
def test_a_wrong_element_is_named_and_another_card_may_be_tried(
    world: World, changes: dict[str, str], card: str, element: str
) -> None:
    phone = world.registered()
    ids = {"applicationId": world.verified(phone, CHEN, **changes)}
    with pytest.raises(BindMismatchError) as refused:
        world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": card})
    assert refused.value.extra == {"element": element}
    assert world.call(phone, "accounts.application.current")["state"] == "BIND_VERIFY"
    if not changes:
        assert world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": CHEN.card})["state"] == "CRS"


def test_an_answer_about_a_card_that_was_replaced_meanwhile_binds_nothing(world: World) -> None:
    phone = world.registered()
    ids = {"applicationId": world.verified(phone, CHEN)}
    world.sql("UPDATE account_application SET card_check = 'chk_second' WHERE application_id = :applicationId", **ids)
    with transaction(world.engine) as session:
        for check_id, bound in (("chk_first", False), ("chk_second", True)):
            assert repository.answer_check(session, ids["applicationId"], check_id, state="CRS") is bound


def test_a_card_network_that_refuses_to_look_leaves_no_step_pending(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    phone = world.registered()
    ids = {"applicationId": world.verified(phone, CHEN)}

    def refuse(_network: object, **_elements: str) -> None:
        reason = "CARD_UNKNOWN"
        raise CoreRefusedError(reason)

    monkeypatch.setattr(SandboxCardNetwork, "check", refuse)
    with pytest.raises(BindMismatchError) as refused:
        world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": CHEN.card})
    assert refused.value.extra["element"] == "card"


def test_a_class_ii_card_and_a_mistyped_card_are_refused(world: World) -> None:
    phone = world.registered()
    ids = {"applicationId": world.verified(phone, ZHOU)}
    with pytest.raises(BindNotClassIError):
        world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": ZHOU.card})
    for card in (ZHOU.card[:-1] + "0", "1234", "62x2021234567890128"):
        with pytest.raises(CardLuhnError):
            world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": card})


def test_a_silent_card_network_leaves_the_step_pending(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    phone = world.registered()
    ids = {"applicationId": world.verified(phone, CHEN)}
    deliver = Relay.deliver
    monkeypatch.setattr(Relay, "deliver", lambda *_: Relayed())
    with pytest.raises(CardCheckPendingError):
        world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": CHEN.card})
    monkeypatch.setattr(Relay, "deliver", deliver)
    world.later(seconds=61)  # until then the message is its writer's, who may still be sending it
    world.relay.run()
    assert world.call(phone, "accounts.application.current")["state"] == "CRS"


@pytest.mark.parametrize("tax", [{**TAX, "declared": False}, {**TAX, "residency": "BOTH"}])
def test_without_the_tax_declaration_nothing_is_opened(world: World, tax: dict[str, Any]) -> None:
    phone = world.registered()
    ids = {"applicationId": world.verified(phone, CHEN)}
    world.call(phone, "accounts.application.bind_card", {**ids, "cardNumber": CHEN.card})
    with pytest.raises(CrsRequiredError):
        world.call(phone, "accounts.application.declare_tax", {**ids, **tax})
    assert world.sql("SELECT account_id FROM account") == []


def test_a_person_has_one_account_of_a_class(world: World) -> None:
    world.opened(world.registered(), CHEN)
    with pytest.raises(DuplicateAccountError):
        world.applied(world.registered(), CHEN)


def test_two_applications_of_one_person_open_one_account(world: World) -> None:
    phones = [world.registered() for _ in range(2)]
    ids = [{"applicationId": world.verified(phone, CHEN)} for phone in phones]
    for phone, one in zip(phones, ids, strict=True):
        world.call(phone, "accounts.application.bind_card", {**one, "cardNumber": CHEN.card})
    assert world.call(phones[0], "accounts.application.declare_tax", {**ids[0], **TAX})["state"] == "OPEN"
    with pytest.raises(DuplicateAccountError):
        world.call(phones[1], "accounts.application.declare_tax", {**ids[1], **TAX})
    assert [sent for sent in world.core.sent if sent.endswith(".open")] == [f"{ids[0]['applicationId']}.open"]


def test_an_unknown_opening_is_asked_about_and_never_repeated(world: World) -> None:
    phone = world.registered()
    world.core.faults["open_account"] = ["silent"]
    assert world.opened(phone, CHEN)["state"] == "CORE_UNKNOWN"
    world.later(seconds=5)
    world.relay.run()
    assert world.call(phone, "accounts.application.current")["state"] == "OPEN"
    assert len([sent for sent in world.core.sent if sent.endswith(".open")]) == 1


def test_a_refused_opening_frees_the_person(world: World) -> None:
    phone = world.registered()
    world.core.faults["open_account"] = ["refuse:ACCOUNT_FROZEN"]
    refused = world.opened(phone, CHEN)
    assert (refused["state"], refused["reason"]["code"]) == ("REJECTED", "ACCOUNT_FROZEN")
    assert world.opened(phone, CHEN)["state"] == "OPEN"


def test_five_wrong_codes_lock_the_code_for_good(world: World) -> None:
    phone = world.registered()
    application = world.applied(phone, CHEN)
    ids, code = {"applicationId": application["applicationId"]}, application["sandboxCode"]
    left = []
    for _ in range(4):
        with pytest.raises(CodeWrongError) as refused:
            world.call(phone, "accounts.application.verify_code", {**ids, "code": wrong(code)})
        left.append(refused.value.extra["left"])
    assert left == [4, 3, 2, 1]
    for given in (wrong(code), code):
        with pytest.raises(CodeLockedError):
            world.call(phone, "accounts.application.verify_code", {**ids, "code": given})


def test_a_code_lives_five_minutes_and_a_new_one_replaces_it(world: World) -> None:
    phone = world.registered()
    first = world.applied(phone, CHEN)
    ids = {"applicationId": first["applicationId"]}
    with pytest.raises(CodeTooSoonError):
        world.call(phone, "accounts.application.resend_code", ids)
    world.later(minutes=5)
    with pytest.raises(CodeExpiredError):
        world.call(phone, "accounts.application.verify_code", {**ids, "code": first["sandboxCode"]})
    second = world.call(phone, "accounts.application.resend_code", ids)["sandboxCode"]
    if second != first["sandboxCode"]:
        with pytest.raises(CodeWrongError):
            world.call(phone, "accounts.application.verify_code", {**ids, "code": first["sandboxCode"]})
    verified = world.call(phone, "accounts.application.verify_code", {**ids, "code": second})
    assert verified["state"] == "BIND_VERIFY"


def test_codes_for_one_application_are_few(world: World) -> None:
    phone = world.registered()
    ids = {"applicationId": world.applied(phone, CHEN)["applicationId"]}
    for _ in range(4):
        world.later(seconds=61)
        world.call(phone, "accounts.application.resend_code", ids)
    world.later(seconds=61)
    with pytest.raises(CodeTooSoonError):
        world.call(phone, "accounts.application.resend_code", ids)


def test_a_half_finished_application_is_resumed_lapses_or_is_replaced(world: World) -> None:
    phone = world.registered()
    old = world.verified(phone, CHEN)
    assert world.call(phone, "accounts.application.current")["state"] == "BIND_VERIFY"
    new = world.verified(phone, CHEN)
    with pytest.raises(ConflictError):
        world.call(phone, "accounts.application.bind_card", {"applicationId": old, "cardNumber": CHEN.card})
    world.later(hours=24)
    with pytest.raises(ApplicationExpiredError):
        world.call(phone, "accounts.application.bind_card", {"applicationId": new, "cardNumber": CHEN.card})


def test_another_devices_application_looks_like_none(world: World) -> None:
    mine, other = world.registered(), world.registered()
    given = world.applied(mine, CHEN)["applicationId"]
    for code, more in (("resend_code", {}), ("verify_code", {"code": "000000"}), ("declare_tax", TAX)):
        seen = []
        for application in (given, "app_none"):
            with pytest.raises(NotFoundError) as refused:
                world.call(other, f"accounts.application.{code}", {"applicationId": application, **more})
            seen.append(refused.value.detail)
        assert seen[0] == seen[1]
    with pytest.raises(NotFoundError):
        world.call(other, "accounts.application.current")
