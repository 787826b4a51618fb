"""What protection costs: a protected read through bus and door, against bare Flask and a stock protected view.

All cases are called in this process as a WSGI server would call them; the proof of a request is the phone's work and is
made beforehand. The read is ``wealth.suitability.get``: three small SELECTs, besides two for session and device.
"""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from typing import Any

from bank import Bank, Client, open_bank
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature
from flask import Flask, Response, jsonify
from flask_jwt_extended import JWTManager, create_access_token, get_jwt_identity, jwt_required
from measuring import (
    Case,
    Finding,
    Sample,
    arguments,
    conclude,
    each,
    figure,
    machine,
    repeated,
    report,
    rounds,
    show,
    thrift,
)
from sqlalchemy import String, create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from unlimited import Fixed
from werkzeug.test import EnvironBuilder

from app import clock
from bff.factory import Parts, create_flask
from bff.sessions.authenticator import Authenticator, Presented
from security.approvals import FROZEN, decode, verify_approval
from security.encoding import b64url_decode
from security.jwk import parse_jwk
from tests.device import jwk

OPERATION = "wealth.suitability.get"
PATH = "/app/v1/wealth/suitability"
CALLS = 250
"""Calls of one round; their proofs are signed beforehand."""
SECONDS = 0.25


class Stock(DeclarativeBase):
    """Tables of the peer."""


class Level(Stock):
    """The row that the peer reads."""

    __tablename__ = "level"

    customer: Mapped[str] = mapped_column(String(40), primary_key=True)
    level: Mapped[str] = mapped_column(String(2))
    valid_until: Mapped[str] = mapped_column(String(20))


def ask(app: Flask, environ: dict[str, Any]) -> bytes:
    """Call an application as a WSGI server does; anything but 200 is an error."""
    seen: list[str] = []
    parts = app.wsgi_app(environ, lambda status, _headers, _info=None: seen.append(status))
    body = b"".join(parts)
    assert seen == ["200 OK"], (seen, body)
    return body


