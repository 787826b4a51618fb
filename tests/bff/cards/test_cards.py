"""A card's life over the real bus: applied for, reviewed, made, activated, spent on, billed and repaid."""

from tests.bff.cards.teller import Teller


def test_the_whole_life_of_a_card(teller: Teller) -> None:
    assert teller.applied()["state"] == "IN_REVIEW"
    card = teller.approve()
    assert teller.state() == "APPROVED"
    teller.world.relay.run()
    assert teller.state() == "EMBOSSING"
    teller.mail()
    assert teller.state() == "MAILED"
    teller.activate()
    assert teller.state() == "ACTIVATED"
    teller.spend(120_000)
    seen = teller.seen()
    assert (seen["owedFen"], seen["availableFen"]) == (120_000, seen["lineFen"] - 120_000)
    teller.until("2026-12-09")
    (bill,) = teller.bills()
    assert (bill["totalFen"], bill["minimumFen"], bill["dueOn"]) == (120_000, 12_000, "2026-12-28")
    assert teller.repay(120_000)["status"] == "DONE"
    assert teller.seen()["owedFen"] == 0
    assert teller.bills()[0]["leftFen"] == 0
    assert teller.call("get", cardId=card)["state"] == "ACTIVATED"
    assert teller.holds()
