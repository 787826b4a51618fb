"""The public keys at which attestation chains end: Google's two and Apple's one.

A root is a key, not a certificate: Google has issued its older root anew under the same key, and phones carry either.
"""

import base64
from typing import Final

from cryptography.hazmat.primitives.serialization import load_der_public_key

from security.attestation.chain import Root, RootKey

_GOOGLE_RSA: Final = (
    "MIICIjANBgkqhkiG9w0BAQEFAAOCAg8AMIICCgKCAgEAr7bHgiuxpwHsK7Qui8xUFmOr75gvMsd/dTEDDJdSSxtf6An7xyqpRR90"
    "PL2abxM1dEqlXnf2tqw1Ne4Xwl5jlRfdnJLmN0pTy/4lj4/7tv0Sk3iiKkypnEUtR6WfMgH0QZfKHM1+di+y9TFRtv6y//0rb+T+"
    "W8a9nsNL/ggjnar86461qO0rOs2cXjp3kOG1FEJ5MVmFmBGtnrKpa73XpXyTqRxB/M0n1n/W9nGqC4FSYa04T6N5RIZGBN2z2MT5"
    "IKGbFlbC8UrW0DxW7AYImQQcHtGl/m00QLVWutHQoVJYnFPlXTcHYvASLu+RhhsbDmxMgJJ0mcDpvsC4PjvB+TxywElgS70vE0Xm"
    "LD+OJtvsBslHZvPBKCOdT0MS+tgSOIfga+z1Z1g7+DVagf7quvmag8jfPioyKvxnK/EgsTUVi2ghzq8wm27ud/mIM7AY2qEORR8G"
    "o3TVB4HzWQgpZrt3i5MIlCaY504LzSRiigHCzAPlHws+W0rB5N+er5/2pJKnfBSDiCiFAVtCLOZ7gLiMm0jhO2B6tUXHI/+MRPjy"
    "02i59lINMRRev56GKtcd9qO/0kUJWdZTdA2XoS82ixPvZtXQpUpuL12ab+9EaDK8Z4RHJYYfCT3Q5vNAXaiWQ+8PTWm2QgBR/bkw"
    "SWc+NpUFgNPN9PvQi8WEg5UmAGMCAwEAAQ=="
)

_GOOGLE_CA1: Final = (
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAEI9ojcU7fPlsFCjxy6IRqzgeOoK0b+YsV9FPQywiyw8EQRTkJ9u3qwfnI4DGoSLlBqClT"
    "XJfgfCcZvs60FikNMHnu4fkRzObfgDkU2KNXezT9/RQ+XvNslxPHrHCowhGr"
)

_APPLE: Final = (
    "MHYwEAYHKoZIzj0CAQYFK4EEACIDYgAERTHhmLW07ATaFQIEVwTtT4dyctdhNbJhFs/Ii2FdCgAHGbpphY3+d8qjuDngIN3WVhQU"
    "BHAoMeQ/cLiP1sOUtgjqK9auYen1mMEvRq9Sk3Jm5X8U62H+xTD3FE9TgS41"
)


def _root(name: str, key: str) -> Root:
    public_key = load_der_public_key(base64.b64decode(key))
    if not isinstance(public_key, RootKey):
        raise TypeError(name)
    return Root(name, public_key)


GOOGLE_ROOTS: Final = (_root("Google RSA", _GOOGLE_RSA), _root("Google Key Attestation CA1", _GOOGLE_CA1))
"""The RSA root (serialNumber=f92009e853b6b045) of factories and remote provisioning, and the P-384 root of 2026."""
APPLE_ROOTS: Final = (_root("Apple App Attestation Root CA", _APPLE),)
