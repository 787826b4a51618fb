"""The one error root of the bundle toolkit: what was wrong, and what mends it, as data.

``exit_status`` is what the command line ends with: 1 the bundle or repository is not as it should be, 3 a key is
missing or does not open, 4 the repository is in a state in which this cannot be done (try again or choose otherwise).
"""

from typing import ClassVar


class H5BundleError(Exception):
    """A refusal of the toolkit."""

    code: ClassVar[str] = "H5BUNDLE"
    exit_status: ClassVar[int] = 1

    def __init__(self, *, detail: str, remedy: str = "") -> None:
        """Carry what was wrong and what mends it.

        Args:
            detail: one sentence naming the thing that is wrong.
            remedy: one sentence telling what to do.
        """
        super().__init__(detail)
        self.detail = detail
        self.remedy = remedy


class PathError(H5BundleError):
    """A name of a file could leave the bundle, or means different files on different systems."""

    code = "PATH_INVALID"


class ManifestError(H5BundleError):
    """The bytes are no manifest of ours."""

    code = "MANIFEST_INVALID"


class ProjectError(H5BundleError):
    """A bundle's folder or its ``bundle.yaml`` is not as it should be."""

    code = "PROJECT_INVALID"


class BuildError(H5BundleError):
    """The sources do not become files."""

    code = "BUILD_FAILED"


class CheckError(H5BundleError):
    """The check found something that must be mended before publishing."""

    code = "CHECK_FAILED"


class TrustError(H5BundleError):
    """A signature, a hash, a version or an expiry is wrong; ``subject`` names the object."""

    code = "TRUST_BROKEN"

    def __init__(self, *, subject: str, detail: str, remedy: str = "") -> None:
        """Carry the path of the object that failed.

        Args:
            subject: path in the repository, ``metadata/timestamp.json``.
            detail: what is wrong with it.
            remedy: what to do.
        """
        super().__init__(detail=f"{subject}: {detail}", remedy=remedy)
        self.subject = subject


class ExpiredError(TrustError):
    """A role's metadata is past its day."""

    code = "ROLE_EXPIRED"


class RoleKeyError(H5BundleError):
    """A role's key is missing, or the passphrase does not open it."""

    code = "ROLE_KEY"
    exit_status = 3


class ProposalError(H5BundleError):
    """A proposal is not as it should be: altered, signed by a stranger, or asking for what no role may be."""

    code = "PROPOSAL_INVALID"


class StaleProposalError(H5BundleError):
    """A proposal was made on metadata that is no longer what stands in the repository."""

    code = "PROPOSAL_STALE"
    exit_status = 4


class SignaturesMissingError(H5BundleError):
    """A proposal does not carry the signatures yet that its roles ask for."""

    code = "SIGNATURES_MISSING"
    exit_status = 4


class StoreError(H5BundleError):
    """The repository's store does not give or take an object."""

    code = "STORE_FAILED"
    exit_status = 4


class ObjectMissingError(StoreError):
    """There is no such object in the store."""

    code = "OBJECT_MISSING"


class LockedError(StoreError):
    """Another publisher holds the repository."""

    code = "REPOSITORY_LOCKED"


class PublishError(H5BundleError):
    """The release cannot be published as asked."""

    code = "PUBLISH_REFUSED"
    exit_status = 4


class TrainError(PublishError):
    """The change would leave a release on offer without what it needs; ``blockers`` says which and what."""

    code = "TRAIN_BROKEN"

    def __init__(self, *, detail: str, remedy: str, blockers: tuple[str, ...]) -> None:
        """Carry what would be lacking.

        Args:
            detail: the change, and everything that it would break.
            remedy: what to do.
            blockers: one sentence for each thing that a release would lack.
        """
        super().__init__(detail=detail, remedy=remedy)
        self.blockers = blockers


class PreviewError(H5BundleError):
    """A release cannot be previewed: the link is not ours, or the signed policy does not give it."""

    code = "PREVIEW_REFUSED"
    exit_status = 4


class DevelopmentError(H5BundleError):
    """Live reload has no sandbox to work in."""

    code = "DEV_REFUSED"
    exit_status = 4


class UpdateRequiredError(H5BundleError):
    """A forced release is not here yet, and nothing older may open."""

    code = "UPDATE_REQUIRED"
    exit_status = 4


class CheckRequiredError(H5BundleError):
    """The last successful check lies too far back, or the device's clock was set back."""

    code = "CHECK_REQUIRED"
    exit_status = 4


class PullError(H5BundleError):
    """The client did not get a release that it can trust."""

    code = "PULL_FAILED"


class ClientStorageError(H5BundleError):
    """The client's own folder takes no more bytes; what is installed stays as it was."""

    code = "CLIENT_STORAGE"
    exit_status = 4


class SlotError(H5BundleError):
    """Nothing of a bundle that is installed here can be opened."""

    code = "SLOT_UNUSABLE"


class PresetError(H5BundleError):
    """The releases that ship inside an app are not as they should be."""

    code = "PRESET_INVALID"


class AdoptionError(H5BundleError):
    """The server's adoption counters cannot be read."""

    code = "ADOPTION_UNREAD"
    exit_status = 4
