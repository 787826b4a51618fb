"""Both languages say the same things, and the pages use nothing that is not there."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

from bff.sandbox import BUNDLES
from h5bundle.project import Declaration, read_project
from tests.h5bundle.apps.site import APPS

TABLE = re.compile(r"const (?:COMMON_)?WORDS = (\{.*?\n\});", re.DOTALL)
PLACE = re.compile(r"\{(\w+)\}")
CALL = re.compile(r"\bt\(\s*\"([\w.]+)\"\s*[,)]")
STRING = re.compile(r"\"((?:[A-Za-z]\w*)(?:\.\w+)+)\"")
APP_NAMES = tuple(name for name in BUNDLES if name != "common")
ON_REQUEST = {
    "tx.sign": "Signing",
    "file.save": "exportButton",
}  # methods that the shared bundle calls only for those who take this from it
PARTS = ("title", "text")
ENDS = ("cancelled", "expired", "unverified", "locked", "unbound", "refused", "unknown")
STAGES = ("new", "half", "checking", "open")
REDEMPTIONS = ("SHARES_HELD", "CONFIRMED", "PAYING", "PAID", "CANCELLED", "FAILED")
PURCHASES = (
    "CREATED",
    "QUOTA_HELD",
    "DEBITED",
    "UNKNOWN",
    "ACCEPTED",
    "REJECTED",
    "REFUNDING",
    "REFUND_FAILED",
    "REFUNDED",
)
MADE = {  # keys put together at run time: stem → what may follow
    "common": {
        "": tuple(f"{name}.{part}" for name in ("offline", "auth", "bound", "failed", "fault") for part in PARTS),
        "export.": ("csv", "pdf", "saved", "full", "unable"),
        "sign.": tuple(f"{end}.{part}" for end in ENDS for part in PARTS),
    },
    "home": {
        "": (
            "cards.title",
            *(f"{name}.{part}" for name in ("accounts", "sweep", "wealth") for part in ("title", "part")),
        ),
        "cards.": ("DRAFT", "SUPPLEMENT"),
        "accounts.": ("FROZEN", "DORMANT"),
        "front.": tuple(f"{stage}.{part}" for stage in STAGES for part in ("title", "text", "action")),
        "hello.": ("morning", "noon", "afternoon", "evening"),
        "opening.": ("half", "half.text", "checking", "checking.text"),
        "transfer.": ("checking", "checking.text", "returning", "returning.text"),
        "row.": ("silent", "offline", "fault"),
    },
    "accounts": {
        "step.": (),
        "state.": ("OPENING", "OPEN", "DORMANT", "FROZEN", "CLOSING", "CLOSED"),
        "still.": ("OPENING", "DORMANT", "FROZEN", "CLOSING"),
        "class.": ("II", "III"),
        "fund.": (),
        "entries.": ("all", "in", "out", "none.all", "none.in", "none.out"),
        "payee.": ("CHECKING", "UNKNOWN"),
        "months.": ("in", "out"),
        "pay.over.": ("day", "year"),
        "limit.": ("bound_in", "unbound_in", "unbound_out", "out", "balance", "day", "year", "any"),
        "limits.text.": ("II", "III"),
        "transfer.": (
            *("CREATED", "UNKNOWN", "DONE", "FAILED", "RETURNING", "RETURNED"),
            *(
                f"{end}.{part}"
                for end in ("DONE", "FAILED", "RETURNING", "RETURNED", "checking")
                for part in ("title", "text")
            ),
        ),
        "close.": (
            *("holds.money", "holds.movement", "holds.wealth", "holds.sweep"),
            *(f"{end}.{part}" for end in ("done", "not", "doing") for part in ("title", "text")),
        ),
    },
    "sweep": {
        "what.": ("agreement", "purchase", "redemption"),
        "range.": ("7", "30", "90", "365"),
        "agreement.": ("ACTIVE", "PAUSED"),
        "kind.": ("PURCHASE", "COLLECT", "FAST", "NORMAL", "SIGNING"),
        "order.": ("CHECKING", "WAITING", "ACCEPTED", "CONFIRMED", "PAID", "SIGNED", "REJECTED"),
        "end.in.": tuple(
            f"{end}.{part}" for end in ("accepted", "confirmed", "rejected", "checking") for part in PARTS
        ),
        "end.out.": tuple(f"{end}.{part}" for end in ("paid", "waiting", "rejected", "checking") for part in PARTS),
        "end.sign.": tuple(f"signed.{part}" for part in PARTS),
    },
    "cards": {
        "state.": (
            *("DRAFT", "SUBMITTED", "IN_REVIEW", "SUPPLEMENT", "APPROVED", "DECLINED", "EXPIRED", "WITHDRAWN"),
            *("ORDERED", "EMBOSSING", "UNMADE", "MAILED", "ACTIVATED", "FROZEN", "LOST", "CLOSED"),
        ),
        "step.": ("SUBMITTED", "APPROVED", "EMBOSSING", "MAILED", "ACTIVATED"),
        "term.": (
            *("annual_fee_fen", "daily_rate_ppm", "interest_on", "minimum_share_percent", "late_fee_percent"),
            *("billing_day", "due_days", "grace_days", "cash_fee_percent"),
        ),
        "term.interest.": ("full", "remaining"),
        "reason.": ("AGE", "CREDIT_REPORT", "INCOME", "REVIEWER"),
        "document.": ("income_proof", "employment_proof", "identity", "address_proof", "other"),
        "entry.": ("PURCHASE", "REFUND", "CASH", "INTEREST", "FEE", "LATE", "REPAYMENT"),
        "repayment.": tuple(f"{end}.{part}" for end in ("done", "rejected", "unknown") for part in ("title", "text")),
        "autopay.": ("FULL", "MINIMUM", "FULL.text", "MINIMUM.text"),
    },
    "wealth": {
        "": ("C1", "C2", "C3", "C4", "C5"),
        "r": ("1", "2", "3", "4", "5"),
        "kind.": ("PURCHASE", "REDEMPTION", "MATURITY"),
        "product.": ("RAISING", "SOLD_OUT", "ESTABLISHED", "OPEN", "CLOSED", "MATURED", "SETTLED", "FAILED"),
        "product.closed.": ("ESTABLISHED", "CLOSED", "MATURED", "SETTLED", "FAILED"),
        "product.nav.": ("month", "quarter", "all"),
        "order.": (*PURCHASES, *REDEMPTIONS),
        "order.back.": ("REFUNDING", "REFUND_FAILED"),
        "out.": tuple(f"{state}.{part}" for state in REDEMPTIONS for part in ("title", "text") if state != "CONFIRMED"),
    },
}


def sources(bundle: str) -> str:
    """All scripts of a bundle but its table of words and the generated client."""
    folder = APPS / bundle / "src"
    return "\n".join(p.read_text() for p in sorted(folder.glob("*.js")) if p.name not in {"words.js", "bridge.js"})


def words(bundle: str) -> dict[str, dict[str, str]]:
    found = TABLE.search((APPS / bundle / "src" / "words.js").read_text())
    assert found is not None
    table: dict[str, dict[str, str]] = json.loads(found[1])
    return table


@pytest.mark.parametrize("bundle", ["common", *APP_NAMES])
def test_both_languages_have_the_same_keys_and_places(bundle: str) -> None:
    table = words(bundle)
    chinese = {key: sorted(set(PLACE.findall(text))) for key, text in table["zh"].items()}
    english = {key: sorted(set(PLACE.findall(text))) for key, text in table["en"].items()}
    assert chinese == english


@pytest.mark.parametrize("bundle", ["common", *APP_NAMES])
def test_every_text_says_something_in_its_language(bundle: str) -> None:
    table = words(bundle)
    assert [key for texts in table.values() for key, text in texts.items() if not text.strip()] == []
    assert [key for key, text in table["en"].items() if re.search(r"[\u4e00-\u9fff]", text)] == []


@pytest.mark.parametrize("bundle", APP_NAMES)
def test_no_text_takes_the_place_of_a_shared_one(bundle: str) -> None:
    assert sorted(words(bundle)["zh"].keys() & words("common")["zh"].keys()) == []


@pytest.mark.parametrize("bundle", ["common", *APP_NAMES])
def test_every_key_used_exists(bundle: str) -> None:
    known = {**words("common")["zh"], **(words(bundle)["zh"])}
    assert sorted(set(CALL.findall(sources(bundle))) - known.keys()) == []


@pytest.mark.parametrize("bundle", MADE)
def test_every_key_made_at_run_time_exists(bundle: str) -> None:
    table = words(bundle)["zh"]
    made = {stem + ending for stem, endings in MADE[bundle].items() for ending in endings}
    assert sorted(made - table.keys()) == []


@pytest.mark.parametrize("bundle", ["common", *APP_NAMES])
def test_no_text_is_left_unused(bundle: str) -> None:
    code = "\n".join(map(sources, ["common", *APP_NAMES] if bundle == "common" else [bundle]))
    mentioned = set(STRING.findall(code)) | {stem + e for stem, ends in MADE[bundle].items() for e in ends}
    stems = set(re.findall(r"\"([a-z]+\.)\" \+", code))
    unused = [
        key
        for key in words(bundle)["zh"]
        if key not in mentioned and f'"{key}"' not in code and not any(key.startswith(stem) for stem in stems)
    ]
    assert unused == []


def declared(bundle: str) -> Declaration:
    return read_project(APPS / bundle).declaration


@pytest.mark.parametrize("bundle", APP_NAMES)
def test_the_manifest_declares_exactly_the_operations_used(bundle: str) -> None:
    used = set(re.findall(r"(?:ask\(|look\(|Attempt\(|\bop: )\"([a-z_.]+)\"", sources(bundle)))
    assert used == set(declared(bundle).ops)


@pytest.mark.parametrize("bundle", APP_NAMES)
def test_the_manifest_declares_exactly_the_methods_used(bundle: str) -> None:
    code = sources(bundle) + sources("common")
    used = {f"{group}.{verb}" for group, verb in re.findall(r"bridge\.([a-z]+)\.([A-Za-z]+)\(", code)}
    spared = {method for method, taken in ON_REQUEST.items() if not re.search(rf"\b(?:{taken})\(", sources(bundle))}
    assert used - spared == set(declared(bundle).permissions)


@pytest.mark.parametrize("bundle", APP_NAMES)
def test_the_manifest_declares_exactly_the_events_heard(bundle: str) -> None:
    assert set(re.findall(r"bridge\.on\(\"([\w.]+)\"", sources("common"))) == set(declared(bundle).events)


@pytest.mark.parametrize("bundle", APP_NAMES)
def test_what_is_needed_at_connect_is_what_is_declared(bundle: str) -> None:
    routes = (APPS / bundle / "src" / "routes.js").read_text()
    need = dict(re.findall(r"\"([a-z]+\.[A-Za-z]+)\": (\d)", routes))
    permissions: dict[str, Any] = declared(bundle).permissions
    assert {name: int(version) for name, version in need.items()} == permissions


def all_files() -> list[Path]:
    return [p for p in APPS.glob("*/src/*") if p.suffix in {".js", ".html", ".css"} and p.name != "bridge.js"]


def test_no_markup_is_made_from_text_and_no_style_or_handler_stands_in_an_attribute() -> None:
    forbidden = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|style=|\son\w+=\"|fetch\(")
    found = {path.name: forbidden.findall(re.sub(r"//.*", "", path.read_text())) for path in all_files()}
    assert {name: hits for name, hits in found.items() if hits} == {}


def test_colours_stand_in_the_tokens_only() -> None:
    hexes = {p.name: re.findall(r"#[0-9A-Fa-f]{3,8}\b", p.read_text()) for p in all_files() if p.name != "tokens.css"}
    assert {name: hits for name, hits in hexes.items() if hits} == {}


def test_the_pages_never_name_what_is_reserved_for_the_bank() -> None:
    assert [path.name for path in all_files() if "--native-" in path.read_text()] == []


@pytest.mark.parametrize("bundle", APP_NAMES)
def test_what_is_taken_from_the_shared_bundle_is_there_and_used(bundle: str) -> None:
    start = (APPS / bundle / "src" / "start.js").read_text()
    taken = set(re.findall(r"\w+", start.rsplit("import {", 1)[1].split("}", 1)[0]))
    shared = sources("common") + (APPS / "common" / "src" / "words.js").read_text()
    given = set(re.findall(r"^export (?:async )?(?:function|class|const) (\w+)", shared, re.MULTILINE))
    code = re.sub(r"\"(?:[^\"\\\n]|\\.)*\"", "", sources(bundle).replace(start, ""))
    used = {name for name in taken if re.search(rf"(?<![\w.]){name}\s*[(.,)}}\]]", code)}
    assert (sorted(taken - given), sorted(taken - used)) == ([], [])
