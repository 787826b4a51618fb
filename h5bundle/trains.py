"""Release trains: what every release on offer needs from other bundles, from the bank's operations and from the bridge.

A change of what is on offer must not leave any release without the exact shared release that it pins, without an
operation that it may call, or with a contract that the bridge does not speak. The rules are pure: the caller brings
what is on offer before and after.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from h5bundle.errors import TrainError
from h5bundle.manifest import Manifest
from h5bundle.versions import is_spoken


@dataclass(frozen=True, slots=True)
class World:
    """What releases may lean on.

    Attributes:
        signed: bundle → version → digest, of everything that a role signs now.
        ops: operations of the live catalogue; None when it is not at hand, and then they are not judged.
        contract: version of the bridge contract that hosts speak; None likewise.
    """

    signed: Mapping[str, Mapping[str, str]]
    ops: frozenset[str] | None = None
    contract: str | None = None


@dataclass(frozen=True, slots=True, order=True)
class Blocker:
    """One thing that an offered release needs and would not have."""

    release: str
    needs: str
    why: str

    def __str__(self) -> str:
        """Give it as a sentence."""
        return f"{self.release} needs {self.needs}: {self.why}"


def blockers(offered: Iterable[Manifest], world: World) -> frozenset[Blocker]:
    """Name everything that offered releases need and do not have.

    Args:
        offered: manifests of the releases that any policy offers.
        world: what there is.
    """
    return frozenset(blocker for manifest in offered for blocker in _of(manifest, world))


def refuse(broken: Iterable[Blocker], *, what: str) -> None:
    """Refuse a change that breaks what was not broken.

    Args:
        broken: blockers as it would stand that are none as it stands now.
        what: the change, in words.

    Raises:
        TrainError: naming each release and what it would lack.
    """
    named = tuple(map(str, sorted(broken)))
    if named:
        raise TrainError(
            detail=f"{what} would break a release train: {'; '.join(named)}",
            remedy="publish or offer what is needed first, or take the release that needs it off",
            blockers=named,
        )


def _of(manifest: Manifest, world: World) -> Iterable[Blocker]:
    """Name what one release lacks."""
    for bundle, pinned in manifest.requires.items():
        held = world.signed.get(bundle, {}).get(pinned.version)
        if held is None:
            yield Blocker(manifest.name, f"{bundle}@{pinned.version}", "no role signs that release")
        elif held != pinned.digest:
            yield Blocker(manifest.name, f"{bundle}@{pinned.version}", "what is signed has another digest")
    for op in manifest.ops if world.ops is not None else ():
        if op not in (world.ops or ()):
            yield Blocker(manifest.name, f"operation {op}", "the live catalogue has none of that name")
    given = manifest.contract
    if world.contract is not None and not is_spoken(world.contract, least=given.min, tested=given.max):
        yield Blocker(manifest.name, f"contract {given.min} to {given.max}", f"hosts speak {world.contract}")
