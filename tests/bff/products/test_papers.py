"""Papers: one makes, another checks the very text, once; products go on sale at midnight in Shanghai by themselves."""

import hashlib
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import Engine, text

from bff.bundles import signers
from bff.bundles.signers import Role
from bff.custody.errors import OperatorError
from bff.db.engine import transaction
from bff.errors import BffError, NotFoundError
from bff.kinds import business_date
from bff.products.calendar import TradingCalendar
from bff.products.errors import PaperError, PaperPersonError, ProductDataError
from bff.products.papers import MARK, in_force
from bff.products.rulepacks import RulePacks
from bff.products.warehouse import Warehouse
from bff.wealth.products import FAMILY
from security.encoding import b64url_decode
from security.jwk import parse_jwk
from tests.bff.db.engines import KINDS, fresh_engine
from tests.bff.products.people import MONDAY, Person, Team, definition, pack, register
from tests.bff.wealth.test_races import RACERS, race
from tests.bff.wealth.world import packs as packs_of

CODE = "JMG-WY90"


def team_on(engine: Engine) -> Team:
    warehouse = Warehouse((FAMILY,))
    with transaction(engine) as session:
        warehouse.synchronise(session, MONDAY)
    return Team(engine, warehouse, {"wealth": packs_of("wealth")}, TradingCalendar.load())


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    with fresh_engine("sqlite", tmp_path) as engine:
        yield team_on(engine)


def propose(team: Team, hand: Person | None = None, **changes: Any) -> Any:
    body = definition(changes.pop("version", "2027.1"), changes.pop("valid_from", "2026-11-24"), **changes)
    raw = msgspec.json.encode(body)
    return team.papers.propose("product", raw, hand or team.anna, MONDAY, file="wy90.yaml", family="wealth")


def check(team: Team, made: Any, hand: Person | None = None, sha256: str | None = None, now: datetime = MONDAY) -> Any:
    seen = {"sha256": sha256 or made.digest, "hand": hand or team.boris, "now": now}
    return team.papers.check("product", made.code, made.version, **seen)


def on_sale(team: Team, at: datetime) -> Any:
    warehouse = team.papers.kinds["product"].warehouse  # type: ignore[attr-defined]  # as ProductDrafts has it
    with transaction(team.engine, writing=False) as session:
        return warehouse.get(session, FAMILY, CODE, business_date(at))


def test_a_checked_version_is_on_sale_from_midnight_in_shanghai(team: Team) -> None:
    made = propose(team, minimum_fen=2_000_000)
    before = datetime(2026, 11, 23, 15, 59, 59, 999_999, tzinfo=UTC)
    midnight = datetime(2026, 11, 23, 16, 0, tzinfo=UTC)
    assert on_sale(team, midnight).definition.version == "2026.1"
    done = check(team, made)
    assert (done.state, done.maker, done.checker) == ("CHECKED", "anna", "boris")
    assert on_sale(team, before).definition.version == "2026.1"
    found = on_sale(team, midnight)
    assert (found.definition.version, found.definition.minimum_fen) == ("2027.1", 2_000_000)


def test_each_step_stands_in_the_evidence_with_what_was_signed(team: Team) -> None:
    made = propose(team)
    check(team, made)
    steps = team.told()
    assert [kind for kind, _ in steps] == ["paper.proposed", "paper.checked"]
    for (_, body), who in zip(steps, (team.anna, team.boris), strict=True):
        public = parse_jwk(body["jwk"])
        public.verify(MARK + body["statement"].encode(), b64url_decode(body["signature"]))
        statement = msgspec.json.decode(body["statement"])
        assert (public.thumbprint, body["person"], statement["by"]) == (who.jkt, who.name, who.jkt)
        assert body["sha256"] == statement["sha256"] == made.digest == hashlib.sha256(made.text.encode()).hexdigest()
    with team.engine.connect() as connection:
        kept = connection.execute(text("SELECT data FROM evidence_blob WHERE sha256 = :it"), {"it": made.digest})
        assert kept.scalar_one() == made.text.encode()


def test_nobody_checks_what_he_made(team: Team) -> None:
    made = propose(team)
    with pytest.raises(PaperPersonError, match="another person"):
        check(team, made, team.anna)
    second = Person("anna")
    register(team.engine, second)
    with pytest.raises(PaperPersonError, match="another person"):
        check(team, made, second)
    with pytest.raises(PaperPersonError, match="another person"):
        team.papers.refuse("product", made.code, made.version, sha256=made.digest, hand=second, reason="no", now=MONDAY)
    assert team.papers.get("product", made.code, made.version).state == "PROPOSED"


