"""The rules by which a repository is believed, where python-tuf's own are not enough."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from h5bundle.errors import TrustError
from h5bundle.formats import CryptoSigner, Metadata, Root, SSlibKey, Targets
from h5bundle.keys import SCHEME
from h5bundle.trust import verify_signatures
from tests.h5bundle.conftest import NOW

SOON = NOW + timedelta(days=1)


def signer(key: ec.EllipticCurvePrivateKey, keyid: str) -> CryptoSigner:
    public = SSlibKey.from_crypto(key.public_key(), keyid=keyid, scheme=SCHEME)
    return CryptoSigner(key, public)


@pytest.mark.parametrize("twice", [True, False])
def test_one_key_under_two_ids_does_not_meet_a_threshold_of_two(*, twice: bool) -> None:
    first = ec.generate_private_key(ec.SECP256R1())
    second = first if twice else ec.generate_private_key(ec.SECP256R1())
    signers = [signer(first, "a" * 64), signer(second, "b" * 64)]
    root = Root(version=1, expires=SOON)
    for one in signers:
        root.add_key(one.public_key, "targets")  # type: ignore[arg-type]  # an SSlibKey, as made above
    root.roles["targets"].threshold = 2
    metadata = Metadata(Targets(version=1, expires=SOON))
    for one in signers:
        metadata.sign(one, append=True)
    root.verify_delegate("targets", metadata.signed_bytes, metadata.signatures)
    if not twice:
        verify_signatures("metadata/1.targets.json", root, "targets", metadata)
        return
    with pytest.raises(TrustError, match="lists one key under two ids"):
        verify_signatures("metadata/1.targets.json", root, "targets", metadata)
