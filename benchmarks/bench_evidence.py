"""Evidence: verifying a period entry by entry, against bare SHA-256 and P-256 of the same bytes; the size of proofs.

The peer hashes each entry's body and framed members, one leaf and one node, as any verifier of such a log must, and
verifies one signature for each checkpoint; it reads no JSON and compares nothing. The signing side is a checkpoint over
a chain in SQLite, against the appends of the entries that it signs.
"""

import hashlib
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

from measuring import Case, Finding, Sample, arguments, conclude, figure, machine, report, rounds, show, thrift
from sqlalchemy import Engine

from bff.audit import append, checkpoint
from bff.audit.orders import read_entries
from bff.audit.periods import export_between
from bff.audit.tree import StoredTree
from bff.db.base import Base
from bff.db.engine import open_engine, transaction
from security.encoding import b64url_decode, lp
from security.evidence import Checkpoint, Entry, checkpoint_message, verifier
from security.evidence.merkle import consistency_path, inclusion_path
from security.suites import ES256
from tests.security.orders import AuditKey

ENTRIES = 5000
MINUTE = 250
"""Entries between two checkpoints."""
BODY = "x" * 700
"""A body of the size of an approval's."""
START = datetime(2026, 11, 23, 8, tzinfo=UTC)
SIZES = (1_000, 1_000_000, 1_000_000_000)


class Chain:
    """A chain in a database of its own, signed every ``MINUTE`` entries."""

    def __init__(self, folder: Path) -> None:
        """Write and export it."""
        self.key = AuditKey(ES256.generate())
        self.engine = self.opened(folder / "whole.db")
        for minute in range(ENTRIES // MINUTE):
            self.append(self.engine, MINUTE)
            self.sign(self.engine, minute)
        keys = {self.key.kid: self.key.jwk}
        with transaction(self.engine) as session:
            self.period = export_between(
                session, since=None, until=None, env="sandbox", keys=keys, signer=self.key, now=START, bodies=True
            )
            self.entries = read_entries(session, 1, ENTRIES)
        said = verifier.read_json(self.period)
        self.marks = [
            Checkpoint(mark["seq"], mark["hash"], mark["at"], mark["kid"], mark["sig"], mark["root"])
            for mark in said["checkpoints"]
        ]

    @staticmethod
    def opened(path: Path) -> Engine:
        """Give an empty database."""
        engine = open_engine(f"sqlite:///{path}")
        Base.metadata.create_all(engine)
        return engine

    @staticmethod
    def append(engine: Engine, count: int) -> None:
        """Append entries in transactions of five, as an order's are."""
        for start in range(0, count, 5):
            with transaction(engine) as session:
                for number in range(start, start + 5):
                    append(session, kind="bench", subject=f"s{number}", body={"text": BODY}, now=START)

    def sign(self, engine: Engine, minute: int) -> None:
        """Sign the chain's end."""
        with transaction(engine) as session:
            assert checkpoint(session, self.key, START + timedelta(minutes=minute), env="sandbox") is not None

    def verified(self) -> None:
        """Verify the period as an auditor does."""
        verifier.verify(self.period, [self.key.jwk.as_dict()])

    def bare(self) -> None:
        """Do the arithmetic of it."""
        before = b""
        for entry in self.entries:
            body = hashlib.sha256(entry.body).hexdigest()
            own = hashlib.sha256(framed(entry, body)).digest()
            before = hashlib.sha256(b"\1" + before + hashlib.sha256(b"\0" + own).digest()).digest()
        key = self.key.private.public_key()
        for mark in self.marks:
            message = checkpoint_message(env="sandbox", seq=mark.seq, head=mark.hash, at=mark.at, root=mark.root)
            ES256.verify(key, message, b64url_decode(mark.signature))


def framed(entry: Entry, body: str) -> bytes:
    """Give the bytes of an entry that are hashed."""
    members = (str(entry.seq), entry.prev, entry.kind, entry.subject, entry.at, body)
    return lp("TIDEGATE-EVIDENCE/v1", *members)


class Writing:
    """Appending a minute's entries and signing it, on a chain that grows from round to round."""

    def __init__(self, chain: Chain) -> None:
        """Go on with the chain."""
        self.chain, self.minute = chain, ENTRIES // MINUTE

    def append(self) -> Sample:
        """Append one minute's entries."""
        return timed(lambda: self.chain.append(self.chain.engine, MINUTE), MINUTE)

    def sign(self) -> Sample:
        """Append one, then sign: what the checkpoint costs however many there were."""
        self.chain.append(self.chain.engine, 5)
        self.minute += 1
        return timed(lambda: self.chain.sign(self.chain.engine, self.minute), 1)


def timed(work: Callable[[], object], count: int) -> Sample:
    """Do something once that counts as so many."""
    worked, begun = time.process_time(), time.perf_counter()
    work()
    seconds = time.perf_counter() - begun
    return Sample(count, seconds, (seconds,), time.process_time() - worked)


def proof_sizes(chain: Chain) -> list[tuple[str, str, str]]:
    """Give the bytes of the longest paths, in hex and JSON as files have them, of trees of several sizes."""
    rows = []
    for size in SIZES:
        made = inclusion_path(index=0, size=size, subtree=lambda _start, _end: bytes(32))
        grown = consistency_path(old=size // 2 + 1, size=size, subtree=lambda _start, _end: bytes(32))
        rows.append((f"{size:,}", f"{len(made)} hashes, {67 * len(made):,}", f"{len(grown)}, {67 * len(grown):,}"))
    with transaction(chain.engine, writing=False) as session:
        real = inclusion_path(index=7, size=ENTRIES, subtree=StoredTree(session).subtree)
    assert len(real) <= (ENTRIES - 1).bit_length()
    return rows


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    with tempfile.TemporaryDirectory(prefix="tidegate-bench-") as folder:
        chain = Chain(Path(folder))
        sizes = proof_sizes(chain)
        writing = Writing(chain)
        cases = [
            Case("bare SHA-256 and P-256", lambda: timed(chain.bare, ENTRIES)),
            Case("verifier: a period with bodies", lambda: timed(chain.verified, ENTRIES)),
            Case("append one entry, five in a transaction", writing.append),
            Case("sign a checkpoint with the tree", writing.sign),
        ]
        rounds(cases, given.rounds)
    tell(cases, sizes, len(chain.period), as_json=given.json)


def tell(cases: list[Case], sizes: list[tuple[str, str, str]], length: int, *, as_json: bool) -> None:
    """Print what was found."""
    bare, verified, appended, signed = cases
    minute = signed.cost / (MINUTE * appended.cost)
    findings = [
        Finding("CPU of verifying an entry ÷ bare hashes and signatures", 1 / thrift(verified, bare)),
        Finding("CPU of a checkpoint ÷ appending its 250 entries", minute),
    ]
    if as_json:
        report("evidence", cases, findings, {"bytes": length, "proofs": sizes})
        return
    print(f"# Evidence ({machine()})")
    rows = [(case.name, figure(case.rate), figure(case.cost * 1e6)) for case in cases]
    show(
        f"Medians of rounds, {ENTRIES:,} entries in {length / 1e6:.1f} MB", ("Work", "per second", "CPU µs each"), rows
    )
    show("Longest proofs", ("Entries", "inclusion, bytes", "consistency, bytes"), sizes)
    conclude(findings)


if __name__ == "__main__":
    main()
