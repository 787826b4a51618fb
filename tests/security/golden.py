"""Makes the golden vectors for Python and JavaScript; `python -m tests.security.golden` writes them."""

import hashlib
import json
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature

from security.approvals import FROZEN, encode, memo_encode
from security.devices import bind_message, login_message, register_transcript, verification_message
from security.display import display_hash, render, template_hash, uppercase_amount
from security.dpop import token_hash
from security.encoding import b64url_encode, canonical_json, lp
from security.jwk import jwk_of
from security.suites import P256_ORDER

VECTORS = Path(__file__).parents[2] / "native_bridge" / "vectors"
DIGEST = "9f2c41d8" + "0" * 48 + "7ae0e41b"
MEMO = {
    "product": "JMG-WY90",
    "name": "金芒果 · 稳盈 90 天持有",
    "payer_name": "陈屿",
    "risk": "R2",
    "level": "C3",
    "rules": "wealth-2026.1",
}
TEMPLATE: dict[str, Any] = {
    "id": "wealth.order.place/1",
    "title": {"zh": "购买理财产品", "en": "Buy a wealth product"},
    "rows": [
        {"key": "money", "label": {"zh": "金额", "en": "Amount"}, "as": "money", "from": ["cur", "amt"]},
        {"key": "upper", "label": {"zh": "大写", "en": "In words"}, "as": "upper", "from": ["amt"]},
        {"key": "product", "label": {"zh": "产品", "en": "Product"}, "as": "text", "from": ["memo.name"]},
        {"key": "payee", "label": {"zh": "收款方", "en": "Payee"}, "as": "payee", "from": ["payee_name", "payee"]},
        {
            "key": "payer",
            "label": {"zh": "付款账户", "en": "Payer"},
            "as": "payer",
            "from": ["memo.payer_name", "payer"],
        },
        {"key": "risk", "label": {"zh": "风险", "en": "Risk"}, "as": "risk", "from": ["memo.risk", "memo.level"]},
        {"key": "device", "label": {"zh": "本机密钥", "en": "This device"}, "as": "device", "from": ["kid"]},
        {"key": "rules", "label": {"zh": "规则", "en": "Rules"}, "as": "date", "from": ["memo.rules"]},
        {
            "key": "warning",
            "label": {"zh": "风险提示", "en": "Risk notice"},
            "as": "warning",
            "from": [],
            "text": {"zh": "理财非存款，可能亏损本金。", "en": "This is not a deposit and you may lose principal."},
        },
        {"key": "bundle", "label": {"zh": "发起页面", "en": "Asked by"}, "as": "bundle", "from": ["bundle"]},
    ],
}
AMOUNTS = (
    "50000.00",
    "0.00",
    "0.05",
    "0.50",
    "1.05",
    "1.50",
    "10.00",
    "10010.00",
    "1000500.00",
    "1005000.00",
    "100000001.00",
    "100000000.00",
    "1020304.56",
    "200000000.10",
    "999999999999.99",
    "100010000.00",
    "100100000001.00",
    "110.01",
    "20000.03",
)
POP = ec.derive_private_key(0x1F3A_5577_2026, ec.SECP256R1())
TX = ec.derive_private_key(0x2B4C_6688_1123, ec.SECP256R1())
POP_JWK, TX_JWK = jwk_of(POP.public_key()), jwk_of(TX.public_key())
REFUSED_FIELDS = {
    "v": ["2", "", "１"],
    "alg": ["none", "HS256", "es256"],
    "env": ["staging", "SANDBOX"],
    "cust": ["", "cus 1", "a" * 65],
    "kid": ["short", "+" * 43, "=" * 43],
    "type": ["wealth", "Wealth.order", "wealth..order"],
    "tmpl": ["wealth.order.place/1", "wealth.order.place/1#" + "A" * 64],
    "cur": ["cny", "CNYX"],
    "amt": ["50000", "050000.00", "50000.0", "50000.000", "-1.00", "1e5.00", "٥.00", "1000000000000.00"],
    "payee_name": ["", "澜江\u200b银行", "\u202e银行", "e\u0301", "a\nb", "\ufeffA"],
    "memo": ["product", "product=", "a=1;b=2", "a=1; a=2", "A=1", "a=1; ", "a= 1"],
    "chal": ["A" * 42, "A" * 44, "A" * 42 + "B"],
    "iat": ["", "01", "-1", "1.0"],
    "bundle": ["wealth@1.0#" + "0" * 64, "wealth@1.0.0#" + "g" * 64, "Wealth@1.0.0#" + "0" * 64],
    "ui": ["tidegate-shell/1.0.0;fr;sha256:" + "0" * 64, "tidegate-shell/1.0.0;en;sha256:00"],
    "seq": ["007", "-1", ""],
    "factor": ["none", "FACE", ""],
}


