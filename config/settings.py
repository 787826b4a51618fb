"""The settings of one Tidegate instance: read once from a mapping and a TOML file, checked, and frozen.

The environment wins over the file, the file over the defaults. In the file the names stand without ``TIDEGATE_`` and in
lower case. An unknown name or a bad value is refused with its name: a setting that is silently ignored is a trap.
"""

import re
import tomllib
from collections.abc import Callable, Mapping
from dataclasses import MISSING, Field, dataclass, field, fields
from pathlib import Path
from typing import Any, Final
from urllib.parse import urlsplit

PREFIX: Final = "TIDEGATE_"
ENVIRONMENTS: Final = ("sandbox", "production")
SUITES: Final = ("ES256", "SM2-SM3")
LOG_FORMATS: Final = ("text", "json")
LOG_LEVELS: Final = ("debug", "info", "warning", "error")
MAX_PORT: Final = 65535
EMBEDDED: Final = "embedded"
ESB: Final = "esb:"
CORE_WIRES: Final = ("esb", "iso20022")
CORE_CALLS: Final = 9
"""Exchanges with the core that the delivery of one message may take; its lease must outlast them."""
VAR: Final = Path("var")
_LINK: Final = re.compile(r"[a-z][a-z0-9-]*(\.[a-z0-9-]+)*")
_APP_LINK: Final = re.compile(r"https?://[^\s\"'<>{}\\/?#]+[^\s\"'<>{}\\]*\{route\}[^\s\"'<>{}\\]*")
_BARE_ORIGIN: Final = re.compile(r"https?://[a-z0-9][a-z0-9.-]*(:[1-9][0-9]{0,4})?")


HEAD: Final = """# Settings

Read from the environment, then from the TOML file that `TIDEGATE_CONFIG` names (`tidegate.toml` when it exists; there
the names stand without `TIDEGATE_` and in lower case), then the default. An unknown name or a bad value stops the
start with its name. This page is made by `tidegate settings --markdown`.

| Name | Default | What it is |
|---|---|---|
"""


class SettingsError(Exception):
    """A setting is unknown, malformed, or contradicts another; the message names it and says what would do."""


