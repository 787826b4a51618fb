import hashlib

import pytest

from bff.accounts.errors import DocumentInvalidError
from bff.errors import ConflictError, NotFoundError
from tests.bff.wealth.world import CHEN, Phone, World

PNG = b"\x89PNG\r\n\x1a\n" + b"card of a person " * 100
JPEG = b"\xff\xd8\xff\xe0" + b"another picture"


def kept(world: World, phone: Phone, application: str, side: str = "FRONT", **changes: object) -> dict[str, object]:
    body = {"applicationId": application, "side": side, "content": PNG, "mediaType": "image/png", **changes}
    return dict(world.call(phone, "accounts.application.document", body))


@pytest.fixture
def phone(world: World) -> Phone:
    return world.registered()


@pytest.fixture
def application(world: World, phone: Phone) -> str:
    return str(world.applied(phone, CHEN)["applicationId"])


def test_a_picture_is_sealed_and_only_its_hash_is_told(world: World, phone: Phone, application: str) -> None:
    digest = hashlib.sha256(PNG).hexdigest()
    assert kept(world, phone, application) == {"side": "FRONT", "size": len(PNG), "sha256": digest}
    ((content, size, sha256),) = world.sql("SELECT content, size, sha256 FROM application_document")
    assert (b"card of a person" in content, size, sha256) == (False, len(PNG), digest)
    opened = world.applications.vault.sealing.open(envelope=content, record_id=application, field="document.FRONT")
    assert opened == PNG
    bodies = world.sql("SELECT body FROM evidence_entry WHERE kind = 'application.document'")
    assert [digest in body for (body,) in bodies] == [True]


def test_a_later_picture_takes_the_place_of_the_side(world: World, phone: Phone, application: str) -> None:
    kept(world, phone, application)
    kept(world, phone, application, content=JPEG, mediaType="image/jpeg")
    kept(world, phone, application, "BACK")
    rows = world.sql("SELECT side, media_type FROM application_document ORDER BY side")
    assert rows == [("BACK", "image/png"), ("FRONT", "image/jpeg")]


@pytest.mark.parametrize("content", [JPEG, b"<svg onload=alert(1)>", b"\x89PN"])
def test_bytes_of_another_type_than_said_are_refused(
    world: World, phone: Phone, application: str, content: bytes
) -> None:
    with pytest.raises(DocumentInvalidError):
        kept(world, phone, application, content=content)
    assert world.sql("SELECT count(*) FROM application_document") == [(0,)]


def test_nobody_adds_to_another_devices_application(world: World, application: str) -> None:
    with pytest.raises(NotFoundError):
        kept(world, world.registered(), application)


def test_an_application_that_was_submitted_takes_nothing_more(world: World) -> None:
    phone = world.registered()
    done = world.opened(phone, CHEN)
    with pytest.raises(ConflictError):
        kept(world, phone, done["applicationId"])
