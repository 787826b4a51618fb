"""Packing: from files to one manifest, one zip and one bill of materials, always the same bytes for the same input.

Nothing of the machine goes in: names are sorted, times are fixed, permission bits are fixed, and the zip stores its
members as they are, because the output of compressors differs between their versions. Files travel compressed by the
web server and are fetched one by one; the zip is for clients that want one download.
"""

import io
import struct
import uuid
import zipfile
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

import rfc8785

from h5bundle.digests import sha256
from h5bundle.errors import ManifestError
from h5bundle.manifest import FORMAT, FileEntry, Manifest, Requirement, Source, decode, digest_of, encode
from h5bundle.paths import MAX_PATH, check_paths, media_type
from h5bundle.project import Declaration, ThirdParty

_EPOCH: Final = (1980, 1, 1, 0, 0, 0)
_MODE: Final = 0o100644 << 16
_UNIX: Final = 3
MANIFEST_MEMBER: Final = "manifest.json"
MAX_FILES: Final = 20_000
"""Files of one bundle; a zip with more is refused before it is read."""
_END: Final = struct.Struct("<4s4H2LH")
"""The end of a zip's directory: mark, disks, members here and in all, bytes and place of the directory, comment."""
_END_MARK: Final = b"PK\x05\x06"
_ENTRY_BYTES: Final = 46 + len(MANIFEST_MEMBER) + 4 * MAX_PATH
"""The most that one member takes in the directory: its fixed part and its name in UTF-8."""


@dataclass(frozen=True, slots=True)
class Package:
    """One release, ready to be signed.

    Attributes:
        manifest, manifest_bytes, digest: what it is.
        files: name → bytes.
        archive: the zip, with ``manifest.json`` first.
        sbom: CycloneDX JSON.
    """

    manifest: Manifest
    manifest_bytes: bytes
    digest: str
    files: Mapping[str, bytes]
    archive: bytes
    sbom: bytes


def pack(
    declaration: Declaration, files: Mapping[str, bytes], *, requires: Mapping[str, Requirement], commit: str = ""
) -> Package:
    """Pack a bundle.

    Args:
        declaration: what ``bundle.yaml`` says.
        files: every file by its name.
        requires: the exact releases of the required shared bundles.
        commit: source commit, or empty.

    Raises:
        ManifestError: a requirement was not resolved, or the entry page is missing.
        PathError: a name is not allowed.
    """
    manifest, data = describe(declaration, files, requires=requires, commit=commit)
    ordered = {name: files[name] for name in manifest.files}
    digest = digest_of(data)
    sbom = bill_of_materials(manifest, digest, declaration.third_party)
    return Package(manifest, data, digest, ordered, archive(data, ordered), sbom)


def describe(
    declaration: Declaration, files: Mapping[str, bytes], *, requires: Mapping[str, Requirement], commit: str = ""
) -> tuple[Manifest, bytes]:
    """Give the manifest of a bundle and its bytes: all that a client needs who fetches file by file.

    Args:
        declaration: what ``bundle.yaml`` says.
        files: every file by its name.
        requires: the exact releases of the required shared bundles.
        commit: source commit, or empty.

    Raises:
        ManifestError: a requirement was not resolved, or the entry page is missing.
        PathError: a name is not allowed.
    """
    names = check_paths(files)
    missing = declaration.requires.keys() - requires.keys()
    if missing:
        raise ManifestError(
            detail=f"the required bundle {min(missing)} {declaration.requires[min(missing)]} was not found",
            remedy="publish it first, or give its manifest with --requires",
        )
    manifest = Manifest(
        format=FORMAT,
        bundle=declaration.id,
        version=declaration.version,
        title=declaration.title,
        kind=declaration.kind,
        entry=declaration.page,
        contract=declaration.contract,
        permissions=declaration.permissions,
        purposes=tuple(sorted(declaration.purposes)),
        events=tuple(sorted(declaration.events)),
        ops=tuple(sorted(declaration.ops)),
        csp=declaration.csp,
        shell=declaration.shell,
        floor=declaration.floor or declaration.version,
        requires={name: requires[name] for name in declaration.requires},
        source=Source(commit=commit),
        files={name: FileEntry(len(files[name]), sha256(files[name]), media_type(name)) for name in names},
    )
    return manifest, encode(manifest)


