"""The reference client: fetch what the policy gives, open what is verified, go back from what does not become ready.

The steps are those of a phone: ``pull`` downloads, verifies and fills a slot; ``open`` switches and hashes every file
before it gives the folder; the app then says ``ready``, ``failed`` or ``left`` of the digest that it opened.
"""

from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import TypeAlias

import msgspec
from tuf.ngclient.fetcher import FetcherInterface

from h5bundle import rollout, terms
from h5bundle.client import adoption, trials
from h5bundle.client.adoption import Adoption, Event
from h5bundle.client.fetching import Source
from h5bundle.client.patching import DeltaPatch
from h5bundle.client.presets import Preset
from h5bundle.client.slots import Release, Slots, writing
from h5bundle.client.trials import Refusal, Slot, Standing
from h5bundle.digests import sha256
from h5bundle.errors import (
    CheckRequiredError,
    ClientStorageError,
    H5BundleError,
    PullError,
    SlotError,
    UpdateRequiredError,
)
from h5bundle.manifest import Manifest, decode
from h5bundle.previews import refusal
from h5bundle.rollout import Wish
from h5bundle.trust import manifest_target, rollout_target

Patch: TypeAlias = Callable[[Release, Release | None, frozenset[str]], Mapping[str, bytes]]
"""Makes files of a new release out of the one that runs: (new, running or None, hashes wanted) → bytes by hash.

Where deltas come in. What it gives is hashed again; what it does not give, or gives wrongly, is fetched whole."""


@dataclass(frozen=True, slots=True)
class Pulled:
    """What a pull put in place, or what stays there.

    Attributes:
        fetched: how many files had to be fetched; the others were there.
        note: why what runs stays although the policy says otherwise; empty when the policy is followed.
        forced: nothing older than this release opens any more.
    """

    bundle: str
    version: str
    digest: str
    folder: Path
    fetched: int
    note: str = ""
    forced: bool = False


@dataclass(frozen=True, slots=True)
class Opened:
    """A release whose every file was hashed just now.

    Attributes:
        healed: how many files had to be put right first.
        fell_back: what was not opened and why; empty when the release is the one that was meant.
    """

    bundle: str
    version: str
    digest: str
    folder: Path
    healed: int = 0
    fell_back: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Installation:
    """What a client tells of itself to the rollout policy."""

    install_id: str
    app_version: str = "1.0.0"
    platform: str = "browser"
    channel: str = rollout.STABLE


@dataclass(frozen=True, kw_only=True, slots=True)
class Equipment:
    """What an app gives its client besides a repository.

    Attributes:
        preset: releases inside the app.
        patch: makes files out of older ones; the repository's deltas do when not given.
        failures: after how many failures a release is sent back.
        platform: what the adoption counters say of the phone.
    """

    preset: Preset | None = None
    patch: Patch | None = None
    failures: int = trials.FAILURES
    platform: str = "browser"


