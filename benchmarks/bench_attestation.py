"""Android chains verified in a second, against bare signature checks of the same chain by ``cryptography``.

Both read the certificates from DER each time, as a registration does. The peer checks names and signatures and nothing
else. Ratios are of CPU time. The chain of a real phone is measured where the samples are
(``../shared/data/attestation``), that of the tests' own authority always.
"""

import base64
import json
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding
from measuring import ROOT, Case, Finding, arguments, conclude, figure, machine, repeated, report, rounds, show, thrift

from security.attestation.android import AndroidTrust, verify_android_key
from security.attestation.model import AndroidPolicy, RevocationList
from security.attestation.roots import GOOGLE_ROOTS
from security.jwk import PublicJwk, jwk_of
from tests.security.attestation.authority import CHALLENGE, NOW, chain, new_key, trust

SAMPLE = ROOT.parent / "shared" / "data" / "attestation" / "android" / "caiman" / "sdk36" / "TEE_EC_RKP.pem"
SECONDS = 0.5
SERIALS = 50_000
"""As many entries as a long revocation list has."""


def bare(certificates: Sequence[bytes]) -> None:
    loaded = [x509.load_der_x509_certificate(one) for one in certificates]
    for subject, issuer in pairwise(loaded):
        subject.verify_directly_issued_by(issuer)


def ours(certificates: Sequence[bytes], challenge: bytes, key: PublicJwk, against: AndroidTrust, now: datetime) -> None:
    verify_android_key(certificates=certificates, challenge=challenge, key=key, per_use=False, trust=against, now=now)


def own_chain() -> tuple[list[bytes], partial[None]]:
    key = new_key()
    made = chain(key)
    revocations = RevocationList(dict.fromkeys(range(1 << 64, (1 << 64) + SERIALS), "REVOKED"), NOW)
    return made, partial(ours, made, CHALLENGE, jwk_of(key.public_key()), trust(revocations=revocations), NOW)


def real_chain(path: Path) -> tuple[list[bytes], partial[None]]:
    loaded = x509.load_pem_x509_certificates(path.read_bytes())
    certificates = [one.public_bytes(Encoding.DER) for one in loaded]
    said = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
    application, now = said["softwareEnforced"]["attestationApplicationId"], datetime(2025, 9, 27, tzinfo=UTC)
    policy = AndroidPolicy(
        packages=frozenset(one["name"] for one in application["packages"]),
        signers=frozenset(base64.b64decode(one) for one in application["signatures"]),
        patch_days=90,
        revocation_hours=24,
    )
    revocations = RevocationList(dict.fromkeys(range(1 << 64, (1 << 64) + SERIALS), "REVOKED"), now)
    against = AndroidTrust(policy=policy, roots=GOOGLE_ROOTS, revocations=revocations)
    challenge = base64.b64decode(said["attestationChallenge"])
    key = jwk_of(loaded[0].public_key())  # type: ignore[arg-type]  # Android's keys are on P-256
    return certificates, partial(ours, certificates, challenge, key, against, now)


def main() -> None:
    asked = arguments(__doc__ or "")
    chains = {"tests' authority, 3 signatures": own_chain()}
    if SAMPLE.exists():
        chains["a real phone's, 4 signatures"] = real_chain(SAMPLE)
    pairs = []
    for name, (certificates, work) in chains.items():
        work()  # raises unless every rule holds
        verified = Case(f"verify: {name}", partial(repeated, work, SECONDS))
        checked = Case(f"bare: {name}", partial(repeated, partial(bare, certificates), SECONDS))
        pairs.append((name, verified, checked))
    cases = [case for _, *pair in pairs for case in pair]
    rounds(cases, asked.rounds)
    findings = [Finding(f"verification ÷ bare signatures: {name}", thrift(one, peer)) for name, one, peer in pairs]
    if asked.json:
        report("attestation", cases, findings)
        return
    print(f"{machine()}; {asked.rounds} rounds")
    rows = [(case.name, figure(case.rate), figure(case.cost * 1e6)) for case in cases]
    show("Medians of rounds", ("Case", "per second", "CPU µs each"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
