"""The two servers of ``bench_protected.py``, without limits of rate: one as it is, one that checks nothing.

The second takes every request for one customer's.
"""

import json
import os
import sys
from dataclasses import dataclass, replace

from bank import LIFTED
from flask import Flask

from app import ROOT, Instance, clock, open_prepared, read_settings, serve, wsgi
from app import _surroundings as surroundings
from bff.bus import RateLimiter
from bff.house import build_house
from bff.kinds import Caller, Channel, Scope
from bff.sessions.authenticator import Presented, parse_bundle

CALLER = "BENCH_CALLER"
"""Environment variable: device, customer and bundle of the one caller, as JSON."""


@dataclass(frozen=True, slots=True)
class Fixed:
    """An authenticator that asks for nothing."""

    caller: Caller

    def authenticate(self, _presented: Presented) -> Caller:
        """Give the one caller."""
        return self.caller


def caller_of(device: str, customer: str, bundle: str) -> Caller:
    """Give the caller that a protected request of that customer leads to."""
    return Caller(
        channel=Channel.APP,
        customer_id=customer,
        device_id=device,
        jkt="",
        scopes=frozenset({Scope.ONBOARDING, Scope.CUSTOMER}),
        bundle=parse_bundle(bundle),
        address="127.0.0.1",
        session_id="",
        verified_at=clock(),
    )


def create_guarded() -> Flask:
    """Give the application of a prepared folder, without limits of rate."""
    return wsgi(_unlimited())


def create_open() -> Flask:
    """Give the same with its door open."""
    instance = _unlimited()
    told = json.loads(os.environ[CALLER])  # noqa: TID251 — a script's own variable
    door = replace(instance.house.door, authenticator=Fixed(caller_of(**told)))  # type: ignore[arg-type] # stands in for the authenticator
    return wsgi(replace(instance, house=replace(instance.house, door=door)))


def _unlimited() -> Instance:
    instance = open_prepared(read_settings())
    parts = (instance.settings, instance.engine, instance.keys, instance.core, instance.store)
    house = build_house(replace(surroundings(*parts), limiter=RateLimiter(factor=LIFTED)))
    return replace(instance, house=house)


if __name__ == "__main__":
    assert (ROOT / "app.py").is_file()
    serve(read_settings(), f"unlimited:{sys.argv[1]}")