class ReferenceClient:
    """A client of the repository that keeps its trust and its slots in a folder."""

    def __init__(
        self,
        folder: Path,
        *,
        url: str,
        trusted_root: bytes,
        fetcher: FetcherInterface | None = None,
        equipment: Equipment = Equipment(),
    ) -> None:
        """Open the client's folder; the network is asked by ``pull`` alone, and by ``open`` to heal.

        Args:
            folder: the client's own; made when it is not there.
            url: address of the repository, without the last slash.
            trusted_root: what the app carries inside.
            fetcher: how bytes are fetched; HTTP when not given.
            equipment: what else the app gives.
        """
        self._slots = Slots(folder)
        self._source = Source(folder, url=url, trusted_root=trusted_root, fetcher=fetcher)
        self._preset = equipment.preset
        self._patch = equipment.patch or DeltaPatch(self._source, self._slots.cached)
        self._failures = equipment.failures
        self._platform = equipment.platform
        self._checked: int | None = None
        self.adoption = Adoption(folder)

    def refresh(self) -> None:
        """Bring the repository's metadata up to date.

        Raises:
            PullError: it cannot be reached, or is not to be believed.
        """
        self._source.refresh()

    def standing(self, bundle: str) -> Standing:
        """Tell what stands here for a bundle."""
        return self._slots.standing(bundle)

    def pull(self, bundle: str, installation: Installation, *, now: datetime) -> Pulled:
        """Fetch the release that this installation gets, with the shared bundles that it requires, into a slot.

        What runs goes on running; the new release opens next. What the policy demands is kept before anything is
        fetched, so that a forced release holds back the older one also when it cannot be had.

        Raises:
            PullError: nothing is in place and the policy gives nothing, or something does not verify; what was in
                place stays.
            ClientStorageError: the disk takes no more; what was in place stays.
        """
        with self._slots.held(), writing(f"the release of {bundle}"):
            policy = rollout.decode(self._source.target(rollout_target(bundle)))
            decision = rollout.decide(
                policy,
                rollout.Here(
                    install_id=installation.install_id,
                    app_version=installation.app_version,
                    platform=installation.platform,
                    channel=installation.channel,
                ),
            )
            chosen = decision.release
            digest = None if chosen is None else chosen.digest
            self._checked = self._checked or int(now.timestamp())  # metadata is fetched once in a client's life
            self._keep_terms(bundle, terms.checked(policy, decision, now=self._checked))
            standing = trials.told(
                self._slots.standing(bundle), policy=policy.policy, floor=policy.floor, chosen=digest
            )
            if chosen is None:
                return self._stay(
                    bundle, standing, f"the rollout policy of {bundle} gives this installation no release"
                )
            self._count(bundle, chosen.digest, adoption.CHECKED, installation.platform)
            refusal = standing.refusal(chosen.digest)
            if refusal is not None:
                note = f"{refusal.version} was sent back here: {refusal.reason}"
                return self._stay(bundle, standing, note)
            return self._take(bundle, standing, chosen, installation.platform)

    def _keep_terms(self, bundle: str, kept: terms.Terms) -> Standing:
        """Write on which terms a bundle opens, before anything else changes."""
        standing = msgspec.structs.replace(self._slots.standing(bundle), terms=kept)
        self._slots.switch(bundle, standing)
        return standing

    def _stay(self, bundle: str, standing: Standing, note: str) -> Pulled:
        """Leave in place what runs."""
        if standing != self._slots.standing(bundle):
            self._slots.switch(bundle, standing)
        if standing.running is None:
            raise PullError(detail=note)
        slot = standing.running
        return Pulled(bundle, slot.version, slot.digest, self._slots.folder(bundle, slot), 0, note)

    def preview(self, bundle: str, wish: Wish, installation: Installation) -> Pulled:
        """Fetch exactly the release that a link names, if the policy names this installation as a tester of it.

        It lies beside what runs until the next pull: nothing is switched to it, nothing is counted, and it gets no
        verdict.

        Raises:
            PreviewError: the policy does not give it.
            PullError: something does not verify.
            ClientStorageError: the disk takes no more.
        """
        with self._slots.held(), writing(f"the preview of {bundle}"):
            policy = rollout.decode(self._source.target(rollout_target(bundle)))
            here = rollout.Here(
                install_id=installation.install_id,
                app_version=installation.app_version,
                platform=installation.platform,
                channel=installation.channel,
            )
            given, reason = rollout.preview(policy, wish, here)
            if given is None:
                raise refusal(reason, wish, rollout.hashed(installation.install_id))
            release, files, fetched = self._obtained(bundle, self._slots.standing(bundle), given)
            self._fill(bundle, release, files)
            return Pulled(bundle, wish.version, wish.digest, self._slots.folder(bundle, release.slot), fetched)

    def _take(self, bundle: str, standing: Standing, chosen: rollout.RolloutRelease, platform: str) -> Pulled:
        """Fill the slot of the chosen release and let it open next."""
        release, files, fetched = self._obtained(bundle, standing, chosen)
        self._count(bundle, chosen.digest, adoption.DOWNLOADED, platform)
        self._fill(bundle, release, files)
        self._count(bundle, chosen.digest, adoption.VERIFIED, platform)
        self._slots.switch(bundle, trials.downloaded(standing, release.slot))
        self._slots.collect()
        folder = self._slots.folder(bundle, release.slot)
        return Pulled(bundle, release.manifest.version, chosen.digest, folder, fetched, forced=chosen.forced)

    def _obtained(
        self, bundle: str, standing: Standing, chosen: rollout.RolloutRelease
    ) -> tuple[Release, dict[str, bytes], int]:
        """Verify a release that the policy names, and obtain its files; give how many were fetched as well."""
        data = self._source.target(chosen.manifest)
        if sha256(data) != chosen.digest:
            raise PullError(detail=f"{chosen.manifest} is not the release that the policy names")
        manifest = decode(data)
        if manifest.bundle != bundle or chosen.manifest != manifest_target(bundle, manifest.version):
            raise PullError(detail=f"the rollout policy of {bundle} names {manifest.name}, another bundle's release")
        release = self._whole(manifest, data)
        running = None if standing.running is None else self._slots.read(bundle, standing.running)
        return release, *self._files(release, running)

    def _fill(self, bundle: str, release: Release, files: Mapping[str, bytes]) -> None:
        """Fill a release's slot, unless it is whole already."""
        known = self._slots.read(bundle, release.slot)
        if known is None or self._slots.damaged(known):
            self._slots.fill(release, files)

    def _whole(self, manifest: Manifest, data: bytes) -> Release:
        """Put a release together with the shared bundles that it pins."""
        shared: dict[str, bytes] = {}
        for bundle, requirement in manifest.requires.items():
            shared[bundle] = self._source.target(manifest_target(bundle, requirement.version))
            if sha256(shared[bundle]) != requirement.digest:
                raise PullError(detail=f"{bundle} {requirement.version} is not the release that {manifest.name} pins")
        return Release(manifest, data, shared)

    def _files(self, release: Release, running: Release | None = None) -> tuple[dict[str, bytes], int]:
        """Obtain the files of a release by hash: from the cache, then from older files, then whole from the network."""
        wanted = dict(release.files.values())
        files = {digest: data for digest in wanted if (data := self._slots.cached(digest)) is not None}
        missing = frozenset(wanted) - frozenset(files)
        made = self._patch(release, running, missing) if missing else {}
        for digest, data in made.items():
            if digest in missing and sha256(data) == digest:
                files[digest] = data
                self._slots.keep(digest, data)
        fetched = 0
        for digest in sorted(missing - frozenset(files)):
            files[digest] = self._source.object(digest, wanted[digest])
            self._slots.keep(digest, files[digest])
            fetched += 1
        return files, fetched

    def open(self, bundle: str, *, now: datetime) -> Opened:
        """Give the folder of the release to be shown now, after hashing every file of it.

        A slot that is damaged is put right from the cache, the preset or the network; one that cannot be is passed
        over for the last good release, and the answer says so.

        Raises:
            SlotError: nothing of this bundle can be opened.
            UpdateRequiredError: only releases older than a forced one can be.
            CheckRequiredError: a check must succeed first.
        """
        with self._slots.held():
            instant = int(now.timestamp())
            stale = terms.is_stale(self._slots.standing(bundle).terms, now=instant)
            before = self._keep_terms(bundle, terms.seen(self._slots.standing(bundle).terms, now=instant))
            if stale:
                raise CheckRequiredError(
                    detail=f"the last check of {bundle} lies too far back, or the clock was set back",
                    remedy=f"h5bundle pull {bundle}",
                )
            if all(
                _held_back(before, slot, instant) for slot in (before.next or before.running, self._preset_slot(bundle))
            ):
                raise _update_required(bundle)
            standing = trials.opened(before, at=now.isoformat(), limit=self._failures, preset=self._preset_slot(bundle))
            self._send_back(bundle, before, standing)
            self._slots.switch(bundle, standing)
            held_back = False
            passed = [
                f"{one.version} was sent back: {one.reason}" for one in standing.refused if one not in before.refused
            ]
            for slot in self._candidates(bundle, standing):
                if _held_back(standing, slot, instant):
                    held_back = True
                    continue
                try:
                    folder, healed = self._verified(bundle, slot)
                except H5BundleError as error:
                    passed.append(f"{slot.version} cannot be opened: {error.detail}")
                    continue
                if slot != standing.running:
                    self._slots.switch(bundle, msgspec.structs.replace(standing, running=slot, trial=None))
                self._count(bundle, slot.digest, adoption.LAUNCHED)
                return Opened(bundle, slot.version, slot.digest, folder, healed, "; ".join(passed))
        if held_back:
            raise _update_required(bundle, *passed)
        detail = "; ".join(passed) or f"nothing of {bundle} is installed"
        raise SlotError(detail=detail, remedy=f"h5bundle pull {bundle}")

    def ready(self, bundle: str, digest: str) -> None:
        """Take the word of the page of that digest that it is ready: it is the release to go back to from now on."""
        with self._slots.held():
            self._slots.switch(bundle, trials.ready(self._slots.standing(bundle), digest))
        self._count(bundle, digest, adoption.READY)

    def left(self, bundle: str, digest: str) -> None:
        """Take in that the page of that digest was left before there was a verdict."""
        with self._slots.held():
            self._slots.switch(bundle, trials.left(self._slots.standing(bundle), digest))

    def failed(self, bundle: str, digest: str, *, reason: str, now: datetime) -> Refusal | None:
        """Take in that the page of that digest did not become ready; give the refusal when it was sent back."""
        with self._slots.held():
            before = self._slots.standing(bundle)
            preset = self._preset_slot(bundle)
            after = trials.failed(
                before, digest, reason=reason, at=now.isoformat(), limit=self._failures, preset=preset
            )
            self._send_back(bundle, before, after)
            self._slots.switch(bundle, after)
            return after.refusal(digest)

    def _send_back(self, bundle: str, before: Standing, after: Standing) -> None:
        """Count what was sent back."""
        for digest in {one.digest for one in after.refused} - {one.digest for one in before.refused}:
            self._count(bundle, digest, adoption.ROLLED_BACK)

    def _candidates(self, bundle: str, standing: Standing) -> tuple[Slot, ...]:
        """Give what may be opened, the best first, each once."""
        known = (standing.running, standing.good, self._preset_slot(bundle))
        return tuple(dict.fromkeys(slot for slot in known if slot is not None and standing.allows(slot)))

    def _preset_slot(self, bundle: str) -> Slot | None:
        """Name the release that the app carries inside."""
        release = self._preset.releases.get(bundle) if self._preset is not None else None
        return None if release is None else release.slot

    def _verified(self, bundle: str, slot: Slot) -> tuple[Path, int]:
        """Hash a slot and put right what is damaged; give its folder and how many files were put right."""
        release = self._slots.read(bundle, slot)
        bad = None if release is None else self._slots.damaged(release)
        if release is not None and not bad:
            return self._slots.folder(bundle, slot), 0
        inside = self._preset.releases.get(bundle) if self._preset is not None else None
        if self._preset is not None and inside is not None and inside.slot == slot:
            self._slots.fill(inside, self._preset.files(inside))
            return self._slots.folder(bundle, slot), 0 if release is None else len(bad or ())
        if release is not None and bad:
            self._slots.mend(release, bad, self._files(release)[0])
        else:
            release = self._fetched_again(bundle, slot)
            self._slots.fill(release, self._files(release)[0])
        return self._slots.folder(bundle, slot), max(1, len(bad or ()))

    def _fetched_again(self, bundle: str, slot: Slot) -> Release:
        """Fetch the manifests of a slot that lost them."""
        data = self._source.target(manifest_target(bundle, slot.version))
        if sha256(data) != slot.digest:
            raise PullError(detail=f"{bundle} {slot.version} on offer is not the release of this slot")
        return self._whole(decode(data), data)

    def _count(self, bundle: str, digest: str, event: str, platform: str | None = None) -> None:
        """Count an event; what cannot be counted must not stop what happened."""
        with suppress(ClientStorageError):
            self.adoption.count(Event(bundle, digest, platform or self._platform, event))


def _held_back(standing: Standing, slot: Slot | None, now: int) -> bool:
    """Tell whether a forced release must be had before this one opens."""
    must = standing.terms.must
    sent_back = must is not None and standing.refusal(must) is not None
    opens = None if slot is None else slot.digest
    return terms.obstacle(standing.terms, opens=opens, sent_back=sent_back, now=now) is not None


def _update_required(bundle: str, *passed: str) -> UpdateRequiredError:
    """Say that a forced release is not here."""
    detail = "; ".join([f"{bundle} must be updated before it opens", *passed])
    return UpdateRequiredError(detail=detail, remedy=f"h5bundle pull {bundle}")