def environs(base: str, path: str, headers: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    """Make the requests beforehand."""
    made = []
    for one in headers:
        builder = EnvironBuilder(path=path, base_url=base, headers=dict(one))
        made.append(builder.get_environ())
        builder.close()
    return made


def called(app: Flask, base: str, path: str, headers: Callable[[], Mapping[str, str]]) -> Callable[[], Sample]:
    """Make a case of asking an application, each request with fresh headers."""
    return lambda: each(environs(base, path, [headers() for _ in range(CALLS)]), lambda environ: ask(app, environ))


def bare(body: bytes) -> Flask:
    """Give an application whose one view returns the same bytes."""
    app = Flask("bare")
    app.add_url_rule(PATH, view_func=lambda: Response(body, content_type="application/json"), endpoint="bare")
    return app


def stock(folder: Path) -> tuple[Flask, str]:
    """Give the peer as its handbook writes it: ES256 by flask-jwt-extended, one ORM get, jsonify; and a token."""
    key = ec.generate_private_key(ec.SECP256R1())
    app = Flask("stock")
    form = (serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    app.config.update(
        JWT_ALGORITHM="ES256",
        JWT_PRIVATE_KEY=key.private_bytes(serialization.Encoding.PEM, *form).decode(),
        JWT_PUBLIC_KEY=key.public_key()
        .public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
        .decode(),
        JWT_ACCESS_TOKEN_EXPIRES=timedelta(minutes=10),
    )
    JWTManager(app)
    engine = create_engine(f"sqlite:///{folder / 'stock.db'}")
    Stock.metadata.create_all(engine)
    with Session(engine) as session, session.begin():
        session.add(Level(customer="cus_1", level="C5", valid_until="2027-01-01"))

    @app.get(PATH)
    @jwt_required()
    def view() -> Response:
        with Session(engine) as session:
            row = session.get_one(Level, get_jwt_identity())
            return jsonify(level=row.level, validUntil=row.valid_until, leftToday=2)

    with app.app_context():
        return app, create_access_token("cus_1")


@dataclass
class Reads:
    """The cases of the protected read."""

    bank: Bank
    client: Client
    folder: Path

    def __post_init__(self) -> None:
        """Make the cases."""
        base, app = self.bank.instance.settings.origin, self.bank.app
        door = self.bank.house.door
        caller = self.client.caller(self.bank.wealth)
        body = self.client.call(OPERATION, {}, bundle=True).body
        open_door = create_flask(Parts(door=replace(door, authenticator=Fixed(caller)), checks={}))  # type: ignore[arg-type] # stands in for the authenticator
        peer, token = stock(self.folder)
        self.protected = Case("door: DPoP, token, session, bus, read", called(app, base, PATH, self.headers))
        self.open = Case("door without protection: bus, read", called(open_door, base, PATH, dict))
        self.bus = Case(
            "bus alone, no HTTP", lambda: repeated(lambda: self.client.call(OPERATION, {}, bundle=True), SECONDS)
        )
        self.proved = Case("authenticator alone", self.authenticate(door.authenticator))
        self.bare = Case("bare Flask view, same bytes", called(bare(body), base, PATH, dict))
        bearer = {"Authorization": f"Bearer {token}"}
        self.stock = Case("stock: @jwt_required, ORM get, jsonify", called(peer, base, PATH, lambda: bearer))

    @property
    def cases(self) -> list[Case]:
        """Give the cases."""
        return [self.protected, self.open, self.bus, self.proved, self.bare, self.stock]

    def headers(self) -> dict[str, str]:
        """Sign one request as the phone does."""
        phone = self.client.phone
        proof = phone.proof("GET", PATH, str(self.bank.wealth))
        return {"Authorization": "DPoP " + phone.access, "DPoP": proof}

    def authenticate(self, authenticator: Authenticator) -> Callable[[], Sample]:
        """Make a case of the authenticator without Flask."""
        url = self.client.phone.base + PATH

        def run() -> Sample:
            sent = [self.headers() for _ in range(CALLS)]
            presented = [Presented("GET", url, one["Authorization"], one["DPoP"], "", clock()) for one in sent]
            return each(presented, authenticator.authenticate)

        return run

    def findings(self) -> list[Finding]:
        """Give the ratios."""
        return [
            Finding("protected read ÷ stock flask-jwt-extended + ORM", thrift(self.protected, self.stock), 3),
            Finding("DPoP-protected ÷ same call unprotected, without a server", thrift(self.protected, self.open)),
            Finding("bus alone ÷ bare Flask view", thrift(self.bus, self.bare)),
            Finding("protected read ÷ bare Flask view", thrift(self.protected, self.bare)),
        ]


@dataclass
class Proofs:
    """Signatures: what the checks around a bare P-256 verify cost."""

    client: Client

    def __post_init__(self) -> None:
        """Make the cases over one signed purchase."""
        signed = self.client.signed()
        message, signature = b64url_decode(signed["message"]), b64url_decode(signed["signature"])
        fields = decode(message)
        frozen = {name: fields[name] for name in FROZEN}
        key, now = parse_jwk(jwk(self.client.phone.tx)), clock()
        r, s = int.from_bytes(signature[:32]), int.from_bytes(signature[32:])
        der, algorithm, public = encode_dss_signature(r, s), ec.ECDSA(hashes.SHA256()), key.public_key

        def approval() -> None:
            verify_approval(
                message=message,
                signature=signature,
                frozen=frozen,
                public_key=key,
                last_seq=0,
                now=now,
                factors=frozenset({"pin"}),
            )

        self.approval = Case("approval: decode, compare, verify", lambda: repeated(approval, SECONDS))
        self.verify = Case(
            "bare P-256 verify", lambda: repeated(lambda: public.verify(der, message, algorithm), SECONDS)
        )
        self.speed = Case("openssl speed ecdsap256, verify", openssl)

    @property
    def cases(self) -> list[Case]:
        """Give the cases."""
        return [self.approval, self.verify, self.speed]

    def findings(self) -> list[Finding]:
        """Give the ratios."""
        return [
            Finding("approval verify ÷ bare P-256 verify", thrift(self.approval, self.verify), 0.7),
            Finding("approval verify ÷ openssl speed", thrift(self.approval, self.speed)),
        ]


def openssl() -> Sample:
    """Let ``openssl speed`` verify for a second; its own count is of CPU time."""
    command = ["openssl", "speed", "-mr", "-seconds", "1", "ecdsap256"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    count = float(said.strip().rpartition(":")[2])
    return Sample(round(count), 1.0, (1 / count,), 1.0)


def main() -> None:
    given = arguments(str(__doc__).splitlines()[0])
    folder = Path(tempfile.mkdtemp(prefix="tidegate-bench-"))
    try:
        bank = open_bank(folder / "var", people=1)
        client = bank.client(0)
        reads, proofs = Reads(bank, client, folder), Proofs(client)
        for part in (reads, proofs):
            rounds(part.cases, given.rounds)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    cases, findings = [*reads.cases, *proofs.cases], [*reads.findings(), *proofs.findings()]
    if given.json:
        report("bus", cases, findings)
        return
    print(f"# Protected read and signatures ({machine()})")
    rows = [(case.name, *(figure(time * 1e6) for time in (case.cost, case.quantile(0.5)))) for case in cases]
    show("Medians of rounds", ("Case", "CPU µs", "p50 µs"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
