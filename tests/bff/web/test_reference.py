import re

from bff.web.problems import ProblemCatalogue
from bff.web.reference import curl, entries, example
from tests.bff.doors.world import Site


def test_the_page_shows_every_operation_and_runs_no_inline_code(site: Site) -> None:
    client = site.app.test_client()
    page = client.get("/docs/api")
    html = page.get_data(as_text=True)
    for code in ("counter.add", "session.create", "IDEMPOTENCY_MISMATCH"):
        assert code in html
    policy = page.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert re.findall(r"<script(?![^>]*\bsrc=)", html) == []
    assert re.findall(r"<style|\sstyle=|\son\w+=", html) == []
    assert re.findall(r"https?://(?!bank\.example)", html) == []


def test_the_pages_own_files_are_served(site: Site) -> None:
    html = site.app.test_client().get("/docs/api").get_data(as_text=True)
    for address in re.findall(r'(?:src|href)="(/docs/api/static/[^"]+)"', html):
        assert site.app.test_client().get(address).status_code == 200
    assert 'href="/shell/css/tokens.css"' in html


def test_every_anchor_of_the_page_leads_somewhere(site: Site) -> None:
    html = site.app.test_client().get("/docs/api").get_data(as_text=True)
    targets = set(re.findall(r'\sid="([^"]+)"', html))
    assert set(re.findall(r'href="#([^"]+)"', html)) <= targets


def test_each_operation_has_an_example_that_fits(site: Site) -> None:
    document = site.app.test_client().get("/openapi.json").json
    listed = {entry.code: entry for entry in entries(document, ProblemCatalogue())}
    assert '"amountFen": 1' in listed["counter.add"].curl
    assert "Idempotency-Key" in listed["counter.add"].curl
    assert "DPoP" not in listed["session.challenge"].curl


def test_a_command_line_of_a_public_read_is_plain() -> None:
    assert curl("GET", "http://x/y", None, protected=False, keyed=False) == "curl -X GET 'http://x/y'"


def test_an_example_ends_though_its_schema_does_not() -> None:
    schemas = {"Tree": {"type": "object", "properties": {"next": {"$ref": "#/components/schemas/Tree"}}}}
    assert "next" in example({"$ref": "#/components/schemas/Tree"}, schemas)
