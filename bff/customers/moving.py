"""Moving what hangs on an older key to the present one: sealed values, and the hashes that find customers."""

from dataclasses import dataclass

from bff.customers.reindexing import Reindexing
from bff.customers.rewrapping import Moved, Rewrapping


@dataclass(frozen=True, slots=True)
class Moving:
    """Both moves as one, for the server's job, the command and whoever asks whether a key may go."""

    sealed: Rewrapping
    indexed: Reindexing

    def run(self) -> Moved:
        """Move all; give how many values and customers moved, and how many do not open."""
        sealed, indexed = self.sealed.run(), self.indexed.run()
        return Moved(sealed.moved + indexed.moved, sealed.broken + indexed.broken)

    def uses(self, kid: str) -> int:
        """Count what hangs on a key, whatever it is for."""
        return self.sealed.uses(kid) + self.indexed.uses(kid)
