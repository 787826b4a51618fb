"""What is due goes, once, with its entry in the evidence; what is kept stays, whoever runs and is cut off."""

import json
import os
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import Engine, delete, func, insert, select, update
from sqlalchemy.orm import Session

import bff.house  # noqa: F401 — every table is known to whoever makes them
from bff import audit
from bff.accounts.documents import ApplicationDocument
from bff.accounts.models import Account, AccountApplication
from bff.audit.examination import examine
from bff.audit.models import EvidenceEntry
from bff.cards.models import CardApplication, CardConsent, CardSection
from bff.customers.models import Customer, CustomerIndex, MobileDay, VerificationCode
from bff.customers.service import Customers, Person
from bff.customers.vault import Vault
from bff.db.base import Base
from bff.db.desk import DESK, Desk
from bff.db.engine import retried, steady, transaction
from bff.kinds import Caller, Channel, Context
from bff.products.errors import ProductDataError, RulePackMissingError
from bff.products.models import RuleDecision
from bff.retention import erasing
from bff.retention.cli import retention
from bff.retention.erasing import Retention
from bff.retention.records import BUSINESS
from bff.retention.schedule import schedule_at
from security.sealing import BlindIndex, Sealer
from tests.attacks.racing import race
from tests.bff.db.engines import KINDS, fresh_engine

NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
LONG_AGO = NOW - timedelta(days=400)
PERSON = Person("方知夏", "110101199003072033", "13900000001")
SEALER = Sealer({"k": b"k" * 32}, "k")
CUSTOMERS = Customers(Vault(SEALER, BlindIndex({"i": b"i" * 32}, "i")))
TURNING = Customers(Vault(SEALER, BlindIndex({"i": b"i" * 32, "j": b"j" * 32}, "j")))
KEPT_DECISIONS = [
    ("cap_002", ""),
    ("app_031", ""),
    ("acc_1", "app_031"),
    ("opn_1", "opn_1"),
    ("ord_1", "opn_1"),
    ("fnd_1", "acc_1"),
]
"""What was decided on what is kept: an application that was opened, its account, an operation, its order, a funding."""
DUE = {
    "verification-codes": 30,
    "mobile-days": 1,
    "refused-documents": 60,
    "refused-applications": 31,
    "refused-card-applications": 1,
    "people-without-business": 1,
    "refused-decisions": 2,
}


def applied(session: Session, number: int, state: str, at: datetime, customer: str | None = None) -> None:
    application = f"app_{number:03d}"
    sealed = dict.fromkeys(("name", "id_number", "mobile"), b"sealed")
    about = {"device_id": "dev_1", "state": state, "rule_version": "v", "customer_id": customer, "created_at": at}
    moments = {"expires_at": at, "updated_at": at}
    session.execute(insert(AccountApplication).values(application_id=application, **sealed, **about, **moments))
    for side in ("FRONT", "BACK"):
        facts = {"media_type": "image/png", "size": 1, "sha256": "0" * 64, "content": b"sealed", "created_at": at}
        session.execute(insert(ApplicationDocument).values(application_id=application, side=side, **facts))
    code = {"code_id": f"cod_{number}", "code_hash": "0" * 64, "sent_at": at, "expires_at": at}
    session.execute(insert(VerificationCode).values(holder=application, purpose="OPEN", **code))


def decided(session: Session, at: datetime, outcome: str, subject: str = "", about: str = "") -> None:
    row = dict.fromkeys(("kind", "pack", "version", "request_id"), "x")
    session.execute(
        insert(RuleDecision).values(**row, subject=subject, about=about, at=at, outcome=outcome, facts="{}")
    )


def applied_for_card(session: Session, number: int, state: str, at: datetime, customer: str) -> None:
    application = f"cap_{number:03d}"
    about = dict.fromkeys(("device_id", "product", "product_version", "form_version", "rule_version"), "x")
    moments = dict.fromkeys(("created_at", "updated_at", "expires_at"), at)
    row = {"application_id": application, "customer_id": customer, "state": state, "asked": "[]"}
    session.execute(insert(CardApplication).values(**row, **about, **moments))
    session.execute(
        insert(CardSection).values(application_id=application, section="income", answers=b"sealed", saved_at=at)
    )
    given = {"kind": "terms", "version": "v", "sha256": "0" * 64, "given_at": at}
    session.execute(insert(CardConsent).values(application_id=application, **given))


