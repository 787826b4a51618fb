"""Reading an evidence file strictly: one content has one sequence of bytes, and every member has one form."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, TypeVar

import msgspec

from security.encoding import b64url_decode, canonical_json, digest, is_digest, parse_object
from security.errors import EncodingError, EvidenceError, JwkError
from security.evidence.chain import entry_hash
from security.evidence.export import FORMAT, STRETCHES
from security.jwk import PublicJwk, parse_jwk

LINK: Final = "file"
MAX_FILE: Final = 64 * 1024 * 1024
_INSTANT = re.compile(r"\d{4}-\d{2}-\d{2}T\d{2}:\d{2}:\d{2}\.\d{3}Z")

Body = TypeVar("Body", bound=msgspec.Struct)


class _Line(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    seq: int
    prev: str
    kind: str
    subject: str
    at: str
    body_hash: str
    body: str | None = None
    path: list[str] | None = None


class _Mark(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    seq: int
    hash: str
    at: str
    kid: str
    sig: str
    root: str | None = None


class _KeyLine(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    kid: str
    kty: str
    crv: str
    x: str
    y: str


class _Seal(msgspec.Struct, forbid_unknown_fields=True, frozen=True):
    kid: str
    sig: str


class _Frame(msgspec.Struct, rename="camel", forbid_unknown_fields=True, frozen=True):
    format: str
    env: str
    aud: str
    order: str
    exported_at: str
    entries: list[_Line]
    checkpoints: list[_Mark]
    keys: list[_KeyLine]
    blobs: dict[str, str]
    seal: _Seal


@dataclass(frozen=True, slots=True)
class FileEntry:
    """One entry as the file has it; ``body`` is None when it belongs to somebody else, ``path`` in format 1."""

    seq: int
    prev: str
    kind: str
    subject: str
    at: datetime
    at_text: str
    body_hash: str
    body: bytes | None
    path: tuple[bytes, ...] | None = None

    @property
    def hash(self) -> str:
        """Give the entry's own hash."""
        return entry_hash(
            seq=self.seq,
            prev=self.prev,
            kind=self.kind,
            subject=self.subject,
            at=self.at_text,
            body_hash=self.body_hash,
        )

    def read(self, form: type[Body], link: str) -> Body:
        """Give the body as a struct.

        Raises:
            EvidenceError: it has not the form of its kind.
        """
        try:
            return msgspec.convert(parse_object(self.body or b""), form)
        except (EncodingError, msgspec.ValidationError) as error:
            raise EvidenceError(link=link, detail=f"the body of {self.kind} is malformed: {error}") from error


@dataclass(frozen=True, slots=True)
class FileCheckpoint:
    """One checkpoint as the file has it; ``signature`` is raw."""

    seq: int
    hash: str
    at: str
    kid: str
    signature: bytes
    root: str | None = None


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """A file whose form holds; ``sealed`` are the bytes that the seal signs."""

    format: str
    env: str
    aud: str
    order: str
    exported_at: str
    entries: tuple[FileEntry, ...]
    checkpoints: tuple[FileCheckpoint, ...]
    keys: Mapping[str, PublicJwk]
    blobs: Mapping[str, bytes]
    seal_kid: str
    seal_signature: bytes
    sealed: bytes

    def find(self, kind: str, subject: str) -> tuple[FileEntry, ...]:
        """Give the entries of a kind about a subject, oldest first.

        Raises:
            EvidenceError: link ``chain``: one of them is withheld; it might say the opposite of those that are shown.
        """
        found = tuple(entry for entry in self.entries if entry.kind == kind and entry.subject == subject)
        withheld = [entry.seq for entry in found if entry.body is None]
        if withheld:
            raise EvidenceError(link="chain", detail=f"entry {withheld[0]}, {kind} about {subject}, is withheld")
        return found

    def one(self, kind: str, subject: str, link: str) -> FileEntry:
        """Give the only entry of a kind about a subject.

        Raises:
            EvidenceError: there is none, or more than one, or one is withheld.
        """
        found = self.find(kind, subject)
        if len(found) != 1:
            raise EvidenceError(link=link, detail=f"{len(found)} entries {kind} about {subject}, there must be one")
        return found[0]

    def blob(self, name: str, link: str) -> bytes:
        """Give the bytes of a hash.

        Raises:
            EvidenceError: the file does not hold them.
        """
        if name not in self.blobs:
            raise EvidenceError(link=link, detail=f"the bytes with SHA-256 {name} are missing")
        return self.blobs[name]