@pytest.mark.parametrize("spelling", ["ANNA", " anna", "an na", "Anna\u3000"])
def test_another_spelling_is_the_same_person(team: Team, spelling: str) -> None:
    """The register takes one spelling only; another source of people might not."""
    made = propose(team)
    known = team.papers.operator
    respelt = replace(team.papers, operator=lambda session, jkt: replace(known(session, jkt), person=spelling))  # type: ignore[type-var]  # a Signer
    seen = {"sha256": made.digest, "hand": team.boris, "now": MONDAY}
    with pytest.raises(PaperPersonError, match="another person"):
        respelt.check("product", made.code, made.version, **seen)


def test_a_key_that_is_not_the_teams_or_was_revoked_does_nothing(team: Team) -> None:
    made = propose(team)
    unknown, security = Person("carla"), Person("dora")
    register(team.engine, security, role=Role.SECURITY)
    with transaction(team.engine) as session:
        signers.revoke(session, team.boris.jkt, by="chen.yu", reason="left", now=MONDAY)
    for hand in (unknown, security, team.boris):
        with pytest.raises(OperatorError):
            check(team, made, hand)
        with pytest.raises(OperatorError):
            propose(team, hand, version="2027.2")


def test_a_signature_of_another_key_is_nobodys(team: Team) -> None:
    class Thief(Person):
        @property
        def jkt(self) -> str:
            return team.boris.jkt

    made = propose(team)
    with pytest.raises(PaperPersonError, match="not of the key"):
        check(team, made, Thief("mallory"))
    assert team.papers.get("product", made.code, made.version).state == "PROPOSED"


def test_the_checker_names_what_he_saw(team: Team) -> None:
    made = propose(team)
    for seen in ("", made.digest[:7], made.digest[1:9], "0" * 64):
        with pytest.raises(PaperError):
            check(team, made, sha256=seen or " ")
    assert check(team, made, sha256=made.digest[:8].upper()).state == "CHECKED"
    with pytest.raises(PaperError, match="decided before"):
        check(team, made)
    with pytest.raises(NotFoundError):
        team.papers.check("product", CODE, "9", sha256=made.digest, hand=team.boris, now=MONDAY)


@pytest.mark.parametrize(
    ("changes", "member"),
    [
        ({"minimum_fen": "much"}, r"\$\.minimum_fen"),
        ({"minimum_fen": 0}, "positive"),
        ({"colour": "red"}, "colour"),
        ({"state": "SETTLED"}, "state is SETTLED"),
        ({"code": "no code!"}, r"\$\.code"),
        ({"version": "2026.1"}, "there already"),
        ({"valid_from": "2026-11-22"}, "valid_from"),
    ],
)
def test_what_does_not_fit_is_refused_by_its_member(team: Team, changes: dict[str, Any], member: str) -> None:
    with pytest.raises(BffError) as refused:
        propose(team, **changes)
    assert refused.match(member)
    assert [entry.state for entry in team.papers.entries("product") if entry.maker == "anna"] == []


def test_a_family_that_does_not_exist_is_named_with_those_that_do(team: Team) -> None:
    with pytest.raises(NotFoundError, match="the families are wealth"):
        team.papers.propose("product", b"{}", team.anna, MONDAY, family="bonds")


def test_a_version_is_proposed_once_and_a_late_check_is_refused(team: Team) -> None:
    made = propose(team)
    with pytest.raises(PaperError, match="proposed before"):
        propose(team, minimum_fen=3_000_000)
    with pytest.raises(PaperError, match="that day is over"):
        check(team, made, now=MONDAY + timedelta(days=2))
    assert check(team, made, now=MONDAY + timedelta(hours=13, minutes=59)).state == "CHECKED"


