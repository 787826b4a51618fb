"""Production refuses what a sandbox is allowed: development keys, plain HTTP, shown codes, many workers alone."""

import pytest

from tests.attacks.bank import Bank
from tests.running import Running

PRODUCTION = {
    "TIDEGATE_ENV": "production",
    "TIDEGATE_PUBLIC_URL": "https://m.example",
    "TIDEGATE_KEY_PASSPHRASE": "a passphrase of the bank's own",
}


def production(bank: Bank, **changes: str | None) -> Bank:
    """Give the same folder as production would start on it; no server is started by this."""
    settings = {**bank.running.extra, **PRODUCTION, **changes}
    extra = {name: text for name, text in settings.items() if text is not None}
    return Bank(Running(var=bank.running.var, extra=extra), bank.engine, bank.kind)


@pytest.mark.parametrize("command", ["serve", "prepare"])
def test_development_keys_are_refused(bank: Bank, command: str) -> None:
    """Defence: a folder in which a sandbox made keys says so, and production stops at it."""
    done = production(bank).command(command)
    assert done.returncode == 2
    assert "holds development keys: production needs keys of its own" in done.stderr
    assert "Traceback" not in done.stderr


def test_plain_http_and_a_missing_passphrase_are_refused(bank: Bank) -> None:
    """Defence: settings that contradict each other stop the start and name the setting."""
    plain = production(bank, TIDEGATE_PUBLIC_URL="http://m.example").command("serve")
    bare = production(bank, TIDEGATE_KEY_PASSPHRASE=None).command("serve")
    assert (plain.returncode, bare.returncode) == (2, 2)
    assert "TIDEGATE_PUBLIC_URL with https://" in plain.stderr
    assert "TIDEGATE_KEY_PASSPHRASE" in bare.stderr


def test_workers_that_share_nothing_are_refused(bank: Bank) -> None:
    """Defence: replay marks in one process's memory would let a proof pass once a worker."""
    running = Running(var=bank.running.var, extra={"TIDEGATE_WORKERS": "2"})
    done = Bank(running, bank.engine, bank.kind).command("serve")
    assert done.returncode == 2
    assert "TIDEGATE_REDIS_URL" in done.stderr
