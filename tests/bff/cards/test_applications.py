"""Applications over the real bus: drafts, consents, rules, reviewers, supplements, and what is never told."""

import json
from typing import Any

import pytest

from bff.cards import holding, numbers
from bff.cards.errors import (
    ApplicationLiveError,
    CardApplicationExpiredError,
    CardDocumentInvalidError,
    CardIncompleteError,
    CoolingError,
)
from bff.cards.rules import Bureau
from bff.customers.vault import Vault
from bff.db.engine import retried
from bff.errors import ConflictError, NotFoundError, RequestInvalidError
from security.sealing import BlindIndex
from tests.bff.cards.teller import ANSWERS, GOLD, PLATINUM, PNG, Teller
from tests.bff.wealth.world import LIN


def review(teller: Teller, verb: str, *more: Any) -> Any:
    reviewing = teller.world.cards.reviewing
    step = getattr(reviewing, verb)
    asked = (teller.application, "chen.yu", "looked at it", *more)
    return teller.do(lambda session: step(session, *asked, teller.settlement))


def test_a_draft_is_saved_by_section_and_resumed(teller: Teller) -> None:
    teller.draft()
    teller.call("application.save", applicationId=teller.application, section="income", answers=ANSWERS["income"])
    resumed = teller.call("application.get", applicationId=teller.application)
    assert resumed["answers"] == {"income": ANSWERS["income"]}
    assert resumed["missing"] == ["employment", "address", "mailing", "contact", "bureau", "terms"]
    with pytest.raises(CardIncompleteError) as refused:
        teller.submit()
    assert refused.value.extra["missing"] == resumed["missing"]
    (listed,) = teller.call("application.list")["applications"]
    assert (listed["applicationId"], listed["state"]) == (teller.application, "DRAFT")
    assert "answers" not in listed


def test_one_application_per_person_and_product_is_live(teller: Teller) -> None:
    first = teller.draft()
    with pytest.raises(ApplicationLiveError):
        teller.draft()
    teller.draft(PLATINUM)
    teller.call("application.withdraw", applicationId=first)
    assert teller.draft() != first


def test_the_person_is_decided_by_the_rules_first_and_then_by_a_reviewer(teller: Teller) -> None:
    assert teller.applied()["state"] == "IN_REVIEW"
    shown = teller.do(
        lambda session: teller.world.cards.reviewing.show(session, teller.application, "chen.yu", teller.settlement)
    )
    assert shown["person"]["name"] == "陈屿"
    assert shown["answers"] == ANSWERS
    assert (shown["proposedLineFen"], shown["bureau"]) == (5_000_000, {"overdue_months": 0, "monthly_debt_fen": 0})
    card = review(teller, "approve", None)
    answer = teller.call("application.get", applicationId=teller.application)
    assert (answer["state"], answer["lineFen"], answer["cardId"]) == ("APPROVED", 5_000_000, card)
    with pytest.raises(ConflictError):
        review(teller, "approve", None)
    with pytest.raises(ConflictError):
        review(teller, "decline")
    decided = [
        json.loads(body) for (body,) in teller.world.sql("SELECT body FROM evidence_entry WHERE kind = 'card.decided'")
    ]
    assert [(one["verdict"], one["by"], one["ruleVersion"], one["lineFen"]) for one in decided] == [
        ("APPROVED", "chen.yu", "cards-2026.1", 5_000_000)
    ]
    assert len(teller.world.sql("SELECT seq FROM evidence_entry WHERE kind = 'card.application_read'")) == 1
    assert teller.world.sql('SELECT verdict, "by", why FROM card_review') == [("APPROVED", "chen.yu", "looked at it")]


def test_a_reviewer_gives_a_line_within_the_product(teller: Teller) -> None:
    teller.applied()
    for line in (499_999, 5_000_001):
        with pytest.raises(RequestInvalidError):
            review(teller, "approve", line)
    review(teller, "approve", 600_000)
    assert teller.call("application.get", applicationId=teller.application)["lineFen"] == 600_000


def test_the_rules_decline_and_the_person_cools_down(teller: Teller) -> None:
    poor = {**ANSWERS["income"], "annual_fen": "1000000"}
    declined = teller.applied(income=poor)
    assert (declined["state"], declined["reason"]) == ("DECLINED", "INCOME")
    assert declined["applyAgainFrom"] == "2027-02-21"
    with pytest.raises(CoolingError):
        teller.draft()
    teller.draft(PLATINUM)
    teller.world.later(days=89)
    with pytest.raises(CoolingError):
        teller.draft()
    teller.world.later(days=1)
    teller.draft()


def test_whoever_holds_a_card_is_decided_without_a_reviewer(teller: Teller) -> None:
    teller.ready()
    assert teller.applied(PLATINUM)["state"] == "EMBOSSING"


def test_a_report_that_does_not_come_is_looked_at_by_a_person(teller: Teller) -> None:
    reviewing = teller.world.cards.reviewing
    teller.draft()
    teller.fill()
    teller.agree()
    teller.world.sql("UPDATE card_application SET state = 'SUBMITTED', submitted_at = created_at")
    teller.do(lambda session: reviewing.reported(session, teller.application, None, teller.settlement))
    assert teller.state() == "IN_REVIEW"
    with pytest.raises(RequestInvalidError):
        review(teller, "approve", None)
    teller.do(lambda session: reviewing.reported(session, teller.application, Bureau(9, 0), teller.settlement))
    assert teller.state() == "IN_REVIEW"