def person(engine: Engine, moment: datetime, who: Person = PERSON, customers: Customers = CUSTOMERS) -> str:
    context = Context(Caller(Channel.APP), moment, lambda prefix: f"{prefix}_{os.urandom(4).hex()}", os.urandom)
    return retried(engine, lambda session: customers.enrol(session, context, who))


def count(engine: Engine, model: type[Base]) -> int:
    with transaction(engine, writing=False) as session:
        return session.scalar(select(func.count()).select_from(model)) or 0


def told(engine: Engine) -> Counter[str]:
    """Give what the evidence says was erased; no entry names anything of a record."""
    sums: Counter[str] = Counter()
    with transaction(engine, writing=False) as session:
        for body in session.scalars(select(EvidenceEntry.body).filter_by(kind="data.erased")):
            said = json.loads(body)
            assert set(said) == {"class", "schedule", "before", "count", "keys"}
            assert "app_" not in body
            assert "cus_" not in body
            sums[said["class"]] += said["count"]
    return sums


@pytest.fixture(params=KINDS)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with fresh_engine(request.param, tmp_path) as opened:
        yield opened


@pytest.fixture
def bank(engine: Engine) -> Engine:
    """Thirty refused applications of long ago, a refused one of a known person, and what must stay."""
    lonely = person(engine, LONG_AGO)
    owner = person(engine, LONG_AGO, Person("陈雨", "110101199003072316", "13900000002"))
    with transaction(engine) as session:
        for number in range(29):
            applied(session, number, "REJECTED", LONG_AGO)
        applied(session, 29, "CRS", LONG_AGO)
        applied(session, 30, "REJECTED", LONG_AGO, lonely)
        applied(session, 31, "OPEN", LONG_AGO, owner)
        applied(session, 32, "REJECTED", NOW - timedelta(days=1))
        applied_for_card(session, 1, "DECLINED", LONG_AGO, lonely)
        applied_for_card(session, 2, "APPROVED", LONG_AGO, owner)
        applied_for_card(session, 3, "WITHDRAWN", NOW - timedelta(days=1), owner)
        session.execute(
            update(VerificationCode).where(VerificationCode.code_id.in_(["cod_30", "cod_31"])).values(expires_at=NOW)
        )
        for about in ("", "opn_1"):
            decided(session, LONG_AGO, "LIMIT_DAY", about=about)
        decided(session, NOW - timedelta(days=365), "LIMIT_DAY", about="opn_1")
        decided(session, LONG_AGO, "ALLOWED", "app_001")
        decided(session, LONG_AGO, "ALLOWED", "acc_gone", "app_001")
        decided(session, LONG_AGO, "DECLINED", "cap_001")
        for subject, about in KEPT_DECISIONS:
            decided(session, LONG_AGO, "ALLOWED", subject, about)
        for day in ("2026-11-20", "2026-11-21", "2026-11-23"):
            session.execute(insert(MobileDay).values(mobile_index=day, day=day, sends=1))
        card = {"card": b"sealed", "card_tail": "1234", "bank_zh": "x", "bank_en": "x", "currency": "CNY"}
        whose = {"account_id": "acc_1", "customer_id": owner, "account_class": "II", "state": "OPEN"}
        session.execute(insert(Account).values(**card, **whose))
    return engine


def test_what_is_due_goes_and_the_rest_stays(bank: Engine) -> None:
    room = Retention.at(bank, NOW)
    planned = room.plan(NOW)
    assert (planned["refused-documents"], planned["refused-applications"]) == (62, 0)  # documents go first
    erased = room.run(NOW)
    assert erased == {**DUE, "refused-documents": 62}
    assert (dict(told(bank)), set(room.run(NOW).values())) == (erased, {0})
    assert [count(bank, model) for model in (CardApplication, CardSection, CardConsent)] == [2, 2, 2]
    assert [count(bank, model) for model in (AccountApplication, ApplicationDocument, Customer, CustomerIndex)] == [
        2,
        4,
        1,
        1,
    ]
    with transaction(bank, writing=False) as session:
        left = session.execute(select(RuleDecision.subject, RuleDecision.about).order_by(RuleDecision.number)).all()
    assert [tuple(row) for row in left] == [("", "opn_1"), *KEPT_DECISIONS]
    assert (count(bank, VerificationCode), count(bank, MobileDay), count(bank, Account)) == (3, 2, 1)
    with transaction(steady(bank), writing=False) as session:
        assert examine(session, env="sandbox", keys={}).findings == ()


