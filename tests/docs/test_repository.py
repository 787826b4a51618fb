"""What the repository says of itself must be true, and it names no machine and no registry."""

import json
import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
TEXT = {
    ".py",
    ".mjs",
    ".js",
    ".ts",
    ".md",
    ".toml",
    ".yaml",
    ".yml",
    ".txt",
    ".in",
    ".json",
    ".sh",
    ".html",
    ".css",
    "",
}
REGISTRIES = re.compile(
    "|".join(("files.python" + "hosted", "registry.npm" + "js", "deb." + "debian", "pypi" + r"\.org"))
)


def tracked() -> list[Path]:
    listing = subprocess.run(["git", "ls-files"], cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return [path for name in listing.splitlines() if (path := ROOT / name).is_file() and path.suffix in TEXT]


def test_no_registry_is_named() -> None:
    named = [path.name for path in tracked() if REGISTRIES.search(path.read_text(encoding="utf-8", errors="replace"))]
    assert named == []


@pytest.mark.parametrize("lock", ["requirements.txt", "requirements-dev.txt"])
def test_every_locked_package_has_hashes_and_no_address(lock: str) -> None:
    text = (ROOT / lock).read_text(encoding="utf-8")
    pins = re.findall(r"^([a-z0-9-]+)==\S+ \\\n    --hash=sha256:[0-9a-f]{64}", text, re.MULTILINE)
    assert len(pins) == len(re.findall(r"^[a-z0-9-]+==", text, re.MULTILINE)) > 10
    assert "http" not in re.sub(r"#.*", "", text)


def test_the_npm_lock_has_hashes_and_no_address() -> None:
    packages = json.loads((ROOT / "package-lock.json").read_text(encoding="utf-8"))["packages"]
    locked = {name: facts for name, facts in packages.items() if name}
    assert locked
    assert [name for name, facts in locked.items() if "resolved" in facts or "integrity" not in facts] == []


def test_links_in_the_documents_lead_somewhere() -> None:
    pages = [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]
    link = re.compile(r"\]\(([^)#\s]+)(?:#[^)]*)?\)")
    links = [(page, target) for page in pages for target in link.findall(page.read_text(encoding="utf-8"))]
    local = [(page, target) for page, target in links if not target.startswith(("http:", "https:"))]
    broken = [f"{page.name} → {target}" for page, target in local if not (page.parent / target).exists()]
    assert broken == []


def test_the_threat_model_names_tests_that_exist() -> None:
    page = (ROOT / "docs/threat_model.md").read_text(encoding="utf-8")
    named = set(re.findall(r"`((?:tests|native_bridge)/[\w/]+)`", page))
    assert [name for name in sorted(named) if not (ROOT / name).exists()] == []


def test_every_decision_is_listed() -> None:
    index = (ROOT / "docs/adr/README.md").read_text(encoding="utf-8")
    files = sorted(path.name for path in (ROOT / "docs/adr").glob("0*.md"))
    assert files == sorted(re.findall(r"\((0\d{3}-[\w-]+\.md)\)", index))


def test_every_make_target_in_the_documents_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = "\n".join(path.read_text(encoding="utf-8") for path in [ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
    assert set(re.findall(r"`make ([a-z-]+)", pages)) <= targets


@pytest.mark.parametrize(("page", "rows"), [("attacks.md", 30), ("invariants.md", 9)])
def test_what_a_list_names_as_its_tests_exists(page: str, rows: int) -> None:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    assert sum(line.startswith("| ") and "::" in line for line in text.splitlines()) >= rows
    short = {"A/": "tests/attacks/", "S/": "tests/security/", "B/": "tests/bff/"}
    for path, name in re.findall(r"`([A-Za-z0-9_/.]+\.py)::(\w+)`", text):
        file = ROOT / (short[path[:2]] + path[2:] if path[:2] in short else path)
        made = re.compile(rf"^(def {name}\(|{name} =)", re.MULTILINE)
        assert made.search(file.read_text(encoding="utf-8")), f"{path} has no {name}"