def test_more_documents_are_asked_for_and_given(teller: Teller) -> None:
    teller.applied()
    with pytest.raises(CardDocumentInvalidError):
        review(teller, "ask_more", ["passport"])
    review(teller, "ask_more", ["income_proof", "identity"])
    asked = teller.call("application.get", applicationId=teller.application)
    assert (asked["state"], asked["asked"]) == ("SUPPLEMENT", ["identity", "income_proof"])
    with pytest.raises(CardIncompleteError):
        teller.call("application.resubmit", applicationId=teller.application)
    for kind, media, content in (("other", "image/png", PNG), ("identity", "image/jpeg", PNG)):
        with pytest.raises(CardDocumentInvalidError):
            give(teller, kind, media, content)
    for kind in asked["asked"]:
        assert give(teller, kind, "image/png", PNG)["size"] == len(PNG)
    assert teller.call("application.resubmit", applicationId=teller.application)["state"] == "IN_REVIEW"
    assert all(PNG not in content for (content,) in teller.world.sql("SELECT content FROM card_document"))
    review(teller, "decline")
    assert teller.state() == "DECLINED"


def give(teller: Teller, kind: str, media: str, content: bytes) -> Any:
    body = {"applicationId": teller.application, "kind": kind, "mediaType": media, "content": content}
    return teller.world.call(teller.phone, "cards.application.document", body)


def test_nobody_sees_anothers_application(teller: Teller) -> None:
    teller.draft()
    other = Teller(teller.world, teller.world.bound(LIN))
    codes: dict[str, dict[str, Any]] = {
        "application.get": {},
        "application.submit": {},
        "application.resubmit": {},
        "application.withdraw": {},
        "application.save": {"section": "income", "answers": ANSWERS["income"]},
        "application.consent": {"kind": "terms", "version": "terms-2026.1", "sha256": "0" * 64},
        "application.document": {"kind": "other", "mediaType": "image/png", "content": PNG},
    }
    for code, body in codes.items():
        seen = []
        for application in (teller.application, "cap_never"):
            with pytest.raises(NotFoundError) as refused:
                other.call(code, applicationId=application, **body)
            seen.append((refused.value.code, refused.value.detail, refused.value.extra))
        assert seen[0] == seen[1]
    assert other.call("application.list")["applications"] == []


def test_an_application_left_alone_lapses(teller: Teller) -> None:
    teller.draft()
    teller.world.later(days=30)
    with pytest.raises(CardApplicationExpiredError):
        teller.fill()
    teller.world.cards.work().expire()
    assert teller.state() == "EXPIRED"
    teller.draft(GOLD)


def test_a_withdrawn_application_is_not_decided_by_a_late_report(teller: Teller) -> None:
    teller.applied()
    teller.call("application.withdraw", applicationId=teller.application)
    with pytest.raises(ConflictError):
        review(teller, "approve", None)
    assert teller.world.sql("SELECT count(*) FROM card_account") == [(0,)]
    with pytest.raises(ConflictError):
        teller.call("application.withdraw", applicationId=teller.application)


def test_what_was_answered_is_nowhere_in_clear(teller: Teller) -> None:
    teller.mailed()
    told = ("澜江书店", "望潮路", "13800003157", "陈屿", "330106199405120002")
    for (name,) in teller.world.sql("SELECT name FROM sqlite_master WHERE type = 'table'"):
        for row in teller.world.sql(f'SELECT * FROM "{name}"'):  # noqa: S608 — names of our own tables
            text = repr(row)
            assert not [one for one in told if one in text and name != "core_account"], name


def test_the_card_number_is_found_by_its_keyed_hash_alone(teller: Teller) -> None:
    teller.mailed()
    vault = teller.world.customers.vault
    ((sealed, tail),) = teller.world.sql("SELECT pan, tail FROM credit_card")
    pan = vault.open(teller.card, "pan", sealed)
    assert (len(pan), pan[:6], pan[-4:]) == (16, "622998", tail)
    with_it = teller.do(lambda session: numbers.find(session, vault, pan))
    assert with_it.card_id == teller.card
    assert teller.do(lambda session: numbers.find(session, vault, "6229980000000000")) is None
    assert pan not in repr(teller.world.sql("SELECT * FROM credit_card"))
    assert pan not in repr(teller.world.sql("SELECT payload FROM outbox_message"))
    newer = Vault(vault.sealing, BlindIndex({"i1": b"b" * 32, "i2": b"c" * 32}, "i2"))
    assert [numbers.reindex(teller.world.engine, newer) for _ in range(2)] == [1, 0]
    assert [teller.do(lambda session, kid=kid: numbers.under(session, kid)) for kid in ("i1", "i2")] == [0, 1]
    assert teller.do(lambda session: numbers.find(session, newer, pan)).card_id == teller.card


def test_an_applicant_is_told_how_it_ended(teller: Teller) -> None:
    teller.applied()
    review(teller, "decline")
    inbox = teller.world.call(teller.phone, "inbox.list")["messages"]
    assert inbox[0]["kind"] == "card.declined"
    assert "潮汐金卡" in json.dumps(inbox[0], ensure_ascii=False)


def test_expired_cards_and_applications_end_once(teller: Teller) -> None:
    teller.mailed()
    packs, engine = teller.world.cards.given.packs, teller.world.engine
    teller.world.later(days=180)
    ended = [retried(engine, lambda session: holding.expire(session, packs, teller.settlement)) for _ in range(2)]
    assert ended == [1, 0]
    assert teller.state() == "EXPIRED"
