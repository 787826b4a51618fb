"""Every attack vector against the JavaScript host core, in Chromium."""

import json
from pathlib import Path

import pytest

from native_bridge.conformance import ATTACKS, read_vectors
from native_bridge.errors import VectorError
from native_bridge.model import COMPILED, load
from tests.native_bridge.bridge.chromium import Chromium

CONTRACT = load(COMPILED.read_bytes())
FOUND = read_vectors(ATTACKS, CONTRACT)
SLICE = {1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 13, 14, 16, 17, 18, 19, 20, 22, 23, 24}


def test_every_attack_of_the_slice_has_a_vector() -> None:
    assert {vector.attack for vector in FOUND} == SLICE


def test_a_file_is_named_after_its_attack() -> None:
    assert [vector.name for vector in FOUND if not vector.name.startswith(f"{vector.attack:02}-")] == []


@pytest.fixture(scope="module")
def core(chromium: Chromium) -> Chromium:
    chromium.open("/pages/core.html")
    chromium.wait("window.ready === true")
    return chromium


@pytest.mark.browser
@pytest.mark.parametrize("vector", FOUND, ids=lambda vector: vector.name)
def test_the_host_conforms(core: Chromium, vector: object) -> None:
    assert core.evaluate("vector => window.vector(vector)", vector.data) == []  # type: ignore[attr-defined]  # a parameter of the collection


@pytest.mark.browser
@pytest.mark.parametrize(
    "vector", [vector for vector in FOUND if "steps" in vector.data], ids=lambda vector: vector.name
)
def test_the_runner_sees_a_host_that_does_not_conform(core: Chromium, vector: object) -> None:
    """A vector whose expectations were changed has to fail: the runner compares for real."""
    changed = json.loads(json.dumps(vector.data))  # type: ignore[attr-defined]  # a parameter of the collection
    changed["audit"][0] = {**changed["audit"][0], "ok": not changed["audit"][0].get("ok", True), "kind": "other"}
    changed["steps"][0]["replies"].append({"v": 1, "t": "res", "id": "never", "ok": True, "r": {}})
    changed["calls"]["app.info"] = [{"bundle": "accounts", "params": {}}]
    assert len(core.evaluate("vector => window.vector(vector)", changed)) >= 3


@pytest.mark.browser
def test_the_runner_sees_a_wrong_verdict_on_a_window(core: Chromium) -> None:
    message = next(vector for vector in FOUND if vector.attack == 2).data["window"][0]
    wrong = {"window": [{**message, "accept": False}]}
    assert core.evaluate("vector => window.vector(vector)", wrong) == ["window 0: expected false , got true "]


def test_a_vector_that_names_an_unknown_method_is_refused(tmp_path: Path) -> None:
    data = json.loads((ATTACKS / "18-traversal-key.json").read_text(encoding="utf-8"))
    data["methods"]["store.burn"] = [{"returns": {}}]
    (tmp_path / "18-x.json").write_text(json.dumps(data), encoding="utf-8")
    with pytest.raises(VectorError, match=r"no method store\.burn"):
        read_vectors(tmp_path, CONTRACT)


def test_a_vector_of_another_shape_is_refused(tmp_path: Path) -> None:
    (tmp_path / "18-x.json").write_text('{"attack": 18, "title": "without steps or windows"}', encoding="utf-8")
    with pytest.raises(VectorError, match="lacks window"):
        read_vectors(tmp_path, CONTRACT)
