import pytest

from bff.bus.errors import BundleRequiredError, OpNotInManifestError, ScopeMissingError, ShellOnlyError
from bff.bus.releases import BundleRevokedError, BundleUnknownError
from bff.errors import BffError, OperationUnknownError
from bff.kinds import BundleRef, Scope
from tests.bff.bus.world import PAGE, REVOKED, Bank

REFUSALS = (
    ("counter.nothing", {}, OperationUnknownError),
    ("counter.partner", {}, OperationUnknownError),
    ("counter.add", {"scopes": frozenset({Scope.ONBOARDING})}, ScopeMissingError),
    ("counter.add", {"bundle": None}, BundleRequiredError),
    ("counter.shell", {}, ShellOnlyError),
    ("counter.add", {"bundle": REVOKED}, BundleRevokedError),
    ("counter.add", {"bundle": BundleRef("wealth", "1.0.0", "c" * 64)}, BundleUnknownError),
    ("counter.add", {"bundle": BundleRef("accounts", "1.0.0", PAGE.digest)}, BundleUnknownError),
    ("counter.add", {"bundle": BundleRef("wealth", "2.0.0", PAGE.digest)}, BundleUnknownError),
    ("counter.hidden", {}, OpNotInManifestError),
)


@pytest.mark.parametrize(("code", "changes", "expected"), REFUSALS)
def test_who_may_not_call_does_not_reach_the_handler(
    bank: Bank, code: str, changes: dict[str, object], expected: type[BffError]
) -> None:
    with pytest.raises(expected):
        bank.bus.call(bank.call(code, key="k", **changes))  # type: ignore[arg-type] # the table's values
    assert bank.entries("done") == []


def test_the_shell_calls_what_belongs_to_it(bank: Bank) -> None:
    assert bank.bus.call(bank.call("counter.shell", bundle=None)).status == 200
