from datetime import UTC, datetime

import msgspec
import pytest
from sqlalchemy import Engine

from bff.audit import append, checkpoint, export_order, segment
from bff.db.engine import transaction
from bff.errors import NotFoundError
from security.encoding import digest
from security.jwk import jwk_of
from tests.bff.audit.test_chain import Signer

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
MANIFEST = b'{"bundle":"wealth"}'
BUNDLE = digest(MANIFEST)


def tell_the_story(engine: Engine) -> None:
    fields = {"dev": "dev_1", "cust": "cus_1", "bundle": f"wealth@1.0.0#{BUNDLE}"}
    story = (
        ("bundle.released", "0" * 64, {"digest": "0" * 64}),
        ("bundle.released", BUNDLE, {"digest": BUNDLE, "manifest": BUNDLE}),
        ("device.registered", "dev_1", {"deviceId": "dev_1"}),
        ("device.registered", "dev_2", {"deviceId": "dev_2"}),
        ("device.bound", "dev_1", {"deviceId": "dev_1", "customerId": "cus_0"}),
        ("device.bound", "dev_1", {"deviceId": "dev_1", "customerId": "cus_1"}),
        ("operation.frozen", "opn_1", {"operationId": "opn_1", "fields": fields}),
        ("operation.approved", "opn_1", {"operationId": "opn_1"}),
        ("order.placed", "ord_1", {"orderId": "ord_1", "operationId": "opn_1"}),
        ("order.placed", "ord_2", {"orderId": "ord_2", "operationId": "opn_2"}),
        ("core.executed", "ord_1", {"orderId": "ord_1"}),
        ("order.settled", "ord_1", {"orderId": "ord_1"}),
        ("order.settled", "ord_2", {"orderId": "ord_2"}),
    )
    with transaction(engine) as session:
        for kind, subject, body in story:
            append(session, kind=kind, subject=subject, body=body, now=NOW, blobs=[MANIFEST])


def test_a_segment_discloses_the_orders_own_entries_only(engine: Engine) -> None:
    tell_the_story(engine)
    with transaction(engine) as session:
        checkpoint(session, Signer(), NOW, env="sandbox")
        piece = segment(session, "ord_1")
    assert list(range(2, 14)) == [entry.seq for entry in piece.entries]
    assert {2, 3, 6, 7, 8, 9, 11, 12} == piece.disclose
    assert piece.blobs == (MANIFEST,)
    assert [mark.seq for mark in piece.checkpoints] == [13]


def test_a_segment_leaves_out_what_lies_between_checkpoints_and_is_not_needed(engine: Engine) -> None:
    with transaction(engine) as session:
        append(session, kind="bundle.released", subject=BUNDLE, body={}, now=NOW)
        checkpoint(session, Signer(), NOW, env="sandbox")
        for _ in range(5):
            append(session, kind="session.created", subject="dev_9", body={}, now=NOW)
        checkpoint(session, Signer(), NOW, env="sandbox")
    tell_the_story(engine)
    with transaction(engine) as session:
        checkpoint(session, Signer(), NOW, env="sandbox")
        piece = segment(session, "ord_1")
    assert [entry.seq for entry in piece.entries] == [1, *range(8, 20)]
    assert [mark.seq for mark in piece.checkpoints] == [1, 19]


def test_an_export_hides_the_bodies_of_others(engine: Engine) -> None:
    tell_the_story(engine)
    signer = Signer()
    keys = {"k1": jwk_of(signer.private.public_key()), "older": jwk_of(Signer().private.public_key())}
    with transaction(engine) as session:
        data = export_order(
            session, order_id="ord_1", env="sandbox", aud="bank", keys=keys, signer=signer, now=NOW, stretches=True
        )
    file = msgspec.json.decode(data)
    shown = {line["subject"] for line in file["entries"] if "body" in line}
    assert {BUNDLE, "dev_1", "opn_1", "ord_1"} == shown
    assert b"cus_0" not in data
    assert [key["kid"] for key in file["keys"]] == ["k1"]


def test_an_order_without_checkpoint_or_without_entries_is_not_found(engine: Engine) -> None:
    tell_the_story(engine)
    for order in ("ord_1", "ord_9"):
        with transaction(engine, writing=False) as session, pytest.raises(NotFoundError):
            segment(session, order)


@pytest.mark.parametrize("name", ["ord_1", "opn_1"])
def test_an_export_by_paths_holds_the_orders_own_entries_and_nothing_of_others(engine: Engine, name: str) -> None:
    tell_the_story(engine)
    signer = Signer()
    keys = {"k1": jwk_of(signer.private.public_key())}
    with transaction(engine) as session:
        data = export_order(session, order_id=name, env="sandbox", aud="bank", keys=keys, signer=signer, now=NOW)
    file = msgspec.json.decode(data)
    assert [line["seq"] for line in file["entries"]] == [2, 3, 6, 7, 8, 9, 11, 12]
    assert all("body" in line and len(line["path"]) <= 4 for line in file["entries"])
    assert (file["order"], [mark["seq"] for mark in file["checkpoints"]]) == ("ord_1", [13])
    for stranger in (b"cus_0", b"dev_2", b"ord_2", b"opn_2", b"0" * 64):
        assert stranger not in data.replace(b'"prev":"' + b"0" * 64, b"")


@pytest.mark.parametrize("stretches", [True, False])
def test_an_export_of_an_unknown_order_is_not_found(engine: Engine, *, stretches: bool) -> None:
    tell_the_story(engine)
    with transaction(engine) as session, pytest.raises(NotFoundError):
        export_order(
            session,
            order_id="ord_9",
            env="sandbox",
            aud="bank",
            keys={},
            signer=Signer(),
            now=NOW,
            stretches=stretches,
        )
