"""What can be wrong with a contract: findings with their place and remedy, and the error that carries them."""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Finding:
    """One mistake in the contract.

    Attributes:
        file: name of the YAML file, empty when the mistake lies between files.
        line: line in it, counted from 1; 0 when there is none.
        path: place in the document, ``methods.tx.sign.timeoutMs``.
        message: what is wrong.
        remedy: what to do about it.
    """

    file: str
    line: int
    path: str
    message: str
    remedy: str

    def __str__(self) -> str:
        """Write the finding as compilers do: ``file:line: path: message (remedy)``."""
        place = f"{self.file}:{self.line}" if self.file else "contract"
        return f"{place}: {self.path}: {self.message} ({self.remedy})"


class BridgeError(Exception):
    """Root of what this package raises."""


class ContractError(BridgeError):
    """The contract is not valid."""

    def __init__(self, findings: Sequence[Finding]) -> None:
        """Carry the findings in the order of their places."""
        self.findings = tuple(sorted(findings))
        super().__init__("\n".join(str(finding) for finding in self.findings))


class VectorError(BridgeError):
    """A conformance vector is not written as the runner reads it."""