def _choice(*allowed: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text not in allowed:
            message = f"must be one of {', '.join(allowed)}"
            raise ValueError(message)
        return text

    return parse


def _whole(low: int, high: int) -> Callable[[str], int]:
    def parse(text: str) -> int:
        if not text.isascii() or not text.isdigit() or not low <= int(text) <= high:
            message = f"must be a whole number from {low} to {high}"
            raise ValueError(message)
        return int(text)

    return parse


def _url(*schemes: str) -> Callable[[str], str]:
    def parse(text: str) -> str:
        if text and urlsplit(text).scheme not in schemes:
            message = f"must be a URL that starts with one of {', '.join(schemes)}"
            raise ValueError(message)
        return text.rstrip("/") if schemes[0] == "http" else text

    return parse


def _core(text: str) -> str:
    address = urlsplit(text.removeprefix(ESB))
    if text != EMBEDDED and not (text.startswith(ESB) and address.scheme in {"http", "https"} and address.hostname):
        message = "must be `embedded`, or `esb:` and an address such as esb:https://esb.bank.example/core"
        raise ValueError(message)
    return text


def _origin(text: str) -> str:
    if text and _BARE_ORIGIN.fullmatch(text) is None:
        message = "must be an origin, scheme and host without a path, such as https://web.bank.example"
        raise ValueError(message)
    return text


def _rate(text: str) -> str:
    count, _, period = text.partition("/")
    if text and not (count.isascii() and count.isdigit() and period in {"second", "minute", "hour"}):
        message = "must be a number and a period, such as 2400/minute"
        raise ValueError(message)
    return text


def _suites(text: str) -> tuple[str, ...]:
    names = tuple(name.strip() for name in text.split(","))
    if len(set(names)) != len(names) or not set(names) <= set(SUITES):
        message = f"must be one of {', '.join(SUITES)}, or several with commas, each once, the preferred one first"
        raise ValueError(message)
    return names


def _links(text: str) -> tuple[tuple[str, str], ...]:
    found: dict[str, str] = {}
    for pair in text.split():
        name, is_pair, address = pair.partition("=")
        if not is_pair or _LINK.fullmatch(name) is None or not address.startswith("https://") or name in found:
            message = "must be ids with addresses, each id once: complaints=https://bank.example/complaints"
            raise ValueError(message)
        found[name] = address
    return tuple(found.items())


def _app_link(text: str) -> str:
    if text and _APP_LINK.fullmatch(text) is None:
        message = "must be an http or https address with {route} in it, such as https://app.bank.example/?open={route}"
        raise ValueError(message)
    return text


def _setting(default: Any, doc: str, parse: Callable[[str], Any] = str, *, secret: bool = False) -> Any:
    return field(default=default, metadata={"doc": doc, "parse": parse, "secret": secret})


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """All settings; every field's documentation stands in its metadata and in docs/settings.md."""

    env: str = _setting(
        "sandbox",
        "`sandbox` shows verification codes, accepts simulated devices and makes development keys; "
        "`production` refuses all three.",
        _choice(*ENVIRONMENTS),
    )
    host: str = _setting("127.0.0.1", "Address to listen on.")
    port: int = _setting(8000, "Port to listen on; plain `PORT` is taken as well.", _whole(1, MAX_PORT))
    public_url: str = _setting(
        "",
        "Address at which apps reach this instance, without a path; DPoP proofs are bound to it. Empty: `http://localhost:<port>`.",
        _url("http", "https"),
    )
    bundle_origin: str = _setting(
        "",
        "Origin of one bundle, with `{bundle}` in it. Empty: `http://{bundle}-h5.localhost:<port>`.",
        _url("http", "https"),
    )
    web_origin: str = _setting(
        "",
        "Origin of the web host, which shows bundles in WeChat or a plain browser: another one than the shell's and "
        "than any bundle's. Empty: `http://web.localhost:<port>`; in production, no web host.",
        _origin,
    )
    app_link: str = _setting(
        "",
        "Address by which the web host opens the app, with `{route}` in it. Empty: `<public url>/?open={route}`.",
        _app_link,
    )
    var: Path = _setting(VAR, "Folder for everything this instance keeps on disk.", Path)  # noqa: RUF009 — a field with metadata
    database_url: str = _setting(
        "",
        "SQLAlchemy URL of the database (`mysql+pymysql://…` or `sqlite:///…`). Empty: SQLite in the var folder.",
        _url("sqlite", "mysql+pymysql", "mariadb+pymysql"),
        secret=True,
    )
    repository: str = _setting(
        "",
        "Where the release repository is kept: a folder, `sqlite:///…`, `mysql+pymysql://…` or "
        "`s3://bucket/prefix?endpoint=…` (docs/stores.md). Empty: `repo` in the var folder.",
        secret=True,
    )
    redis_url: str = _setting(
        "",
        "Redis for rate limits and replay marks; needed with more than one worker or instance. Empty: in memory.",
        _url("redis", "rediss", "unix"),
        secret=True,
    )
    workers: int = _setting(1, "Server processes. More than one needs `TIDEGATE_REDIS_URL`.", _whole(1, 64))
    threads: int = _setting(8, "Threads that answer requests in each process.", _whole(1, 256))
    key_passphrase: str = _setting(
        "",
        "Passphrase of the key files. The sandbox makes one on first start, in the var folder; production needs it.",
        secret=True,
    )
    four_eyes: str = _setting(
        "",
        "`on`: every change of a key that the calendar does not make needs two operators (`tidegate keys request`); "
        "`off`: one person changes keys. Empty: on in production, off in a sandbox.",
        _choice("", "on", "off"),
    )
    key_request_hours: int = _setting(
        24, "How long a request for a change of a key may wait for its approval, in hours.", _whole(1, 168)
    )
    key_calendar: str = _setting(
        "on",
        "`on`: the server stages, rotates and retires keys when they are due; `off`: it warns only.",
        _choice("on", "off"),
    )
    suite: tuple[str, ...] = _setting(
        ("ES256",),
        "Cryptographic suites, the preferred one first: `ES256`, `SM2-SM3`, or both with a comma. Devices' keys may "
        "be of each; the server's own new keys and seals are of the first. `SM2-SM3` needs the extra `sm`, and phones "
        "that know it: the shell in the browser does not.",
        _suites,
    )
    audience: str = _setting("tidegate-bff", "Name of this bank's BFF inside tokens and device signatures.")
    bank_zh: str = _setting("澜江银行", "Chinese name of the bank, as the shell and the sign sheet show it.")
    bank_en: str = _setting("Lanjiang Bank", "English name of the bank.")
    links: tuple[tuple[str, str], ...] = _setting(
        (),
        "Addresses that pages may leave the app for or share, by their id, with spaces between: "
        "`complaints=https://bank.example/complaints`. A page can name an id only.",
        _links,
    )
    token_seconds: int = _setting(600, "Life of an access token, in seconds.", _whole(60, 600))
    refresh_days: int = _setting(30, "Life of a refresh token's family, in days.", _whole(1, 180))
    core: str = _setting(
        EMBEDDED,
        "The core bank: `embedded`, the ledger in this instance's database, or `esb:https://…`, the address of an ESB "
        "(docs/core_bank.md).",
        _core,
    )
    core_wire: str = _setting(
        "esb",
        "How messages to the ESB are written: `esb`, its envelope, or `iso20022`, where transfers are pain.001 and "
        "pacs.002.",
        _choice(*CORE_WIRES),
    )
    core_seconds: int = _setting(
        5, "How long one exchange with the ESB may take, in seconds; then its outcome is unknown.", _whole(1, 60)
    )
    core_ca: str = _setting("", "File with the authorities of the ESB's certificate. Empty: the system's.")
    core_certificate: str = _setting("", "File with this instance's certificate for the ESB. Empty: none is shown.")
    core_key: str = _setting("", "File with the key of that certificate, unencrypted and readable by the server only.")
    relay_seconds: int = _setting(5, "Pause between two sweeps of the outbox, in seconds.", _whole(1, 300))
    lease_seconds: int = _setting(
        60,
        "How long a relay holds a message that it is sending, in seconds: longer than any call to the core may take. "
        "After a crash the message waits so long before it is sent again.",
        _whole(1, 600),
    )
    jobs: str = _setting(
        "on",
        "`on`: each server process does the jobs as well; `off`: they are left to `tidegate worker`.",
        _choice("on", "off"),
    )
    checkpoint_seconds: int = _setting(
        60, "Pause between two signed checkpoints of the evidence, in seconds.", _whole(1, 3600)
    )
    ready_seconds: int = _setting(
        10,
        "How long a new release of a bundle may take on the browser shell until it calls `app.ready`, in seconds "
        "that somebody can see it; then it is rolled back.",
        _whole(1, 120),
    )
    anonymous_limit: str = _setting(
        "2400/minute",
        "Ceiling on requests without a token from one address, such as `2400/minute`; empty for none.",
        _rate,
    )
    upload_bytes: int = _setting(
        32 * 1024 * 1024, "Bytes of the largest release that may be uploaded.", _whole(64 * 1024, 512 * 1024 * 1024)
    )
    upload_hours: int = _setting(24, "How long an unfinished upload is kept, in hours.", _whole(1, 720))
    proposal_days: int = _setting(
        30,
        "How long a proposal is kept that is promoted, overtaken or invalid, in days; one that waits stays.",
        _whole(1, 3660),
    )
    attestation_policy: str = _setting(
        "",
        "File that says what each app asks of its devices (docs/security.md). Empty: no phone is attested, "
        "so only a sandbox registers devices.",
    )
    revocation_list: str = _setting(
        "",
        "File with Google's list of revoked attestation keys, fetched anew by a timer; its time of change is its age. "
        "Without a fresh one no Android phone registers.",
    )
    trusted_proxies: int = _setting(0, "How many reverse proxies in front may set `X-Forwarded-*`.", _whole(0, 5))
    log_level: str = _setting("info", "Least severe log line that is written.", _choice(*LOG_LEVELS))
    log_format: str = _setting(
        "text", "`json` writes one object a line for collectors, `text` is for people.", _choice(*LOG_FORMATS)
    )

    @property
    def production(self) -> bool:
        """Tell whether this instance serves real customers."""
        return self.env == "production"

    @property
    def needs_two(self) -> bool:
        """Tell whether a change of a key needs two operators."""
        return self.four_eyes == "on" or (self.production and self.four_eyes == "")

    @property
    def esb(self) -> str:
        """Give the address of the ESB; empty when the core is embedded."""
        return "" if self.core == EMBEDDED else self.core.removeprefix(ESB)

    @property
    def origin(self) -> str:
        """Give the address at which apps reach this instance."""
        return self.public_url or f"http://localhost:{self.port}"

    @property
    def bundle_origins(self) -> str:
        """Give the origin template of bundles."""
        return self.bundle_origin or f"http://{{bundle}}-h5.localhost:{self.port}"

    @property
    def web_host(self) -> str:
        """Give the origin of the web host; empty when there is none."""
        return self.web_origin or ("" if self.production else f"http://web.localhost:{self.port}")

    @property
    def app_address(self) -> str:
        """Give the address that opens the app at a route."""
        return self.app_link or f"{self.origin}/?open={{route}}"

    @property
    def database(self) -> str:
        """Give the database's URL."""
        return self.database_url or f"sqlite:///{self.var.absolute() / 'tidegate.db'}"

    @property
    def keys(self) -> Path:
        """Give the folder of the server's keys."""
        return self.var / "keys"

    @property
    def release_keys(self) -> Path:
        """Give the folder of the release repository's role keys."""
        return self.var / "release-keys"

    @property
    def uploads(self) -> Path:
        """Give the folder of unfinished uploads."""
        return self.var / "uploads"

    @property
    def repository_address(self) -> str:
        """Give the address of the release repository."""
        return self.repository or str(self.var / "repo")


def from_environ(environ: Mapping[str, str]) -> Settings:
    """Read the settings.

    Args:
        environ: the process's environment; ``TIDEGATE_CONFIG`` names a TOML file (else ``tidegate.toml`` if present).

    Raises:
        SettingsError: unknown name, bad value, or settings that contradict each other.
    """
    given = {name.removeprefix(PREFIX).lower(): text for name, text in environ.items() if name.startswith(PREFIX)}
    file = given.pop("config", None)
    texts = {**_from_file(file), **{name: (f"{PREFIX}{name.upper()}", text) for name, text in given.items()}}
    if "PORT" in environ and "port" not in given:
        texts["port"] = ("PORT", environ["PORT"])
    known = {item.name: item for item in fields(Settings)}
    for name, (shown, _) in texts.items():
        if name not in known:
            message = f"{shown} is not a setting; docs/settings.md lists them all"
            raise SettingsError(message)
    return _checked(Settings(**{name: _parsed(known[name], shown, text) for name, (shown, text) in texts.items()}))


def describe() -> str:
    """Give docs/settings.md: every setting with its default."""
    rows = [
        f"| `{PREFIX}{item.name.upper()}` | {_shown(item.default)} | {item.metadata['doc']} |"
        for item in fields(Settings)
    ]
    return HEAD + "\n".join(rows) + "\n"


def _shown(default: Any) -> str:
    text = ",".join(default) if isinstance(default, tuple) and default else default
    return "(empty)" if text in {"", MISSING} else f"`{text}`"


def _from_file(named: str | None) -> dict[str, tuple[str, str]]:
    path = Path(named or "tidegate.toml")
    if not path.exists():
        if named is None:
            return {}
        message = f"TIDEGATE_CONFIG names {path}, which does not exist"
        raise SettingsError(message)
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        message = f"{path} is not TOML: {error}"
        raise SettingsError(message) from error
    return {name: (f"{name} in {path}", str(value)) for name, value in values.items()}


def _parsed(item: "Field[Any]", shown: str, text: str) -> Any:
    try:
        return item.metadata["parse"](text)
    except ValueError as error:
        value = "its value" if item.metadata["secret"] else repr(text)
        message = f"{shown}: {value} is refused: it {error}"
        raise SettingsError(message) from error


def _checked(settings: Settings) -> Settings:
    if settings.workers > 1 and not settings.redis_url:
        message = (
            "TIDEGATE_WORKERS above 1 needs TIDEGATE_REDIS_URL: replay marks and limits must be shared by all processes"
        )
        raise SettingsError(message)
    if settings.production and not settings.key_passphrase:
        message = (
            "TIDEGATE_ENV=production needs TIDEGATE_KEY_PASSPHRASE: production never makes or unlocks development keys"
        )
        raise SettingsError(message)
    if settings.production and not settings.origin.startswith("https://"):
        message = "TIDEGATE_ENV=production needs TIDEGATE_PUBLIC_URL with https://"
        raise SettingsError(message)
    if settings.production and settings.four_eyes == "off":
        message = "TIDEGATE_FOUR_EYES=off is for sandboxes: in production no single person changes a key"
        raise SettingsError(message)
    if settings.bundle_origin and "{bundle}" not in settings.bundle_origin:
        message = "TIDEGATE_BUNDLE_ORIGIN must hold {bundle}: every bundle has an origin of its own"
        raise SettingsError(message)
    _check_web(settings)
    _check_core(settings)
    return settings


def _check_core(settings: Settings) -> None:
    if settings.core == EMBEDDED:
        return
    if settings.production and urlsplit(settings.esb).scheme != "https":
        message = "TIDEGATE_ENV=production needs https:// in TIDEGATE_CORE"
        raise SettingsError(message)
    if bool(settings.core_certificate) != bool(settings.core_key):
        message = "TIDEGATE_CORE_CERTIFICATE and TIDEGATE_CORE_KEY belong together"
        raise SettingsError(message)
    if settings.lease_seconds < CORE_CALLS * settings.core_seconds:
        message = (
            f"TIDEGATE_LEASE_SECONDS must be at least {CORE_CALLS} times TIDEGATE_CORE_SECONDS: "
            "delivering one message may take so many exchanges with the core"
        )
        raise SettingsError(message)


def _check_web(settings: Settings) -> None:
    if not settings.web_origin:
        return
    if settings.production and not settings.web_origin.startswith("https://"):
        message = "TIDEGATE_ENV=production needs https:// in TIDEGATE_WEB_ORIGIN"
        raise SettingsError(message)
    host = urlsplit(settings.web_origin).netloc
    before, _, after = urlsplit(settings.bundle_origins).netloc.partition("{bundle}")
    if host == urlsplit(settings.origin).netloc or (host.startswith(before) and host.endswith(after)):
        message = (
            "TIDEGATE_WEB_ORIGIN must be another origin than the shell's and than any bundle's: "
            "https://web.bank.example beside https://app.bank.example and https://{bundle}-h5.bank.example"
        )
        raise SettingsError(message)
