"""The keys that sign each bundle's releases now, read from the repository's verified metadata."""

import hashlib
from dataclasses import dataclass, field

from bff.kinds import Clock
from h5bundle.errors import H5BundleError, ObjectMissingError, StoreError
from h5bundle.repository import is_repository, load_for_renewal, trusted_root
from h5bundle.stores.port import Store
from h5bundle.trust import TIMESTAMP, SigningKeys, TrustedState, role_keys


@dataclass(slots=True)
class CurrentSigningKeys:
    """Role keys and trusted root of a repository beside this process; read again only when the timestamp changed.

    A timestamp that has just expired does not take the running shell's keys away: expiry stops updating, not running.
    Neither does a store that does not answer for a while.
    """

    store: Store
    clock: Clock
    _seen: str = ""
    _state: TrustedState | None = field(default=None)
    _root: str = ""

    def of(self, bundle: str) -> SigningKeys | None:
        """Give the keys of a bundle's role, or None when there is no such bundle here."""
        state = self._current()
        return None if state is None or bundle not in state.bundles else role_keys(state.targets, bundle)

    def bundles(self) -> tuple[str, ...]:
        """Give the bundles that have a role."""
        state = self._current()
        return () if state is None else state.bundles

    def state(self) -> TrustedState | None:
        """Give the verified repository, the same object while its timestamp is the same; None when it is broken."""
        return self._current()

    def root(self) -> str:
        """Give the repository's first root as text: what an app would carry inside; empty before the first release."""
        try:
            self._root = trusted_root(self.store).decode() if is_repository(self.store) else ""
        except ObjectMissingError:
            self._root = ""
        except StoreError:
            return self._root
        return self._root

    def _current(self) -> TrustedState | None:
        """Verify the repository when it has changed; a broken one gives no keys."""
        try:
            mark = hashlib.sha256(self.store.read(TIMESTAMP)).hexdigest()
            if mark != self._seen:
                self._state = load_for_renewal(self.store, self.clock())
                self._seen = mark
        except H5BundleError as error:
            if not isinstance(error, StoreError) or isinstance(error, ObjectMissingError):
                self._state, self._seen = None, ""
        return self._state
