"""A SoftHSM token in a folder of the test's own, with P-256 keys or others in it."""

import os
import subprocess
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import pkcs11
from pkcs11.util.ec import encode_named_curve_parameters

from security import hsm

MODULE: Final = "/usr/lib/softhsm/libsofthsm2.so"
PIN: Final = b"4321"
CONF: Final = "SOFTHSM2_CONF"
ENVIRON = os.environ  # noqa: TID251 - the only way in which SoftHSM takes its settings


@contextmanager
def soft_token(folder: Path, label: str, keys: Iterable[tuple[str, str]]) -> Iterator[Path]:
    """Make a token with keys, each a name and a curve; their ids are their numbers."""
    (folder / "tokens").mkdir()
    conf = folder / "softhsm2.conf"
    conf.write_text(f"directories.tokendir = {folder / 'tokens'}\nobjectstore.backend = file\nlog.level = ERROR\n")
    before = ENVIRON.get(CONF)
    ENVIRON[CONF] = str(conf)
    making = [
        "softhsm2-util",
        "--init-token",
        "--free",
        "--label",
        label,
        "--so-pin",
        "12345678",
        "--pin",
        PIN.decode(),
    ]
    subprocess.run(making, check=True, capture_output=True)
    library = pkcs11.lib(MODULE)
    library.reinitialize()
    with library.get_token(token_label=label).open(user_pin=PIN.decode(), rw=True) as session:
        for number, (name, curve) in enumerate(keys):
            curves = {pkcs11.Attribute.EC_PARAMS: encode_named_curve_parameters(curve)}
            parameters = session.create_domain_parameters(pkcs11.KeyType.EC, curves, local=True)
            parameters.generate_keypair(store=True, label=name, id=bytes([number]))
    yield folder
    hsm.sessions().opened.clear()
    library.finalize()
    if before is not None:
        ENVIRON[CONF] = before