def signed(key: ec.EllipticCurvePrivateKey, message: bytes) -> tuple[bytes, bytes]:
    """Give the deterministic canonical signature and its high-S twin."""
    der = key.sign(message, ec.ECDSA(hashes.SHA256(), deterministic_signing=True))
    r, s = decode_dss_signature(der)
    low = min(s, P256_ORDER - s)
    return tuple(r.to_bytes(32) + part.to_bytes(32) for part in (low, P256_ORDER - low))  # type: ignore[return-value]  # two of them


def transaction(**changes: str) -> dict[str, str]:
    """Give all fields of a transaction; ``ui`` fits what the Chinese sheet shows."""
    fields = {
        "v": "1",
        "alg": "ES256",
        "aud": "tidegate-bff",
        "env": "sandbox",
        "cust": "cus_01jd3m",
        "dev": "dev_01jd3k",
        "kid": TX_JWK.thumbprint,
        "txid": "opr_01jd3p",
        "type": "wealth.order.place",
        "tmpl": f"{TEMPLATE['id']}#{template_hash(TEMPLATE)}",
        "cur": "CNY",
        "amt": "50000.00",
        "payer": "6299001234567893381",
        "payee": "6299009000070019",
        "payee_name": "澜江银行理财募集专户",
        "memo": memo_encode(MEMO),
        "chal": b64url_encode(bytes(range(32))),
        "iat": "1795420800",
        "exp": "1795420920",
        "bundle": f"wealth@1.0.0#{DIGEST}",
        **{name: value for name, value in changes.items() if name in FROZEN},
    }
    shown = display_hash(render(template=TEMPLATE, fields=fields, locale="zh-CN"))
    fields |= {"ui": f"tidegate-shell/1.0.0;zh-CN;sha256:{shown}", "seq": "7", "factor": "face"}
    return fields | changes


