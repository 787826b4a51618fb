from datetime import timedelta

from bff.bundles.signing import CurrentSigningKeys
from h5bundle.digests import sha256
from tests.h5bundle.conftest import NOW, Yard, package, shared_package


def test_keys_and_bundles_follow_the_repository(yard: Yard) -> None:
    current = CurrentSigningKeys(yard.store, lambda: NOW)
    assert (current.bundles(), current.of("wealth"), current.root()) == ((), None, "")
    yard.publish(package())
    keys = current.of("wealth")
    assert keys is not None
    assert (current.bundles(), keys.threshold, len(keys.keys)) == (("wealth",), 1, 1)
    yard.publish(shared_package())
    assert current.bundles() == ("common", "wealth")
    assert current.of("other") is None
    assert sha256(current.root().encode()) == sha256(yard.store.read("metadata/1.root.json"))


def test_a_broken_repository_gives_no_keys(yard: Yard) -> None:
    yard.publish(package())
    current = CurrentSigningKeys(yard.store, lambda: NOW)
    path = yard.store.folder / "metadata" / "timestamp.json"
    data = path.read_bytes()
    path.write_bytes(data.replace(b'"version":2', b'"version":3'))
    assert current.of("wealth") is None
    path.write_bytes(data)
    assert current.of("wealth") is not None


def test_an_expired_timestamp_does_not_take_the_keys_away(yard: Yard) -> None:
    yard.publish(package())
    assert CurrentSigningKeys(yard.store, lambda: NOW + timedelta(days=30)).of("wealth") is not None
