"""SM2-SM3 against ES256: signing and verifying an approval's message; SM4-GCM against AES-256-GCM: a sealed value."""

import os
from collections.abc import Callable
from itertools import count

from measuring import Case, Finding, arguments, conclude, figure, machine, ratio, repeated, report, rounds, show, thrift

from security.errors import SuiteUnavailableError
from security.sealing import Sealer
from security.suites import ES256, SM2_SM3, AnySuite

SECONDS = 0.5
MESSAGE = os.urandom(900)
"""As long as the message of an approval."""
VALUE = b"13800006620"


def timed(name: str, work: Callable[[], object]) -> Case:
    """Make a case of one piece of work."""
    return Case(name, lambda: repeated(work, SECONDS))


def signatures(suite: AnySuite) -> list[Case]:
    """Give the cases of one suite: sign, and verify what it signed."""
    key = suite.generate()
    public, signature = key.public_key(), suite.sign(key, MESSAGE)
    return [
        timed(f"{suite.alg} sign", lambda: suite.sign(key, MESSAGE)),
        timed(f"{suite.alg} verify", lambda: suite.verify(public, MESSAGE, signature)),
    ]


def seals(name: str, key_bytes: int) -> list[Case]:
    """Give the cases of one cipher: seal, and open what it sealed."""
    sealer = Sealer({"k": os.urandom(key_bytes)}, "k")
    envelope, number = sealer.seal(VALUE, "cus_1", "mobile"), count()
    return [
        timed(f"{name} seal", lambda: sealer.seal(VALUE, f"cus_{next(number)}", "mobile")),
        timed(f"{name} open", lambda: sealer.open(envelope, "cus_1", "mobile")),
    ]


def main() -> None:
    """Measure, and print what was found."""
    given = arguments(__doc__ or "")
    try:
        SM2_SM3.require()
    except SuiteUnavailableError as error:
        print(f"SM2-SM3 is not measured: {error.detail}")
        return
    ours = [*signatures(SM2_SM3), *seals("SM4-GCM", 16)]
    peers = [*signatures(ES256), *seals("AES-256-GCM", 32)]
    cases = [*ours, *peers]
    rounds(cases, given.rounds)
    pairs = list(zip(ours, peers, strict=True))
    findings = [
        *(Finding(f"{one.name} ÷ {other.name}, rate", ratio(one, other)) for one, other in pairs),
        *(Finding(f"{one.name} ÷ {other.name}, for the same CPU time", thrift(one, other)) for one, other in pairs),
    ]
    if given.json:
        report("suites", cases, findings)
        return
    print(f"# Suites ({machine()})")
    rows = [(case.name, figure(case.rate), figure(case.cost * 1e6)) for case in cases]
    show("Medians of rounds", ("Case", "per second", "CPU µs each"), rows)
    conclude(findings)


if __name__ == "__main__":
    main()
