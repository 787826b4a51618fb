"""Moving what hangs on an older key to the present one: sealed values, and the hashes that find customers."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from bff.customers.reindexing import Reindexing
from bff.customers.rewrapping import Moved, Rewrapping


@dataclass(frozen=True, slots=True)
class Moving:
    """Both moves as one, for the server's job, the command and whoever asks whether a key may go.

    Attributes:
        sealed, indexed: what can be moved at any time.
        seed: lets the core bank take up its sample accounts, and card numbers be found, under the present key.
        others: count what hangs on the key of an id beside what is sealed and indexed.
    """

    sealed: Rewrapping
    indexed: Reindexing
    seed: Callable[[], None]
    others: Sequence[Callable[[str], int]] = ()

    def run(self) -> Moved:
        """Move all; give how many values and customers moved, and how many do not open."""
        self.seed()
        sealed, indexed = self.sealed.run(), self.indexed.run()
        return Moved(sealed.moved + indexed.moved, sealed.broken + indexed.broken)

    def uses(self, kid: str) -> int:
        """Count what hangs on a key, whatever it is for."""
        return self.sealed.uses(kid) + self.indexed.uses(kid) + sum(count(kid) for count in self.others)
