"""A bundle's own tests in a real browser: what passes, and everything that must make one fail."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from h5bundle.cli import main
from h5bundle.commands import new, test
from h5bundle.errors import CheckError, ProjectError

pytestmark = pytest.mark.browser
COMMON = Path("h5bundle/apps/common")
HEAD = 'import { equal, open, refusal, test } from "h5bundle/test";\n'


def results(project: Path, **more: object) -> dict[str, str]:
    found = test.run(test.TestOptions(project=project, shared=(COMMON,), **more), None)  # type: ignore[arg-type]  # options come by name
    return {result.name: result.message for result in found}


@pytest.fixture
def travel(tmp_path: Path) -> Path:
    new.run("travel", tmp_path / "travel")
    return tmp_path / "travel"


def test_a_new_project_passes_its_own_tests(travel: Path) -> None:
    ran = CliRunner().invoke(main, ["test", str(travel), "--shared", str(COMMON), "--json"])
    told = json.loads(ran.output)
    assert (ran.exit_code, told["failed"], len(told["tests"])) == (0, 0, 4)


def test_a_project_around_a_finished_build_passes_its_own_test_and_the_check(tmp_path: Path) -> None:
    dist = tmp_path / "front" / "out"
    (dist / "assets").mkdir(parents=True)
    (dist / "index.html").write_text('<!doctype html><script type="module" src="./assets/main.js"></script>')
    (dist / "assets" / "main.js").write_text(
        'import { connect } from "./bridge.js";\nconst bridge = await connect({ need: { "app.info": 1 } });\n'
        "await bridge.app.info();\nawait bridge.app.ready();\n"
    )
    made = CliRunner().invoke(main, ["new", "front", str(tmp_path / "front"), "--from", "out"])
    assert made.exit_code == 0
    (dist / "assets" / "bridge.js").write_bytes((tmp_path / "front" / "tidegate" / "bridge.js").read_bytes())
    assert results(tmp_path / "front") == {"connects to the app and is ready": ""}
    checked = CliRunner().invoke(main, ["check", str(tmp_path / "front"), "-r", str(tmp_path / "none")])
    assert (checked.exit_code, checked.output) == (0, "0 findings, 0 to mend\n")
    again = CliRunner().invoke(main, ["new", "front", str(tmp_path / "front"), "--from", "out"])
    assert (again.exit_code, "PROJECT_INVALID" in again.stderr) == (1, True)


def test_what_is_wrong_with_a_page_fails_its_test_and_is_named(travel: Path) -> None:
    script = travel / "src" / "app.js"
    script.write_text(
        script.read_text(encoding="utf-8")
        + """
window.addEventListener("hashchange", () => {
  if (location.hash === "#throw") throw new Error("torn");
  if (location.hash === "#reject") Promise.reject(new Error("lost"));
  if (location.hash === "#style") document.body.setAttribute("style", "color:red");
  if (location.hash === "#denied") desk.bridge.tx.sign({ challengeId: "ch_1" }).catch(() => {});
  if (location.hash === "#op") desk.bridge.net.request({ op: "wealth.product.list" }).catch(() => {});
});
""",
        encoding="utf-8",
    )
    cases = ["throw", "reject", "style", "denied", "op", "fine"]
    (travel / "tests" / "page.test.mjs").write_text(
        HEAD
        + f"""
for (const name of {json.dumps(cases)}) test(name, async () => {{
  const page = await open();
  page.document.defaultView.location.hash = name;
  await new Promise((resolve) => setTimeout(resolve, 200));
}});
test("unequal", async () => equal((await open()).text("h1"), "再见"));
""",
        encoding="utf-8",
    )
    found = results(travel)
    assert ("torn" in found["throw"], "lost" in found["reject"], "style-src" in found["style"]) == (True, True, True)
    assert ("tx.sign" in found["denied"], bool(found["op"]), found["fine"]) == (True, True, "")
    assert found["unequal"] == 'expected "再见", got "你好"'
    ran = CliRunner().invoke(main, ["test", str(travel), "--shared", str(COMMON)])
    assert (ran.exit_code, "7 tests, 6 failed" in ran.output) == (1, True)


def test_operations_are_answered_as_declared_and_calls_are_remembered(travel: Path) -> None:
    declared = (travel / "bundle.yaml").read_text(encoding="utf-8")
    declared = declared.replace("ops: []", "ops: [wealth.product.list]").replace(
        "permissions:", "permissions:\n  net.request: 1"
    )
    (travel / "bundle.yaml").write_text(declared, encoding="utf-8")
    script = (travel / "src" / "app.js").read_text(encoding="utf-8")
    ask = 'desk.bridge.net.request({ op: "wealth.product.list", params: { page: "1" } }).catch((e) => e)'
    script = script.replace("  place.show({", f"  const got = await {ask};\n  place.show({{")
    script = script.replace('t("home.hello")', "got.code || got.body.products.length")
    script = script.replace('"log.event": 1,', '"log.event": 1, "net.request": 1,')
    (travel / "src" / "app.js").write_text(script, encoding="utf-8")
    (travel / "tests" / "page.test.mjs").write_text(
        HEAD
        + """
test("two", async () => {
  const page = await open({ answers: { "wealth.product.list": { products: [1, 2] } } });
  equal(page.text("h1"), "2");
  equal(page.calls("wealth.product.list").map((call) => call.params.page), ["1"]);
});
test("offline", async () => {
  const page = await open({ answers: { "net.request": refusal("OFFLINE") } });
  equal(page.text("h1"), "OFFLINE");
});
test("no answer", async () => { await open(); });
""",
        encoding="utf-8",
    )
    found = results(travel)
    assert (found["two"], found["offline"]) == ("", "")
    assert "the test gives no answer for wealth.product.list" in found["no answer"]


def test_a_test_file_that_does_not_load_is_told(travel: Path) -> None:
    (travel / "tests" / "page.test.mjs").write_text("import './gone.mjs';\n", encoding="utf-8")
    (message,) = results(travel).values()
    assert message.startswith("cannot be loaded")


def test_without_tests_or_browser_or_in_time_it_says_what_to_do(travel: Path) -> None:
    with pytest.raises(ProjectError, match="was not found"):
        results(travel, browser=Path("no-such-browser"))
    with pytest.raises(CheckError, match="did not end"):
        results(travel, browser=Path("/bin/true"), seconds=0.3)
    (travel / "tests" / "page.test.mjs").unlink()
    with pytest.raises(ProjectError, match="holds no test"):
        results(travel)