def archive(manifest_bytes: bytes, files: Mapping[str, bytes]) -> bytes:
    """Make the zip."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_STORED, strict_timestamps=True) as archive_:
        for name, data in ((MANIFEST_MEMBER, manifest_bytes), *((f"files/{name}", files[name]) for name in files)):
            member = zipfile.ZipInfo(name, _EPOCH)
            member.create_system = _UNIX
            member.external_attr = _MODE
            archive_.writestr(member, data)
    return buffer.getvalue()


def unpack(data: bytes) -> tuple[Manifest, dict[str, bytes]]:
    """Read a zip of ours, believing nothing in it: it must be exactly what ``archive`` makes of its content.

    Raises:
        ManifestError: a member is a link, lies outside, stands twice, has other bytes than the manifest says, or the
            zip is not in the one form that packing gives.
    """
    _check_directory(data)
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive_:
            names = archive_.namelist()
            total = sum(member.file_size for member in archive_.infolist())
            packed = any(
                member.compress_type != zipfile.ZIP_STORED or member.compress_size != member.file_size
                for member in archive_.infolist()
            )
            if packed or total > len(data) or len(names) != len(set(names)) or names[:1] != [MANIFEST_MEMBER]:
                raise ManifestError(detail="the zip is not ours: members repeat, inflate or change places")
            members = {name: archive_.read(name) for name in names}
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, ValueError, EOFError, OSError) as error:
        raise ManifestError(detail=f"the zip cannot be read: {error}") from error
    manifest_bytes = members.pop(MANIFEST_MEMBER)
    manifest = decode(manifest_bytes)
    files = {name.removeprefix("files/"): content for name, content in members.items()}
    check_files(manifest, files)
    if archive(manifest_bytes, files) != data:
        raise ManifestError(detail="the zip is not in the form that packing gives")
    return manifest, files


def _check_directory(data: bytes) -> None:
    """Hold the zip's own end to its form before anything is made of it: reading a directory costs memory.

    Raises:
        ManifestError: it is cut off, has more members than a bundle may, or a directory larger than they need.
    """
    end = data[-_END.size :].rjust(_END.size, b"\0")
    mark, _, _, _, count, size, offset, comment = _END.unpack(end)
    whole = mark == _END_MARK and comment == 0 and offset + size + _END.size == len(data)
    if not whole or count > MAX_FILES + 1 or size > count * _ENTRY_BYTES:
        raise ManifestError(
            detail="the zip cannot be read: it is cut off, or its directory is not in the form that packing gives",
            remedy=f"send the zip as h5bundle pack wrote it, with at most {MAX_FILES:,} files",
        )


def check_files(manifest: Manifest, files: Mapping[str, bytes]) -> None:
    """Hold that these are exactly the files of a manifest.

    Raises:
        ManifestError: one is missing, is too many, or has other bytes; its name is in the message.
    """
    for name in sorted(files.keys() ^ manifest.files.keys()):
        raise ManifestError(detail=f"{name} is {'not in the manifest' if name in files else 'missing'}")
    for name, entry in manifest.files.items():
        if len(files[name]) != entry.length or sha256(files[name]) != entry.sha256:
            raise ManifestError(detail=f"{name} has other bytes than the manifest says")


def bill_of_materials(manifest: Manifest, digest: str, third_party: tuple[ThirdParty, ...]) -> bytes:
    """Make the SBOM (CycloneDX 1.6 JSON); without a time, and with a serial number made of the digest."""
    document = {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{uuid.uuid5(uuid.NAMESPACE_URL, f'tidegate:bundle:{digest}')}",
        "version": 1,
        "metadata": {
            "component": {
                "type": "application",
                "bom-ref": manifest.name,
                "name": manifest.bundle,
                "version": manifest.version,
                "hashes": [{"alg": "SHA-256", "content": digest}],
            }
        },
        "components": [
            *(_component(part) for part in sorted(third_party, key=lambda part: (part.name, part.version))),
            *(_required(name, requirement) for name, requirement in sorted(manifest.requires.items())),
        ],
    }
    return rfc8785.dumps(document)  # type: ignore[arg-type]  # its JSON type is narrower than a plain dict


def _component(part: ThirdParty) -> dict[str, Any]:
    """Describe code of others."""
    component: dict[str, Any] = {
        "type": "library",
        "bom-ref": f"{part.name}@{part.version}",
        "name": part.name,
        "version": part.version,
        "licenses": [{"expression": part.licence}],
    }
    return {**component, "purl": part.purl} if part.purl else component


def _required(name: str, requirement: Requirement) -> dict[str, Any]:
    """Describe a shared bundle."""
    return {
        "type": "library",
        "bom-ref": f"{name}@{requirement.version}",
        "name": name,
        "version": requirement.version,
        "hashes": [{"alg": "SHA-256", "content": requirement.digest}],
    }
