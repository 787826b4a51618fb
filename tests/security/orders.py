"""A whole order for the tests of evidence: releases signed with TUF, a device, a request, an approval, the money."""

import dataclasses
import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from securesystemslib.signer import CryptoSigner
from tuf.api.metadata import DelegatedRole, Delegations, Metadata, Root, TargetFile, Targets

from security.approvals import FROZEN, encode, memo_encode
from security.devices import bind_message, register_transcript
from security.display import display_hash, render, template_hash
from security.dpop import token_hash
from security.encoding import b64url_encode, canonical_json, digest
from security.evidence import GENESIS, Checkpoint, Entry, export_evidence, export_stretches, sign_checkpoint
from security.evidence.chain import leaf_of
from security.evidence.merkle import Subtree, fold, inclusion_path, peaks_of
from security.evidence.period import export_period
from security.jwk import PublicJwk, jwk_of
from security.suites import ES256, PrivateKey, suite_of_key
from tests.security.golden import MEMO, TEMPLATE

START = datetime(2026, 11, 23, 8, 0, tzinfo=UTC)
URL = "http://localhost:8000/app/v1/wealth/orders/prepare"
PAYER, PAYEE = "6299001234567893381", "6299009000070019"
ORDER, OPERATION, DEVICE, CUSTOMER = "ord_01jd3r", "opr_01jd3p", "dev_01jd3k", "cus_01jd3m"
USED = "rep_1"
"""An order that ``ORDER``, when it is an agreement, placed."""
FAR = datetime(2036, 1, 1, tzinfo=UTC)


@dataclasses.dataclass(frozen=True)
class AuditKey:
    private: PrivateKey

    @property
    def jwk(self) -> PublicJwk:
        return jwk_of(self.private.public_key())

    @property
    def kid(self) -> str:
        return self.jwk.thumbprint

    def sign(self, message: bytes) -> bytes:
        return sign(self.private, message)


@dataclasses.dataclass
class Releases:
    """Signed metadata and a manifest; ``role_path`` is what the bundle's role may sign."""

    manifest: dict[str, Any]
    role_path: str = "apps/wealth/*"
    role_signer: CryptoSigner | None = None
    keys: dict[str, CryptoSigner] = dataclasses.field(
        default_factory=lambda: {name: CryptoSigner.generate_ecdsa() for name in ("root", "targets", "app-wealth")}
    )

    @property
    def manifest_bytes(self) -> bytes:
        return canonical_json(self.manifest)

    def root(self) -> bytes:
        root = Root(expires=FAR)
        for name in ("root", "targets"):
            root.add_key(self.keys[name].public_key, name)
        return self._signed(Metadata(root), "root")

    def targets(self) -> bytes:
        role = DelegatedRole(
            "app-wealth", [self.keys["app-wealth"].public_key.keyid], 1, terminating=True, paths=[self.role_path]
        )
        keys = {key.keyid: key for key in (self.keys["app-wealth"].public_key,)}
        targets = Targets(expires=FAR, delegations=Delegations(keys, {"app-wealth": role}))
        return self._signed(Metadata(targets), "targets")

    def role(self) -> bytes:
        path = f"apps/wealth/{self.manifest['version']}.manifest.json"
        targets = Targets(expires=FAR, targets={path: TargetFile.from_data(path, self.manifest_bytes)})
        metadata = Metadata(targets)
        metadata.sign(self.role_signer or self.keys["app-wealth"])
        return metadata.to_bytes()

    def _signed(self, metadata: Metadata[Any], name: str) -> bytes:
        metadata.sign(self.keys[name])
        return metadata.to_bytes()


def manifest(**changes: Any) -> dict[str, Any]:
    return {
        "format": "tidegate-bundle/1",
        "bundle": "wealth",
        "version": "1.0.0",
        "ops": ["wealth.order.prepare", "wealth.product.list"],
        "purposes": ["wealth.order.place"],
        "files": {"index.html": {"length": 1, "sha256": digest(b"x"), "type": "text/html; charset=utf-8"}},
    } | changes