def read_file(data: bytes) -> EvidenceFile:
    """Read an evidence file.

    Raises:
        EvidenceError: link ``file``: another byte sequence than the canonical one, or a member is not in its form.
    """
    try:
        content, sealed = _content(data)
        frame = msgspec.convert(content, _Frame)
        if frame.format not in {FORMAT, STRETCHES}:
            raise EvidenceError(link=LINK, detail=f"format {frame.format!r} is unknown")
        return EvidenceFile(
            format=frame.format,
            env=frame.env,
            aud=frame.aud,
            order=frame.order,
            exported_at=frame.exported_at,
            entries=tuple(_entry(line, proved=frame.format == FORMAT) for line in frame.entries),
            checkpoints=tuple(_checkpoint(mark) for mark in frame.checkpoints),
            keys=_keys(frame.keys),
            blobs={_named(name, blob): blob for name, blob in _decoded(frame.blobs)},
            seal_kid=frame.seal.kid,
            seal_signature=b64url_decode(frame.seal.sig),
            sealed=sealed,
        )
    except (EncodingError, JwkError) as error:
        raise EvidenceError(link=LINK, detail=error.detail) from error
    except msgspec.ValidationError as error:
        raise EvidenceError(link=LINK, detail=str(error)) from error


def _content(data: bytes) -> tuple[Mapping[str, Any], bytes]:
    """Give the content and the bytes that the seal signs; ``seal`` is the last member in canonical order."""
    if len(data) > MAX_FILE:
        raise EvidenceError(link=LINK, detail="the file is too large")
    content = parse_object(data)
    sealed = canonical_json({name: value for name, value in content.items() if name != "seal"})
    if sealed[:-1] + b',"seal":' + canonical_json(content.get("seal")) + b"}" != data:
        raise EvidenceError(link=LINK, detail="the file is not canonical JSON (RFC 8785)")
    return content, sealed


def _entry(line: _Line, *, proved: bool) -> FileEntry:
    if (line.path is not None) != proved or (proved and line.body is None):
        raise EvidenceError(link=LINK, detail=f"entry {line.seq}: its members are not those of the format")
    for name in (line.prev, line.body_hash):
        if not is_digest(name):
            raise EvidenceError(link=LINK, detail=f"entry {line.seq}: a hash is not 64 lower-case hex digits")
    if not _INSTANT.fullmatch(line.at):
        raise EvidenceError(link=LINK, detail=f"entry {line.seq}: its instant is malformed")
    try:
        at = datetime.fromisoformat(line.at)
        body = None if line.body is None else line.body.encode()
    except ValueError as error:
        raise EvidenceError(link=LINK, detail=f"entry {line.seq}: its instant or body is malformed") from error
    path = None if line.path is None else tuple(_node(text) for text in line.path)
    return FileEntry(line.seq, line.prev, line.kind, line.subject, at, line.at, line.body_hash, body, path)


def _node(text: str) -> bytes:
    if not is_digest(text):
        raise EvidenceError(link=LINK, detail="a path's hash is not 64 lower-case hex digits")
    return bytes.fromhex(text)


def _checkpoint(mark: _Mark) -> FileCheckpoint:
    return FileCheckpoint(mark.seq, mark.hash, mark.at, mark.kid, b64url_decode(mark.sig), mark.root)


def _keys(lines: list[_KeyLine]) -> dict[str, PublicJwk]:
    keys = {line.kid: parse_jwk({"kty": line.kty, "crv": line.crv, "x": line.x, "y": line.y}) for line in lines}
    if len(keys) != len(lines) or any(kid != jwk.thumbprint for kid, jwk in keys.items()):
        raise EvidenceError(link=LINK, detail="a key's id is not its thumbprint, or a key comes twice")
    return keys


def _decoded(blobs: Mapping[str, str]) -> list[tuple[str, bytes]]:
    return [(name, b64url_decode(text)) for name, text in blobs.items()]


def _named(name: str, blob: bytes) -> str:
    if digest(blob) != name:
        raise EvidenceError(link=LINK, detail=f"the bytes named {name} have another SHA-256")
    return name