def test_a_paper_is_refused_with_a_reason_or_withdrawn_by_its_maker(team: Team) -> None:
    one, two = propose(team), propose(team, version="2027.2")
    key = ("product", CODE)
    with pytest.raises(PaperError, match="say in"):
        team.papers.refuse(*key, "2027.1", sha256=one.digest, hand=team.boris, reason=" ", now=MONDAY)
    done = team.papers.refuse(*key, "2027.1", sha256=one.digest, hand=team.boris, reason="a typo", now=MONDAY)
    assert (done.state, done.reason) == ("REFUSED", "a typo")
    with pytest.raises(PaperPersonError, match="the maker withdraws"):
        team.papers.withdraw(*key, "2027.2", hand=team.boris, reason="no", now=MONDAY)
    assert team.papers.withdraw(*key, "2027.2", hand=team.anna, reason="later", now=MONDAY).state == "WITHDRAWN"
    for made in (one, two):
        with pytest.raises(PaperError, match="decided before"):
            check(team, made)
    assert on_sale(team, MONDAY + timedelta(days=3)).definition.version == "2026.1"
    assert [kind for kind, _ in team.told()][2:] == ["paper.refused", "paper.withdrawn"]


def test_a_paper_whose_text_was_changed_is_not_checked(team: Team) -> None:
    made = propose(team)
    with team.engine.begin() as connection:
        connection.execute(text("UPDATE paper SET text = replace(text, '1000000', '1')"))
    with pytest.raises(PaperError, match="not the one that was proposed"):
        check(team, made)


def test_of_two_of_one_day_the_one_that_was_checked_last_counts(team: Team) -> None:
    first, second = propose(team, version="2027.2"), propose(team, version="2027.1")
    check(team, first)
    check(team, second, now=MONDAY + timedelta(minutes=1))
    day = business_date(MONDAY + timedelta(days=1))
    found = in_force(team.papers.entries("product"), CODE, day)
    assert found is not None
    assert found.draft.version == on_sale(team, MONDAY + timedelta(days=1)).definition.version == "2027.1"


@pytest.mark.parametrize("kind", KINDS)
def test_of_sixty_four_checkers_one_decides_and_the_maker_never(kind: str, tmp_path: Path) -> None:
    with fresh_engine(kind, tmp_path) as engine:
        team = team_on(engine)
        made = propose(team)
        others = [Person(f"checker{number}") for number in range(RACERS // 2)]
        register(engine, *others)

        def work(number: int) -> str:
            hand = team.anna if number % 2 else others[number // 2]
            return str(check(team, made, hand).checker)

        got = Counter(race(work))
        assert got["PAPER_PERSON"] == RACERS // 2
        names = {person.name for person in others}
        assert sum(count for answer, count in got.items() if answer in names) == 1
        assert got["PAPER_REFUSED"] == RACERS // 2 - 1
        assert [kind for kind, _ in team.told()] == ["paper.proposed", "paper.checked"]
        assert len([row for row in team.papers.entries("product") if row.draft.version == "2027.1"]) == 1


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"pack": "bonds"}, "there is no bonds"),
        ({"effective_from": "2026-11-23"}, "from tomorrow on"),
        ({"version": "wealth-2026.1"}, "ships with the bank"),
        ({"rules": {}}, "cut_off is missing"),
    ],
)
def test_a_rule_pack_that_rooms_could_not_read_is_refused(team: Team, changes: dict[str, Any], said: str) -> None:
    body = pack(packs_of("wealth"), "wealth-2026.2", "2026-11-24") | changes
    with pytest.raises(BffError, match=said):
        team.bring("rules", body)


@pytest.mark.parametrize(("name", "value"), [("cut_off", "soon"), ("cut_off", 15), ("age_confirmation", "65")])
def test_a_rule_of_another_form_is_refused_by_its_name(team: Team, name: str, value: Any) -> None:
    with pytest.raises(ProductDataError, match=rf"rules\.{name}"):
        team.bring("rules", pack(packs_of("wealth"), "wealth-2026.2", "2026-11-24", **{name: value}))


def test_packs_that_ship_and_packs_that_were_checked_take_turns_by_date() -> None:
    shipped = packs_of("wealth").versions[0]
    newer = msgspec.structs.replace(shipped, version="file", effective_from=business_date(MONDAY))
    added = msgspec.structs.replace(shipped, version="paper", effective_from=business_date(MONDAY))
    last = msgspec.structs.replace(shipped, version="last", effective_from=business_date(MONDAY + timedelta(days=9)))
    packs = RulePacks.of((shipped, newer))
    over = RulePacks(packs.versions, lambda: (last, added))
    days = [business_date(MONDAY + timedelta(days=count)) for count in (-1, 0, 8, 9)]
    assert [over.at(day).version for day in days] == ["wealth-2026.1", "paper", "paper", "last"]
    older = RulePacks(packs.versions, lambda: (msgspec.structs.replace(added, effective_from=days[0]),))
    assert [older.at(day).version for day in days[:2]] == ["paper", "file"]