def instant(seconds: float) -> str:
    return (START + timedelta(seconds=seconds)).isoformat(timespec="milliseconds").removesuffix("+00:00") + "Z"


@dataclasses.dataclass
class Case:
    """An order as honest servers and devices would leave it; ``mend`` lets a test lie about any body before it counts.

    ``fields`` changes the transaction that is frozen and signed, ``claims`` the proof of the request.
    """

    releases: Releases = dataclasses.field(default_factory=lambda: Releases(manifest()))
    audit: AuditKey = dataclasses.field(default_factory=lambda: AuditKey(ES256.generate()))
    pop: PrivateKey = dataclasses.field(default_factory=ES256.generate)
    tx: PrivateKey = dataclasses.field(default_factory=ES256.generate)
    env: str = "sandbox"
    state: str = "ACCEPTED"
    fields: Mapping[str, str] = dataclasses.field(default_factory=dict)
    claims: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    approve: Callable[[dict[str, str]], dict[str, str]] = dict
    signer: PrivateKey | None = None

    @property
    def digest(self) -> str:
        return digest(self.releases.manifest_bytes)

    @property
    def jkts(self) -> tuple[str, str]:
        return jwk_of(self.pop.public_key()).thumbprint, jwk_of(self.tx.public_key()).thumbprint

    def frozen(self) -> dict[str, str]:
        now = int(START.timestamp())
        fields = {
            "v": "1",
            "alg": suite_of_key(self.tx).alg,
            "aud": "tidegate-bff",
            "env": self.env,
            "cust": CUSTOMER,
            "dev": DEVICE,
            "kid": self.jkts[1],
            "txid": OPERATION,
            "type": "wealth.order.place",
            "tmpl": f"{TEMPLATE['id']}#{template_hash(TEMPLATE)}",
            "cur": "CNY",
            "amt": "50000.00",
            "payer": PAYER,
            "payee": PAYEE,
            "payee_name": "澜江银行理财募集专户",
            "memo": memo_encode(MEMO),
            "chal": b64url_encode(bytes(32)),
            "iat": str(now + 30),
            "exp": str(now + 150),
            "bundle": f"wealth@1.0.0#{self.digest}",
        }
        return fields | dict(self.fields)

    def message(self) -> bytes:
        frozen = self.frozen()
        shown = display_hash(render(template=TEMPLATE, fields=frozen, locale="zh-CN"))
        ui = f"tidegate-shell/1.0.0;zh-CN;sha256:{shown}"
        return encode(self.approve({**frozen, "ui": ui, "seq": "7", "factor": "face"}))

    def proof(self) -> str:
        header = {"typ": "dpop+jwt", "alg": suite_of_key(self.pop).alg, "jwk": jwk_of(self.pop.public_key()).as_dict()}
        claims = {
            "htm": "POST",
            "htu": URL,
            "iat": int(START.timestamp()) + 29,
            "jti": "AAECAwQFBgcICQoLDA0ODw",
            "ath": token_hash("token"),
            "nonce": "n",
            "bnd": f"wealth@1.0.0#{self.digest}",
        } | dict(self.claims)
        return jws(self.pop, header, claims)

    def bodies(self) -> list[tuple[str, str, float, dict[str, Any]]]:
        """Give kind, subject, second and body of every entry, strangers' entries between them, signed once."""
        if not hasattr(self, "_told"):
            self._told = self._tell()
        return list(self._told)

    def _tell(self) -> list[tuple[str, str, float, dict[str, Any]]]:
        return [
            ("bundle.released", self.digest, 0, self._released()),
            ("session.created", "dev_other", 1, {"customer": "somebody else"}),
            ("device.registered", DEVICE, 2, self._registered()),
            ("device.bound", DEVICE, 3, self._bound()),
            ("operation.frozen", OPERATION, 30, self._frozen()),
            ("refused", "wealth.order.prepare", 31, {"code": "QUOTA_GONE", "requestId": "r"}),
            ("operation.approved", OPERATION, 40, self._approved()),
            ("order.placed", ORDER, 40, self._placed()),
            ("core.executed", ORDER, 41, self._executed()),
            ("order.settled", ORDER, 41, {"orderId": ORDER, "state": self.state}),
            ("session.created", "dev_third", 42, {"customer": "a third"}),
        ]

    def chain(self, mend: Callable[[list[Any]], list[Any]] = list) -> list[Entry]:
        entries: list[Entry] = []
        for kind, subject, second, body in mend(self.bodies()):
            prev = entries[-1].hash if entries else GENESIS
            entries.append(Entry(len(entries) + 1, prev, kind, subject, instant(second), canonical_json(body)))
        return entries

    def mark(self, entries: Sequence[Entry], seq: int, *, tree: bool = True) -> Checkpoint:
        root = fold([leaf_of(entry.hash) for entry in entries[:seq]]).hex() if tree else None
        return sign_checkpoint(
            env=self.env, seq=seq, head=entries[seq - 1].hash, at=instant(60 + seq), signer=self.audit, root=root
        )

    def proved(self, mend: Callable[[list[Any]], list[Any]] = list) -> bytes:
        """Give an export of the order's own entries with their paths."""
        entries = self.chain(mend)
        subtree = subtree_of(entries)
        own = [entry for entry in entries if entry.subject in {ORDER, OPERATION, DEVICE, self.digest}]
        size = len(entries)
        return export_evidence(
            env=self.env,
            aud="tidegate-bff",
            order=ORDER,
            exported_at=instant(90),
            entries=own,
            paths={entry.seq: inclusion_path(index=entry.seq - 1, size=size, subtree=subtree) for entry in own},
            checkpoint=self.mark(entries, size),
            keys={self.audit.kid: self.audit.jwk},
            blobs=self._blobs(),
            signer=self.audit,
        )

    def period(self, first: int, last: int, *marked: int, bodies: bool = False, old: Sequence[int] = ()) -> bytes:
        """Give the entries from ``first`` to ``last``; ``old`` are checkpoints without a tree."""
        entries = self.chain()
        return export_period(
            env=self.env,
            exported_at=instant(90),
            entries=entries[first - 1 : last],
            peaks=peaks_of(first - 1, subtree_of(entries)),
            checkpoints=[self.mark(entries, seq, tree=seq not in old) for seq in marked],
            keys={self.audit.kid: self.audit.jwk},
            signer=self.audit,
            bodies=bodies,
        )

    def export(self, mend: Callable[[list[Any]], list[Any]] = list, *, stretches: Sequence[range] = ()) -> bytes:
        entries = self.chain(mend)
        own = {ORDER, OPERATION, DEVICE, self.digest, USED}
        ends = [piece[-1] for piece in stretches] or [len(entries)]
        marks = [
            sign_checkpoint(env=self.env, seq=end, head=entries[end - 1].hash, at=instant(60), signer=self.audit)
            for end in ends
        ]
        if stretches:
            entries = [entry for entry in entries if any(entry.seq in piece for piece in stretches)]
        return export_stretches(
            env=self.env,
            aud="tidegate-bff",
            order=ORDER,
            exported_at=instant(90),
            entries=entries,
            disclose={entry.seq for entry in entries if entry.subject in own},
            checkpoints=marks,
            keys={self.audit.kid: self.audit.jwk},
            blobs=self._blobs(),
            signer=self.audit,
        )

    def lying(self, kind: str, **changes: Any) -> bytes:
        """Give an export, sealed and chained in good form, in which one body says something else."""

        def mend(bodies: list[Any]) -> list[Any]:
            return [
                (name, subject, second, body | changes if name == kind else body)
                for name, subject, second, body in bodies
            ]

        return self.export(mend)

    def without(self, kind: str) -> bytes:
        return self.export(lambda bodies: [body for body in bodies if body[0] != kind])

    def _blobs(self) -> list[bytes]:
        if not hasattr(self, "_made"):
            made = self.releases
            self._made = [made.manifest_bytes, made.role(), made.targets(), made.root()]
        return self._made

    @property
    def root(self) -> bytes:
        return self._blobs()[3]

    def _released(self) -> dict[str, Any]:
        names = dict(zip(("manifest", "role", "targets", "root"), map(digest, self._blobs()), strict=True))
        return {"bundle": "wealth", "version": "1.0.0", "digest": self.digest, **names}

    def _registered(self) -> dict[str, Any]:
        what = {"challenge": b64url_encode(bytes(range(32))), "platform": "browser"}
        transcript = register_transcript(
            aud="tidegate-bff",
            env=self.env,
            challenge=what["challenge"],
            app_id="cn.lanjiang.tidegate",
            app_version="1.0.0",
            platform=what["platform"],
            pop_jkt=self.jkts[0],
            tx_jkt=self.jkts[1],
        )
        return what | {
            "deviceId": DEVICE,
            "level": "sim",
            "appId": "cn.lanjiang.tidegate",
            "appVersion": "1.0.0",
            "popKey": jwk_of(self.pop.public_key()).as_dict(),
            "txKey": jwk_of(self.tx.public_key()).as_dict(),
            "popSignature": b64url_encode(sign(self.pop, transcript)),
            "txSignature": b64url_encode(sign(self.tx, transcript)),
        }

    def _bound(self) -> dict[str, Any]:
        expires = int(START.timestamp()) + 300
        message = bind_message(
            aud="tidegate-bff",
            env=self.env,
            event_id="evt_1",
            device_id=DEVICE,
            customer_id=CUSTOMER,
            pop_jkt=self.jkts[0],
            tx_jkt=self.jkts[1],
            expires=expires,
        )
        return {
            "deviceId": DEVICE,
            "customerId": CUSTOMER,
            "eventId": "evt_1",
            "expires": expires,
            "popJkt": self.jkts[0],
            "txJkt": self.jkts[1],
            "signature": b64url_encode(sign(self.tx, message)),
        }

    def _frozen(self) -> dict[str, Any]:
        return {
            "operationId": OPERATION,
            "fields": {name: value for name, value in self.frozen().items() if name in FROZEN},
            "template": TEMPLATE,
            "proof": self.proof(),
            "url": URL,
            "method": "POST",
            "requestHash": digest(b"{}"),
        }

    def _approved(self) -> dict[str, Any]:
        message = self.message()
        signature = sign(self.signer or self.tx, message)
        return {"operationId": OPERATION, "message": b64url_encode(message), "signature": b64url_encode(signature)}

    def _placed(self) -> dict[str, Any]:
        return {
            "orderId": ORDER,
            "operationId": OPERATION,
            "product": "JMG-WY90",
            "amountFen": 5_000_000,
            "ruleVersion": "wealth-2026.1",
            "state": "QUOTA_HELD",
        }

    def _executed(self) -> dict[str, Any]:
        return {
            "orderId": ORDER,
            "sequence": f"wealth.order.{ORDER}",
            "verb": "transfer",
            "reference": "jnl_1",
            "postings": [
                {"account": PAYER, "amountFen": -5_000_000, "currency": "CNY"},
                {"account": PAYEE, "amountFen": 5_000_000, "currency": "CNY"},
            ],
            "executedAt": instant(41),
        }


def subtree_of(entries: Sequence[Entry]) -> Subtree:
    leaves = [leaf_of(entry.hash) for entry in entries]
    return lambda start, end: fold(leaves[start:end])


def sign(key: PrivateKey, message: bytes) -> bytes:
    return suite_of_key(key).sign(key, message)


def jws(key: PrivateKey, header: Mapping[str, Any], claims: Mapping[str, Any]) -> str:
    head, body = (b64url_encode(json.dumps(part).encode()) for part in (header, claims))
    return f"{head}.{body}.{b64url_encode(sign(key, f'{head}.{body}'.encode()))}"