def encoding_vectors() -> dict[str, Any]:
    """Give native_bridge/vectors/encoding.json."""
    register = {
        "aud": "tidegate-bff",
        "env": "sandbox",
        "challenge": b64url_encode(bytes(range(32))),
        "appId": "cn.lanjiang.tidegate",
        "appVersion": "1.0.0",
        "platform": "browser",
        "popJkt": POP_JWK.thumbprint,
        "txJkt": TX_JWK.thumbprint,
    }
    bind = {
        "aud": "tidegate-bff",
        "env": "sandbox",
        "eventId": "evt_01jd3q",
        "deviceId": "dev_01jd3k",
        "customerId": "cus_01jd3m",
        "popJkt": POP_JWK.thumbprint,
        "txJkt": TX_JWK.thumbprint,
        "expires": 1795421400,
    }
    login = {
        "aud": "tidegate-bff",
        "env": "sandbox",
        "deviceId": "dev_01jd3k",
        "challenge": b64url_encode(bytes(range(32, 64))),
        "popJkt": POP_JWK.thumbprint,
    }
    verification = {
        "aud": "tidegate-bff",
        "env": "sandbox",
        "purpose": "step-up",
        "deviceId": "dev_01jd3k",
        "customerId": "cus_01jd3m",
        "challenge": b64url_encode(bytes(range(64, 96))),
        "popJkt": POP_JWK.thumbprint,
        "factor": "pin",
    }
    return {
        "b64url": {
            "valid": [
                {"hex": raw.hex(), "text": b64url_encode(raw)} for raw in (b"", b"f", b"fo", b"foo", b"\xff\xfe\xfd")
            ],
            "invalid": ["Zg==", "Zh", "Z", "Zm9v\n", "Zm+v", "Zm/v", "Zm 9", "Zm9"],
        },
        "lp": [
            {"texts": list(texts), "hex": lp(*texts).hex()} for texts in ((), ("",), ("a", "陈屿"), ("💰", "x" * 300))
        ],
        "cleanText": {
            "clean": ["陈屿", "Lanjiang Bank", "é", "人民币伍万元整", "· …", "\u3000"],
            "unclean": [
                "e\u0301",
                "a\u200bb",
                "\u202eabc",
                "a\u2066b",
                "\ufeff",
                "\u00ad",
                "a\tb",
                "\u2028",
                "\u180e",
                "\u061c",
            ],
        },
        "canonicalJson": [
            {"value": value, "text": canonical_json(value).decode()}
            for value in (
                {"b": [1, None, True], "a": 'é€\u0007"\\'},
                [1.5, 1e21, -0.0, 100],
                {"\U0001f600": 1, "\ufb33": 2},
            )
        ],
        "thumbprints": [{"jwk": jwk.as_dict(), "thumbprint": jwk.thumbprint} for jwk in (POP_JWK, TX_JWK)],
        "transcripts": {
            "register": {"parts": register, "hex": _register(register).hex()},
            "bind": {"parts": bind, "hex": _bind(bind).hex()},
            "login": {"parts": login, "hex": _login(login).hex()},
            "verification": {"parts": verification, "hex": _verification(verification).hex()},
        },
        "memo": [{"items": [list(item) for item in MEMO.items()], "text": memo_encode(MEMO)}],
        "transactions": [
            _transaction(fields) for fields in (transaction(), transaction(amt="0.05", factor="pin", seq="8"))
        ],
        "refusedFields": REFUSED_FIELDS,
        "signatures": [_signature(TX, b"tidegate"), _signature(POP, encode(transaction()))],
        "proof": _proof(),
    }


def _register(p: dict[str, Any]) -> bytes:
    return register_transcript(
        aud=p["aud"],
        env=p["env"],
        challenge=p["challenge"],
        app_id=p["appId"],
        app_version=p["appVersion"],
        platform=p["platform"],
        pop_jkt=p["popJkt"],
        tx_jkt=p["txJkt"],
    )


def _bind(p: dict[str, Any]) -> bytes:
    return bind_message(
        aud=p["aud"],
        env=p["env"],
        event_id=p["eventId"],
        device_id=p["deviceId"],
        customer_id=p["customerId"],
        pop_jkt=p["popJkt"],
        tx_jkt=p["txJkt"],
        expires=p["expires"],
    )


def _login(p: dict[str, Any]) -> bytes:
    return login_message(
        aud=p["aud"], env=p["env"], device_id=p["deviceId"], challenge=p["challenge"], pop_jkt=p["popJkt"]
    )


def _verification(p: dict[str, Any]) -> bytes:
    return verification_message(
        aud=p["aud"],
        env=p["env"],
        purpose=p["purpose"],
        device_id=p["deviceId"],
        customer_id=p["customerId"],
        challenge=p["challenge"],
        pop_jkt=p["popJkt"],
        factor=p["factor"],
    )


def _transaction(fields: dict[str, str]) -> dict[str, Any]:
    message = encode(fields)
    return {
        "fields": fields,
        "hex": message.hex(),
        "sha256": hashlib.sha256(message).hexdigest(),
        "signature": b64url_encode(signed(TX, message)[0]),
    }


