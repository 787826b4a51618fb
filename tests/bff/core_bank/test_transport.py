"""The adapter over HTTP: bounded in time and size, on kept connections, with mutual TLS; what fails is unknown."""

import ssl
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from bff.core_bank.esb.adapter import EsbCore
from bff.core_bank.esb.faults import Fault, Script, Step
from bff.core_bank.esb.front import Front
from bff.core_bank.esb.transport import ANSWER_BYTES, HttpTransport, NoAnswerError, Tls
from bff.core_bank.esb.wire import wire_of
from bff.core_bank.port import CoreStatus, CoreUnknownError
from bff.db.engine import open_engine
from tests.bff.core_bank.conftest import NOW, Bank, made, numbered
from tests.bff.core_bank.fronts import served
from tests.serving import LoopbackServer

SECONDS = 0.3


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Bank]:
    engine = open_engine(f"sqlite:///{tmp_path / 'core.db'}")
    yield made(engine)
    engine.dispose()


@pytest.mark.parametrize("fault", [Fault.SILENT_BEFORE, Fault.SILENT_AFTER, Fault.DOWN, Fault.SLOW, Fault.GARBAGE])
def test_faults_on_a_real_line(ledger: Bank, fault: Fault) -> None:
    number = ledger.account("cus_1", 100)
    wire = wire_of("esb", lambda: NOW)
    front = Front(ledger.ledger, wire, Script([Step("transfer", fault)]))
    content = {"payer": number, "payee": ledger.raising, "amount": 60, "currency": "CNY", "memo": ""}
    with served(front, silence=2 * SECONDS) as address:
        core = EsbCore(HttpTransport(address, seconds=SECONDS), wire, numbered())
        if fault in {Fault.SILENT_BEFORE, Fault.DOWN}:
            with pytest.raises(CoreUnknownError):
                core.transfer(sequence="t", **content)
            assert core.query("t").status is CoreStatus.ABSENT
        receipt = core.transfer(sequence="t", **content)
        assert core.query("t").receipt == receipt
    assert ledger.ledger.enquire(number).balance == 40


def test_nobody_there_is_unknown() -> None:
    core = EsbCore(HttpTransport("http://127.0.0.1:9/", seconds=SECONDS), wire_of("esb", lambda: NOW), numbered())
    assert core.query("t").status is CoreStatus.UNKNOWN
    with pytest.raises(CoreUnknownError):
        core.void(sequence="t", hold="h")


class Talker(BaseHTTPRequestHandler):
    """Counts connections, and answers as it is told."""

    protocol_version = "HTTP/1.1"
    tell: Callable[[Any], None]
    connections = 0

    def setup(self) -> None:
        super().setup()
        type(self).connections += 1

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        type(self).tell(self)

    def log_message(self, *_: Any) -> None:
        """Write nothing."""


def head(talker: Talker, length: int, status: int = 200, **more: str) -> None:
    talker.send_response(status)
    for name, value in {"Content-Length": str(length), **more}.items():
        talker.send_header(name, value)
    talker.end_headers()


def answer(talker: Talker) -> None:
    head(talker, 4)
    talker.wfile.write(b"<a/>")


def drip(talker: Talker) -> None:
    head(talker, 1000)
    for _ in range(100):
        talker.wfile.write(b"x")
        time.sleep(SECONDS / 4)


def drip_head(talker: Talker) -> None:
    for _ in range(100):
        talker.wfile.write(b"H")
        time.sleep(SECONDS / 4)


def flood(talker: Talker) -> None:
    head(talker, 10 * ANSWER_BYTES)
    talker.wfile.write(b"x" * 10 * ANSWER_BYTES)


def cut(talker: Talker) -> None:
    head(talker, 100)
    talker.wfile.write(b"<a/>")
    talker.close_connection = True


def redirect(talker: Talker) -> None:
    head(talker, 0, 307, Location="http://127.0.0.1:1/")


@contextmanager
def talking(tell: Callable[[Any], None]) -> Iterator[tuple[str, type[Talker]]]:
    handler = type("Told", (Talker,), {"tell": staticmethod(tell), "connections": 0})
    with LoopbackServer(handler) as server:
        yield f"http://127.0.0.1:{server.server_port}/", handler


@pytest.mark.parametrize("tell", [drip, drip_head, flood, cut, redirect])
def test_an_answer_that_is_not_whole_in_time_and_size_is_none(tell: Callable[[Any], None]) -> None:
    with talking(tell) as (address, _):
        began = time.monotonic()
        with pytest.raises(NoAnswerError):
            HttpTransport(address, seconds=SECONDS)(b"<a/>", "application/xml")
        assert time.monotonic() - began < 5 * SECONDS


def test_connections_are_kept_and_no_more_than_needed() -> None:
    with talking(answer) as (address, handler):
        transport = HttpTransport(address, seconds=5)
        for _ in range(20):
            assert transport(b"<a/>", "application/xml") == b"<a/>"
        assert handler.connections == 1
        threads = [threading.Thread(target=transport, args=(b"<a/>", "application/xml")) for _ in range(64)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert handler.connections <= 16


def certificate(folder: Path, name: str, issuer: tuple[Any, Any] | None = None) -> tuple[Any, Any]:
    """Make a key and its certificate, signed by the issuer or by itself, as files ``name.pem`` and ``name.key``."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    signer, ca = issuer or (key, None)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(ca.subject if ca else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW - timedelta(days=365))
        .not_valid_after(NOW + timedelta(days=3650))
        .add_extension(x509.BasicConstraints(ca=issuer is None, path_length=None), critical=True)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName("localhost")]), critical=False)
    )
    signed = builder.sign(signer, hashes.SHA256())
    (folder / f"{name}.pem").write_bytes(signed.public_bytes(serialization.Encoding.PEM))
    plain = serialization.NoEncryption()
    form = serialization.PrivateFormat.PKCS8
    (folder / f"{name}.key").write_bytes(key.private_bytes(serialization.Encoding.PEM, form, plain))
    return key, signed


class Shaking(LoopbackServer):
    """A server to which handshakes that fail are no errors: they are what is tested."""

    def handle_error(self, *arguments: Any) -> None:
        if not isinstance(sys.exception(), ssl.SSLError):
            super().handle_error(*arguments)


def test_both_sides_show_a_certificate(tmp_path: Path) -> None:
    authority = certificate(tmp_path, "authority")
    for name in ("server", "client"):
        certificate(tmp_path, name, authority)
    certificate(tmp_path, "stranger")
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "server.pem", tmp_path / "server.key")
    context.load_verify_locations(tmp_path / "authority.pem")
    context.verify_mode = ssl.CERT_REQUIRED

    def asked(port: int, host: str, ca: str, own: str) -> bytes:
        tls = Tls(tmp_path / f"{ca}.pem", tmp_path / f"{own}.pem", tmp_path / f"{own}.key")
        return HttpTransport(f"https://{host}:{port}/", seconds=2, tls=tls)(b"<a/>", "application/xml")

    handler = type("Told", (Talker,), {"tell": staticmethod(answer), "connections": 0})
    server = Shaking(handler)
    server.socket = context.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    try:
        port = server.server_port
        assert asked(port, "localhost", "authority", "client") == b"<a/>"
        for host, ca, own in (
            ("localhost", "stranger", "client"),
            ("localhost", "authority", "stranger"),
            ("127.0.0.1", "authority", "client"),
        ):
            with pytest.raises(NoAnswerError):
                asked(port, host, ca, own)
    finally:
        server.close()
