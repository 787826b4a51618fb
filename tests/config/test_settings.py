from dataclasses import FrozenInstanceError, fields
from pathlib import Path

import pytest

from config.settings import PREFIX, SUITES, Settings, SettingsError, describe, from_environ
from security import suites

ROOT = Path(__file__).parents[2]


def test_defaults_serve_a_newcomer() -> None:
    settings = from_environ({})
    assert (settings.env, settings.origin, settings.bundle_origins) == (
        "sandbox",
        "http://localhost:8000",
        "http://{bundle}-h5.localhost:8000",
    )


def test_plain_port_moves_every_address() -> None:
    settings = from_environ({"PORT": "8123", "HOME": "/root"})
    assert (settings.port, settings.origin) == (8123, "http://localhost:8123")


@pytest.mark.parametrize(
    ("environ", "name"),
    [
        ({"TIDEGATE_PROT": "8000"}, "TIDEGATE_PROT"),
        ({"TIDEGATE_PORT": "eight"}, "TIDEGATE_PORT"),
        ({"TIDEGATE_PORT": "70000"}, "TIDEGATE_PORT"),
        ({"PORT": "80x"}, "^PORT: '80x' is refused"),
        ({"TIDEGATE_DATABASE_URL": "mysql://u@db/t"}, "TIDEGATE_DATABASE_URL"),
        ({"TIDEGATE_ENV": "prod"}, "TIDEGATE_ENV"),
        ({"TIDEGATE_SUITE": "SM9"}, "TIDEGATE_SUITE"),
        ({"TIDEGATE_SUITE": ""}, "TIDEGATE_SUITE"),
        ({"TIDEGATE_SUITE": "none"}, "TIDEGATE_SUITE"),
        ({"TIDEGATE_SUITE": "ES256,ES256"}, "TIDEGATE_SUITE"),
        ({"TIDEGATE_DATABASE_URL": "postgres://x"}, "TIDEGATE_DATABASE_URL"),
        ({"TIDEGATE_WORKERS": "2"}, "TIDEGATE_REDIS_URL"),
        ({"TIDEGATE_ENV": "production"}, "TIDEGATE_KEY_PASSPHRASE"),
        ({"TIDEGATE_ENV": "production", "TIDEGATE_KEY_PASSPHRASE": "x"}, "TIDEGATE_PUBLIC_URL"),
        ({"TIDEGATE_BUNDLE_ORIGIN": "https://h5.example"}, "TIDEGATE_BUNDLE_ORIGIN"),
        ({"TIDEGATE_CONFIG": "/nowhere.toml"}, "TIDEGATE_CONFIG"),
        ({"TIDEGATE_CORE": "esb"}, "TIDEGATE_CORE"),
        ({"TIDEGATE_CORE": "esb:ftp://x"}, "TIDEGATE_CORE"),
        ({"TIDEGATE_CORE": "esb:https://x", "TIDEGATE_CORE_WIRE": "json"}, "TIDEGATE_CORE_WIRE"),
        ({"TIDEGATE_CORE": "esb:https://x", "TIDEGATE_CORE_KEY": "k"}, "TIDEGATE_CORE_CERTIFICATE"),
        ({"TIDEGATE_CORE": "esb:https://x", "TIDEGATE_CORE_SECONDS": "7"}, "TIDEGATE_LEASE_SECONDS"),
    ],
)
def test_a_bad_setting_is_refused_by_name(environ: dict[str, str], name: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environ(environ)


def test_a_secret_is_never_shown_in_the_refusal() -> None:
    with pytest.raises(SettingsError) as caught:
        from_environ({"TIDEGATE_DATABASE_URL": "postgres://user:hunter2@db"})
    assert "hunter2" not in str(caught.value)


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text('port = 9000\nbank_en = "River Bank"\n', encoding="utf-8")
    settings = from_environ({"TIDEGATE_CONFIG": str(file), "TIDEGATE_PORT": "9100"})
    assert (settings.port, settings.bank_en) == (9100, "River Bank")


def test_an_unknown_name_in_the_file_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "t.toml"
    file.write_text("colour = 1\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="colour"):
        from_environ({"TIDEGATE_CONFIG": str(file)})


def test_settings_are_frozen() -> None:
    with pytest.raises(FrozenInstanceError):
        from_environ({}).port = 1  # type: ignore[misc]  # the refusal is what is tested


def test_the_page_documents_every_setting() -> None:
    page = (ROOT / "docs/settings.md").read_text(encoding="utf-8")
    assert page == describe()
    assert all(f"`{PREFIX}{item.name.upper()}`" in page and item.metadata["doc"] for item in fields(Settings))


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("TIDEGATE_WEB_ORIGIN", "https://web.bank.example/path"),
        ("TIDEGATE_WEB_ORIGIN", "ftp://web.bank.example"),
        ("TIDEGATE_WEB_ORIGIN", "http://localhost:8000"),
        ("TIDEGATE_WEB_ORIGIN", "http://wealth-h5.localhost:8000"),
        ("TIDEGATE_APP_LINK", "https://app.bank.example/"),
        ("TIDEGATE_APP_LINK", "javascript://x/{route}"),
        ("TIDEGATE_APP_LINK", "https://{route}"),
        ("TIDEGATE_APP_LINK", 'https://app.bank.example/"{route}'),
    ],
)
def test_a_web_host_that_is_no_origin_of_its_own_is_refused(name: str, text: str) -> None:
    with pytest.raises(SettingsError, match=name):
        from_environ({name: text})


def test_the_web_host_has_an_origin_of_its_own_and_leads_to_the_app() -> None:
    settings = from_environ({"PORT": "8100", "TIDEGATE_PUBLIC_URL": "https://app.bank.example"})
    assert settings.web_host == "http://web.localhost:8100"
    assert settings.app_address == "https://app.bank.example/?open={route}"


def test_production_has_no_web_host_unless_it_is_named() -> None:
    own = {
        "TIDEGATE_ENV": "production",
        "TIDEGATE_KEY_PASSPHRASE": "x",
        "TIDEGATE_PUBLIC_URL": "https://app.bank.example",
    }
    own["TIDEGATE_BUNDLE_ORIGIN"] = "https://{bundle}-h5.bank.example"
    assert from_environ(own).web_host == ""
    assert (
        from_environ({**own, "TIDEGATE_WEB_ORIGIN": "https://web.bank.example"}).web_host == "https://web.bank.example"
    )
    with pytest.raises(SettingsError, match="TIDEGATE_WEB_ORIGIN"):
        from_environ({**own, "TIDEGATE_WEB_ORIGIN": "http://web.bank.example"})


def test_the_preferred_suite_stands_first() -> None:
    assert from_environ({}).suite == ("ES256",)
    assert from_environ({"TIDEGATE_SUITE": "SM2-SM3, ES256"}).suite == ("SM2-SM3", "ES256")
    assert set(SUITES) == set(suites.SUITES)
