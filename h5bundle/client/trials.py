"""Which release of a bundle runs, which comes next, which one is known to be good, and which ones were sent back.

Pure rules without IO, the same as in the shell's ``core/trials.mjs``; both are held to one list of cases.

Invariants: the digest that was *opened* gets the credit, whatever was downloaded, halted or opened since. A release
that reported ready once on this device is good and is never sent back. Nothing is sent back while there is nothing to
go back to. A digest that was sent back is not taken again until the policy has named another one in between.
"""

from typing import Final

import msgspec

from h5bundle.terms import Terms
from h5bundle.versions import parse_version

FAILURES: Final = 1
"""After how many failures a release is sent back."""
LOOP: Final = 3
"""How many openings in a row may end without a word before the next one counts as a crash loop."""
CRASH_LOOP: Final = "crash-loop"
KEPT_REFUSALS: Final = 20


class Slot(msgspec.Struct, frozen=True):
    """One release by its version and digest."""

    version: str
    digest: str


class Trial(msgspec.Struct, frozen=True):
    """A release that has not reported ready yet: how often it failed, how many openings ended without a word."""

    digest: str
    failures: int = 0
    silent: int = 0


class Refusal(msgspec.Struct, frozen=True):
    """A release that was sent back on this device.

    Attributes:
        reason: ``not-ready``, ``crash-loop`` or how the page ended; at: when, as the house writes instants.
        policy: number of the policy in force; away: a later policy has named another release since.
    """

    version: str
    digest: str
    reason: str
    at: str
    policy: int = 0
    away: bool = False


class Standing(msgspec.Struct, frozen=True):
    """What stands on this device for one bundle; written in one step, so that a switch happens whole or not at all."""

    running: Slot | None = None
    next: Slot | None = None
    good: Slot | None = None
    trial: Trial | None = None
    refused: tuple[Refusal, ...] = ()
    floor: str = "0.0.0"
    policy: int = 0
    terms: Terms = Terms()

    @property
    def kept(self) -> tuple[Slot, ...]:
        """Give the releases whose files must stay."""
        return tuple(slot for slot in (self.running, self.next, self.good) if slot is not None)

    def refusal(self, digest: str) -> Refusal | None:
        """Tell whether, and why, a digest was sent back here."""
        return next((one for one in self.refused if one.digest == digest), None)

    def allows(self, slot: Slot | None) -> bool:
        """Tell whether a release may run: it is at or above the signed floor."""
        return slot is not None and parse_version(slot.version) >= parse_version(self.floor)


def told(standing: Standing, *, policy: int, floor: str, chosen: str | None) -> Standing:
    """Take in what the policy says.

    Args:
        standing: so far.
        policy: its number.
        floor: its floor.
        chosen: the digest that it gives this installation, None when it gives none: then what was downloaded but not
            opened is dropped, and what runs goes on as long as it is not below the floor.
    """
    refused = tuple(_seen(one, policy, chosen) for one in standing.refused)
    lifted = tuple(one for one in refused if not (one.away and one.digest == chosen))
    floor = max(standing.floor, floor, key=parse_version)
    new = msgspec.structs.replace(standing, refused=lifted, floor=floor, policy=max(policy, standing.policy))
    waiting = new.next if new.next is not None and new.next.digest == chosen else None
    return msgspec.structs.replace(
        new,
        running=new.running if new.allows(new.running) else None,
        next=waiting if new.allows(waiting) else None,
        good=new.good if new.allows(new.good) else None,
    )


def downloaded(standing: Standing, slot: Slot) -> Standing:
    """Take in that a whole, verified release lies in its slot: it opens next unless it runs or was sent back."""
    known = slot == standing.running or standing.refusal(slot.digest) is not None
    return msgspec.structs.replace(standing, next=None if known else slot)


def opened(standing: Standing, *, at: str, limit: int = FAILURES, preset: Slot | None = None) -> Standing:
    """Take in that the bundle is being opened now: switch, and begin or go on with the trial.

    ``running`` of the result is what to open. Arguments as for ``failed``.
    """
    switched = msgspec.structs.replace(standing, running=standing.next or standing.running, next=None)
    running = switched.running
    if running is None or running == switched.good:
        return switched
    trial = _trial_of(switched, running.digest)
    if trial.silent >= LOOP:
        judged = failed(switched, running.digest, reason=CRASH_LOOP, at=at, limit=limit, preset=preset)
        if judged.running != running:
            return judged
    return msgspec.structs.replace(switched, trial=msgspec.structs.replace(trial, silent=trial.silent + 1))


def ready(standing: Standing, digest: str) -> Standing:
    """Take in that the page of that digest reported ready."""
    slot = next((one for one in standing.kept if one.digest == digest), None)
    if slot is None or slot != standing.running:  # a page that stayed open while another release was switched to
        return standing
    return msgspec.structs.replace(standing, good=slot, trial=None)


def left(standing: Standing, digest: str) -> Standing:
    """Take in that the page was left before there was a verdict: that is nobody's fault."""
    if standing.trial is None or standing.trial.digest != digest:
        return standing
    return msgspec.structs.replace(standing, trial=msgspec.structs.replace(standing.trial, silent=0))


def failed(
    standing: Standing, digest: str, *, reason: str, at: str, limit: int = FAILURES, preset: Slot | None = None
) -> Standing:
    """Take in that the release of that digest did not become ready, or its page broke before it was.

    Args:
        standing: so far.
        digest: of the page that was opened.
        reason: why.
        at: when.
        limit: how many failures send it back.
        preset: what the app carries inside, to go back to when no other release is known to be good.
    """
    back = next((one for one in (standing.good, preset) if standing.allows(one) and one and one.digest != digest), None)
    running = standing.running
    if (standing.good and standing.good.digest == digest) or running is None or running.digest != digest:
        return standing
    trial = _trial_of(standing, digest)
    trial = Trial(digest, trial.failures + 1)
    if trial.failures < limit or back is None:
        return msgspec.structs.replace(standing, trial=trial)
    entry = Refusal(running.version, digest, reason, at, standing.policy)
    others = tuple(one for one in standing.refused if one.digest != digest)
    return msgspec.structs.replace(
        standing, running=back, good=back, trial=None, refused=(entry, *others)[:KEPT_REFUSALS]
    )


def _trial_of(standing: Standing, digest: str) -> Trial:
    """Give the trial of a digest, a new one when another was on trial."""
    trial = standing.trial
    return trial if trial is not None and trial.digest == digest else Trial(digest)


def _seen(refusal: Refusal, policy: int, chosen: str | None) -> Refusal:
    """Note that a later policy named another release than the one that was sent back."""
    moved = chosen is not None and chosen != refusal.digest and policy > refusal.policy
    return msgspec.structs.replace(refusal, away=True) if moved else refusal