def test_every_table_that_points_to_a_person_keeps_him() -> None:
    pointing = {
        table.name
        for table in Base.metadata.tables.values()
        if any(key.column.table.name == "customer" for key in table.foreign_keys)
    }
    assert pointing == {model.__tablename__ for model in BUSINESS}


def test_racing_workers_erase_each_record_once(bank: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "BATCH", 7)
    room = Retention.at(bank, NOW)
    runs = race([partial(room.run, NOW)] * 64)
    total = sum((Counter(run) for run in runs), Counter[str]())
    assert total == told(bank)
    room.run(NOW)
    assert told(bank) == Counter({**DUE, "refused-documents": 62})


def test_a_run_that_is_cut_off_goes_on_and_tells_no_lie(bank: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(erasing, "BATCH", 7)
    append, calls = audit.append, iter(range(100))

    def cut(*args: Any, **named: Any) -> None:
        if next(calls) == 8:
            raise KeyboardInterrupt
        append(*args, **named)

    monkeypatch.setattr(audit, "append", cut)
    room = Retention.at(bank, NOW)
    with pytest.raises(KeyboardInterrupt):
        room.run(NOW)
    assert count(bank, ApplicationDocument) == 66 - told(bank)["refused-documents"] > 4
    monkeypatch.undo()
    room.run(NOW)
    assert told(bank) == Counter({**DUE, "refused-documents": 62})


def test_a_person_who_comes_back_while_being_erased_is_never_half_there(engine: Engine) -> None:
    """Also while the key that finds customers turns, so that coming back writes a second hash."""
    room = Retention.at(engine, NOW)
    racers: list[Callable[[], object]] = [partial(person, engine, NOW, PERSON, TURNING)] * 4
    racers += [partial(room.run, NOW)] * 4
    for _ in range(8):
        with transaction(engine) as session:
            session.execute(delete(CustomerIndex))
            session.execute(delete(Customer))
        person(engine, LONG_AGO)
        race(racers)
        assert (count(engine, Customer), count(engine, CustomerIndex)) == (1, 2)


def test_who_was_erased_between_two_statements_is_enrolled_anew(engine: Engine) -> None:
    old = person(engine, LONG_AGO)
    with transaction(engine) as session:
        session.execute(delete(Customer))  # a hash that leads nowhere, as a comer may still see it
    new = person(engine, NOW, PERSON, TURNING)
    assert (new != old, count(engine, Customer), count(engine, CustomerIndex)) == (True, 1, 2)


def test_the_commands_show_plan_and_erase(bank: Engine) -> None:
    desk = {DESK: Desk(lambda: bank, lambda: NOW)}

    @click.group()
    @click.pass_context
    def group(ctx: click.Context) -> None:
        ctx.meta.update(desk)

    group.add_command(retention)

    def say(*words: str) -> str:
        done = CliRunner().invoke(group, ["retention", *words], catch_exceptions=False)
        assert done.exit_code == 0
        return done.output

    assert json.loads(say("show", "--json"))["classes"]["interface-logs"]["kept_days"] >= 180
    assert "(check)" in say("show")
    assert json.loads(say("plan", "--json"))["verification-codes"] == 30
    assert "62 erased" in say("run")
    assert set(json.loads(say("plan", "--json")).values()) == {0}


def test_a_schedule_that_cannot_be_followed_is_refused(tmp_path: Path) -> None:
    with pytest.raises(RulePackMissingError):
        schedule_at(LONG_AGO.date().replace(year=2020))
    entry = "{place: logs, kept_days: 9, clock: x, then: erase, source: x}"
    text = f"version: v\neffective_from: 2026-01-01\nsource: x\nclasses:\n  logs: {entry}\n"
    (tmp_path / "schedule-1.yaml").write_text(text)
    with pytest.raises(ProductDataError, match="logs are not erased"):
        schedule_at(NOW.date(), tmp_path)
    (tmp_path / "schedule-1.yaml").write_text("version: [")
    with pytest.raises(ProductDataError):
        schedule_at(NOW.date(), tmp_path)
