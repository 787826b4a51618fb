"""The ``bundle`` link: the code that asked is a signed release, and its manifest names what it asked for.

The signatures are held as TUF says (root → targets → the bundle's own role → manifest), without looking at expiry:
a release was good when it ran, and evidence outlives it.
"""

from collections.abc import Mapping
from typing import Any, Final, TypeVar
from urllib.parse import urlsplit

from securesystemslib.exceptions import Error as SecuresystemsError
from tuf.api.exceptions import RepositoryError
from tuf.api.metadata import Metadata, Root, Targets  # type: ignore[attr-defined]  # re-exported, without saying so

from security.approvals import read_bundle
from security.encoding import canonical_json, digest, parse_object
from security.errors import ApprovalError, EncodingError, EvidenceError
from security.evidence.bodies import Released, Story

LINK: Final = "bundle"
MANIFEST_FORMAT: Final = "tidegate-bundle/1"

Signed = TypeVar("Signed", Root, Targets)


def check_bundle(story: Story, root: bytes | None) -> str:
    """Hold the link.

    Args:
        story: the order's entries.
        root: root metadata that the reader trusts; None to take the file's own.

    Raises:
        EvidenceError: link ``bundle``.
    """
    try:
        return _checked(story, root)
    except (ApprovalError, EncodingError) as error:
        raise _broken(detail=error.detail) from error
    except (RepositoryError, SecuresystemsError, KeyError, ValueError, TypeError) as error:
        raise _broken(detail=f"the signed metadata does not hold: {type(error).__name__}: {error}") from error


def _checked(story: Story, trusted: bytes | None) -> str:
    name = read_bundle(story.field("bundle"))
    entries = story.file.find("bundle.released", name.digest)
    if not entries:
        raise _broken(detail=f"no entry bundle.released about {name.digest}")
    if entries[0].seq > story.frozen_entry.seq:
        raise _broken(detail="the release was recorded after the request")
    released = entries[0].read(Released, LINK)
    if (released.bundle, released.version, released.digest) != (name.bundle, name.version, name.digest):
        raise _broken(detail="the recorded release is another one")
    manifest = story.file.blob(released.manifest, LINK)
    if digest(manifest) != name.digest:
        raise _broken(detail="the manifest's SHA-256 is not the digest that asked")
    root = _root(story.file.blob(released.root, LINK), trusted)
    targets, role_bytes = story.file.blob(released.targets, LINK), story.file.blob(released.role, LINK)
    signed = _signatures(root, targets, role_bytes, name.bundle, f"apps/{name.bundle}/{name.version}.manifest.json")
    signed.verify_length_and_hashes(manifest)
    named = parse_object(manifest)
    _check_manifest(named, manifest, name.bundle, name.version, story.field("type"))
    asked = _permitted(named, operations_of(story.field("type"), story.frozen.url))
    return (
        f"The request came from {name.bundle} {name.version}, manifest SHA-256 {name.digest}, signed by the bundle's "
        f"own role under root version {root.signed.version}; its manifest permits {asked} and {story.field('type')}."
    )


def operations_of(kind: str, url: str) -> tuple[str, str]:
    """Give the names that the operation which prepared a transaction may have.

    The last word of the URL follows the whole kind (``sweep.redeem`` is prepared by ``sweep.redeem.prepare``) or takes
    the place of its last word (``wealth.order.place`` by ``wealth.order.prepare``).
    """
    verb = urlsplit(url).path.rpartition("/")[2]
    return f"{kind}.{verb}", f"{kind.rpartition('.')[0]}.{verb}"


def _permitted(manifest: Mapping[str, Any], operations: tuple[str, str]) -> str:
    asked = next((name for name in operations if name in manifest["ops"]), None)
    if asked is None:
        raise _broken(detail=f"the manifest does not permit {' or '.join(operations)}")
    return asked


def _root(data: bytes, trusted: bytes | None) -> Metadata[Root]:
    root = _metadata(data, Root)
    root.signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
    if trusted is not None and trusted != data:
        _metadata(trusted, Root).signed.verify_delegate(Root.type, root.signed_bytes, root.signatures)
    return root


def _signatures(root: Metadata[Root], targets_data: bytes, role_data: bytes, bundle: str, path: str) -> Any:
    targets = _metadata(targets_data, Targets)
    root.signed.verify_delegate(Targets.type, targets.signed_bytes, targets.signatures)
    name = f"app-{bundle}"
    role = _metadata(role_data, Targets)
    targets.signed.verify_delegate(name, role.signed_bytes, role.signatures)
    delegations = targets.signed.delegations
    if delegations is None or not delegations.roles or not delegations.roles[name].is_delegated_path(path):
        raise _broken(detail=f"{name} is not allowed to sign {path}")
    return role.signed.targets[path]


def _metadata(data: bytes, kind: type[Signed]) -> Metadata[Signed]:
    metadata: Metadata[Signed] = Metadata.from_bytes(data)
    if not isinstance(metadata.signed, kind):
        raise _broken(detail=f"metadata is not of type {kind.type}")
    return metadata


def _check_manifest(manifest: Mapping[str, Any], data: bytes, bundle: str, version: str, purpose: str) -> None:
    if canonical_json(manifest) != data or manifest["format"] != MANIFEST_FORMAT:
        raise _broken(detail="the manifest is not canonical or of another format")
    if (manifest["bundle"], manifest["version"]) != (bundle, version):
        raise _broken(detail="the manifest is another bundle's or version's")
    if purpose not in manifest["purposes"]:
        raise _broken(detail=f"the manifest does not name the purpose {purpose}")


def _broken(*, detail: str) -> EvidenceError:
    return EvidenceError(link=LINK, detail=detail)
