"""The commands of the product team, with people's keys in files."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import msgspec
import pytest
from click.testing import CliRunner, Result

from bff.products.cli import calendar, products, rules
from bff.products.papers_cli import DESK, PaperDesk
from h5bundle.keys import write_key
from tests.bff.db.engines import fresh_engine
from tests.bff.products.people import Person, Team, definition, pack, register
from tests.bff.products.test_book import year
from tests.bff.wealth.world import World

WORDS = b"a person's words"


class Desk:
    """A world with its product team at the command line."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.team = Team(world.engine, world.warehouse, {"wealth": world.orders.packs}, world.orders.calendar)
        (folder / "words").write_bytes(WORDS + b"\n")
        self.anna, self.boris = self.person("anna.li"), self.person("boris.wu")

    def person(self, name: str) -> tuple[str, ...]:
        """Register a person with a key file; give the options that name it."""
        made = Person(name)
        write_key(self.folder / f"{name}.pem", WORDS, new_key=lambda: made.private)
        register(self.world.engine, made)
        return "--key", f"file:{self.folder / name}.pem", "--passphrase-file", str(self.folder / "words")

    def run(self, *words: str) -> Result:
        def enter(ctx: click.Context) -> None:
            ctx.meta[DESK] = PaperDesk(lambda: self.team.papers, lambda: self.world.now)

        group = click.Group("tidegate", [products, rules, calendar], callback=click.pass_context(enter))
        return CliRunner().invoke(group, list(words))

    def said(self, *words: str) -> Any:
        done = self.run(*words, "--json")
        assert done.exit_code == 0, (done.output, done.exception)
        return json.loads(done.stdout)

    def refused(self, *words: str) -> str:
        done = self.run(*words)
        assert done.exit_code == 1
        return f"{getattr(done.exception, 'code', '')}: {done.exception}"

    def file(self, name: str, body: Any) -> str:
        (self.folder / name).write_bytes(
            msgspec.yaml.encode(body) if name.endswith("yaml") else json.dumps(body).encode()
        )
        return str(self.folder / name)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield Desk(World(engine), tmp_path)


def test_a_product_is_proposed_compared_checked_and_sold(desk: Desk) -> None:
    file = desk.file("wy90.yaml", definition("2026.2", "2026-11-24", minimum_fen=2_000_000))
    made = desk.said("products", "propose", file, "--family", "wealth", *desk.anna)
    assert (made["state"], made["maker"], made["checker"]) == ("PROPOSED", "anna.li", None)
    changes = desk.said("products", "diff", "JMG-WY90", "2026.2")
    assert {"-minimum_fen: 1000000", "+minimum_fen: 2000000"} <= set(changes["diff"])
    assert changes["sha256"] == made["sha256"]
    seen = ("--sha256", made["sha256"][:12])
    assert desk.refused("products", "review", "JMG-WY90", "2026.2", *seen, *desk.anna).startswith("PAPER_PERSON")
    done = desk.said("products", "review", "JMG-WY90", "2026.2", *seen, *desk.boris)
    assert (done["state"], done["checker"]) == ("CHECKED", "boris.wu")
    listed = {(one["code"], one["version"]): one for one in desk.said("products", "list")}
    assert listed["JMG-WY90", "2026.1"]["inForce"] is True
    assert listed["JMG-WY90", "2026.2"]["inForce"] is False
    assert desk.said("products", "show", "JMG-WY90", "--on", "2026-11-24")["version"] == "2026.2"
    desk.world.later(days=1)
    shown = desk.world.call(desk.world.ready(), "wealth.product.get", {"code": "JMG-WY90"})
    assert shown["minimumFen"] == 2_000_000
    desk.world.later(days=1)
    assert "2026.2" in desk.run("products", "show", "JMG-WY90").output


def test_what_is_shown_can_be_changed_and_proposed_again(desk: Desk) -> None:
    page = desk.run("products", "show", "JMG-WY90").output
    changed = page.replace("2026.1", "2026.3").replace("2026-01-05", "2026-12-01")
    (desk.folder / "again.yaml").write_text(changed, encoding="utf-8")
    made = desk.said("products", "propose", str(desk.folder / "again.yaml"), "--family", "wealth", *desk.anna)
    assert (made["version"], made["validFrom"]) == ("2026.3", "2026-12-01")
    assert (
        "2026.3 is WITHDRAWN"
        in desk.run("products", "withdraw", "JMG-WY90", "2026.3", "--reason", "not yet", *desk.anna).output
    )
    assert "not yet" in desk.run("products", "list").output


def test_the_line_of_a_file_that_does_not_fit_names_its_member(desk: Desk) -> None:
    file = desk.file("bad.yaml", definition("2026.2", "2026-11-24", holding_days="ninety"))
    said = desk.refused("products", "propose", file, "--family", "wealth", *desk.anna)
    assert said.startswith("PRODUCT_DATA_INVALID: bad.yaml: ")
    assert "$.holding_days" in said
    assert desk.run("products", "propose", "absent.yaml", "--family", "wealth", *desk.anna).exit_code == 2


def test_a_key_that_is_not_there_is_told_before_its_passphrase_is_asked_for(desk: Desk) -> None:
    said = desk.refused("products", "review", "JMG-WY90", "9", "--sha256", "12345678", "--key", "file:absent.pem")
    assert "there is no key absent.pem" in said
    assert "Passphrase" not in said


