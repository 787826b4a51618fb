"""The releases that the shell carries inside, as the shell's door serves them."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from bff.doors.shell import ShellHosting, shell_door
from bff.web import errors

SHELL = "http://localhost:8000"


@pytest.fixture
def open_door(tmp_path: Path) -> Callable[[Path | None], FlaskClient]:
    def opened(preset: Path | None) -> FlaskClient:
        hosting = ShellHosting(
            shell_origin=SHELL,
            bundle_origin="http://{bundle}-h5.localhost:8000",
            folder=tmp_path,
            contract=b"{}",
            config={},
            bundles=lambda: (),
            root=lambda: "",
            role_keys=lambda _: None,
            preset=preset,
        )
        app = Flask("test", static_folder=None)
        errors.register(app)
        app.register_blueprint(shell_door(hosting))
        return app.test_client()

    return opened


def test_a_preset_is_served_as_bytes_and_named_in_the_configuration(
    open_door: Callable[[Path | None], FlaskClient], tmp_path: Path
) -> None:
    preset = tmp_path / "preset"
    (preset / "objects").mkdir(parents=True)
    (preset / "objects" / "page").write_bytes(b"<script>alert(1)</script>")
    (tmp_path / "secret").write_bytes(b"no")
    client = open_door(preset)
    answer = client.get("/shell/preset/objects/page", base_url=SHELL)
    assert (answer.status_code, answer.content_type) == (200, "application/octet-stream")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert client.get("/shell/config.json", base_url=SHELL).json["preset"] == "/shell/preset"
    for name in ("absent", "../secret", "objects", "%2e%2e/secret"):
        assert client.get(f"/shell/preset/{name}", base_url=SHELL).status_code == 404
    assert client.get("/shell/preset/objects/page", base_url="http://wealth-h5.localhost:8000").status_code == 404


def test_without_a_preset_nothing_is_named(open_door: Callable[[Path | None], FlaskClient]) -> None:
    client = open_door(None)
    assert "preset" not in client.get("/shell/config.json", base_url=SHELL).json
    assert client.get("/shell/preset/preset.json", base_url=SHELL).status_code == 404