def _signature(key: ec.EllipticCurvePrivateKey, message: bytes) -> dict[str, Any]:
    canonical, twin = signed(key, message)
    return {
        "jwk": jwk_of(key.public_key()).as_dict(),
        "messageHex": message.hex(),
        "canonical": b64url_encode(canonical),
        "highS": b64url_encode(twin),
    }


def _proof() -> dict[str, Any]:
    header = {"typ": "dpop+jwt", "alg": "ES256", "jwk": POP_JWK.as_dict()}
    claims = {
        "htm": "POST",
        "htu": "http://localhost:8000/app/v1/wealth/orders/prepare",
        "iat": 1795420800,
        "jti": "AAECAwQFBgcICQoLDA0ODw",
        "ath": token_hash("access-token"),
        "nonce": "nonce",
        "bnd": f"wealth@1.0.0#{DIGEST}",
    }
    return {"token": "access-token", "header": header, "claims": claims, "jws": compact(POP, header, claims)}


def compact(key: ec.EllipticCurvePrivateKey, header: dict[str, Any], claims: dict[str, Any]) -> str:
    """Give a compact JWS."""
    head, body = (b64url_encode(json.dumps(part, separators=(",", ":")).encode()) for part in (header, claims))
    return f"{head}.{body}.{b64url_encode(signed(key, f'{head}.{body}'.encode())[0])}"


def display_vectors() -> dict[str, Any]:
    """Give native_bridge/vectors/display.json."""
    unsuitable = transaction(memo=memo_encode(MEMO | {"risk": "R4"}))
    return {
        "template": TEMPLATE,
        "templateHash": template_hash(TEMPLATE),
        "cases": [
            _case(name, fields, locale)
            for name, fields in (
                ("suitable", transaction()),
                ("not suitable", unsuitable),
                ("small", transaction(amt="0.05")),
            )
            for locale in ("zh-CN", "en")
        ],
        "uppercase": [{"amount": amount, "text": uppercase_amount(amount)} for amount in AMOUNTS],
        "refusedAmounts": ["", "1", "1.0", ".00", "1,000.00", "1000000000000.00", "-1.00", "１.00"],
        "refusedRows": [
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "html", "from": ["amt"]},
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "text", "from": ["secret"]},
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "text", "from": ["ui"]},
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "text", "from": ["memo.absent"]},
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "money", "from": ["amt"]},
            {
                "key": "x",
                "label": {"zh": "x", "en": "x"},
                "as": "text",
                "from": ["amt"],
                "text": {"zh": "1", "en": "1"},
            },
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "text", "from": "amt"},
            {"key": "x", "label": {"zh": "x\u200b", "en": "x\u200b"}, "as": "text", "from": ["amt"]},
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "risk", "from": ["memo.level", "memo.risk"]},
            {"key": "x", "label": {"zh": "x", "en": "x"}, "as": "text", "from": ["amt"], "style": "red"},
        ],
    }


def _case(name: str, fields: dict[str, str], locale: Any) -> dict[str, Any]:
    rows = render(template=TEMPLATE, fields=fields, locale=locale)
    frozen = {key: fields[key] for key in FROZEN}
    return {
        "name": name,
        "locale": locale,
        "fields": frozen,
        "rows": [list(row) for row in rows],
        "hash": display_hash(rows),
    }


def text(vectors: dict[str, Any]) -> str:
    """Give a vector file's text."""
    return json.dumps(vectors, ensure_ascii=True, indent=1) + "\n"


FILES = {"encoding.json": encoding_vectors, "display.json": display_vectors}


def write() -> None:
    """Write the vectors."""
    for name, make in FILES.items():
        (VECTORS / name).write_text(text(make()), encoding="utf-8")


if __name__ == "__main__":
    write()