def test_a_sale_is_stopped_at_once_by_one_person(desk: Desk) -> None:
    moved = desk.said("products", "state", "JMG-WY90", "OPEN", "CLOSED", *desk.anna)
    assert moved == {"code": "JMG-WY90", "state": "CLOSED", "by": "anna.li"}
    assert desk.refused("products", "state", "JMG-WY90", "OPEN", "CLOSED", *desk.anna).startswith("PRODUCT_STATE")
    assert desk.refused("products", "state", "JMG-WY90", "CLOSED", "RAISING", *desk.anna).startswith("PRODUCT_STATE")
    assert desk.refused("products", "state", "NONE", "OPEN", "CLOSED", *desk.anna).startswith("NOT_FOUND")
    ((body,),) = desk.world.sql("SELECT body FROM evidence_entry WHERE kind = 'product.state'")
    assert json.loads(body)["by"] == "anna.li"


def test_a_sale_that_was_stopped_is_opened_again_by_two_people(desk: Desk) -> None:
    desk.said("products", "state", "JMG-WY90", "OPEN", "CLOSED", *desk.anna)
    made = desk.said("products", "state", "JMG-WY90", "CLOSED", "OPEN", *desk.anna)
    assert (made["state"], made["maker"], made["checker"]) == ("PROPOSED", "anna.li", None)
    page = desk.run("products", "moves", "show", "JMG-WY90", "--version", made["version"]).output
    assert "from_state: CLOSED" in page
    assert f"# sha256 {made['sha256']}" in page
    seen = (made["version"], "--sha256", made["sha256"][:8])
    assert desk.refused("products", "moves", "review", "JMG-WY90", *seen, *desk.anna).startswith("PAPER_PERSON")
    assert desk.world.sql("SELECT state FROM product WHERE code = 'JMG-WY90'") == [("CLOSED",)]
    assert desk.said("products", "moves", "review", "JMG-WY90", *seen, *desk.boris)["state"] == "CHECKED"
    assert desk.world.sql("SELECT state FROM product WHERE code = 'JMG-WY90'") == [("OPEN",)]
    assert [one["state"] for one in desk.said("products", "moves", "list")] == ["CHECKED"]
    told = [
        json.loads(body) for (body,) in desk.world.sql("SELECT body FROM evidence_entry WHERE kind LIKE 'product.%'")
    ]
    assert [(one["to"], one["by"]) for one in told] == [("CLOSED", "anna.li"), ("OPEN", "anna.li and boris.wu")]


def test_rules_are_changed_for_a_day_to_come_and_explained(desk: Desk) -> None:
    file = desk.file("rules.yaml", pack(desk.world.orders.packs, "wealth-2026.2", "2026-11-24", level_valid_days=180))
    made = desk.said("rules", "propose", file, *desk.anna)
    desk.said("rules", "review", "wealth", "wealth-2026.2", "--sha256", made["sha256"], *desk.boris)
    assert desk.said("rules", "show", "wealth")["version"] == "wealth-2026.1"
    assert desk.said("rules", "show", "wealth", "--on", "2026-11-24")["version"] == "wealth-2026.2"
    desk.world.later(days=1)
    phone = desk.world.ready()
    assert desk.world.call(phone, "wealth.suitability.get")["validUntil"].startswith("2027-05-23")
    order = desk.world.buy(phone)["result"]["orderId"]
    told = desk.said("rules", "explain", order)
    assert [(one["kind"], one["version"]) for one in told] == [
        ("wealth.prepare", "wealth-2026.2"),
        ("wealth.place", "wealth-2026.2"),
    ]
    page = desk.run("rules", "explain", order).output
    assert "cut_off = 15:00  product terms on a trading day in Shanghai" in page
    assert desk.refused("rules", "explain", "ord_none").startswith("NOT_FOUND")


def test_a_refusal_needs_its_reason_and_stands_in_the_list(desk: Desk) -> None:
    file = desk.file("rules.yaml", pack(desk.world.orders.packs, "wealth-2026.2", "2026-11-24"))
    made = desk.said("rules", "propose", file, *desk.anna)
    review = ("rules", "review", "wealth", "wealth-2026.2", "--sha256", made["sha256"], "--refuse")
    assert desk.refused(*review, " ", *desk.boris).startswith("PAPER_REFUSED")
    assert desk.said(*review, "the source is missing", *desk.boris)["state"] == "REFUSED"
    assert "the source is missing" in desk.run("rules", "list").output


def test_a_calendar_is_checked_proposed_reviewed_and_shown(desk: Desk) -> None:
    file = desk.file("days.json", year("2027-01-01", "2027-12-31", but=("2027-01-01",)))
    assert desk.said("calendar", "check", file) == {
        "first": "2027-01-01",
        "last": "2027-12-31",
        "new": 260,
        "corrected": [],
    }
    assert desk.said("calendar", "show")["last"] == "2026-12-31"
    made = desk.said("calendar", "propose", file, *desk.anna)
    desk.said("calendar", "review", made["code"], made["version"], "--sha256", made["sha256"], *desk.boris)
    desk.world.later(seconds=2)
    shown = desk.said("calendar", "show")
    assert (shown["last"], shown["tradingDays"]["2027"], len(shown["tradingDays"])) == ("2027-12-31", 260, 10)
    corrected = desk.file("again.json", year("2027-01-01", "2027-12-31", but=("2027-01-01", "2027-10-01")))
    assert "2027-10-01 changes" in desk.run("calendar", "check", corrected).output
    bad = desk.file("bad.json", year("2029-01-01", "2029-12-31"))
    assert desk.refused("calendar", "check", bad).startswith("PRODUCT_DATA_INVALID")
    assert [one["state"] for one in desk.said("calendar", "list")] == ["CHECKED", "CHECKED"]
